#!/usr/bin/env bash
# Install the browser of the tests, Debian's `chromium`, where it is missing. Only `make test` needs it.
# Where it cannot be installed, the tests in a browser are skipped; in CI they fail and say why.
set -euo pipefail

command -v chromium >/dev/null && exit 0

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo --non-interactive "$@"
    else
        return 1
    fi
}

echo "missing system package: chromium (for the tests in a browser)"
export DEBIAN_FRONTEND=noninteractive
if ! command -v apt-get >/dev/null ||
    ! { as_root apt-get update -qq && as_root apt-get install --yes -qq --no-install-recommends chromium; }; then
    echo "it could not be installed from here; to have those tests, install it with your package manager." >&2
fi
