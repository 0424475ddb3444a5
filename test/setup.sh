#!/bin/sh
# What the tests need beyond npm's packages: a real mail server and a real browser, from Debian.
#
# Decision: no test is skipped for want of a program. As root they are installed; otherwise the exact line to
# type is shown and the run stops. Fonts only make screenshots readable in every script, so they never stop it.
set -eu
cd "$(dirname "$0")/.."
. server/waiting.sh

programs=''
[ -x /usr/lib/dovecot/imap ] || programs="$programs dovecot-imapd"
[ -x /usr/lib/dovecot/lmtp ] || programs="$programs dovecot-lmtpd"
[ -x /usr/bin/chromium ] || programs="$programs chromium"
[ -x /usr/bin/openssl ] || programs="$programs openssl"
# Cyrus, the second IMAP server, may not be installed beside Dovecot: it is unpacked, and no script of it runs.
cyrus=node_modules/.cache/cyrus
fonts=''
[ -d /usr/share/fonts/truetype/dejavu ] || fonts="$fonts fonts-dejavu-core" # Latin, Greek, Cyrillic, Arabic
[ -d /usr/share/fonts-droid-fallback ] || fonts="$fonts fonts-droid-fallback" # Chinese, Japanese, Korean
[ -f /usr/share/fonts/truetype/noto/NotoColorEmoji.ttf ] || fonts="$fonts fonts-noto-color-emoji"

unpack_cyrus() {
  [ "$(id -u)" -ne 0 ] || apt-get -qq update
  rm -rf "$cyrus" "$cyrus.new" && mkdir -p "$cyrus.new" && (
    cd "$cyrus.new" && apt-get -qq -o APT::Sandbox::User=root download cyrus-common cyrus-imapd &&
      for file in *.deb; do dpkg-deb -x "$file" . || exit 1; done
  ) && mv "$cyrus.new" "$cyrus"
}
# The libraries its programs are linked with, as the package names them: ordinary ones, no daemons.
cyrus_libraries() {
  for file in "$cyrus"/*.deb; do dpkg-deb -f "$file" Depends; done | tr ',|' '\n\n' |
    sed -n 's/^ *\(lib[a-z0-9.+-]*\).*/\1/p' | sort -u | while read -r library; do
    dpkg -s "$library" >/dev/null 2>&1 || printf ' %s' "$library"
  done
}

if [ ! -x "$cyrus/usr/lib/cyrus/bin/imapd" ]; then
  if ! command -v apt-get >/dev/null; then
    echo 'The tests need Cyrus from a Debian package, and there is no apt-get here.' >&2
    exit 1
  fi
  waiting 'Unpacking Cyrus from Debian …' unpack_cyrus || {
    echo 'Cyrus could not be fetched. Type: sudo apt-get update' >&2
    exit 1
  }
fi
programs="$programs$(cyrus_libraries)"

[ -n "$programs$fonts" ] || exit 0
if [ "$(id -u)" -ne 0 ]; then
  [ -n "$programs" ] || exit 0
  echo 'The tests need a mail server and a browser. On Debian, type:' >&2
  echo "  sudo apt-get install --no-install-recommends$programs$fonts" >&2
  exit 1
fi
if ! command -v apt-get >/dev/null; then
  echo "The tests need these Debian packages, and there is no apt-get here:$programs" >&2
  [ -z "$programs" ] && exit 0 || exit 1
fi

install() {
  # shellcheck disable=SC2086 # a list of words
  apt-get -qq update && env DEBIAN_FRONTEND=noninteractive \
    apt-get -qq install -y --no-install-recommends -o Dpkg::Use-Pty=0 $1
}
[ -z "$programs" ] || waiting "Installing from Debian:$programs$fonts …" install "$programs"
[ -z "$fonts" ] || waiting "Installing fonts:$fonts …" install "$fonts" ||
  echo 'The fonts could not be installed; some scripts may look like boxes in screenshots.' >&2
