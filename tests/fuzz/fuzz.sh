#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds the fuzz targets with libFuzzer and sanitizers in a folder of its own, and runs each for a while.
# usage: fuzz.sh SOURCE BUILD
# FUZZ_SECONDS: for each target; FUZZ_ONLY: the targets' names, else all.
set -eu
top=$1
build=$2
seconds=${FUZZ_SECONDS:-60}
CC=${FUZZ_CC:-clang}
sanitizers=address,undefined
flags="-g -O1 -fno-omit-frame-pointer -fno-sanitize-recover=all"

mkdir -p "$build"
cd "$build"
if ! [ -f Makefile ]; then
	"$top/configure" CC="$CC" CFLAGS="$flags -fsanitize=fuzzer-no-link,$sanitizers" >configure.out ||
		{ tail -20 configure.out; echo "fuzz: configure failed; is clang there with compiler-rt?" >&2; exit 1; }
fi
targets=${FUZZ_ONLY:-$(cd "$top/tests/fuzz" && for f in fuzz_*.c; do f=${f#fuzz_}; echo "${f%.c}"; done)}
objects=
for t in $targets; do objects="$objects tests/fuzz/fuzz_$t.o"; done
# The words are lists: object files and libraries.
# shellcheck disable=SC2086
"${MAKE:-make}" -s libgpudoctor.a $objects
libs=$("${MAKE:-make}" -s --no-print-directory fuzz-libs)

failed=
for t in $targets; do
	echo "== $t: $seconds s"
	# shellcheck disable=SC2086
	"$CC" $flags "-fsanitize=fuzzer,$sanitizers" -o "fuzz_$t" "tests/fuzz/fuzz_$t.o" $libs
	mkdir -p "corpus/$t" found
	case $t in
	capture | probes) seeds="$top/tests/fuzz/seeds/capture $top/tests/machines" ;;
	report) seeds="$top/tests/fuzz/seeds/facts" ;;
	object) seeds="$top/tests/fuzz/seeds/object $top/tests/fuzz/seeds/tensile" ;;
	csv) seeds="$top/tests/fuzz/seeds/csv $top/data/gpu-db" ;;
	rules) seeds="$top/tests/fuzz/seeds/rules $top/rules" ;;
	*) seeds="$top/tests/fuzz/seeds/$t" ;;
	esac
	# shellcheck disable=SC2086
	"./fuzz_$t" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=65536 -print_final_stats=1 \
		-artifact_prefix="found/$t-" "corpus/$t" $seeds >"fuzz_$t.log" 2>&1 || failed="$failed $t"
	grep -E 'ERROR|SUMMARY|Test unit written|stat::number_of_executed|^[^ ]*: .*: .*' "fuzz_$t.log" |
		grep -vE '^(INFO|#)' | cut -c1-300 | tail -8 || :
done
if [ -n "$failed" ]; then
	echo "fuzz: failed:$failed; inputs in $build/found, logs beside them. Run one again: fuzz_NAME FILE" >&2
	exit 1
fi
