/* SPDX-License-Identifier: MIT */
#ifndef GD_TEST_FORWARD_FIXTURE_H
#define GD_TEST_FORWARD_FIXTURE_H
/* A door around a door, which it owns: it counts the accesses, and can refuse one of them. */
#include "cmocka_all.h"

#include "host/capture.h"
#include "host/host.h"

struct forward {
	struct gd_host *inner;
	unsigned asked;
	unsigned fails_at; /* from 1; 0: never */
	int error;
};

static inline bool forward_fails(struct forward *f)
{
	return ++f->asked == f->fails_at;
}

static inline int forward_read(void *impl, const char *path, size_t max, struct gd_buf *out)
{
	struct forward *f = impl;

	return forward_fails(f) ? f->error : gd_host_read_max(f->inner, path, max, out);
}

static inline int forward_list(void *impl, const char *path, struct gd_strv *out)
{
	struct forward *f = impl;

	return forward_fails(f) ? f->error : gd_host_list(f->inner, path, out);
}

static inline int forward_link(void *impl, const char *path, char **ret)
{
	struct forward *f = impl;

	return forward_fails(f) ? f->error : gd_host_link(f->inner, path, ret);
}

static inline int forward_stat(void *impl, const char *path, struct gd_stat *ret)
{
	struct forward *f = impl;

	return forward_fails(f) ? f->error : gd_host_stat(f->inner, path, ret);
}

static inline int forward_object(void *impl, const char *path, struct gd_object *ret)
{
	struct forward *f = impl;

	return forward_fails(f) ? f->error : gd_host_object(f->inner, path, ret);
}

static inline int forward_env(void *impl, const char *name, char **ret)
{
	struct forward *f = impl;

	return forward_fails(f) ? f->error : gd_host_env(f->inner, name, ret);
}

static inline int forward_said(void *impl, const char *name, struct gd_buf *out)
{
	struct forward *f = impl;

	return forward_fails(f) ? f->error : gd_host_said(f->inner, name, out);
}

static inline void forward_close(void *impl)
{
	gd_host_close(((struct forward *)impl)->inner);
}

static const struct gd_host_ops forward_ops = {
	.kind = "forward",
	.read = forward_read,
	.list = forward_list,
	.link = forward_link,
	.stat = forward_stat,
	.object = forward_object,
	.env = forward_env,
	.said = forward_said,
	.close = forward_close,
};

/* The entries without head and end; origin live. */
static inline struct gd_host *open_entries(const char *entries)
{
	struct gd_capture *c = NULL;
	struct gd_err err = { "" };
	gd_autobuf text = { 0 };
	size_t count = 0;

	for (const char *s = entries; *s; s += strcspn(s, "\n"), s += *s == '\n')
		count += *s != '|';
	gd_buf_printf(&text, "gpudoctor-capture 1\norigin live\n%send %zu\n", entries, count);
	if (gd_capture_parse("test", text.data, text.len, &c, &err) < 0)
		fail_msg("%s", err.text);
	return gd_capture_host(c);
}

#endif
