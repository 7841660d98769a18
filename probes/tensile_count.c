/* SPDX-License-Identifier: MIT */
#include "probes/tensile_count.h"

#include <string.h>

#include "object/object.h"
#include "probes/tensile_name.h"

static bool is_tuned_index(const char *name, const char *isa)
{
	struct gd_kernel_name n;

	gd_kernel_name_parse(name, &n);
	return n.kind == GD_KERNEL_INDEX_TYPE && !n.fallback && !strcmp(n.isa, isa);
}

/* The kernels in one index are added; false where they could not be counted, which the cell then says. */
static bool add_index(struct gd_ctx *ctx, struct gd_row *row, const char *column, const char *path, uint64_t *count)
{
	gd_autoobject index = { 0 };
	int r = gd_host_object(ctx->host, path, &index);

	if (r < 0) {
		gd_take_error(ctx, row, column, path, r);
		return false;
	}
	if (index.kind == GD_OBJECT_EMPTY && !gd_host_is_live(ctx->host)) {
		gd_take_error(ctx, row, column, path, -GD_ENOTCAPTURED);
		return false;
	}
	if (index.fault || index.kind != GD_OBJECT_TENSILE || !index.has_solutions) {
		gd_autofree detail = gd_xasprintf("%s: %s", path, index.fault ? index.fault : "no index of kernels");

		gd_set_unknown(row, column, GD_GAP_GARBAGE, detail, NULL);
		return false;
	}
	*count += index.solution_count;
	return true;
}

/* Where targets have folders of their own, the files of this one are in its. */
static int list(struct gd_ctx *ctx, const char *folder, const char *isa, char **ret_folder, struct gd_strv *names)
{
	gd_autofree own = gd_xasprintf("%s/%s", folder, isa);
	int r = gd_host_list(ctx->host, own, names);

	if (r >= 0 && names->count) {
		*ret_folder = GD_STEAL(own);
		return r;
	}
	*ret_folder = gd_xstrdup(folder);
	return gd_host_list(ctx->host, folder, names);
}

void gd_tensile_count(struct gd_ctx *ctx, struct gd_row *row, const char *column, const char *folder, const char *isa)
{
	gd_autostrv names = { 0 };
	gd_autofree base = NULL;
	uint64_t count = 0;
	int r = list(ctx, folder, isa, &base, &names);

	if (r < 0) {
		gd_take_error(ctx, row, column, folder, r);
		return;
	}
	for (size_t i = 0; i < names.count; i++) {
		gd_autofree path = gd_xasprintf("%s/%s", base, names.items[i]);

		if (is_tuned_index(names.items[i], isa) && !add_index(ctx, row, column, path, &count))
			return;
	}
	gd_set_int(row, column, (int64_t)count, base);
}
