/**
 * The database's shape: an append-only list of migrations, one SQL text a version.
 *
 * Decision: rows of `mailbox`, `message` and `gone` only mirror IMAP and may be lost; `ledger`, `account` and
 * `device` may not. A message row keeps what changes (mailbox, uid, flags) in columns and what never changes
 * (envelope, preview) as one JSON text, which goes to devices as it is. Every fact carries the rev of the commit
 * that last changed it; what is removed leaves a row in `gone`.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE person (id TEXT PRIMARY KEY, created INTEGER NOT NULL) STRICT;

  CREATE TABLE account (
    id TEXT PRIMARY KEY,
    person TEXT NOT NULL REFERENCES person(id),
    server TEXT NOT NULL,
    login TEXT NOT NULL,
    address TEXT NOT NULL,
    secret BLOB NOT NULL,
    epoch TEXT NOT NULL,
    rev INTEGER NOT NULL,
    floor INTEGER NOT NULL,
    next_id INTEGER NOT NULL,
    UNIQUE (server, login)
  ) STRICT;

  CREATE TABLE device (
    id TEXT PRIMARY KEY,
    person TEXT NOT NULL REFERENCES person(id),
    token_hash BLOB NOT NULL UNIQUE,
    agent TEXT NOT NULL,
    created INTEGER NOT NULL,
    seen INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE mailbox (
    account TEXT NOT NULL,
    id INTEGER NOT NULL,
    path TEXT NOT NULL,
    delimiter TEXT NOT NULL,
    role TEXT,
    selectable INTEGER NOT NULL,
    total INTEGER NOT NULL,
    unread INTEGER NOT NULL,
    uidvalidity TEXT,
    uidnext INTEGER NOT NULL,
    modseq TEXT,
    lowest INTEGER,
    mirrored INTEGER NOT NULL,
    rev INTEGER NOT NULL,
    PRIMARY KEY (account, id),
    UNIQUE (account, path)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE message (
    account TEXT NOT NULL,
    id INTEGER NOT NULL,
    rev INTEGER NOT NULL,
    mailbox INTEGER NOT NULL,
    uid INTEGER NOT NULL,
    flags TEXT NOT NULL,
    unread INTEGER NOT NULL,
    date INTEGER NOT NULL,
    size INTEGER NOT NULL,
    message_id TEXT,
    envelope TEXT NOT NULL,
    PRIMARY KEY (account, id)
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX message_place ON message (account, mailbox, uid);
  CREATE INDEX message_rev ON message (account, rev);
  CREATE INDEX message_date ON message (account, date, id);
  CREATE INDEX message_mailbox_date ON message (account, mailbox, date, id);
  CREATE INDEX message_unread ON message (account, mailbox) WHERE unread = 1;

  CREATE TABLE gone (
    account TEXT NOT NULL,
    kind TEXT NOT NULL,
    id INTEGER NOT NULL,
    rev INTEGER NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (account, kind, id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX gone_rev ON gone (account, rev);

  CREATE TABLE ledger (
    account TEXT NOT NULL,
    id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    digest TEXT NOT NULL,
    call TEXT NOT NULL,
    state TEXT NOT NULL,
    hold_until INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    note TEXT NOT NULL,
    outcomes TEXT NOT NULL,
    copy TEXT,
    rev INTEGER,
    at INTEGER NOT NULL,
    PRIMARY KEY (account, id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX ledger_rev ON ledger (account, rev) WHERE rev IS NOT NULL;
  CREATE INDEX ledger_open ON ledger (account, seq) WHERE state <> 'settled' OR copy IS NOT NULL;
  `,
  `
  CREATE TABLE life (one INTEGER PRIMARY KEY CHECK (one = 1), boot TEXT NOT NULL, ended INTEGER NOT NULL) STRICT;
  `,
  `
  CREATE INDEX message_message_id ON message (account, message_id) WHERE message_id IS NOT NULL;
  `,
];
