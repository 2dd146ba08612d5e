#!/usr/bin/env bash
# Make a virtual environment and install the locked packages and this project into it.
# Usage: scripts/setup.sh DIRECTORY        ($PYTHON names the interpreter to use, if it must be a certain one)
#
# It may be run again at any time: it finishes what was interrupted, makes anew what a moved folder
# or an upgraded Python broke, and is done at once where nothing changed.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/system.sh
name=${1:-.venv}
case $name in
/*) venv=$name ;;
*) venv=$(pwd -P)/$name ;;
esac

fail() {
    printf '\nset-up stopped: %s\n' "$1" >&2
    exit 1
}

# What the environment was made from; written when all is done.
content=$(cat requirements.lock pyproject.toml scripts/setup.sh | cksum)

# An environment knows its own place: programs in it name their interpreter by its whole path.
in_place() {
    grep -qsF "$venv" "$venv/bin/activate" && "$venv/bin/python" -m pip --version >/dev/null 2>&1
}

find_python() {
    local candidate candidates=(python3 python3.14 python3.13 python3.12 python3.11)
    [ -z "${PYTHON:-}" ] || candidates=("$PYTHON")
    for candidate in "${candidates[@]}"; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    fail "no Python of version 3.11 or newer was found. Install one, or name it: make setup PYTHON=/path/to/python3"
}

# Debian splits off what `venv` takes pip from. These take it from elsewhere, and need no administrator.
make_venv() {
    local python=$1
    if "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        "$python" -m venv --clear "$venv"
    elif command -v uv >/dev/null; then
        uv venv --quiet --clear --seed --python "$python" "$venv"
    elif "$python" -c 'import virtualenv' 2>/dev/null; then
        "$python" -m virtualenv --quiet --clear "$venv"
    elif "$python" -c 'import venv, pip' 2>/dev/null; then
        "$python" -m venv --clear --without-pip "$venv" &&
            "$python" -m pip --quiet --disable-pip-version-check --python "$venv/bin/python" install pip
    else
        return 1
    fi
}

if [ "$(cat "$venv/.set-up" 2>/dev/null)" = "$content" ] && in_place; then
    exit
fi

if [ "$(uname -s)" = Linux ] && ! command -v bwrap >/dev/null; then
    offer "submissions are locked without namespaces or, where this machine has too few locks, not marked; \
\`$name/bin/autograder doctor\` says which. Writing and solving the notebooks needs nothing of it." bubblewrap
fi

if ! in_place; then
    python=$(find_python)
    echo "making $name with $("$python" --version)"
    if ! make_venv "$python"; then
        package=python$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv
        echo "missing system packages: $package"
        install_packages "$package" && make_venv "$python" ||
            fail "$python can make no environment without $package. As an administrator: $(cure "$package")
or name another Python: make setup PYTHON=/path/to/python3"
    fi
fi

rm -f "$venv/.set-up"
echo "installing the locked packages (a few minutes the first time)"
pip=("$venv/bin/python" -m pip --disable-pip-version-check --no-input --quiet --quiet)
# uv, which is among the locked packages, needs a tenth of pip's time. Where it cannot (pip alone
# reads pip's own configuration), pip does it. Compiled, as pip does: where PYTHONDONTWRITEBYTECODE
# is set, as in many containers, each process would compile all that it imports, for seconds.
"${pip[@]}" install --require-hashes --requirement <(sed -n '/^uv==/,/[^\\]$/p' requirements.lock) &&
    UV_LINK_MODE=${UV_LINK_MODE:-copy} "$venv/bin/uv" pip install --quiet --compile-bytecode \
        --python "$venv" --require-hashes --requirement requirements.lock 2>/dev/null ||
    "${pip[@]}" install --require-hashes --requirement requirements.lock ||
    fail "the locked packages could not be installed; pip's message above says which and why."
# No build isolation: the build backend is in the lock as well, so nothing unlocked is ever installed.
"${pip[@]}" install --no-deps --no-build-isolation --editable . ||
    fail "the project itself could not be installed; pip's message above says why."
[ ! -d autograder ] || "$venv/bin/python" -m compileall -q autograder
echo "$content" >"$venv/.set-up"
echo "ready: $name"
