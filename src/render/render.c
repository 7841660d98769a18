/* SPDX-License-Identifier: MIT */
#include "render/render.h"

#include <string.h>

const struct gd_format *gd_format_find(const char *name)
{
	for (size_t i = 0; gd_formats[i]; i++)
		if (!strcmp(gd_formats[i]->name, name))
			return gd_formats[i];
	return NULL;
}

const char *gd_outcome_text_peek(enum gd_outcome o)
{
	static const char *const texts[] = {
		[GD_NOT_APPLICABLE] = "does not apply",
		[GD_FINE] = "fine",
		[GD_PROBLEM] = "problem",
		[GD_UNDECIDED] = "unknown",
	};

	return texts[o];
}

void gd_grid_free(struct gd_grid *g)
{
	for (size_t i = 0; i < g->rows * g->columns.count; i++)
		free(g->cells[i].text);
	free(g->cells);
	gd_strv_free(&g->columns);
	*g = (struct gd_grid){ 0 };
}
