#!/usr/bin/env bash
# Installs what building and testing Sotto needs and is missing. Debian 12 (SQLCipher from its backports suite),
# Debian 13, Ubuntu 24.04 with a newer SQLCipher. Runs as root or with sudo; does nothing when everything is there.
# usage: packaging/setup.sh [--yes]      --yes: do not ask before installing
set -euo pipefail

assume_yes=no
case "${1-}" in
    --yes) assume_yes=yes ;;
    "") ;;
    *) sed -n '2,4s/^# //p' "$0" >&2; exit 2 ;;
esac

say() { printf 'setup: %s\n' "$*"; }
fail() { printf 'setup: %s\n' "$*" >&2; exit 1; }

[ -r /etc/os-release ] || fail "no /etc/os-release: this script knows Debian 12 and 13 and Ubuntu 24.04"
# shellcheck source=/dev/null
. /etc/os-release
command -v apt-get >/dev/null || fail "apt-get is missing: this script knows Debian 12 and 13 and Ubuntu 24.04"

packages=(
    g++ cmake ninja-build ccache mold pkg-config git python3
    qt6-base-dev libsodium-dev libssl-dev openssl
    libsignal-protocol-c-dev protobuf-compiler libprotobuf-dev
    qtkeychain-qt6-dev libqrencode-dev libtomlplusplus-dev
    clang libclang-rt-dev clang-format clang-tidy
    libbenchmark-dev librapidcheck-dev
    libsqlite3-0 # what T171 preloads to see that plain SQLite is refused; nothing links it
)
case "${ID}-${VERSION_ID}" in
    debian-12 | debian-13) packages+=(qt6-websockets-dev) ;;
    ubuntu-24.04) packages+=(libqt6websockets6-dev) ;;
    *) fail "${PRETTY_NAME:-this system} is not known; known are Debian 12, Debian 13 and Ubuntu 24.04" ;;
esac

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"
    elif command -v sudo >/dev/null; then sudo "$@"
    else fail "run as root, or install sudo"; fi
}

installed() { dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q '^install ok installed$'; }

# 4.6.1-2 is Debian's first package of SQLCipher with FTS5, which search needs (core/docs/decisions/0131).
sqlcipher_is_new_enough() {
    local version
    version=$(dpkg-query -W -f '${Version}' libsqlcipher-dev 2>/dev/null) || return 1
    dpkg --compare-versions "$version" ge 4.6.1-2~
}

# Before anything is installed: no suite of Ubuntu 24.04 has the package.
if [ "${ID}-${VERSION_ID}" = ubuntu-24.04 ] && ! sqlcipher_is_new_enough; then
    cat >&2 <<'TEXT'
setup: Ubuntu 24.04 ships SQLCipher 4.5.6 without FTS5; Sotto needs libsqlcipher-dev 4.6.1-2 or newer. Build the package
setup: of Ubuntu 25.04 or Debian 13 (source package sqlcipher 4.6.1-2), install it, and run this again:
setup:     sudo apt-get install ubuntu-dev-tools devscripts equivs
setup:     pull-debian-source sqlcipher 4.6.1-2 && cd sqlcipher-4.6.1
setup:     sudo mk-build-deps --install debian/control && dpkg-buildpackage -b -us -uc
setup:     sudo apt-get install ../libsqlcipher1_4.6.1-2_*.deb ../libsqlcipher-dev_4.6.1-2_*.deb
setup: Nobody has tried these lines on Ubuntu 24.04 yet. Nothing was installed.
TEXT
    exit 1
fi

missing=()
for package in "${packages[@]}"; do
    installed "$package" || missing+=("$package")
done
sqlcipher_is_new_enough || missing+=(libsqlcipher-dev)
[ ${#missing[@]} -gt 0 ] || exit 0

say "to install: ${missing[*]}"
if [ "$assume_yes" = no ]; then
    [ -t 0 ] || fail "nobody to ask: run this again with --yes"
    read -r -p "setup: install these packages now? [y/N] " answer
    case "$answer" in y | Y | yes) ;; *) fail "nothing was installed" ;; esac
fi

export DEBIAN_FRONTEND=noninteractive
as_root apt-get update -qq

# Debian 12 ships SQLCipher 3; version 4.6.1-2 is in its official backports suite, on the mirror apt already uses.
if [ "${ID}-${VERSION_ID}" = debian-12 ] && ! sqlcipher_is_new_enough; then
    suite="${VERSION_CODENAME}-backports"
    # shellcheck disable=SC2016  # $(…) is apt's own notation
    if ! apt-get indextargets --format '$(RELEASE)' | grep -x "$suite" >/dev/null; then
        # shellcheck disable=SC2016
        mirror=$(apt-get indextargets --format '$(SITE) $(RELEASE) $(ORIGIN)' \
            | awk -v r="$VERSION_CODENAME" '!found && $2 == r && $3 == "Debian" { print $1; found = 1 }')
        [ -n "$mirror" ] || fail "apt knows no mirror of ${VERSION_CODENAME}; add one, then run this again"
        as_root tee /etc/apt/sources.list.d/sotto-backports.sources >/dev/null <<SOURCES
Types: deb
URIs: ${mirror}
Suites: ${suite}
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
SOURCES
        as_root apt-get update -qq
    fi
    missing=("${missing[@]/libsqlcipher-dev/}")
    as_root apt-get install -y -qq --no-install-recommends -t "$suite" libsqlcipher-dev
fi

# shellcheck disable=SC2068  # an emptied element must vanish
as_root apt-get install -y -qq --no-install-recommends ${missing[@]}
sqlcipher_is_new_enough || fail "libsqlcipher-dev 4.6.1-2 or newer is needed and was not found"
say "done"
