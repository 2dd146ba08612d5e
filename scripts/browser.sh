#!/usr/bin/env bash
# Install the browser of the tests, Debian's `chromium`, where it is missing. Only `make test` needs it.
set -euo pipefail
source "$(dirname "$0")/system.sh"

command -v chromium >/dev/null || offer "the tests in a browser are skipped (in CI they fail)." chromium
