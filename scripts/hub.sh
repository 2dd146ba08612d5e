#!/usr/bin/env bash
# Install what the hub of the tests is made of beside Python packages: Debian's `nodejs` and `npm` where
# they are missing, and JupyterHub's proxy, as tests/hub/package-lock.json has it, into DIRECTORY/hub.
# Only `make test` needs it.
# Usage: scripts/hub.sh DIRECTORY
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/system.sh
place=${1:-.venv}/hub

without="the tests on a hub are skipped (in CI they fail)."
cmp --silent tests/hub/package-lock.json "$place/installed" && exit 0
missing=()
command -v node >/dev/null || missing+=(nodejs)
command -v npm >/dev/null || missing+=(npm)
[ "${#missing[@]}" -eq 0 ] || offer "$without" "${missing[@]}"
command -v npm >/dev/null || exit 0

mkdir -p "$place"
cp tests/hub/package.json tests/hub/package-lock.json "$place"
if npm ci --prefix "$place" --ignore-scripts --no-audit --no-fund --loglevel=error; then
    cp "$place/package-lock.json" "$place/installed"
else
    echo "JupyterHub's proxy could not be installed; npm's message above says why: $without" >&2
fi
