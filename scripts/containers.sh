#!/usr/bin/env bash
# Install `debootstrap`, with which the tests make a Debian to run the container recipe in, where it is
# missing. Only `make test` needs it.
set -euo pipefail
source "$(dirname "$0")/system.sh"

command -v debootstrap >/dev/null || offer "the container recipe is not run (in CI its tests fail)." debootstrap
