/* SPDX-License-Identifier: MIT */
#include "host/host.h"

#include <errno.h>
#include <string.h>

#include "base/alloc.h"
#include "host/resolve.h"

struct gd_host {
	const struct gd_host_ops *ops;
	void *impl;
	bool live;
};

struct gd_host *gd_host_new(const struct gd_host_ops *ops, void *impl, bool live)
{
	struct gd_host *h = gd_xcalloc(1, sizeof(*h));

	h->ops = ops;
	h->impl = impl;
	h->live = live;
	return h;
}

void *gd_host_impl_peek(struct gd_host *h, const struct gd_host_ops *ops)
{
	if (h->ops != ops)
		abort();
	return h->impl;
}

void gd_host_close(struct gd_host *h)
{
	if (!h)
		return;
	h->ops->close(h->impl);
	free(h);
}

bool gd_host_is_live(const struct gd_host *h)
{
	return h->live;
}

const char *gd_host_kind_peek(const struct gd_host *h)
{
	return h->ops->kind;
}

int gd_host_read_max(struct gd_host *h, const char *path, size_t max, struct gd_buf *out)
{
	size_t before = out->len;
	int r = h->ops->read(h->impl, path, max, out);

	if (r < 0 && out->data) {
		out->len = before;
		out->data[before] = '\0';
	}
	return r;
}

int gd_host_read(struct gd_host *h, const char *path, struct gd_buf *out)
{
	return gd_host_read_max(h, path, GD_READ_MAX_BYTES, out);
}

int gd_host_list_any(struct gd_host *h, const char *path, struct gd_strv *out)
{
	int r = h->ops->list(h->impl, path, out);

	if (r < 0)
		gd_strv_free(out);
	return r < 0 ? r : 0;
}

int gd_host_list(struct gd_host *h, const char *path, struct gd_strv *out)
{
	int r = gd_host_list_any(h, path, out);

	if (r == 0)
		gd_strv_sort_natural(out);
	return r;
}

int gd_host_link(struct gd_host *h, const char *path, char **ret)
{
	return h->ops->link(h->impl, path, ret);
}

int gd_host_stat(struct gd_host *h, const char *path, struct gd_stat *ret)
{
	return h->ops->stat(h->impl, path, ret);
}

int gd_host_object(struct gd_host *h, const char *path, struct gd_object *ret)
{
	return h->ops->object ? h->ops->object(h->impl, path, ret) : -GD_ENOTCAPTURED;
}

int gd_host_read_settings(struct gd_host *h, const char *path, enum gd_settings_form form, struct gd_buf *out)
{
	size_t max = form == GD_SETTINGS_MAPS ? GD_MAPS_MAX_BYTES : GD_READ_MAX_BYTES;
	gd_autobuf text = { 0 };
	int r;

	if (h->ops->read_settings)
		return h->ops->read_settings(h->impl, path, form, out);
	r = gd_host_read_max(h, path, max, &text);
	if (r >= 0)
		gd_settings_strip(form, gd_buf_peek(&text), text.len, out);
	return r;
}

int gd_host_peek_settings(struct gd_host *h, const char *path, enum gd_settings_form form, struct gd_buf *out)
{
	if (h->ops->peek_settings)
		return h->ops->peek_settings(h->impl, path, form, out);
	return gd_host_read_settings(h, path, form, out);
}

void gd_host_keep_settings(struct gd_host *h, const char *path, int error, const struct gd_buf *text)
{
	if (h->ops->keep_settings)
		h->ops->keep_settings(h->impl, path, error, text);
}

/* A process may end while it is looked at. */
static bool is_wanted(struct gd_host *h, const char *pid, gd_process_filter *wanted)
{
	gd_autofree comm_path = gd_xasprintf("/proc/%s/comm", pid);
	gd_autofree args_path = gd_xasprintf("/proc/%s/cmdline", pid);
	gd_autobuf comm = { 0 };
	gd_autobuf args = { 0 };
	int answer;

	if (gd_host_read(h, comm_path, &comm) < 0 || !comm.len)
		return false;
	comm.data[strcspn(comm.data, "\n")] = '\0';
	answer = wanted(comm.data, NULL, 0);
	if (answer >= 0)
		return answer > 0;
	return gd_host_read_settings(h, args_path, GD_SETTINGS_ARGS, &args) >= 0 &&
	       wanted(comm.data, gd_buf_peek(&args), args.len) > 0;
}

static bool is_number(const char *name)
{
	return *name >= '1' && *name <= '9' && !name[strspn(name, "0123456789")];
}

static int find_processes(struct gd_host *h, gd_process_filter *wanted, struct gd_strv *out)
{
	gd_autostrv names = { 0 };
	size_t seen = 0;
	int r = gd_host_list(h, "/proc", &names);

	for (size_t i = 0; r >= 0 && i < names.count && seen < GD_PROCESSES_MAX; i++) {
		if (!is_number(names.items[i]))
			continue;
		seen++;
		if (is_wanted(h, names.items[i], wanted))
			gd_strv_add(out, names.items[i]);
	}
	return r;
}

int gd_host_processes(struct gd_host *h, const char *name, gd_process_filter *wanted, struct gd_strv *out)
{
	int r = h->ops->processes ? h->ops->processes(h->impl, name, wanted, out) : -GD_ENOTCAPTURED;

	return r == -GD_ENOTCAPTURED ? find_processes(h, wanted, out) : r;
}

int gd_host_env(struct gd_host *h, const char *name, char **ret)
{
	return h->ops->env ? h->ops->env(h->impl, name, ret) : -GD_ENOTCAPTURED;
}

int gd_host_said(struct gd_host *h, const char *name, struct gd_buf *out)
{
	return h->ops->said ? h->ops->said(h->impl, name, out) : -GD_ENOTCAPTURED;
}

void gd_host_note(struct gd_host *h, const char *name, const struct gd_buf *text)
{
	if (h->ops->note)
		h->ops->note(h->impl, name, text);
}

int gd_host_resolve(struct gd_host *h, const char *path, char **ret)
{
	return gd_resolve(h->ops->link, h->impl, path, GD_RESOLVE_LAST, ret);
}

bool gd_host_is_absence(int error)
{
	return error == -ENOENT || error == -ENOTDIR;
}

const char *gd_host_strerror_peek(int error)
{
	error = error < 0 ? -error : error;
	switch (error) {
	case GD_ENOTCAPTURED:
		return "not captured";
	case ENOENT:
	case ENOTDIR:
		return "not there";
	case EACCES:
	case EPERM:
		return "permission denied";
	case EFBIG:
		return "larger than any such file should be";
	case ELOOP:
		return "a loop of symbolic links";
	case EISDIR:
		return "a directory where a file should be";
	default:
		return strerror(error);
	}
}
