#!/bin/sh
# SPDX-License-Identifier: MIT
# validate.sh - check the GPU tables of this folder.
# Usage: sh data/gpu-db/validate.sh DIR
# Prints "file:line: message" for each fault and exits with status 1 when
# there is any; exits with 2 when it cannot run. POSIX sh and awk only.
# SPDX-License-Identifier: MIT

dir=${1:-$(dirname "$0")}
if [ ! -d "$dir" ]; then
	echo "usage: sh validate.sh DIR" >&2
	exit 2
fi

LC_ALL=C
export LC_ALL

files=
missing=0
for t in isa pci not-gpu link-quirks cpu-memory radv-names rocm-releases vulkan-drivers hsa-override \
	amdgpu-driver; do
	if [ -r "$dir/$t.csv" ]; then
		files="$files $t.csv"
	else
		echo "$t.csv:0: table is missing or unreadable"
		missing=1
	fi
done
if [ -z "$files" ]; then
	exit 1
fi

cd "$dir" || exit 2
# $files holds fixed names without blanks: splitting is wanted here.
# shellcheck disable=SC2086
awk '
function fault(msg) {
	printf "%s:%d: %s\n", FILENAME, FNR, msg
	bad = 1
}

# Split one CSV line into f[1..n]; returns n, or -1 for broken quoting.
function split_csv(s, f,    n, i, c, len, cur, quoted, start) {
	n = 0; cur = ""; quoted = 0; start = 1; len = length(s)
	for (i = 1; i <= len; i++) {
		c = substr(s, i, 1)
		if (quoted) {
			if (c != "\"") {
				cur = cur c
			} else if (substr(s, i + 1, 1) == "\"") {
				cur = cur "\""; i++
			} else {
				quoted = 0
				c = substr(s, i + 1, 1)
				if (c != "," && c != "")
					return -1
			}
		} else if (c == ",") {
			f[++n] = cur; cur = ""; start = 1; continue
		} else if (c == "\"") {
			if (!start)
				return -1
			quoted = 1
		} else {
			cur = cur c
		}
		start = 0
	}
	if (quoted)
		return -1
	f[++n] = cur
	return n
}

function hex(s, width) {
	return length(s) == width && s ~ /^[0-9a-f]+$/
}
function int_(s) { return s ~ /^[1-9][0-9]*$/ }
function num(s) { return s ~ /^[1-9][0-9]*(\.[0-9]+)?$/ || s ~ /^0\.[0-9]+$/ }
function version(s) { return s ~ /^[0-9]+\.[0-9]+$/ }

# Every part of a ";"-separated list must match the pattern.
function list(s, re,    p, n, i) {
	if (s == "")
		return 1
	n = split(s, p, ";")
	for (i = 1; i <= n; i++)
		if (p[i] !~ re)
			return 0
	return 1
}
function one_of(s, set) { return s != "" && index(" " set " ", " " s " ") > 0 }

# The decimal gfx_target_version that belongs to a gfx name.
function target_version(isa,    s, len, d) {
	s = substr(isa, 4); len = length(s); d = "0123456789abcdef"
	return substr(s, 1, len - 2) * 10000 \
		+ (index(d, substr(s, len - 1, 1)) - 1) * 100 \
		+ index(d, substr(s, len, 1)) - 1
}

function ids(    ok) {
	if (!hex(f[1], 4))
		fault("vendor is not four lower-case hex digits: " f[1])
	if (!hex(f[2], 4))
		fault("device is not four lower-case hex digits: " f[2])
}
function unique(key, what) {
	if (key in seen)
		fault("duplicate " what ", first at line " seen[key])
	else
		seen[key] = FNR
}
function ordered(key) {
	if (FNR > 2 && key < last)
		fault("not sorted by " order)
	last = key
}

function check_isa() {
	if (f[1] !~ /^gfx[0-9]+[0-9a-f][0-9a-f]$/)
		fault("isa is not a gfx name: " f[1])
	else if (f[2] != "" && f[2] != target_version(f[1]))
		fault("gfx_target_version " f[2] " does not belong to " f[1])
	unique(FILENAME SUBSEP f[1], "isa")
	known[f[1]] = 1
	have_isa = 1
	if (f[2] != "" && !int_(f[2]))
		fault("gfx_target_version is not a decimal number: " f[2])
	if (!list(f[3], "^[0-9]+\\.[0-9]+\\.[0-9]+$"))
		fault("gc_versions is not a list of x.y.z: " f[3])
	if (f[4] == "")
		fault("codename is empty")
	if (!one_of(f[5], "GCN1 GCN2 GCN3 GCN4 GCN5 RDNA1 RDNA2 RDNA3 RDNA3.5 RDNA4 CDNA1 CDNA2 CDNA3 CDNA4 CDNA5"))
		fault("unknown generation: " f[5])
	if (!one_of(f[6], "integrated discrete both"))
		fault("form is not integrated, discrete or both: " f[6])
	if (f[7] != "" && !version(f[7]))
		fault("kernel_min is not x.y: " f[7])
	if (!one_of(f[8], "never dropped yes unknown"))
		fault("rocm is not never, dropped, yes or unknown: " f[8])
	if (f[9] != "32" && f[9] != "64")
		fault("wave_size is not 32 or 64: " f[9])
	if (f[10] != "" && !version(f[10]))
		fault("mesa_min is not x.y: " f[10])
}

function check_pci() {
	ids()
	if (f[3] != "" && !hex(f[3], 2))
		fault("revision is not two lower-case hex digits: " f[3])
	if (f[4] != "" && f[4] !~ /^[0-9a-f][0-9a-f][0-9a-f][0-9a-f]:[0-9a-f][0-9a-f][0-9a-f][0-9a-f]$/)
		fault("subsystem is not vvvv:dddd in lower-case hex: " f[4])
	if (f[5] != "" && !int_(f[5]))
		fault("cu is not a number: " f[5])
	if (f[6] == "")
		fault("name is empty")
	unique(FILENAME SUBSEP f[1] SUBSEP f[2] SUBSEP f[3] SUBSEP f[4] SUBSEP f[5] SUBSEP f[6], \
		"vendor, device, revision, subsystem, cu and name")
	order = "vendor, device and revision"
	ordered(f[1] " " f[2] " " f[3])
	if (have_isa && f[1] == "1002" && f[8] != "" && !(f[8] in known))
		fault("isa is not in isa.csv: " f[8])
	if (f[1] == "10de" && f[8] != "" && f[8] !~ /^sm_[1-9][0-9]+$/)
		fault("isa of an NVIDIA device is not sm_NN: " f[8])
	if (!one_of(f[9], "integrated discrete"))
		fault("form is not integrated or discrete: " f[9])
	if (f[10] != "" && (!int_(f[10]) || f[10] % 8 != 0))
		fault("bus_width_bits is not a multiple of 8: " f[10])
	if (f[12] != "" && !num(f[12]))
		fault("bandwidth_gbps is not a number: " f[12])
	if (!list(f[13], "^[1-9][0-9]*$"))
		fault("vram_mib is not a list of numbers: " f[13])
}

function check_not_gpu() {
	ids()
	if (f[3] == "")
		fault("name is empty")
	unique(FILENAME SUBSEP f[1] SUBSEP f[2], "vendor and device")
	order = "vendor and device"
	ordered(f[1] " " f[2])
	if ((f[1], f[2]) in gpu)
		fault("device is in pci.csv as well: " f[1] ":" f[2])
}

function check_link_quirks() {
	ids()
	if (f[3] == "")
		fault("why is empty")
	unique(FILENAME SUBSEP f[1] SUBSEP f[2], "vendor and device")
	order = "vendor and device"
	ordered(f[1] " " f[2])
}

function check_cpu_memory() {
	if (f[1] !~ /^[A-Za-z]+$/)
		fault("vendor is not a CPU vendor string: " f[1])
	if (f[2] !~ /^[0-9]+-[0-9]+$/)
		fault("family_model is not decimal family-model: " f[2])
	if (f[3] == "" || f[4] == "" || f[6] == "")
		fault("match, name or memory_type is empty")
	if (!int_(f[5]))
		fault("channels is not a number: " f[5])
	if (!num(f[7]))
		fault("bandwidth_gbps is not a number: " f[7])
	unique(FILENAME SUBSEP f[1] SUBSEP f[2] SUBSEP f[3], "vendor, family_model and match")
}

function check_radv_names() {
	if (f[1] !~ /^[A-Z][A-Z0-9_]*$/)
		fault("name is not in upper case: " f[1])
	if (have_isa && !(f[2] in known))
		fault("isa is not in isa.csv: " f[2])
	if (f[3] == "" || !list(f[3], "^[0-9]+\\.[0-9]+$"))
		fault("mesa is not a list of x.y: " f[3])
	unique(FILENAME SUBSEP f[1] SUBSEP f[2], "name and isa")
	order = "name and isa"
	ordered(f[1] " " f[2])
}

function check_vulkan_drivers() {
	if (f[1] !~ /^[a-z][a-z0-9-]*$/)
		fault("driver is not a word in lower case: " f[1])
	unique(FILENAME SUBSEP f[1], "driver")
	if (f[2] != "") {
		if (!int_(f[2]))
			fault("driver_id is not a number: " f[2])
		unique(FILENAME SUBSEP "id" SUBSEP f[2], "driver_id")
	}
	if (!list(f[3], "^lib[A-Za-z0-9_.]+$|^amdvlk[a-z0-9]+[.]so$"))
		fault("libraries is not a list of file names: " f[3])
	if (!list(f[4], "^[0-9a-f][0-9a-f][0-9a-f][0-9a-f]$"))
		fault("vendors is not a list of ids: " f[4])
	if (!one_of(f[5], "yes no"))
		fault("software is not yes or no: " f[5])
}

function check_hsa_override() {
	for (i = 1; i <= 2; i++)
		if (have_isa && !(f[i] in known))
			fault("isa is not in isa.csv: " f[i])
	if (f[1] == f[2])
		fault("an ISA taken for itself needs no evidence: " f[1])
	if (!one_of(f[3], "works mixed unsafe untested"))
		fault("verdict is not works, mixed, unsafe or untested: " f[3])
	if (!one_of(f[4], "vendor docs several one features"))
		fault("reach is not vendor, docs, several, one or features: " f[4])
	if (f[3] == "untested" && f[4] != "features")
		fault("somebody has tried it, so it is not untested")
	if (!list(f[5], "^[0-9]+[.][0-9]+$"))
		fault("rocm is not a list of x.y: " f[5])
	if (f[6] == "")
		fault("evidence is empty")
	unique(FILENAME SUBSEP f[1] SUBSEP f[2], "isa and assumed")
	order = "isa and assumed"
	ordered(sprintf("%10s %10s", f[1], f[2]))
}

# Where several reports are named, one line has to hold them.
function source_max() { return FILENAME == "hsa-override.csv" ? 120 : 60 }

function check_amdgpu_driver(    i) {
	if (f[1] !~ /^[0-9]+[.][0-9]+[.][0-9]+$/)
		fault("version is not as a module declares it: " f[1])
	for (i = 2; i <= 4; i++)
		if (!version(f[i]) && !(i == 4 && f[i] == ""))
			fault("column " i " is not a version x.y: " f[i])
	if (seen_driver[f[1]]++)
		fault("version stands twice: " f[1])
}

# Every ISA of a list is known, and stands in it once.
function isa_list(column, name,    p, n, i, twice) {
	n = split(f[column], p, ";")
	for (i = 1; i <= n; i++) {
		if (have_isa && !(p[i] in known))
			fault(name ": isa is not in isa.csv: " p[i])
		if (p[i] in twice)
			fault(name ": isa stands twice: " p[i])
		twice[p[i]] = 1
	}
}
# No ISA stands in both lists.
function apart(a, b, why,    p, n, i) {
	n = split(f[a], p, ";")
	for (i = 1; i <= n; i++)
		if (index(";" f[b] ";", ";" p[i] ";"))
			fault(why ": " p[i])
}
# Every ISA of one list stands in the other.
function within(a, b, why,    p, n, i) {
	n = split(f[a], p, ";")
	for (i = 1; i <= n; i++)
		if (!index(";" f[b] ";", ";" p[i] ";"))
			fault(why ": " p[i])
}

function check_rocm_releases(    i) {
	if (!one_of(f[1], "amd therock debian ubuntu fedora arch ollama pytorch lemonade source"))
		fault("unknown packager: " f[1])
	if (f[2] == "")
		fault("build is empty")
	unique(FILENAME SUBSEP f[2], "build")
	for (i = 3; i <= 4; i++)
		if (f[i] !~ /^[0-9]+[.][0-9]+[.][0-9]+$/)
			fault("first or last is not x.y.z: " f[i])
	if (f[5] !~ /^20[0-9][0-9]-(0[1-9]|1[0-2])$/)
		fault("date is not a year and a month: " f[5])
	for (i = 6; i <= 12; i++)
		isa_list(i, "column " i)
	apart(6, 7, "isa is official and limited")
	apart(6, 8, "isa is official and deprecated")
	apart(7, 8, "isa is limited and deprecated")
	apart(9, 12, "isa is in rocblas and unsure")
	within(11, 9, "isa is untested and not in rocblas")
	if (f[9] == "" ? f[13] != "" : !one_of(f[13], "files build inferred"))
		fault("checked is not files, build or inferred: " f[13])
	if (f[6] == "" && f[9] == "")
		fault("row says nothing: " f[2])
}

BEGIN {
	head["isa.csv"] = "isa,gfx_target_version,gc_versions,codename,generation,form,kernel_min,rocm,wave_size,mesa_min,source"
	head["pci.csv"] = "vendor,device,revision,subsystem,cu,name,codename,isa,form,bus_width_bits,memory_type,bandwidth_gbps,vram_mib,source"
	head["not-gpu.csv"] = "vendor,device,name,source"
	head["link-quirks.csv"] = "vendor,device,why,source"
	head["cpu-memory.csv"] = "vendor,family_model,match,name,channels,memory_type,bandwidth_gbps,source"
	head["radv-names.csv"] = "name,isa,mesa,source"
	head["hsa-override.csv"] = "isa,assumed,verdict,reach,rocm,evidence,native,source"
	head["rocm-releases.csv"] = "packager,build,first,last,date,official,limited,deprecated,rocblas,hipblaslt,untested,unsure,checked,source"
	head["vulkan-drivers.csv"] = "driver,driver_id,libraries,vendors,software,source"
	head["amdgpu-driver.csv"] = "version,release,rocm_min,rocm_max,source"
	for (t in head)
		columns[t] = split(head[t], unused, ",")
}

FNR == 1 {
	rows[FILENAME] = 0
	last = ""
	if ($0 != head[FILENAME])
		fault("header is not: " head[FILENAME])
	next
}

{
	rows[FILENAME]++
	if (/\r/) {
		fault("carriage return: lines must end in LF alone")
		next
	}
	if ($0 == "") {
		fault("empty line")
		next
	}
	n = split_csv($0, f)
	if (n < 0) {
		fault("broken quoting")
		next
	}
	if (n != columns[FILENAME]) {
		fault("expected " columns[FILENAME] " columns, found " n)
		next
	}
	for (i = 1; i <= n; i++)
		if (f[i] ~ /^[ \t]/ || f[i] ~ /[ \t]$/ || f[i] ~ /[\001-\037\177]/)
			fault("column " i " has blanks around it or a control character")
	if (f[n] == "")
		fault("source is empty")
	else if (length(f[n]) > source_max())
		fault("source is longer than " source_max() " characters")
	if (FILENAME == "isa.csv")
		check_isa()
	else if (FILENAME == "pci.csv") {
		check_pci()
		gpu[f[1], f[2]] = 1
	} else if (FILENAME == "not-gpu.csv")
		check_not_gpu()
	else if (FILENAME == "link-quirks.csv")
		check_link_quirks()
	else if (FILENAME == "cpu-memory.csv")
		check_cpu_memory()
	else if (FILENAME == "radv-names.csv")
		check_radv_names()
	else if (FILENAME == "rocm-releases.csv")
		check_rocm_releases()
	else if (FILENAME == "vulkan-drivers.csv")
		check_vulkan_drivers()
	else if (FILENAME == "hsa-override.csv")
		check_hsa_override()
	else if (FILENAME == "amdgpu-driver.csv")
		check_amdgpu_driver()
}

END {
	for (i = 1; i < ARGC; i++)
		if (rows[ARGV[i]] + 0 == 0) {
			printf "%s:1: table has no rows\n", ARGV[i]
			bad = 1
		}
	exit bad
}
' $files
status=$?
[ "$missing" -eq 0 ] || exit 1
exit $status
