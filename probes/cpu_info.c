/* SPDX-License-Identifier: MIT */
/* /proc/cpuinfo: the processor's name, and the instructions that it and the kernel offer. */
#include <errno.h>
#include <string.h>

#include "base/parse.h"
#include "cpu.h"

static const char proc_cpuinfo[] = "/proc/cpuinfo";

/* A thousand CPUs fill more than a file of the usual limit. */
enum { CPUINFO_MAX_BYTES = 8 * GD_READ_MAX_BYTES };

void gd_cpuinfo_free(struct gd_cpuinfo *info)
{
	gd_buf_free(&info->text);
	free(info->cpus);
	free(info->vendor);
	free(info->flags);
	free(info->features);
}

bool gd_cpuinfo_has(const char *words, const char *word)
{
	size_t len = strlen(word);

	while (*words) {
		size_t n = strcspn(words, " \t");

		if (n == len && !memcmp(words, word, n))
			return true;
		words += n;
		words += strspn(words, " \t");
	}
	return false;
}

/* Splits "key \t: value"; both are cut in place. False where the line has no colon. */
static bool split_line(char *line, char **key, char **value)
{
	char *colon = strchr(line, ':');

	if (!colon)
		return false;
	*colon = '\0';
	*key = gd_trim(line);
	*value = gd_trim(colon + 1);
	return true;
}

static int64_t number(const char *s)
{
	int64_t n;

	return gd_parse_i64(s, strncmp(s, "0x", 2) ? 10 : 16, &n) < 0 || n < 0 ? -1 : n;
}

static void take_line(struct gd_cpuinfo *info, char *line)
{
	static const struct {
		const char *key;
		size_t offset;
	} map[] = {
		{ "physical id", offsetof(struct gd_cpuinfo_cpu, package) },
		{ "core id", offsetof(struct gd_cpuinfo_cpu, core) },
		{ "cpu cores", offsetof(struct gd_cpuinfo_cpu, cores) },
		{ "CPU implementer", offsetof(struct gd_cpuinfo_cpu, implementer) },
		{ "CPU part", offsetof(struct gd_cpuinfo_cpu, part) },
	};
	char *key;
	char *value;

	if (!split_line(line, &key, &value))
		return;
	if (!strcmp(key, "processor")) {
		int64_t n = number(value);

		if (n < 0 || n >= GD_CPU_MAX || info->count >= GD_CPU_MAX) {
			info->error = -EINVAL;
			return;
		}
		GD_GROW(info->cpus, info->count, info->cap);
		info->cpus[info->count++] = (struct gd_cpuinfo_cpu){
			.cpu = (unsigned)n, .package = -1, .core = -1, .cores = -1, .implementer = -1, .part = -1,
		};
		return;
	}
	for (size_t i = 0; info->count && i < GD_COUNT(map); i++)
		if (!strcmp(key, map[i].key)) {
			int64_t n = number(value);

			memcpy((char *)&info->cpus[info->count - 1] + map[i].offset, &n, sizeof(n));
		}
}

/* Lines longer than this are lists of flags, which are looked up on their own. */
enum { SHORT_LINE_BYTES = 256 };

static void parse_lines(struct gd_cpuinfo *info)
{
	const char *at = gd_buf_peek(&info->text);

	while (*at) {
		size_t n = strcspn(at, "\n");

		if (n && n < SHORT_LINE_BYTES) {
			gd_autofree line = gd_xstrndup(at, n);

			take_line(info, line);
		}
		at += n + (at[n] == '\n');
	}
}

void gd_cpuinfo_read(struct gd_ctx *ctx, struct gd_cpuinfo *info)
{
	const char *text;

	info->error = gd_host_read_max(ctx->host, proc_cpuinfo, CPUINFO_MAX_BYTES, &info->text);
	if (info->error < 0)
		return;
	text = gd_buf_peek(&info->text);
	/* A file without any CPU, or with bytes that are no text, is not what the kernel wrote. */
	if (!gd_is_text(text, info->text.len)) {
		info->error = -EINVAL;
		return;
	}
	parse_lines(info);
	if (!info->count)
		info->error = -EINVAL;
	if (info->error < 0)
		return;
	info->vendor = gd_line_value(text, "vendor_id", "\t:");
	info->flags = gd_line_value(text, "flags", "\t:");
	info->features = info->cpus[0].implementer >= 0 ? gd_line_value(text, "Features", "\t:") : NULL;
}

static const struct {
	const char *id;
	int64_t implementer;
	const char *name;
} vendors[] = {
	{ "AuthenticAMD", -1, "AMD" },	   { "GenuineIntel", 0x69, "Intel" }, { "HygonGenuine", -1, "Hygon" },
	{ "CentaurHauls", -1, "VIA" },	   { "Shanghai", -1, "Zhaoxin" },     { NULL, 0x41, "ARM" },
	{ NULL, 0x42, "Broadcom" },	   { NULL, 0x43, "Cavium" },	      { NULL, 0x46, "Fujitsu" },
	{ NULL, 0x48, "HiSilicon" },	   { NULL, 0x4e, "NVIDIA" },	      { NULL, 0x50, "APM" },
	{ NULL, 0x51, "Qualcomm" },	   { NULL, 0x53, "Samsung" },	      { NULL, 0x56, "Marvell" },
	{ NULL, 0x61, "Apple" },	   { NULL, 0x6d, "Microsoft" },	      { NULL, 0x70, "Phytium" },
	{ NULL, 0xc0, "Ampere" },
};

static void take_vendor(struct gd_row *row, const struct gd_cpuinfo *info)
{
	int64_t implementer = info->cpus[0].implementer;

	for (size_t i = 0; i < GD_COUNT(vendors); i++)
		if ((info->vendor && vendors[i].id && !strcmp(info->vendor, vendors[i].id)) ||
		    (!info->vendor && implementer >= 0 && vendors[i].implementer == implementer)) {
			gd_set_text(row, "vendor", vendors[i].name, proc_cpuinfo);
			return;
		}
	if (info->vendor && *info->vendor)
		gd_set_text(row, "vendor", info->vendor, proc_cpuinfo);
	else
		gd_set_unknown(row, "vendor", GD_GAP_NO_SOURCE, "/proc/cpuinfo names no maker that is known here",
			       NULL);
}

/* Cores that machines with language models have; the numbers are those of MIDR_EL1. */
static const struct {
	int64_t implementer;
	int64_t part;
	const char *name;
} parts[] = {
	{ 0x41, 0xd03, "Cortex-A53" },	{ 0x41, 0xd04, "Cortex-A35" },	 { 0x41, 0xd05, "Cortex-A55" },
	{ 0x41, 0xd07, "Cortex-A57" },	{ 0x41, 0xd08, "Cortex-A72" },	 { 0x41, 0xd09, "Cortex-A73" },
	{ 0x41, 0xd0a, "Cortex-A75" },	{ 0x41, 0xd0b, "Cortex-A76" },	 { 0x41, 0xd0c, "Neoverse-N1" },
	{ 0x41, 0xd0d, "Cortex-A77" },	{ 0x41, 0xd40, "Neoverse-V1" },	 { 0x41, 0xd41, "Cortex-A78" },
	{ 0x41, 0xd42, "Cortex-A78AE" }, { 0x41, 0xd44, "Cortex-X1" },	 { 0x41, 0xd46, "Cortex-A510" },
	{ 0x41, 0xd47, "Cortex-A710" }, { 0x41, 0xd48, "Cortex-X2" },	 { 0x41, 0xd49, "Neoverse-N2" },
	{ 0x41, 0xd4b, "Cortex-A78C" }, { 0x41, 0xd4c, "Cortex-X1C" },	 { 0x41, 0xd4d, "Cortex-A715" },
	{ 0x41, 0xd4e, "Cortex-X3" },	{ 0x41, 0xd4f, "Neoverse-V2" },	 { 0x41, 0xd80, "Cortex-A520" },
	{ 0x41, 0xd81, "Cortex-A720" }, { 0x41, 0xd82, "Cortex-X4" },	 { 0x41, 0xd83, "Neoverse-V3AE" },
	{ 0x41, 0xd84, "Neoverse-V3" }, { 0x41, 0xd85, "Cortex-X925" },	 { 0x41, 0xd87, "Cortex-A725" },
	{ 0x41, 0xd8e, "Neoverse-N3" }, { 0x51, 0x001, "Oryon" },	 { 0x61, 0x022, "M1 Icestorm" },
	{ 0x61, 0x023, "M1 Firestorm" }, { 0x61, 0x024, "M1 Pro Icestorm" }, { 0x61, 0x025, "M1 Pro Firestorm" },
	{ 0x61, 0x028, "M1 Max Icestorm" }, { 0x61, 0x029, "M1 Max Firestorm" }, { 0x61, 0x032, "M2 Blizzard" },
	{ 0x61, 0x033, "M2 Avalanche" }, { 0x61, 0x034, "M2 Pro Blizzard" }, { 0x61, 0x035, "M2 Pro Avalanche" },
	{ 0x61, 0x038, "M2 Max Blizzard" }, { 0x61, 0x039, "M2 Max Avalanche" }, { 0xc0, 0xac3, "Ampere-1" },
	{ 0xc0, 0xac4, "Ampere-1a" },	{ 0xc0, 0xac5, "Ampere-1b" },
};

static const char *part_name(const struct gd_cpuinfo_cpu *cpu)
{
	for (size_t i = 0; i < GD_COUNT(parts); i++)
		if (parts[i].implementer == cpu->implementer && parts[i].part == cpu->part)
			return parts[i].name;
	return NULL;
}

/* Arm writes no name: those of the different cores stand for it, where all are known. */
static char *model_of_parts(const struct gd_cpuinfo *info)
{
	gd_autostrv names = { 0 };

	for (size_t i = 0; i < info->count; i++) {
		const char *name = part_name(&info->cpus[i]);

		if (!name)
			return NULL;
		if (!gd_strv_has(&names, name))
			gd_strv_add(&names, name);
	}
	return gd_strv_join(&names, " + ");
}

static void take_model(struct gd_row *row, const struct gd_cpuinfo *info)
{
	gd_autofree model = gd_line_value(gd_buf_peek(&info->text), "model name", "\t:");
	gd_autofree parts_model = model && *model ? NULL : model_of_parts(info);
	const char *name = parts_model ? parts_model : model;

	if (name && *name)
		gd_set_text(row, "model", name, proc_cpuinfo);
	else
		gd_set_unknown(row, "model", GD_GAP_NO_SOURCE, "/proc/cpuinfo names no model", NULL);
}

static void take_number(struct gd_row *row, const struct gd_cpuinfo *info, const char *column, const char *key)
{
	gd_autofree text = gd_line_value(gd_buf_peek(&info->text), key, "\t:");
	int64_t value;

	if (!gd_cpuinfo_is_x86(info) || !text)
		gd_set_absent(row, column, proc_cpuinfo);
	else if (gd_parse_i64(text, 10, &value) < 0 || value < 0)
		gd_take_garbage(row, column, proc_cpuinfo, text);
	else
		gd_set_int(row, column, value, proc_cpuinfo);
}

static const struct {
	const char *column;
	const char *flag;
	const char *old_flag; /* what 32-bit kernels call it, or NULL */
	bool arm;
} features[] = {
	{ "sse42", "sse4_2", NULL, false },
	{ "avx", "avx", NULL, false },
	{ "avx2", "avx2", NULL, false },
	{ "f16c", "f16c", NULL, false },
	{ "fma", "fma", NULL, false },
	{ "bmi2", "bmi2", NULL, false },
	{ "avx_vnni", "avx_vnni", NULL, false },
	{ "avx512f", "avx512f", NULL, false },
	{ "avx512_vbmi", "avx512vbmi", NULL, false },
	{ "avx512_vnni", "avx512_vnni", NULL, false },
	{ "avx512_bf16", "avx512_bf16", NULL, false },
	{ "amx_tile", "amx_tile", NULL, false },
	{ "amx_int8", "amx_int8", NULL, false },
	{ "amx_bf16", "amx_bf16", NULL, false },
	{ "neon", "asimd", "neon", true },
	{ "dotprod", "asimddp", NULL, true },
	{ "i8mm", "i8mm", NULL, true },
	{ "sve", "sve", NULL, true },
	{ "sve2", "sve2", NULL, true },
	{ "sme", "sme", NULL, true },
};

static void take_features(struct gd_row *row, const struct gd_cpuinfo *info)
{
	for (size_t i = 0; i < GD_COUNT(features); i++) {
		const char *words = features[i].arm ? info->features : info->flags;

		if (info->error < 0)
			gd_cpu_unknown(row, features[i].column, proc_cpuinfo, info->error);
		else if (words)
			gd_set_bool(row, features[i].column,
				    gd_cpuinfo_has(words, features[i].flag) ||
					    (features[i].old_flag && gd_cpuinfo_has(words, features[i].old_flag)),
				    proc_cpuinfo);
		else if (gd_cpuinfo_is_x86(info) || gd_cpuinfo_is_arm(info))
			gd_set_absent(row, features[i].column, proc_cpuinfo);
		else
			gd_set_unknown(row, features[i].column, GD_GAP_NO_SOURCE,
				       "/proc/cpuinfo lists the instructions of neither x86 nor Arm", NULL);
	}
}

/* True where a row's cell is empty or says the same. */
static bool agrees(const struct gd_csv *t, size_t row, const char *column, const char *text)
{
	const char *cell = gd_csv_peek(t, row, gd_csv_column(t, column));

	return !text || !*cell || !strcmp(cell, text);
}

/* The row whose pattern is the longest that the model's name holds, or -1. */
static int64_t find_memory_row(const struct gd_csv *t, const struct gd_row *row, const struct gd_cpuinfo *info)
{
	bool numbered = gd_is_known(row, "family") && gd_is_known(row, "model_number");
	gd_autofree family_model = !numbered ? NULL
					     : gd_xasprintf("%lld-%lld", (long long)gd_get_int(row, "family", 0),
							    (long long)gd_get_int(row, "model_number", 0));
	const char *model = gd_get_text(row, "model", "");
	size_t longest = 0;
	int64_t found = -1;

	for (size_t i = 0; i < t->rows; i++) {
		const char *match = gd_csv_peek(t, i, gd_csv_column(t, "match"));
		size_t len = strlen(match);

		if (len <= longest || !strstr(model, match) || !agrees(t, i, "vendor", info->vendor) ||
		    !agrees(t, i, "family_model", family_model))
			continue;
		longest = len;
		found = (int64_t)i;
	}
	return found;
}

/*
 * The transfer rate of the memory that is really fitted: KFD's nodes for CPUs
 * have it from the firmware tables (SMBIOS type 17). NULL where there is none.
 */
static const struct gd_cell *fitted_mtps(const struct gd_ctx *ctx)
{
	const struct gd_rows *nodes = gd_facts_table_peek(ctx->facts, "kfd_node");

	for (size_t i = 0; nodes && i < nodes->count; i++)
		if (!gd_get_int(nodes->rows[i], "is_gpu", 1) && gd_get_int(nodes->rows[i], "memory_clock_mhz", 0) > 0)
			return gd_get(nodes->rows[i], "memory_clock_mhz");
	return NULL;
}

static void take_bandwidth(struct gd_ctx *ctx, struct gd_row *row, const struct gd_cpuinfo *info)
{
	static const char column[] = "memory_bandwidth_gbps";
	const struct gd_csv *t = ctx->db ? gd_gpudb_table_peek(ctx->db, "cpu-memory") : NULL;
	const struct gd_cell *mtps = fitted_mtps(ctx);
	gd_autofree source = NULL;
	double gbps;
	uint64_t channels;
	int64_t at;

	if (!gd_is_known(row, "model")) {
		gd_set_cell(row, column, gd_get(row, "model"));
		return;
	}
	at = t ? find_memory_row(t, row, info) : -1;
	if (at < 0 || gd_parse_real(gd_csv_peek(t, (size_t)at, gd_csv_column(t, "bandwidth_gbps")), &gbps) < 0) {
		gd_set_unknown(row, column, GD_GAP_NO_SOURCE, "the GPU database has no row for this processor",
			       "dmidecode -t memory (as root) shows the modules and their speed");
		return;
	}
	if (mtps && !gd_parse_u64(gd_csv_peek(t, (size_t)at, gd_csv_column(t, "channels")), 10, &channels)) {
		source = gd_xasprintf("%llu channels (data/gpu-db/cpu-memory.csv:%u) × 8 bytes × %lld MT/s (%s)",
				      (unsigned long long)channels, t->lines[at], (long long)mtps->value.i,
				      mtps->source);
		gd_set_real(row, column, (double)channels * 8 * (double)mtps->value.i / 1000, source);
		return;
	}
	source = gd_xasprintf("data/gpu-db/cpu-memory.csv:%u, with the fastest memory that the maker names",
			      t->lines[at]);
	gd_set_real(row, column, gbps, source);
}

void gd_cpuinfo_take(struct gd_ctx *ctx, struct gd_row *row, const struct gd_cpuinfo *info)
{
	static const char *const columns[] = { "model", "vendor", "family", "model_number", "stepping" };

	take_features(row, info);
	if (info->error < 0) {
		for (size_t i = 0; i < GD_COUNT(columns); i++)
			gd_cpu_unknown(row, columns[i], proc_cpuinfo, info->error);
	} else {
		take_model(row, info);
		take_vendor(row, info);
		take_number(row, info, "family", "cpu family");
		take_number(row, info, "model_number", "model");
		take_number(row, info, "stepping", "stepping");
	}
	take_bandwidth(ctx, row, info);
}
