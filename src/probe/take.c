/* SPDX-License-Identifier: MIT */
/* Takers: from one file to one cell, errors included. */
#include <errno.h>
#include <string.h>

#include "base/parse.h"
#include "probe/probe.h"

enum gd_gap gd_gap_of_error(int error)
{
	switch (-error) {
	case GD_ENOTCAPTURED:
		return GD_GAP_NOT_CAPTURED;
	case EACCES:
	case EPERM:
		return GD_GAP_DENIED;
	case EFBIG:
	case EISDIR:
	case ELOOP:
	case EINVAL:
	case ENAMETOOLONG:
		return GD_GAP_GARBAGE;
	default:
		return GD_GAP_ERROR;
	}
}

const char *gd_remedy_peek(int error)
{
	switch (-error) {
	case GD_ENOTCAPTURED:
		return "run gpudoctor on the machine itself, or record it again with this version";
	case EACCES:
	case EPERM:
		return "run gpudoctor as root, or as a user who may read it";
	default:
		return NULL;
	}
}

void gd_take_error(struct gd_ctx *ctx, struct gd_row *row, const char *column, const char *path, int error)
{
	gd_autofree detail = NULL;

	(void)ctx;
	if (gd_host_is_absence(error)) {
		gd_set_absent(row, column, path);
		return;
	}
	detail = gd_xasprintf("%s: %s", path, gd_host_strerror_peek(error));
	gd_set_unknown(row, column, gd_gap_of_error(error), detail, gd_remedy_peek(error));
}

void gd_take_list_error(struct gd_ctx *ctx, const char *table, const char *path, int error)
{
	gd_autofree detail = NULL;

	if (gd_host_is_absence(error)) {
		gd_facts_complete(ctx->facts, table);
		return;
	}
	detail = gd_xasprintf("%s: %s", path, gd_host_strerror_peek(error));
	gd_facts_incomplete(ctx->facts, table, gd_gap_of_error(error), detail, gd_remedy_peek(error));
}

void gd_take_garbage(struct gd_row *row, const char *column, const char *path, const char *text)
{
	bool printable = gd_is_text(text, strlen(text));
	gd_autofree detail = printable ? gd_xasprintf("%s: \"%.40s\" makes no sense there", path, text)
				       : gd_xasprintf("%s holds bytes that are no text", path);

	gd_set_unknown(row, column, GD_GAP_GARBAGE, detail, NULL);
}

bool gd_take_content(struct gd_ctx *ctx, struct gd_row *row, const char *column, const char *path, struct gd_buf *out)
{
	int r = gd_host_read(ctx->host, path, out);

	if (r < 0) {
		gd_take_error(ctx, row, column, path, r);
		return false;
	}
	if (memchr(gd_buf_peek(out), '\0', out->len)) {
		gd_autofree detail = gd_xasprintf("%s holds bytes that are no text", path);

		gd_set_unknown(row, column, GD_GAP_GARBAGE, detail, NULL);
		return false;
	}
	return true;
}

bool gd_module_is_absent(const struct gd_ctx *ctx, const char *name)
{
	const struct gd_rows *modules = gd_facts_table_peek(ctx->facts, "module");

	return modules && modules->complete && !gd_facts_find(ctx->facts, "module", name);
}

bool gd_take_text(struct gd_ctx *ctx, struct gd_row *row, const char *column, const char *path)
{
	gd_autobuf text = { 0 };
	const char *s;

	if (!gd_take_content(ctx, row, column, path, &text))
		return false;
	s = text.data ? gd_trim(text.data) : "";
	if (!*s) {
		gd_set_absent(row, column, path);
		return false;
	}
	gd_set_text(row, column, s, path);
	return gd_is_known(row, column);
}

bool gd_take_int(struct gd_ctx *ctx, struct gd_row *row, const char *column, const char *path, int base,
		 int64_t divide_by)
{
	gd_autobuf text = { 0 };
	int64_t value;

	if (!gd_take_content(ctx, row, column, path, &text))
		return false;
	if (gd_parse_i64(gd_buf_peek(&text), base, &value) < 0) {
		gd_take_garbage(row, column, path, text.data ? gd_trim(text.data) : "");
		return false;
	}
	gd_set_int(row, column, value / divide_by, path);
	return true;
}

bool gd_take_bool(struct gd_ctx *ctx, struct gd_row *row, const char *column, const char *path)
{
	gd_autobuf text = { 0 };
	const char *s;

	if (!gd_take_content(ctx, row, column, path, &text))
		return false;
	s = text.data ? gd_trim(text.data) : "";
	if (strlen(s) != 1 || !strchr("01NY", *s)) {
		gd_take_garbage(row, column, path, s);
		return false;
	}
	gd_set_bool(row, column, *s == '1' || *s == 'Y', path);
	return true;
}
