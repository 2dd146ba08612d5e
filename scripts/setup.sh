#!/usr/bin/env bash
# Make a virtual environment and install the locked packages and this project into it.
# Usage: scripts/setup.sh DIRECTORY        ($PYTHON names the interpreter to use, if it must be a certain one)
set -euo pipefail
cd "$(dirname "$0")/.."
venv=${1:-.venv}

fail() {
    printf '\nset-up stopped: %s\n' "$1" >&2
    exit 1
}

find_python() {
    local candidate
    for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    fail "no Python of version 3.11 or newer was found. Install one, or name it: make setup PYTHON=/path/to/python3"
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        return 1
    fi
}

python=$(find_python)

# What only the system's package manager can give: venv's pip (Debian splits it off) and the sandbox.
missing=()
# Without ensurepip, `venv` makes an environment that can install nothing.
"$python" -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3-venv)
if [ "$(uname -s)" = Linux ]; then
    command -v bwrap >/dev/null || missing+=(bubblewrap)
fi

if [ "${#missing[@]}" -gt 0 ]; then
    cure="apt-get update && apt-get install --yes ${missing[*]}"
    echo "missing system packages: ${missing[*]}"
    if ! command -v apt-get >/dev/null; then
        fail "please install them with your package manager, then run this again."
    fi
    export DEBIAN_FRONTEND=noninteractive
    if ! { as_root apt-get update -qq && as_root apt-get install --yes -qq --no-install-recommends "${missing[@]}"; }; then
        fail "they could not be installed from here. As root, run: $cure"
    fi
fi

# An environment that lost its interpreter (a moved folder, an upgraded Python) is made anew.
if ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    echo "making $venv with $("$python" --version)"
    "$python" -m venv --clear "$venv" || fail "$python could not make the environment $venv."
fi

echo "installing the locked packages (a few minutes the first time)"
pip=("$venv/bin/python" -m pip --disable-pip-version-check --no-input --quiet --quiet)
"${pip[@]}" install --require-hashes --requirement requirements.lock ||
    fail "the locked packages could not be installed; pip's message above says which and why."
# No build isolation: the build backend is in the lock as well, so nothing unlocked is ever installed.
"${pip[@]}" install --no-deps --no-build-isolation --editable . ||
    fail "the project itself could not be installed; pip's message above says why."
echo "ready: $venv"
