/* SPDX-License-Identifier: MIT */
/* Reading the files of a KFD node; its memory banks and links. */
#include <errno.h>
#include <string.h>

#include "base/parse.h"
#include "kfd_node.h"

/* A link leads to another node, and no machine has more nodes than this. */
enum { ENTRIES_MAX = 1024 };

enum { HEAP_SYSTEM = 0, HEAP_FB_PUBLIC = 1, HEAP_FB_PRIVATE = 2 };
enum { LINK_PCIE = 2, LINK_XGMI = 11 };

static const char *const memory_columns[] = { "memory_mib", "memory_width_bits", "memory_clock_mhz" };
static const char *const link_columns[] = { "xgmi_links", "pcie_links" };

void gd_kfd_take_error(struct gd_ctx *ctx, struct gd_row *row, const char *column, const char *path, int error)
{
	gd_autofree detail = NULL;

	if (error == -EBADMSG) {
		detail = gd_xasprintf("%s holds nothing that this driver writes", path);
		gd_set_unknown(row, column, GD_GAP_GARBAGE, detail, NULL);
		return;
	}
	if (error != -EPERM) {
		gd_take_error(ctx, row, column, path, error);
		return;
	}
	/* The files are readable for all; only the device cgroup makes the driver say EPERM. */
	detail = gd_xasprintf("%s: the driver hides a GPU that this container or service may not use", path);
	gd_set_unknown(row, column, GD_GAP_DENIED, detail,
		       "give it the GPU's render node of /dev/dri, or run gpudoctor outside of it");
}

void gd_kfd_take_errors(struct gd_ctx *ctx, struct gd_row *row, const char *const *columns, size_t count,
			const char *path, int error)
{
	for (size_t i = 0; i < count; i++)
		gd_kfd_take_error(ctx, row, columns[i], path, error);
}

void gd_kfd_copy_state(struct gd_row *row, const char *column, const struct gd_cell *from)
{
	if (from->state == GD_ABSENT)
		gd_set_absent(row, column, from->source);
	else
		gd_set_unknown(row, column, from->gap, from->detail, from->remedy);
}

int gd_kfd_read_text(struct gd_ctx *ctx, const char *path, struct gd_buf *out)
{
	int r = gd_host_read(ctx->host, path, out);

	if (r < 0)
		return r;
	return gd_is_text(gd_buf_peek(out), out->len) ? 0 : -EBADMSG;
}

int gd_kfd_line_u64(const char *text, const char *key, uint64_t max, uint64_t *ret)
{
	gd_autofree value = gd_line_value(text, key, " \t");
	uint64_t number;

	if (!value)
		return -ENOENT;
	if (gd_parse_u64(value, 10, &number) < 0 || number > max)
		return -EINVAL;
	*ret = number;
	return 0;
}

/* Lists DIR/WHAT; the names are numbers, and what else lies there is left out. */
static int list_entries(struct gd_ctx *ctx, const char *dir, struct gd_strv *out)
{
	gd_autostrv names = { 0 };
	int r = gd_host_list(ctx->host, dir, &names);

	if (r < 0)
		return r;
	for (size_t i = 0; i < names.count; i++)
		if (strspn(names.items[i], "0123456789") == strlen(names.items[i]))
			gd_strv_add(out, names.items[i]);
	return out->count > ENTRIES_MAX ? -EBADMSG : 0;
}

struct bank {
	uint64_t heap;
	uint64_t bytes;
	uint64_t width;
	uint64_t clock;
};

static int read_bank(struct gd_ctx *ctx, const char *path, struct bank *ret)
{
	gd_autobuf text = { 0 };
	int r = gd_kfd_read_text(ctx, path, &text);

	if (r < 0)
		return r;
	if (gd_kfd_line_u64(gd_buf_peek(&text), "heap_type", UINT32_MAX, &ret->heap) < 0 ||
	    gd_kfd_line_u64(gd_buf_peek(&text), "size_in_bytes", INT64_MAX, &ret->bytes) < 0 ||
	    gd_kfd_line_u64(gd_buf_peek(&text), "width", UINT32_MAX, &ret->width) < 0 ||
	    gd_kfd_line_u64(gd_buf_peek(&text), "mem_clk_max", UINT32_MAX, &ret->clock) < 0)
		return -EBADMSG;
	return 0;
}

static bool is_wanted(const struct bank *b, bool is_gpu)
{
	return is_gpu ? b->heap == HEAP_FB_PUBLIC || b->heap == HEAP_FB_PRIVATE : b->heap == HEAP_SYSTEM;
}

static void set_memory(struct gd_row *row, const struct bank *sum, const char *path)
{
	gd_set_int(row, "memory_mib", (int64_t)(sum->bytes / 1048576), path);
	if (sum->width)
		gd_set_int(row, "memory_width_bits", (int64_t)sum->width, path);
	else
		gd_set_absent(row, "memory_width_bits", path);
	if (sum->clock)
		gd_set_int(row, "memory_clock_mhz", (int64_t)sum->clock, path);
	else
		gd_set_absent(row, "memory_clock_mhz", path);
}

void gd_kfd_take_memory(struct gd_ctx *ctx, struct gd_row *row, const char *dir)
{
	gd_autofree banks = gd_xasprintf("%s/mem_banks", dir);
	gd_autostrv names = { 0 };
	struct bank sum = { 0 };
	bool found = false;
	int r;

	if (!gd_is_known(row, "is_gpu")) {
		for (size_t i = 0; i < GD_COUNT(memory_columns); i++)
			gd_kfd_copy_state(row, memory_columns[i], gd_get(row, "is_gpu"));
		return;
	}
	r = list_entries(ctx, banks, &names);
	if (r < 0) {
		gd_kfd_take_errors(ctx, row, memory_columns, GD_COUNT(memory_columns), banks, r);
		return;
	}
	for (size_t i = 0; i < names.count; i++) {
		gd_autofree path = gd_xasprintf("%s/%s/properties", banks, names.items[i]);
		struct bank b;

		r = read_bank(ctx, path, &b);
		if (r < 0 || b.bytes > INT64_MAX - sum.bytes) {
			gd_kfd_take_errors(ctx, row, memory_columns, GD_COUNT(memory_columns), path,
					   r < 0 ? r : -EBADMSG);
			return;
		}
		if (!is_wanted(&b, gd_get_int(row, "is_gpu", 0)))
			continue;
		found = true;
		sum.bytes += b.bytes;
		sum.width = sum.width ? sum.width : b.width;
		sum.clock = sum.clock ? sum.clock : b.clock;
	}
	if (found)
		set_memory(row, &sum, banks);
	else
		for (size_t i = 0; i < GD_COUNT(memory_columns); i++)
			gd_set_absent(row, memory_columns[i], banks);
}

static int read_link_type(struct gd_ctx *ctx, const char *path, uint64_t *ret)
{
	gd_autobuf text = { 0 };
	int r = gd_kfd_read_text(ctx, path, &text);

	if (r < 0)
		return r;
	return gd_kfd_line_u64(gd_buf_peek(&text), "type", UINT32_MAX, ret) < 0 ? -EBADMSG : 0;
}

void gd_kfd_take_links(struct gd_ctx *ctx, struct gd_row *row, const char *dir)
{
	gd_autofree links = gd_xasprintf("%s/io_links", dir);
	gd_autostrv names = { 0 };
	int64_t xgmi = 0;
	int64_t pcie = 0;
	int r = list_entries(ctx, links, &names);

	if (r < 0) {
		gd_kfd_take_errors(ctx, row, link_columns, GD_COUNT(link_columns), links, r);
		return;
	}
	for (size_t i = 0; i < names.count; i++) {
		gd_autofree path = gd_xasprintf("%s/%s/properties", links, names.items[i]);
		uint64_t type;

		r = read_link_type(ctx, path, &type);
		if (r < 0) {
			gd_kfd_take_errors(ctx, row, link_columns, GD_COUNT(link_columns), path, r);
			return;
		}
		xgmi += type == LINK_XGMI;
		pcie += type == LINK_PCIE;
	}
	gd_set_int(row, "xgmi_links", xgmi, links);
	gd_set_int(row, "pcie_links", pcie, links);
}
