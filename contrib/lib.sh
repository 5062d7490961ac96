# shellcheck shell=bash disable=SC2034
# lib.sh -- what quickstart and selftest share: packages, and building.  Sourced by bash.
# Owns the lists of Debian packages.  Nothing is installed that is there already, and no service that
# a package brings along is left running or enabled.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
PATH=$PATH:/usr/sbin:/sbin

packages_build="build-essential autoconf automake pkg-config libevent-dev libc-ares-dev libpcre2-dev libidn2-dev libjansson-dev libyaml-dev libpsl-dev libssl-dev libcrypt-dev"
packages_demo="curl openssl dnsmasq-base:dnsmasq nginx:nginx iproute2:ip util-linux:unshare"
packages_test="libcmocka-dev clang libclang-rt-dev perl python3 python3-jsonschema strace wget git fcgiwrap bind9-dnsutils unbound nftables tgt:tgtd libiscsi-bin chrony:chronyd procps:sysctl netbase testssl.sh:testssl chromium:chromium libnss3-tools:certutil"

say() {
	printf '%s\n' "$*"
}

die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		die "not root, and there is no sudo; run this as root: $*"
	fi
}

# ---- packages ----------------------------------------------------------------------------------

# PACKAGE, or PACKAGE:COMMAND where any other package that brings the command will do (nginx-full).
is_installed() {
	local package=${1%%:*}
	case $1 in
	*:*) command -v "${1#*:}" >/dev/null && return 0 ;;
	esac
	case $package in
	libclang-rt-dev) compgen -G '/usr/lib/llvm-*/lib/clang/*/lib/linux/libclang_rt.asan-*.a' >/dev/null && return 0 ;;
	esac
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ]
}

# The sanitizers' run-time library has clang's version in its name until it becomes a package of its own.
real_name() {
	local package=${1%%:*} version
	if [ "$package" = libclang-rt-dev ]; then
		version=$(apt-cache depends clang 2>/dev/null | sed -n 's/.*Depends: clang-\([0-9][0-9]*\)$/\1/p' | head -n 1)
		package=libclang-rt-${version:-14}-dev
	fi
	printf '%s\n' "$package"
}

# Debian starts what it installs, unless a policy-rc.d says no; a service is enabled all the same, and
# would come up at the next boot.
install_without_services() {
	local policy=/usr/sbin/policy-rc.d ours=no status=0 unit
	if [ ! -e $policy ]; then
		ours=yes
		printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
		as_root chmod 755 $policy
		trap 'as_root rm -f '$policy EXIT
	fi
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@" </dev/null || status=$?
	if [ $ours = yes ]; then
		as_root rm -f $policy
		trap - EXIT
	fi
	if command -v systemctl >/dev/null; then
		for unit in $(dpkg -L "$@" 2>/dev/null | sed -n 's|.*/systemd/system/\([^/]*\.\(service\|socket\)\)$|\1|p' | sort -u); do
			as_root systemctl disable "$unit" >/dev/null 2>&1 || :
		done
	fi
	return $status
}

# install_packages PACKAGE...: what is missing of them.
install_packages() {
	local package missing=() names=()
	command -v dpkg-query >/dev/null && command -v apt-get >/dev/null ||
		die "this script installs packages with apt-get and needs Debian 12, Ubuntu 22.04 or later;" \
			"elsewhere install the equivalents of: $*"
	for package; do
		is_installed "$package" || missing+=("$package")
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	say "Installing missing packages: ${missing[*]%%:*}"
	as_root apt-get update -q </dev/null || die "apt-get update failed"
	for package in "${missing[@]}"; do
		names+=("$(real_name "$package")")
	done
	install_without_services "${names[@]}" || die "apt-get could not install: ${names[*]}"
}

# ---- building ----------------------------------------------------------------------------------

jobs=$(nproc 2>/dev/null || echo 2)

make_configure() {
	[ ! -x "$top/configure" ] || [ "$top/configure.ac" -nt "$top/configure" ] ||
		[ "$top/Makefile.am" -nt "$top/Makefile.in" ] || return 0
	say "autoreconf -fi"
	(cd "$top" && autoreconf -fi)
}

# configure_in DIR CONFIGURE-ARGUMENT...: again only when the arguments or configure have changed.
configure_in() {
	local dir=$1
	shift
	make_configure
	mkdir -p "$dir"
	if [ -f "$dir/config.status" ] && [ ! "$top/configure" -nt "$dir/config.status" ] &&
		[ "$(cat "$dir/.arguments" 2>/dev/null)" = "$*" ]; then
		return 0
	fi
	say "configure ${*:-without options} in ${dir#"$top"/}"
	(cd "$dir" && "$top/configure" --quiet "$@") || die "configure failed in $dir"
	printf '%s' "$*" >"$dir/.arguments"
}

# build_in DIR CONFIGURE-ARGUMENT...
build_in() {
	local dir=$1
	configure_in "$@"
	say "make in ${dir#"$top"/}"
	make -C "$dir" -s -j"$jobs"
}
