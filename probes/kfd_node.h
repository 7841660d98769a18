/* SPDX-License-Identifier: MIT */
#ifndef GD_KFD_NODE_H
#define GD_KFD_NODE_H
/* One node of the KFD topology; used by probes/kfd*.c only. `dir` is the node's directory. */
#include "probe/probe.h"

/* Fills every cell of the row but the key. */
void gd_kfd_fill_node(struct gd_ctx *ctx, struct gd_row *row, const char *dir);
/* Both need `is_gpu` to be set. */
void gd_kfd_take_memory(struct gd_ctx *ctx, struct gd_row *row, const char *dir);
void gd_kfd_take_links(struct gd_ctx *ctx, struct gd_row *row, const char *dir);

/* Reads a file of "name value" lines; -EBADMSG where it is no text. */
int gd_kfd_read_text(struct gd_ctx *ctx, const char *path, struct gd_buf *out);
/* The number behind `key`: -ENOENT where the line is missing, -EINVAL where it is no number up to `max`. */
int gd_kfd_line_u64(const char *text, const char *key, uint64_t max, uint64_t *ret);
/* As gd_take_error(), with what EPERM and -EBADMSG mean here. */
void gd_kfd_take_error(struct gd_ctx *ctx, struct gd_row *row, const char *column, const char *path, int error);
void gd_kfd_take_errors(struct gd_ctx *ctx, struct gd_row *row, const char *const *columns, size_t count,
			const char *path, int error);
/* Makes the cell as absent or unknown as the other, for the same reason. */
void gd_kfd_copy_state(struct gd_row *row, const char *column, const struct gd_cell *from);

#endif
