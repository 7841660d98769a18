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

/* A cell that is summed up. */
struct sum {
	struct gd_ctx *ctx;
	struct gd_row *row;
	const char *column;
	uint64_t count;
	struct gd_tensile_cost cost; /* of this cell */
	struct gd_tensile_cost *total;
};

static bool is_spent(const struct gd_tensile_cost *c, uint64_t folders)
{
	return c->indices >= folders * GD_TENSILE_MAX_INDICES || c->bytes >= folders * GD_TENSILE_MAX_BYTES;
}

/* True where no more may be read for this cell, which then says so. */
static bool is_enough(struct sum *s, const char *path)
{
	bool here = is_spent(&s->cost, 1);
	int folders = here ? 1 : GD_TENSILE_MAX_FOLDERS;
	gd_autofree detail = NULL;

	if (!here && !is_spent(s->total, GD_TENSILE_MAX_FOLDERS))
		return false;
	detail = gd_xasprintf("%s: %s: %d files, or %d MiB unpacked", path,
			      here ? "more indices than any library has"
				   : "too much was read already for the indices of other folders",
			      folders * GD_TENSILE_MAX_INDICES, folders * (GD_TENSILE_MAX_BYTES >> 20));
	gd_set_unknown(s->row, s->column, here ? GD_GAP_GARBAGE : GD_GAP_ERROR, detail, NULL);
	return true;
}

/* A capture does not tell what reading the file did cost, and nothing is unpacked then. */
static void add_cost(struct gd_tensile_cost *c, const struct gd_object *index)
{
	c->indices++;
	c->bytes += index->work.bytes;
}

/* The kernels in one index are added; false where they could not be counted, which the cell then says. */
static bool add_index(struct sum *s, const char *path)
{
	gd_autoobject index = { 0 };
	int r;

	if (is_enough(s, path))
		return false;
	r = gd_host_object(s->ctx->host, path, &index);
	if (r < 0) {
		gd_take_error(s->ctx, s->row, s->column, path, r);
		return false;
	}
	add_cost(&s->cost, &index);
	add_cost(s->total, &index);
	if (index.kind == GD_OBJECT_EMPTY && !gd_host_is_live(s->ctx->host)) {
		gd_take_error(s->ctx, s->row, s->column, path, -GD_ENOTCAPTURED);
		return false;
	}
	if (index.fault || index.kind != GD_OBJECT_TENSILE || !index.has_solutions) {
		gd_autofree detail = gd_xasprintf("%s: %s", path, index.fault ? index.fault : "no index of kernels");

		gd_set_unknown(s->row, s->column, GD_GAP_GARBAGE, detail, NULL);
		return false;
	}
	s->count += index.solution_count;
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

void gd_tensile_count(struct gd_ctx *ctx, struct gd_row *row, const char *column, const char *folder, const char *isa,
		      struct gd_tensile_cost *total)
{
	struct sum s = { .ctx = ctx, .row = row, .column = column, .total = total };
	gd_autostrv names = { 0 };
	gd_autofree base = NULL;
	int r = list(ctx, folder, isa, &base, &names);

	if (r < 0) {
		gd_take_error(ctx, row, column, folder, r);
		return;
	}
	for (size_t i = 0; i < names.count; i++) {
		gd_autofree path = gd_xasprintf("%s/%s", base, names.items[i]);

		if (is_tuned_index(names.items[i], isa) && !add_index(&s, path))
			return;
	}
	gd_set_int(row, column, (int64_t)s.count, base);
}
