/**
 * The configuration of a throw-away Dovecot 2.3, as text.
 *
 * Decision: one small configuration serves the demo and every test, so what people try is what we test. All
 * services run as one unprivileged user, the same that owns the folder: no chroot, no setuid, no system users.
 * Only IMAP and LMTP are on, on loopback. Durability is off (`mail_fsync`), the mail is not worth keeping.
 */

/** What the configuration depends on. Paths are absolute, ports are on 127.0.0.1. */
export interface DovecotConf {
  dir: string;
  /** Where Dovecot puts its sockets; apart from `dir`, because a socket's path may have 107 bytes at most. */
  run: string;
  user: string;
  group: string;
  imapPort: number;
  lmtpPort: number;
  /** Null: no TLS at all. Else also STARTTLS on the IMAP port. */
  imapsPort: number | null;
  /** Replaces the whole capability list Dovecot shows after login; null leaves it alone. */
  capabilities: string | null;
}

const SPECIAL = ['Drafts', 'Sent', 'Archive', 'Junk', 'Trash'];

function mailboxes(): string {
  return SPECIAL.map(
    (name) => `  mailbox ${name} {\n    auto = subscribe\n    special_use = \\${name}\n  }`,
  ).join('\n');
}

/** Services that a system Dovecot would chroot; an unprivileged one cannot. */
function unchrooted(names: string[]): string {
  return names.map((name) => `service ${name} {\n  chroot =\n  client_limit = 3000\n}`).join('\n');
}

function tls(conf: DovecotConf): string {
  if (conf.imapsPort === null) return 'ssl = no';
  return `ssl = yes\nssl_cert = <${conf.dir}/cert.pem\nssl_key = <${conf.dir}/key.pem`;
}

function listeners(conf: DovecotConf): string {
  return `service imap-login {
  chroot =
  service_count = 0
  process_limit = 2
  client_limit = 1000
  inet_listener imap {
    port = ${conf.imapPort}
  }
  inet_listener imaps {
    port = ${conf.imapsPort ?? 0}
  }
}
service lmtp {
  inet_listener lmtp {
    port = ${conf.lmtpPort}
  }
}`;
}

/** The whole `dovecot.conf`. Many clients share an imap process: one fork for each login would be slow. */
export function dovecotConf(conf: DovecotConf): string {
  const capability = conf.capabilities === null ? '' : `\n  imap_capability = ${conf.capabilities}`;
  return `protocols = imap lmtp
listen = 127.0.0.1
base_dir = ${conf.run}
state_dir = ${conf.dir}/state
log_path = /dev/stderr
log_timestamp = "%H:%M:%S "
hostname = mail.pimento.example
default_internal_user = ${conf.user}
default_internal_group = ${conf.group}
default_login_user = ${conf.user}
mail_uid = ${conf.user}
mail_gid = ${conf.group}
first_valid_uid = 1
first_valid_gid = 1
${tls(conf)}
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_username_format = %Ln
auth_failure_delay = 0 secs
default_vsz_limit = 0
passdb {
  driver = passwd-file
  args = ${conf.dir}/users
}
userdb {
  driver = passwd-file
  args = ${conf.dir}/users
  override_fields = uid=${conf.user} gid=${conf.group} home=${conf.dir}/mail/%n
}
mail_location = sdbox:~/mail
mail_fsync = never
mailbox_idle_check_interval = 5 secs
mail_max_userip_connections = 1000
lda_mailbox_autocreate = yes
recipient_delimiter = +
namespace inbox {
  inbox = yes
  separator = /
${mailboxes()}
}
protocol imap {
  imap_idle_notify_interval = 2 mins${capability}
}
protocol lmtp {
  postmaster_address = postmaster@pimento.example
}
${listeners(conf)}
service imap {
  client_limit = 25
  service_count = 0
}
${unchrooted(['imap-urlauth-login', 'anvil', 'stats'])}
service auth {
  client_limit = 5000
}
`;
}
