#!/bin/sh
# Brings a fresh clone to where `node server/main.ts` runs: packages in node_modules, the web app in web/dist.
#
# Decision: `npm start` and `npm test` are the only commands a person has to know, so both begin here. It runs before
# anything is installed, so it is plain POSIX sh. When nothing is to be done it says nothing and takes no time.
set -eu
cd "$(dirname "$0")/.."
. server/waiting.sh

# npm writes node_modules/.package-lock.json as the last step of an installation.
if [ ! -f node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  waiting 'Installing packages (about 500 MB, once)…' npm ci --include=dev --loglevel=error
fi

# The project brings its own Node for Linux on x64; elsewhere the person's own must be new enough.
if [ ! -x node_modules/.bin/node ]; then
  have=$(node -p 'process.versions.node')
  if [ "${have%%.*}" -lt 24 ]; then
    echo "Pimento needs Node 24 or newer on this platform; this is Node $have." >&2
    exit 1
  fi
fi

# Older than the sources as they were when the last build began: a file changed meanwhile builds again.
built=node_modules/.web-built
if [ ! -f web/dist/index.html ] || [ ! -f "$built" ] ||
  [ -n "$(find web shared package-lock.json -path web/dist -prune -o -type f -newer "$built" -print | head -n 1)" ]; then
  touch "$built.begun"
  waiting 'Building the web app…' npm run -s build -- --logLevel warn
  mv "$built.begun" "$built"
fi
