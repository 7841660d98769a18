#!/bin/sh
# SPDX-License-Identifier: MIT
#
# usage: sh tests/parts/fetch.sh DIR
#
# Fetches the real parts that tests of driver libraries run against, into DIR:
#   mesa25  Mesa of bookworm-backports and its drm-shim, which emulates AMD GPUs
#   trixie  a Debian 13 root with the Mesa of trixie-backports, its drm-shim and ROCr
#   ggml    ggml's Vulkan back end from npm, as a reference
# What is there already stays. Nothing is installed. Exits with 0 where all
# three are there, 77 where this host cannot have them, else 1. Tests do
# without ggml where npm is missing or reaches no registry.
set -u

[ $# = 1 ] || {
	echo "usage: sh tests/parts/fetch.sh DIR" >&2
	exit 64
}
say() { printf 'parts: %s\n' "$*" >&2; }
cannot() {
	say "$*"
	exit 77
}
mkdir -p "$1" || exit 1
cd "$1" || exit 1

for tool in apt-get dpkg-deb mmdebstrap; do
	command -v "$tool" >/dev/null 2>&1 || cannot "$tool is not here"
done
[ "$(dpkg --print-architecture)" = amd64 ] || cannot "the shims are for amd64 only"
[ "$(id -u)" = 0 ] || cannot "only root can make another root"
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
[ -r "$keyring" ] || cannot "Debian's keyring is not here"

# The mirror that this host uses, where that is one of Debian.
# shellcheck disable=SC2016 # apt fills that in
mirror=$(apt-get indextargets --format '$(REPO_URI)' 2>/dev/null | grep '/debian/*$' | head -n 1)
: "${mirror:=http://deb.debian.org/debian}"

mesa25() {
	rm -rf mesa25 mesa25.tmp
	mkdir -p mesa25.tmp/lists/partial || return 1
	(
		cd mesa25.tmp || exit 1
		echo "deb [signed-by=$keyring] $mirror bookworm-backports main" >sources.list
		apt="apt-get -q -oDir::Etc::SourceList=$PWD/sources.list -oDir::Etc::SourceParts=-"
		apt="$apt -oDir::State::Lists=$PWD/lists"
		# The shim's own version is not in Debian 12 itself, so nothing else can be meant by these names.
		$apt update &&
			$apt -t bookworm-backports download mesa-drm-shim mesa-vulkan-drivers libdrm2 libdrm-amdgpu1 \
				libdrm-common || exit 1
		for deb in *.deb; do
			dpkg-deb -x "$deb" root || exit 1
		done
	) >&2 && mv mesa25.tmp/root mesa25 && rm -rf mesa25.tmp
}

trixie() {
	rm -rf trixie trixie.tmp
	mmdebstrap --quiet --variant=minbase --include=mesa-vulkan-drivers/trixie-backports \
		--include=mesa-drm-shim/trixie-backports,libvulkan1,libdrm-amdgpu1,libdrm2,libhsa-runtime64-1,rocminfo \
		--include=libpci3,libjansson4,libsmartcols1,libinih1,libsqlite3-0,libudev1,libelf1t64,libzstd1,zlib1g \
		trixie trixie.tmp "deb $mirror trixie main" "deb $mirror trixie-backports main" >&2 &&
		mv trixie.tmp trixie
}

ggml() {
	rm -rf ggml
	npm install --silent --ignore-scripts --omit=optional --prefix ggml @node-llama-cpp/linux-x64-vulkan >&2
}

status=0

wanted() {
	[ ! -e "$1.done" ] || return 1
	say "fetching $1"
}

# finish PART STATUS
finish() {
	if [ "$2" = 0 ]; then
		: >"$1.done"
	else
		say "$1 could not be made"
		status=1
	fi
}

if wanted mesa25; then
	mesa25
	finish mesa25 $?
fi
if wanted trixie; then
	trixie
	finish trixie $?
fi
if wanted ggml; then
	ggml
	finish ggml $?
fi
exit "$status"
