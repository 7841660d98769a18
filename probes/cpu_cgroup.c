/* SPDX-License-Identifier: MIT */
/* How much CPU time the control groups of this process grant it. */
#include <errno.h>
#include <string.h>

#include "base/parse.h"
#include "cpu.h"

static const char proc_cgroup[] = "/proc/self/cgroup";
static const char column[] = "quota_cpus";

enum { MAX_DEPTH = 64 };

/* Where the process stands in the hierarchy that has the CPU controller. */
struct place {
	bool v1;
	char *path;
};

static void place_free(struct place *p)
{
	free(p->path);
}

/* "4:cpu,cpuacct:/a/b", and "0::/a/b" of version 2, which counts where no version 1 line has the controller. */
static bool find_place(const char *text, struct place *ret)
{
	gd_autostrv lines = { 0 };

	gd_strv_split(&lines, text, "\n");
	for (size_t i = 0; i < lines.count; i++) {
		char *controllers = strchr(lines.items[i], ':');
		char *path = controllers ? strchr(controllers + 1, ':') : NULL;
		gd_autostrv names = { 0 };

		if (!path || path[1] != '/')
			return false;
		*controllers++ = '\0';
		*path++ = '\0';
		gd_strv_split(&names, controllers, ",");
		if (gd_strv_has(&names, "cpu") || (!*controllers && !strcmp(lines.items[i], "0") && !ret->v1)) {
			free(ret->path);
			ret->path = gd_xstrdup(path);
			ret->v1 = *controllers != '\0';
			if (ret->v1)
				return true;
		}
	}
	return ret->path != NULL;
}

/* The directory where the hierarchy is mounted, shown by a file that every group has. */
static int find_mount(struct gd_ctx *ctx, bool v1, const char **ret)
{
	static const char *const v1_dirs[] = { "/sys/fs/cgroup/cpu", "/sys/fs/cgroup/cpu,cpuacct",
					       "/sys/fs/cgroup/cpuacct,cpu", NULL };
	static const char *const v2_dirs[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified", NULL };
	int first = 0;

	for (const char *const *dir = v1 ? v1_dirs : v2_dirs; *dir; dir++) {
		gd_autofree path = gd_xasprintf("%s/%s", *dir, v1 ? "cgroup.clone_children" : "cgroup.controllers");
		gd_autobuf text = { 0 };
		int r = gd_host_read(ctx->host, path, &text);

		if (!r) {
			*ret = *dir;
			return 0;
		}
		if (!first || gd_host_is_absence(first))
			first = r;
	}
	return first;
}

/* "max 100000" or "150000 100000"; a quota of 0 stands for none. */
static int parse_v2(const char *text, double *ret)
{
	gd_autostrv words = { 0 };
	int64_t quota;
	int64_t period;

	gd_strv_split(&words, text, " \t\n");
	*ret = 0;
	if (words.count == 2 && !strcmp(words.items[0], "max"))
		return 0;
	if (words.count != 2 || gd_parse_i64(words.items[0], 10, &quota) < 0 ||
	    gd_parse_i64(words.items[1], 10, &period) < 0 || quota < 1 || period < 1)
		return -EINVAL;
	*ret = (double)quota / (double)period;
	return 0;
}

static int read_v2(struct gd_ctx *ctx, const char *dir, double *ret)
{
	gd_autofree path = gd_xasprintf("%s/cpu.max", dir);
	gd_autobuf text = { 0 };
	int r = gd_host_read(ctx->host, path, &text);

	return r < 0 ? r : parse_v2(gd_buf_peek(&text), ret);
}

/* A quota of -1 stands for none. */
static int read_v1(struct gd_ctx *ctx, const char *dir, double *ret)
{
	gd_autofree quota_path = gd_xasprintf("%s/cpu.cfs_quota_us", dir);
	gd_autofree period_path = gd_xasprintf("%s/cpu.cfs_period_us", dir);
	int64_t quota;
	int64_t period;
	int r = gd_cpu_read_int(ctx, quota_path, &quota);

	*ret = 0;
	if (r < 0 || quota == -1)
		return r;
	r = gd_cpu_read_int(ctx, period_path, &period);
	if (r < 0)
		return r;
	if (quota < 1 || period < 1)
		return -EINVAL;
	*ret = (double)quota / (double)period;
	return 0;
}

/*
 * Takes the smallest quota from the process's group up to the mount. A group
 * without the file has no limit of its own. In a container without a namespace
 * for groups the path names the host's groups, which are not to be seen; what
 * is mounted is then the process's own group.
 */
static void take_smallest(struct gd_ctx *ctx, struct gd_row *row, const struct place *place, const char *mount)
{
	gd_autofree group = gd_xasprintf("%s%s", mount, strcmp(place->path, "/") ? place->path : "");
	size_t mount_len = strlen(mount);
	gd_autofree source = NULL;
	double smallest = 0;

	for (int depth = 0; depth < MAX_DEPTH; depth++) {
		double quota = 0;
		int r = place->v1 ? read_v1(ctx, group, &quota) : read_v2(ctx, group, &quota);

		if (r < 0 && !gd_host_is_absence(r)) {
			gd_cpu_unknown(row, column, group, r);
			return;
		}
		if (!r && quota > 0 && (smallest <= 0 || quota < smallest)) {
			smallest = quota;
			free(source);
			source = gd_xasprintf("%s/%s", group,
					      place->v1 ? "{cpu.cfs_quota_us,cpu.cfs_period_us}" : "cpu.max");
		}
		if (strlen(group) <= mount_len)
			break;
		*strrchr(group, '/') = '\0';
	}
	if (strlen(group) > mount_len)
		gd_cpu_unknown(row, column, proc_cgroup, -EINVAL);
	else if (smallest > 0)
		gd_set_real(row, column, smallest, source);
	else
		gd_set_absent(row, column, place->v1 ? "/proc/self/cgroup, cpu.cfs_quota_us up to /sys/fs/cgroup"
						     : "/proc/self/cgroup, cpu.max up to /sys/fs/cgroup");
}

void gd_cpu_take_quota(struct gd_ctx *ctx, struct gd_row *row)
{
	GD_CLEANUP(place_free) struct place place = { 0 };
	gd_autobuf text = { 0 };
	const char *mount = NULL;
	int r;

	/* A kernel without control groups has no such file, and no quotas. */
	if (!gd_take_content(ctx, row, column, proc_cgroup, &text))
		return;
	if (!find_place(gd_buf_peek(&text), &place)) {
		gd_take_garbage(row, column, proc_cgroup, gd_buf_peek(&text));
		return;
	}
	/* A path that leaves the namespace names groups that are not to be seen from here. */
	if (strstr(place.path, "/..")) {
		gd_set_unknown(row, column, GD_GAP_NO_SOURCE,
			       "the process's control group lies outside of its namespace",
			       "run gpudoctor outside of the container");
		return;
	}
	r = find_mount(ctx, place.v1, &mount);
	if (r < 0) {
		gd_cpu_unknown(row, column, "/sys/fs/cgroup", r);
		return;
	}
	take_smallest(ctx, row, &place, mount);
}
