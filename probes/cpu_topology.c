/* SPDX-License-Identifier: MIT */
/* Which CPUs are online, and how they share cores, packages and caches. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/parse.h"
#include "cpu.h"

static const char online_path[] = "/sys/devices/system/cpu/online";
static const char proc_cpuinfo[] = "/proc/cpuinfo";
static const char package_source[] = "/sys/devices/system/cpu/cpu*/topology/physical_package_id";

enum { PATH_BYTES = 128 };

unsigned gd_cpu_count(const struct gd_cpu_set *s)
{
	unsigned count = 0;

	for (size_t i = 0; i < GD_COUNT(s->words); i++)
		count += (unsigned)__builtin_popcountll(s->words[i]);
	return count;
}

void gd_cpu_intersect(struct gd_cpu_set *s, const struct gd_cpu_set *with)
{
	for (size_t i = 0; i < GD_COUNT(s->words); i++)
		s->words[i] &= with->words[i];
}

struct list_reader {
	struct gd_cpu_set set;
	bool beyond;
};

static void add_listed(unsigned cpu, void *arg)
{
	struct list_reader *r = arg;

	r->beyond |= cpu >= GD_CPU_MAX;
	gd_cpu_add(&r->set, cpu);
}

int gd_cpu_parse_set(const char *list, struct gd_cpu_set *ret)
{
	struct list_reader r = { .beyond = false };

	if (gd_parse_list(list, GD_CPU_MAX, add_listed, &r) < 0 || r.beyond)
		return -EINVAL;
	*ret = r.set;
	return 0;
}

static int read_text(struct gd_ctx *ctx, const char *path, struct gd_buf *text)
{
	int r = gd_host_read(ctx->host, path, text);

	if (r < 0)
		return r;
	return memchr(gd_buf_peek(text), '\0', text->len) ? -EINVAL : 0;
}

int gd_cpu_read_set(struct gd_ctx *ctx, const char *path, struct gd_cpu_set *ret)
{
	gd_autobuf text = { 0 };
	int r = read_text(ctx, path, &text);

	return r < 0 ? r : gd_cpu_parse_set(gd_buf_peek(&text), ret);
}

int gd_cpu_read_int(struct gd_ctx *ctx, const char *path, int64_t *ret)
{
	gd_autobuf text = { 0 };
	int r = read_text(ctx, path, &text);

	if (r < 0)
		return r;
	return gd_parse_i64(gd_buf_peek(&text), 10, ret) < 0 ? -EINVAL : 0;
}

void gd_cpu_unknown(struct gd_row *row, const char *column, const char *path, int error)
{
	bool absent = gd_host_is_absence(error);
	gd_autofree detail = gd_xasprintf("%s: %s", path,
					  error == -EINVAL ? "what it holds makes no sense there"
							   : gd_host_strerror_peek(error));

	gd_set_unknown(row, column, absent ? GD_GAP_NO_SOURCE : gd_gap_of_error(error), detail,
		       gd_remedy_peek(error));
}

int gd_cpu_read_each(struct gd_ctx *ctx, const struct gd_cpus *cpus, const char *file, int64_t *values)
{
	bool first = true;

	for (unsigned i = 0; i < GD_CPU_MAX; i++) {
		char path[PATH_BYTES];
		int r;

		if (!gd_cpu_has(&cpus->online, i))
			continue;
		snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%u/%s", i, file);
		r = gd_cpu_read_int(ctx, path, &values[i]);
		/* Missing for some but not all proves nothing. */
		if (r == -ENOENT && !first)
			return -ENODATA;
		if (r < 0)
			return r;
		if (values[i] < 0)
			return -EINVAL;
		first = false;
	}
	return 0;
}

/* The CPUs online; without the list, those that /proc/cpuinfo has a block for. */
static void take_threads(struct gd_ctx *ctx, struct gd_row *row, struct gd_cpus *cpus)
{
	const char *source = online_path;
	int r = gd_cpu_read_set(ctx, online_path, &cpus->online);

	if (r < 0 && r != -EINVAL && !cpus->info.error) {
		source = proc_cpuinfo;
		for (size_t i = 0; i < cpus->info.count; i++)
			gd_cpu_add(&cpus->online, cpus->info.cpus[i].cpu);
		r = 0;
	}
	cpus->threads = gd_cpu_count(&cpus->online);
	if (!r && !cpus->threads)
		r = -EINVAL;
	cpus->online_known = !r;
	if (r < 0)
		gd_cpu_unknown(row, "threads", online_path, r);
	else
		gd_set_int(row, "threads", cpus->threads, source);
}

/* Reads who shares the core with `cpu`; kernels before 5.0 have the older of the two names. */
static int read_siblings(struct gd_ctx *ctx, unsigned cpu, struct gd_cpu_set *ret)
{
	static const char *const names[] = { "core_cpus_list", "thread_siblings_list" };
	char path[PATH_BYTES];
	int first = 0;

	for (size_t i = 0; i < GD_COUNT(names); i++) {
		int r;

		snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%u/topology/%s", cpu, names[i]);
		r = gd_cpu_read_set(ctx, path, ret);
		if (!r)
			return gd_cpu_has(ret, cpu) ? 0 : -EINVAL;
		first = first ? first : r;
	}
	return first;
}

static unsigned lowest(const struct gd_cpu_set *s)
{
	for (unsigned i = 0; i < GD_CPU_MAX; i++)
		if (gd_cpu_has(s, i))
			return i;
	return 0;
}

static int cores_by_siblings(struct gd_ctx *ctx, struct gd_cpus *cpus)
{
	for (unsigned i = 0; i < GD_CPU_MAX; i++) {
		struct gd_cpu_set set;
		int r;

		if (!gd_cpu_has(&cpus->online, i))
			continue;
		r = read_siblings(ctx, i, &set);
		if (r < 0)
			return r;
		gd_cpu_intersect(&set, &cpus->online);
		cpus->core_of[i] = (uint16_t)lowest(&set);
	}
	return 0;
}

static int compare_core(const void *a, const void *b)
{
	const struct gd_cpuinfo_cpu *x = a;
	const struct gd_cpuinfo_cpu *y = b;

	if (x->package != y->package)
		return x->package < y->package ? -1 : 1;
	if (x->core != y->core)
		return x->core < y->core ? -1 : 1;
	return (x->cpu > y->cpu) - (x->cpu < y->cpu);
}

/*
 * The blocks of /proc/cpuinfo. Numbers of cores repeat on some machines with
 * several dies, so they count only where they lead to as many cores as the
 * packages say they have.
 */
static int cores_by_cpuinfo(struct gd_cpus *cpus)
{
	struct gd_cpuinfo_cpu *cpu = cpus->info.cpus;
	size_t count = cpus->info.count;
	int64_t expected = 0;
	int64_t found = 0;
	unsigned core = 0;

	if (cpus->info.error < 0)
		return cpus->info.error;
	if (!count || count != cpus->threads)
		return -ENODATA;
	qsort(cpu, count, sizeof(*cpu), compare_core);
	for (size_t i = 0; i < count; i++) {
		bool new_package = !i || cpu[i].package != cpu[i - 1].package;
		bool new_core = new_package || cpu[i].core != cpu[i - 1].core;

		if (cpu[i].package < 0 || cpu[i].core < 0 || cpu[i].cores < 1 || cpu[i].cores > GD_CPU_MAX ||
		    !gd_cpu_has(&cpus->online, cpu[i].cpu))
			return -ENODATA;
		expected += new_package ? cpu[i].cores : 0;
		found += new_core;
		core = new_core ? cpu[i].cpu : core;
		cpus->core_of[cpu[i].cpu] = (uint16_t)core;
	}
	return found == expected ? 0 : -ENODATA;
}

static void take_cores(struct gd_ctx *ctx, struct gd_row *row, struct gd_cpus *cpus)
{
	const char *source = "distinct sets in /sys/devices/system/cpu/cpu*/topology/core_cpus_list or "
			     "thread_siblings_list";
	unsigned most = 0;
	int r = cores_by_siblings(ctx, cpus);

	if (r < 0 && r != -EINVAL && !cores_by_cpuinfo(cpus)) {
		source = "\"physical id\", \"core id\" and \"cpu cores\" in /proc/cpuinfo";
		r = 0;
	}
	if (r < 0) {
		gd_cpu_unknown(row, "cores", "/sys/devices/system/cpu/cpu*/topology/thread_siblings_list", r);
		gd_set_cell(row, "threads_per_core", gd_get(row, "cores"));
		return;
	}
	for (unsigned i = 0; i < GD_CPU_MAX; i++)
		if (gd_cpu_has(&cpus->online, i)) {
			unsigned n = ++cpus->siblings[cpus->core_of[i]];

			cpus->cores += n == 1;
			most = n > most ? n : most;
		}
	cpus->cores_known = true;
	gd_set_int(row, "cores", cpus->cores, source);
	gd_set_int(row, "threads_per_core", most, source);
}

static int compare_int(const void *a, const void *b)
{
	const int64_t *x = a;
	const int64_t *y = b;

	return (*x > *y) - (*x < *y);
}

static unsigned count_distinct(int64_t *values, size_t count)
{
	unsigned distinct = 0;

	qsort(values, count, sizeof(*values), compare_int);
	for (size_t i = 0; i < count; i++)
		distinct += !i || values[i] != values[i - 1];
	return distinct;
}

static void take_sockets(struct gd_ctx *ctx, struct gd_row *row, const struct gd_cpus *cpus)
{
	gd_autovalues packages = gd_xcalloc(GD_CPU_MAX, sizeof(int64_t));
	const char *source = package_source;
	size_t count = 0;
	int r = gd_cpu_read_each(ctx, cpus, "topology/physical_package_id", packages);

	if (!r) {
		for (unsigned i = 0; i < GD_CPU_MAX; i++)
			if (gd_cpu_has(&cpus->online, i))
				packages[count++] = packages[i];
	} else if (r != -EINVAL && !cpus->info.error) {
		source = proc_cpuinfo;
		for (; count < cpus->info.count && cpus->info.cpus[count].package >= 0; count++)
			packages[count] = cpus->info.cpus[count].package;
		r = count == cpus->info.count ? 0 : r;
	}
	if (r < 0)
		gd_cpu_unknown(row, "sockets", package_source, r);
	else
		gd_set_int(row, "sockets", count_distinct(packages, count), source);
}

void gd_cpu_take_topology(struct gd_ctx *ctx, struct gd_row *row, struct gd_cpus *cpus)
{
	static const char *const columns[] = { "cores", "threads_per_core", "sockets" };

	take_threads(ctx, row, cpus);
	if (!cpus->online_known) {
		for (size_t i = 0; i < GD_COUNT(columns); i++)
			gd_set_cell(row, columns[i], gd_get(row, "threads"));
		return;
	}
	take_cores(ctx, row, cpus);
	take_sockets(ctx, row, cpus);
}

/* "24576K" in KiB. */
static int parse_size(const char *s, int64_t *ret)
{
	gd_autofree copy = gd_xstrdup(s);
	char *text = gd_trim(copy);
	size_t len = strlen(text);
	int64_t factor = len && text[len - 1] == 'M' ? 1024 : 1;

	if (len < 2 || !strchr("KM", text[len - 1]))
		return -EINVAL;
	text[len - 1] = '\0';
	/* No cache is a terabyte: larger numbers would only overflow the sum. */
	if (gd_parse_i64(text, 10, ret) < 0 || *ret < 0 || *ret > (int64_t)1 << 30)
		return -EINVAL;
	*ret *= factor;
	return 0;
}

/* The size of one cache, and who shares it. */
static int read_cache(struct gd_ctx *ctx, const char *dir, int64_t *ret_kib, struct gd_cpu_set *ret_shared)
{
	gd_autofree size_path = gd_xasprintf("%s/size", dir);
	gd_autofree shared_path = gd_xasprintf("%s/shared_cpu_list", dir);
	gd_autobuf size = { 0 };
	int r = read_text(ctx, size_path, &size);

	if (!r)
		r = parse_size(gd_buf_peek(&size), ret_kib);
	return r < 0 ? r : gd_cpu_read_set(ctx, shared_path, ret_shared);
}

/* Adds the third-level caches of one CPU; 0 also where it has none. */
static int add_l3(struct gd_ctx *ctx, unsigned cpu, int64_t *kib, struct gd_cpu_set *covered)
{
	char dir[PATH_BYTES];
	gd_autostrv names = { 0 };
	int r;

	snprintf(dir, sizeof(dir), "/sys/devices/system/cpu/cpu%u/cache", cpu);
	r = gd_host_list(ctx->host, dir, &names);
	for (size_t i = 0; !r && i < names.count; i++) {
		gd_autofree index = gd_xasprintf("%s/%s", dir, names.items[i]);
		gd_autofree level_path = gd_xasprintf("%s/level", index);
		struct gd_cpu_set shared;
		int64_t level;
		int64_t size;

		if (strncmp(names.items[i], "index", strlen("index")))
			continue;
		r = gd_cpu_read_int(ctx, level_path, &level);
		if (r < 0 || level != 3)
			continue;
		r = read_cache(ctx, index, &size, &shared);
		if (!r && !gd_cpu_has(&shared, cpu))
			r = -EINVAL;
		for (size_t w = 0; !r && w < GD_COUNT(shared.words); w++)
			covered->words[w] |= shared.words[w];
		*kib += r ? 0 : size;
	}
	return r;
}

void gd_cpu_take_l3(struct gd_ctx *ctx, struct gd_row *row, const struct gd_cpus *cpus)
{
	static const char source[] = "/sys/devices/system/cpu/cpu*/cache/index*/{level,shared_cpu_list,size}";
	struct gd_cpu_set covered = { 0 };
	int64_t kib = 0;

	if (!cpus->online_known) {
		gd_set_cell(row, "l3_kib", gd_get(row, "threads"));
		return;
	}
	for (unsigned i = 0; i < GD_CPU_MAX; i++) {
		int r;

		if (!gd_cpu_has(&cpus->online, i) || gd_cpu_has(&covered, i))
			continue;
		r = add_l3(ctx, i, &kib, &covered);
		if (r < 0) {
			gd_cpu_unknown(row, "l3_kib", source, r);
			return;
		}
	}
	if (kib)
		gd_set_int(row, "l3_kib", kib, source);
	else
		gd_set_absent(row, "l3_kib", source);
}
