#!/bin/sh
# SPDX-License-Identifier: MIT
#
# usage: sh scripts/start.sh check [OPTION...]   install what is needed, build, look at this machine
#        sh scripts/start.sh test                the same, then run every test
#
# check ends with gpudoctor's own exit status (0, 1 or 2 is the verdict). test
# ends with 0 where nothing failed, else with 1. Faults of this script itself
# give 64 (usage), 69 (a package cannot be had), 70 (the build failed), 73 (the
# folder cannot be written) or 77 (nobody here may install packages).
#
# Only what is missing is installed, so a second run needs neither a network
# nor root. Nothing is installed of gpudoctor itself: it is built below build/.
set -u
unset CDPATH

here=$(pwd)
cd "$(dirname "$0")/.." || exit 70
top=$(pwd -P)

# Everything that is said goes to standard error, so that the report stays clean.
say() { printf 'start: %s\n' "$*" >&2; }
die() {
	status=$1
	shift
	say "$*"
	exit "$status"
}
have() { command -v "$1" >/dev/null 2>&1; }

# ---------------------------------------------------------------- packages --

# The package manager by its command; where there are several, the distribution decides.
find_manager() {
	manager=
	count=0
	for name in apt-get dnf pacman zypper; do
		have "$name" || continue
		manager=$name
		count=$((count + 1))
	done
	[ "$count" -gt 1 ] || return 0
	ids=$(sed -n 's/^ID\(_LIKE\)\{0,1\}=//p' /etc/os-release 2>/dev/null | tr -d "\"'" | tr '\n' ' ')
	for id in $ids; do
		case $id in
		debian | ubuntu) wanted=apt-get ;;
		fedora | rhel | centos) wanted=dnf ;;
		arch) wanted=pacman ;;
		suse | opensuse*) wanted=zypper ;;
		*) continue ;;
		esac
		if have "$wanted"; then
			manager=$wanted
			return 0
		fi
	done
}

# Fedora and openSUSE find a library's package by the name that pkg-config uses.
package_of() {
	case $manager:$1 in
	apt-get:lib:sqlite3) echo libsqlite3-dev ;;
	apt-get:lib:libpci) echo libpci-dev ;;
	apt-get:lib:jansson) echo libjansson-dev ;;
	apt-get:lib:smartcols) echo libsmartcols-dev ;;
	apt-get:lib:inih) echo libinih-dev ;;
	apt-get:lib:libelf) echo libelf-dev ;;
	apt-get:lib:libzstd) echo libzstd-dev ;;
	apt-get:lib:zlib) echo zlib1g-dev ;;
	apt-get:lib:libdrm | apt-get:lib:libdrm_amdgpu) echo libdrm-dev ;;
	apt-get:lib:libudev) echo libudev-dev ;;
	apt-get:lib:cmocka) echo libcmocka-dev ;;
	pacman:lib:sqlite3) echo sqlite ;;
	pacman:lib:libpci) echo pciutils ;;
	pacman:lib:smartcols) echo util-linux-libs ;;
	pacman:lib:inih) echo libinih ;;
	pacman:lib:libzstd) echo zstd ;;
	pacman:lib:libdrm_amdgpu) echo libdrm ;;
	pacman:lib:libudev) echo systemd-libs ;;
	dnf:lib:* | zypper:lib:*) echo "pkgconfig(${1#lib:})" ;;
	pacman:lib:*) echo "${1#lib:}" ;;

	apt-get:header:vulkan/*) echo libvulkan-dev ;;
	*:header:vulkan/*) echo vulkan-headers ;;
	apt-get:header:hsa/*) echo libhsa-runtime-dev ;;
	dnf:header:hsa/*) echo rocm-runtime-devel ;;
	pacman:header:hsa/*) echo hsa-rocr ;;
	apt-get:header:*) echo libc6-dev ;;
	dnf:header:linux/*) echo kernel-headers ;;
	dnf:header:*) echo glibc-devel ;;
	# openSUSE itself has no ROCm.
	zypper:header:hsa/*) ;;
	zypper:header:linux/*) echo linux-glibc-devel ;;
	zypper:header:*) echo glibc-devel ;;
	pacman:header:linux/*) echo linux-api-headers ;;
	pacman:header:*) echo glibc ;;

	*:tool:aclocal) echo automake ;;
	apt-get:tool:pkg-config | zypper:tool:pkg-config) echo pkg-config ;;
	dnf:tool:pkg-config) echo pkgconf-pkg-config ;;
	pacman:tool:pkg-config) echo pkgconf ;;
	*:tool:awk) echo gawk ;;
	*:tool:find) echo findutils ;;
	*:tool:diff) echo diffutils ;;
	apt-get:tool:xz) echo xz-utils ;;
	pacman:tool:python3) echo python ;;
	*:tool:lspci) echo pciutils ;;
	apt-get:tool:hwloc-info) echo hwloc-nox ;;
	*:tool:hwloc-info) echo hwloc ;;
	*:tool:umockdev-run) echo umockdev ;;
	dnf:tool:shellcheck | zypper:tool:shellcheck) echo ShellCheck ;;
	pacman:tool:gcovr) echo python-gcovr ;;
	*:tool:vulkaninfo) echo vulkan-tools ;;
	*:tool:*) echo "${1#tool:}" ;;

	# Debian's Vulkan drivers hold lavapipe, which needs no GPU.
	apt-get:lavapipe) echo mesa-vulkan-drivers ;;
	dnf:lavapipe) echo mesa-vulkan-drivers ;;
	pacman:lavapipe) echo vulkan-swrast ;;
	zypper:lavapipe) echo libvulkan_lvp ;;

	pacman:python:jsonschema) echo python-jsonschema ;;
	*:python:jsonschema) echo python3-jsonschema ;;

	apt-get:clang-runtime) echo libclang-rt-dev ;;
	dnf:clang-runtime | pacman:clang-runtime) echo compiler-rt ;;
	zypper:clang-runtime) echo clang ;;
	# The manager that reads units in the tests; without systemd-sysv it does not become anybody's init.
	apt-get:systemd) echo systemd ;;
	# With the generic targets of AMD GPUs, which Debian's default clang may be too old for.
	apt-get:offload:clang-offload-bundler) echo clang-tools-19 ;;
	apt-get:offload:ld.lld) echo lld-19 ;;
	apt-get:offload:*) echo "${1#offload:}-19" ;;
	*:offload:ld.lld) echo lld ;;
	dnf:offload:*) echo "/usr/bin/${1#offload:}" ;;
	*:offload:*) echo clang ;;
	apt-get:clang-symbols) echo llvm ;;
	*:clang-symbols) echo llvm ;;
	esac
}

# True where the thing is there: a tool, a library, a header, or something to try.
is_there() {
	case $1 in
	tool:*) have "${1#tool:}" ;;
	lib:*) have pkg-config && pkg-config --exists "${1#lib:}" 2>/dev/null ;;
	header:*) [ -e "/usr/include/${1#header:}" ] ;;
	python:*) have python3 && python3 -B -c "import ${1#python:}" >/dev/null 2>&1 ;;
	clang-runtime) clang_has_sanitizers ;;
	offload:*) have "${1#offload:}-19" || { [ "$manager" != apt-get ] && have "${1#offload:}"; } ;;
	systemd) [ -x /usr/lib/systemd/systemd ] || [ -x /lib/systemd/systemd ] ;;
	lavapipe) ls /usr/share/vulkan/icd.d/lvp* >/dev/null 2>&1 ;;
	clang-symbols) ls /usr/bin/llvm-symbolizer* >/dev/null 2>&1 ;;
	esac
}

clang_has_sanitizers() {
	have clang || return 1
	trial=$(mktemp -d) || return 1
	echo 'int main(void) { return 0; }' >"$trial/a.c"
	clang -fsanitize=address,undefined -o "$trial/a" "$trial/a.c" >/dev/null 2>&1
	found=$?
	rm -rf "$trial"
	return "$found"
}

# Sets $wanted to the packages of the things that are missing, each once.
list_missing() {
	wanted=
	for thing; do
		is_there "$thing" && continue
		package=$(package_of "$thing")
		[ "$package" ] || continue
		case " $wanted " in
		*" $package "*) ;;
		*) wanted="$wanted${wanted:+ }$package" ;;
		esac
	done
}

as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif have sudo; then
		# Without a terminal nobody could type a password.
		if [ -t 0 ]; then sudo "$@"; else sudo -n "$@"; fi
	elif have doas; then
		if [ -t 0 ]; then doas "$@"; else doas -n "$@"; fi
	else
		die 77 "packages are missing ($wanted), and neither root, sudo nor doas is here; install them, then run this again"
	fi
}

may_install() {
	[ "$(id -u)" = 0 ] || have sudo || have doas
}

fetch() {
	case $manager in
	apt-get) as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=120 \
		--no-install-recommends install "$@" ;;
	dnf) as_root dnf -y install "$@" ;;
	zypper) as_root zypper --non-interactive install --no-recommends "$@" ;;
	pacman) as_root pacman -S --needed --noconfirm "$@" ;;
	esac >&2
}

# Without a list of packages, or with an outdated one, only a whole upgrade is safe on Arch.
upgrade() {
	[ "$manager" = pacman ] || return 1
	say "upgrading with pacman, since its lists are missing or outdated"
	as_root pacman -Syu --needed --noconfirm "$@" >&2
}

refresh() {
	[ "$manager" = apt-get ] && [ -z "$refreshed" ] || return 0
	refreshed=yes
	as_root apt-get -q -o DPkg::Lock::Timeout=120 update >&2 || say "the package lists could not be renewed; going on with those at hand"
}

# need THING...: installs what is missing, or ends the script.
need() {
	list_missing "$@"
	[ "$wanted" ] || return 0
	[ "$manager" ] || die 69 "no apt-get, dnf, pacman or zypper is here to install what is missing:$(words "$@")"
	say "installing with $manager: $wanted"
	refresh
	# shellcheck disable=SC2086 # a list of words
	fetch $wanted || upgrade $wanted || die 69 "$manager could not install: $wanted"
	list_missing "$@"
	[ -z "$wanted" ] || die 69 "$manager is done, but these are still missing: $wanted"
}

words() {
	for thing; do
		is_there "$thing" || printf ' %s' "${thing#*:}"
	done
}

# would_like THING...: as need(), but goes on without; tests that use it are skipped then.
would_like() {
	list_missing "$@"
	[ "$wanted" ] || return 0
	if [ -z "$manager" ] || ! may_install; then
		say "not there, some tests will be skipped:$(words "$@")"
		return 0
	fi
	say "installing with $manager: $wanted"
	refresh
	# shellcheck disable=SC2086 # a list of words
	fetch $wanted && return 0
	for package in $wanted; do
		fetch "$package" || say "$manager could not install $package; tests that use it are skipped"
	done
}

# ------------------------------------------------------------------- build --

prepare() {
	autotools=
	configure_is_current || autotools="tool:autoconf tool:aclocal"
	# shellcheck disable=SC2086 # a list of words
	need tool:gcc tool:make tool:pkg-config tool:awk tool:sed tool:grep tool:find tool:diff \
		header:stdio.h header:linux/openat2.h header:vulkan/vulkan_core.h \
		lib:sqlite3 lib:libpci lib:jansson lib:smartcols lib:inih lib:libelf lib:libzstd lib:zlib \
		lib:libdrm lib:libdrm_amdgpu lib:libudev $autotools
	jobs=$(getconf _NPROCESSORS_ONLN 2>/dev/null) || jobs=2
	[ ! -e config.status ] || die 73 "$top is configured in place; run \"make distclean\" there first"
}

configure_is_current() {
	[ -x configure ] && [ -f Makefile.in ] && [ -f build-aux/tap-driver.sh ] &&
		[ -z "$(find configure.ac Makefile.am ./*/local.mk ./*/*/local.mk -newer configure 2>/dev/null)" ]
}

# configure is made from configure.ac where it is missing or older.
make_configure() {
	configure_is_current && return 0
	need tool:autoconf tool:aclocal
	say "making ./configure"
	if ! { mkdir -p m4 && autoreconf -fi >&2; }; then
		die 70 "autoreconf failed"
	fi
}

# configure_in FOLDER ARGUMENT...: a folder that was configured elsewhere, or otherwise, is thrown away.
configure_in() {
	folder=$1
	shift
	stamp="$top $*"
	if [ -e "$folder" ] && [ "$(cat "$folder/.configured" 2>/dev/null)" != "$stamp" ]; then
		rm -rf "$folder" || return 1
	fi
	[ -e "$folder/.configured" ] && [ -e "$folder/Makefile" ] && return 0
	say "configuring in $folder"
	mkdir -p "$folder" || return 1
	(cd "$folder" && ../../configure -q --sysconfdir=/etc "$@" >&2) || return 1
	echo "$stamp" >"$folder/.configured"
}

check() {
	prepare
	if [ ! -w . ]; then
		make -q -C build/check gpudoctor >/dev/null 2>&1 || die 73 "the folder $top cannot be written"
		cd "$here" || exit 70
		exec "$top/build/check/gpudoctor" check "$@"
	fi
	make_configure
	configure_in build/check || die 70 "configure failed; see $top/build/check/config.log"
	say "building in build/check"
	make -s -C build/check -j"$jobs" gpudoctor >&2 || die 70 "the build failed"
	cd "$here" || exit 70
	exec "$top/build/check/gpudoctor" check "$@"
}

# ------------------------------------------------------------------- tests --

# Adds a folder's TAP results to the sums. Automake keeps each as a line in a .trs file.
add_results() {
	counts=$(find "$1" -name '*.trs' -exec cat {} + 2>/dev/null | awk '
		$1 == ":test-result:" { n[$2]++ }
		END { print n["PASS"] + n["XFAIL"], n["FAIL"] + n["XPASS"] + n["ERROR"], n["SKIP"] + 0 }')
	# shellcheck disable=SC2086 # three numbers
	set -- $counts
	passed=$((passed + $1))
	failed=$((failed + $2))
	skipped=$((skipped + $3))
	stage_failed=$2
}

# suite FOLDER ARGUMENT...: configures, builds, runs every test.
suite() {
	suite_folder=$1
	say "=== tests in $*"
	if ! configure_in "$@"; then
		say "$suite_folder: configure failed"
		failed=$((failed + 1))
		return
	fi
	find "$suite_folder" -name '*.trs' -exec rm -f {} +
	# What passed is counted, not shown; of what failed, everything is.
	{
		make -s -C "$suite_folder" -j"$jobs" all && make -s -C "$suite_folder" -j"$jobs" check VERBOSE=1
		echo $? >"$suite_folder/.status"
	} 2>&1 | grep -v -E '^(PASS:|ok )'
	status=$(cat "$suite_folder/.status")
	add_results "$suite_folder"
	# A build that did not get as far as its tests is a failure, not a silence.
	if [ "$status" != 0 ] && [ "$stage_failed" = 0 ]; then
		say "$suite_folder: did not build, or its tests did not run"
		failed=$((failed + 1))
	fi
}

# Real drivers on emulated GPUs. On Debian as root they can be had, and then a missing one is a failure.
fetch_parts() {
	GPUDOCTOR_PARTS=$top/build/parts
	export GPUDOCTOR_PARTS
	[ "$manager" = apt-get ] && [ "$(id -u)" = 0 ] || return 0
	grep -q '^ID=debian$' /etc/os-release 2>/dev/null || return 0
	would_like tool:mmdebstrap tool:npm
	sh tests/parts/fetch.sh "$GPUDOCTOR_PARTS"
	case $? in
	77) ;;
	*)
		GPUDOCTOR_NEED_PARTS=yes
		export GPUDOCTOR_NEED_PARTS
		;;
	esac
}

# The tarball builds, passes its tests, installs, uninstalls, and leaves nothing behind.
distcheck() {
	say "=== distcheck"
	if make -s -C build/test-gcc -j"$jobs" distcheck >build/distcheck.log 2>&1; then
		passed=$((passed + 1))
	else
		tail -n 60 build/distcheck.log
		say "distcheck failed; see $top/build/distcheck.log"
		failed=$((failed + 1))
	fi
}

run_tests() {
	passed=0 failed=0 skipped=0
	prepare
	[ -w . ] || die 73 "the folder $top cannot be written"
	need tool:autoconf tool:aclocal tool:xz tool:clang lib:cmocka tool:python3 python:jsonschema
	need clang-runtime
	would_like tool:valgrind tool:mandoc tool:strace tool:shellcheck tool:lspci tool:hwloc-info tool:gcovr \
		tool:umockdev-run clang-symbols tool:bash lavapipe tool:vulkaninfo systemd \
		header:hsa/hsa.h offload:clang offload:clang-offload-bundler offload:ld.lld
	# Some tests ask which files are part of the project.
	[ ! -e .git ] || would_like tool:git
	make_configure
	fetch_parts
	suite build/test-gcc CC=gcc --enable-werror
	suite build/test-clang CC=clang --enable-werror --enable-sanitizers
	distcheck
	if [ "$skipped" = 0 ]; then
		echo "$passed passed, $failed failed"
	else
		echo "$passed passed, $failed failed, $skipped skipped"
	fi
	[ "$failed" = 0 ]
}

refreshed=
find_manager
case ${1-} in
check)
	shift
	check "$@"
	;;
test)
	[ $# = 1 ] || die 64 "test takes no arguments"
	run_tests
	;;
*)
	die 64 "usage: sh scripts/start.sh check [OPTION...] | sh scripts/start.sh test"
	;;
esac
