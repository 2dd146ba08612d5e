#!/usr/bin/env bash
# Install the browser of the tests, where there is none of Debian's two. Only `make test` needs it.
# The one that has no window takes half of the processor's time that the other takes.
set -euo pipefail
source "$(dirname "$0")/system.sh"

command -v chromium-headless-shell >/dev/null || command -v chromium >/dev/null ||
    offer "the tests in a browser are skipped (in CI they fail)." chromium-headless-shell
