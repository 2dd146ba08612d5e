#!/usr/bin/env bash
# Install Debian's `postgresql` where it is missing, without a cluster of its own: the tests start a
# server of theirs. Only `make test` needs it. Where it cannot be installed, its tests are skipped; in
# CI they fail and say why.
set -euo pipefail

command -v initdb >/dev/null && exit 0
compgen -G "/usr/lib/postgresql/*/bin/initdb" >/dev/null && exit 0

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo --non-interactive "$@"
    else
        return 1
    fi
}

apt() {
    as_root apt-get -o DPkg::Lock::Timeout=600 "$@"
}

# The package that makes clusters comes first, and is told to make none.
install() {
    apt update -qq &&
        apt install --yes -qq --no-install-recommends postgresql-common &&
        as_root sed -i 's/^#* *create_main_cluster.*/create_main_cluster = false/' \
            /etc/postgresql-common/createcluster.conf &&
        apt install --yes -qq --no-install-recommends postgresql
}

echo "missing system package: postgresql (for the tests with a gradebook on a server)"
export DEBIAN_FRONTEND=noninteractive
if ! command -v apt-get >/dev/null || ! install; then
    echo "it could not be installed from here; to have those tests, install it with your package manager." >&2
fi
