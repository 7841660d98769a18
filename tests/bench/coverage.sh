#!/bin/sh
# SPDX-License-Identifier: MIT
# make coverage: which lines of src/ and probes/ the test suite runs, for each folder and in all.
# usage: coverage.sh SOURCE BUILD
set -eu
top=$1
build=$2
make=${MAKE:-make}

mkdir -p "$build"
cd "$build"
[ -f Makefile ] || "$top/configure" --enable-coverage >configure.out
"$make" -s all >build.log 2>&1
find . -name '*.gcda' -exec rm -f {} +
# A failing test still covers; the failures are named below. The instruction counts are those of another build.
"$make" -k check VALGRIND=no >check.log 2>&1 || grep -E '^(FAIL|ERROR|XPASS)' check.log | cut -c1-200 || :

# PATH LINES COVERED of each file.
per_file() {
	if command -v gcovr >/dev/null; then
		gcovr --root "$top" --object-directory . --filter "$top/src/" --filter "$top/probes/" . --csv |
			awk -F, 'NR > 1 { print $1, $2, $3 }'
	else
		find src probes -name '*.gcda' | while read -r data; do
			gcov -n -o "$(dirname "$data")" "$data" 2>/dev/null
		done | awk -v top="$top/" '
			/^File / {
				file = substr($0, 7, length($0) - 7)
				sub(/^.*\.\.\//, "", file)
				sub(top, "", file)
			}
			/^Lines executed:/ && file ~ /^(src|probes)\// {
				split(substr($2, 10), percent, "%")
				n = $4 + 0
				hit = int(n * percent[1] / 100 + 0.5)
				if (hit > best[file] || !(file in lines)) best[file] = hit
				lines[file] = n
			}
			END { for (f in lines) print f, lines[f], best[f] }'
	fi
}
per_file | grep -vE '(^|/)(registry|embedded_[a-z]+)\.c ' | sort >coverage.files
awk -v form='%-14s %6d of %6d lines  %5.1f %%\n' '
	{
		folder = $1
		sub(/\/[^\/]*$/, "", folder)
		lines[folder] += $2; hit[folder] += $3
		all += $2; all_hit += $3
	}
	END {
		for (f in lines)
			printf form, f, hit[f], lines[f], 100 * hit[f] / lines[f] | "sort"
		close("sort")
		if (all)
			printf form, "total", all_hit, all, 100 * all_hit / all
	}' coverage.files
echo "least covered:"
awk '$2 > 10 { printf "  %5.1f %%  %s\n", 100 * $3 / $2, $1 }' coverage.files | sort -n | head -10
