# What the scripts share that need something of the system: sourced by them, not run.
#
#     command -v PROGRAM >/dev/null || offer "what is done without it" PACKAGE...

export DEBIAN_FRONTEND=noninteractive
readonly LOCK_SECONDS=600 # that another apt may take

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif ! command -v sudo >/dev/null; then
        return 1
    elif [ -t 0 ]; then
        sudo "$@"
    else # nobody is there to type a password
        sudo --non-interactive "$@"
    fi
}

# apt's own option waits for dpkg's lock alone, and not for those of the lists and the archives.
apt_get() {
    local said until=$((SECONDS + LOCK_SECONDS)) waiting="waiting for another apt to end"
    while ! said=$(as_root env LC_ALL=C apt-get -qq -o "DPkg::Lock::Timeout=$LOCK_SECONDS" "$@" 2>&1); do
        if [ "$SECONDS" -ge "$until" ] || [[ $said != *"Could not get lock"* ]]; then
            printf '%s\n' "$said" | tail -n 3 >&2
            return 1
        fi
        [ -z "$waiting" ] || echo "$waiting"
        waiting=""
        sleep 3
    done
}

# Debian's packages; fails where they cannot be installed from here.
install_packages() {
    command -v apt-get >/dev/null || return 1
    if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
        return 1
    fi
    # Lists that are a little old are good enough if they cannot be had anew.
    apt_get update || true
    apt_get install --yes --no-install-recommends "$@"
}

# The command that an administrator would type.
cure() {
    if command -v apt-get >/dev/null; then
        echo "apt-get update && apt-get install --yes $*"
    else
        echo "your package manager's for $*"
    fi
}

# Install packages; where that cannot be, say what is done without them, and go on.
offer() {
    local without=$1
    shift
    echo "missing system packages: $*"
    install_packages "$@" || cat >&2 <<WITHOUT
$* could not be installed from here: $without
To have it, an administrator's command: $(cure "$@")
WITHOUT
}
