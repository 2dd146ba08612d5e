#!/usr/bin/env bash
# Tests what depends on versions, in an environment of its own beside .venv (which must be set up):
#     scripts/versions.sh newer     the locked packages on the newest Python that is found here
#     scripts/versions.sh lowest    the lowest versions that pyproject.toml allows, on the oldest Python
# What follows is handed to pytest in place of the selection below. Status 77: there is no such Python.
set -euo pipefail
cd "$(dirname "$0")/.."
which=${1:?newer or lowest}
shift
environment=.venvs/$which

selection=(
    tests/sandbox/test_kernel.py
    tests/sandbox/test_seccomp.py
    tests/marking/test_repeatable.py
)
# What compiles is a matter of the Python; how a check reads numbers, of the packages. A class is
# marked by the packages that people have, which the lock is nearer to than the lowest bounds.
case $which in
newer) selection+=(tests/compiled/test_programs.py tests/compiled/test_rules.py tests/test_demo.py) ;;
lowest) selection+=(tests/compiled/test_rules.py tests/checks/test_fair_reading.py) ;;
esac
[ "$#" -eq 0 ] || selection=("$@")

# Each working Python, "MINOR PATH" a line, the newest first. pyenv's shims stand for one that is chosen.
pythons() {
    local candidate
    for candidate in .venv/bin/python python3 python3.{11..14} ~/.pyenv/versions/3.{11..14}*/bin/python; do
        "$candidate" -c 'import sys; print(sys.version_info.minor, sys.executable)' 2>/dev/null || true
    done | sort --key=1,1nr --stable
}

absent() {
    echo "not run: $1" >&2
    exit 77
}

options=()
case $which in
newer)
    read -r minor python < <(pythons)
    [ "$minor" -gt "$(.venv/bin/python -c 'import sys; print(sys.version_info.minor)')" ] ||
        absent "no Python newer than .venv's was found, neither in PATH nor in ~/.pyenv."
    packages=(--require-hashes --requirement requirements.lock)
    ;;
lowest)
    python=$(pythons | sed -n 's/^11 //p' | head -n 1)
    [ -n "$python" ] || absent "the lowest versions are for Python 3.11, which was not found."
    packages=(--resolution lowest-direct --requirement pyproject.toml --all-extras)
    # Old packages use of newer ones what has been renamed since: that is theirs to be warned of.
    options=(-W default)
    ;;
*)
    echo "newer or lowest, not $which" >&2
    exit 2
    ;;
esac

echo "== $which: $("$python" --version) in $environment"
uv=.venv/bin/uv
export UV_NO_PROGRESS=1 UV_LINK_MODE=${UV_LINK_MODE:-hardlink}
"$uv" venv --quiet --clear --seed --python "$python" "$environment"
"$uv" pip install --quiet --compile-bytecode --python "$environment" "${packages[@]}"
# The build backend is among the packages, as in scripts/setup.sh.
"$uv" pip install --quiet --python "$environment" --no-deps --no-build-isolation --editable .
# The packages' own types differ by version: `make test` looks at them wherever it is typed.
[ "$which" = lowest ] || "$environment/bin/mypy" --cache-dir "$environment/.mypy_cache"
"$environment/bin/python" -m pytest -n auto --dist loadfile --no-loadscope-reorder \
    "${options[@]}" "${selection[@]}"
