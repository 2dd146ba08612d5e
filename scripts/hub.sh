#!/usr/bin/env bash
# Install what the hub of the tests is made of beside Python packages: Debian's `nodejs` and `npm` where
# they are missing, and JupyterHub's proxy, as tests/hub/package-lock.json has it, into DIRECTORY/hub.
# Only `make test` needs it. Where it cannot be installed, the test on a hub is skipped; in CI it fails
# and says why.
# Usage: scripts/hub.sh DIRECTORY
set -euo pipefail
cd "$(dirname "$0")/.."
place=${1:-.venv}/hub

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo --non-interactive "$@"
    else
        return 1
    fi
}

give_up() {
    printf '%s\n' "$1" >&2
    exit 0
}

cmp --silent tests/hub/package-lock.json "$place/installed" && exit 0

missing=()
command -v node >/dev/null || missing+=(nodejs)
command -v npm >/dev/null || missing+=(npm)
if [ "${#missing[@]}" -gt 0 ]; then
    echo "missing system packages: ${missing[*]} (for the test on a hub)"
    export DEBIAN_FRONTEND=noninteractive
    # Another run of apt may hold its lock.
    apt=(apt-get -o DPkg::Lock::Timeout=300)
    if ! command -v apt-get >/dev/null ||
        ! { as_root "${apt[@]}" update -qq && as_root "${apt[@]}" install --yes -qq --no-install-recommends "${missing[@]}"; }; then
        give_up "they could not be installed from here; to have that test, install them with your package manager."
    fi
fi

mkdir -p "$place"
cp tests/hub/package.json tests/hub/package-lock.json "$place"
npm ci --prefix "$place" --ignore-scripts --no-audit --no-fund --loglevel=error ||
    give_up "JupyterHub's proxy could not be installed; npm's message above says why. The test on a hub needs it."
cp "$place/package-lock.json" "$place/installed"
