/* SPDX-License-Identifier: MIT */
#include "probes/gpu_join.h"

#include <string.h>

bool gd_gpu_join_takes(const struct gd_row *gpu)
{
	return !strcmp(gd_get_text(gpu, "vendor", ""), "AMD") && gd_get_int(gpu, "compute", 0) == 1;
}

/* The first of the two that is not complete, or NULL. */
static const struct gd_rows *lacking(const struct gd_rows *a, const struct gd_rows *b)
{
	if (!a->complete)
		return a;
	return b->complete ? NULL : b;
}

void gd_gpu_join(struct gd_ctx *ctx, const char *table, const char *others,
		 void (*add)(struct gd_ctx *ctx, const struct gd_row *gpu, const struct gd_row *other))
{
	const struct gd_rows *gpus = gd_facts_table_peek(ctx->facts, "gpu");
	const struct gd_rows *rows = gd_facts_table_peek(ctx->facts, others);
	const struct gd_rows *open = lacking(gpus, rows);
	bool any = false;

	for (size_t i = 0; i < gpus->count; i++) {
		if (!gd_gpu_join_takes(gpus->rows[i]))
			continue;
		any = true;
		for (size_t k = 0; k < rows->count; k++)
			add(ctx, gpus->rows[i], rows->rows[k]);
	}
	/* Without such a GPU there is no pair, whatever lies on the disks. */
	gd_facts_close_like(ctx->facts, table, !any && gpus->complete ? NULL : open);
}

struct gd_row *gd_gpu_join_add(struct gd_ctx *ctx, const char *table, const struct gd_row *gpu,
			       const struct gd_row *other)
{
	gd_autofree id = gd_xasprintf("%s %s", gd_get_text(gpu, "id", ""), gd_get_text(other, "id", ""));
	gd_autofree source = gd_xasprintf("gpu, %s", other->table->name);
	struct gd_row *row = gd_facts_add(ctx->facts, table);

	gd_set_text(row, "id", id, source);
	gd_set_cell(row, "gpu", gd_get(gpu, "id"));
	gd_set_cell(row, "isa", gd_get(gpu, "isa"));
	return row;
}
