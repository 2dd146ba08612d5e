#!/usr/bin/env bash
# Print the path of a Python of a certain version: one that is here, or else Debian's, unpacked.
# Usage: scripts/python.sh VERSION [DIRECTORY]
#   VERSION    3.11, 3.12, ...
#   DIRECTORY  where it may be unpacked, by default .pythons/VERSION
# The system is not changed and root is not needed: the packages of Debian's newer suites are laid
# into DIRECTORY together with the C library they were built for, and found there by their own paths.
set -euo pipefail
cd "$(dirname "$0")/.."
version=${1:?usage: scripts/python.sh VERSION [DIRECTORY]}
place=$(realpath --canonicalize-missing "${2:-.pythons/$version}")
SUITES="trixie forky"  # 3.13 and 3.14

fail() {
    printf '%s\n' "no Python $version: $1" >&2
    exit 1
}

works() {
    "$1" -c "import sys, venv, ctypes, sqlite3, ssl
sys.exit('%d.%d' % sys.version_info[:2] != '$version')" 2>/dev/null
}

for candidate in "$place/usr/bin/python$version" "python$version" "$HOME/.pyenv/versions/$version".*/bin/python; do
    if works "$candidate"; then
        command -v "$candidate"
        exit
    fi
done

for program in apt-get dpkg-deb; do
    command -v $program >/dev/null || fail "none is installed, and without $program none can be unpacked."
done
site=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | grep --max-count=1 '/debian/\?$') ||
    fail "none is installed, and apt knows no mirror of Debian."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/parts" "$work/root"
touch "$work/status"
for suite in $SUITES; do
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $site $suite main"
done >"$work/sources.list"
cat >"$work/apt.conf" <<CONF
Dir::Etc::SourceList "$work/sources.list";
Dir::Etc::SourceParts "$work/parts";
Dir::Etc::PreferencesParts "$work/parts";
Dir::State::Lists "$work/lists";
Dir::State::Status "$work/status";
Dir::Cache "$work/cache";
APT::Sandbox::User "$(id -un)";
APT::Get::Assume-Yes "true";
APT::Install-Recommends "false";
CONF
export APT_CONFIG=$work/apt.conf
# As if nothing were installed: the C library and all else that Python needs come along.
{
    apt-get update -qq
    apt-get install -qq --download-only "python$version" "python$version-venv" patchelf
} >"$work/log" 2>&1 || fail "none is installed, and Debian's could not be fetched: $(tail -n 3 "$work/log")"
for package in "$work"/cache/archives/*.deb; do
    dpkg-deb --extract "$package" "$work/root"
done

rm -rf "$place"
mkdir -p "$(dirname "$place")"
mv "$work/root" "$place"
python=$place/usr/bin/python$version
libraries=$(echo "$place"/usr/lib/*-linux-gnu)
loader=$(echo "$place"/usr/lib*/ld-linux*.so.*)
patch() {
    "$loader" --library-path "$libraries" "$place/usr/bin/patchelf" "$@" "$python"
}
# In two steps: in one, patchelf 0.18 makes a program that crashes. RPATH, and not RUNPATH, holds for
# the modules that Python loads, too.
patch --force-rpath --set-rpath "$libraries"
patch --set-interpreter "$loader"
# Where `venv` finds pip.
sed -i "s#\(['\"]\)/usr/share/python-wheels#\1$place/usr/share/python-wheels#" \
    "$place/usr/lib/python$version"/_sysconfig*
works "$python" || fail "Debian's was unpacked into $place, but does not run."
echo "$python"
