/**
 * The configuration of a throw-away Cyrus 3.6, as text: `imapd.conf` and `cyrus.conf`.
 *
 * Decision: only IMAP and LMTP, on loopback, all files under one folder, durability off. A person's mailboxes are
 * made at the first sign-in, with SPECIAL-USE, and hang beside the inbox as in Dovecot (`altnamespace`).
 */

/** `imapd.conf`. All mailboxes of a person lie in `dir`; `user` is whom it runs as. */
export function imapdConf(dir: string, user: string): string {
  return `configdirectory: ${dir}/config
defaultpartition: default
partition-default: ${dir}/spool
cyrus_user: ${user}
servername: mail.pimento.example
admins: postmaster
virtdomains: userid
defaultdomain: example.org
username_tolower: yes
altnamespace: yes
unixhierarchysep: yes
delete_mode: immediate
expunge_mode: immediate
allowplaintext: yes
sasl_mech_list: PLAIN LOGIN
sasl_pwcheck_method: saslauthd
sasl_saslauthd_path: ${dir}/mux
sasl_maximum_layer: 0
autocreate_quota: 0
autocreate_post: yes
autocreate_inbox_folders: Drafts | Sent | Archive | Junk | Trash
autocreate_subscribe_folders: Drafts | Sent | Archive | Junk | Trash
xlist-drafts: Drafts
xlist-sent: Sent
xlist-archive: Archive
xlist-junk: Junk
xlist-trash: Trash
idlesocket: ${dir}/config/socket/idle
lmtpsocket: ${dir}/config/socket/lmtp
skiplist_unsafe: yes
`;
}

/** `cyrus.conf`: services on the given ports of 127.0.0.1. */
export function cyrusConf(dir: string, bin: string, ports: { imap: number; lmtp: number }): string {
  const conf = `-C ${dir}/imapd.conf`;
  return `START {
  recover cmd="${bin}/ctl_cyrusdb ${conf} -r"
  idled cmd="${bin}/idled ${conf}"
}
SERVICES {
  imap cmd="${bin}/imapd ${conf} -U 200" listen="127.0.0.1:${ports.imap}" prefork=2 maxchild=100
  lmtp cmd="${bin}/lmtpd ${conf} -a" listen="127.0.0.1:${ports.lmtp}" prefork=0 maxchild=10
}
EVENTS {
}
`;
}
