/* SPDX-License-Identifier: MIT */
/*
 * Places in homes and below variables. A home of somebody else is searched where
 * the caller may read it: whoever asks for the whole machine is often root, and
 * what is built in homes is built by users. One that is closed is passed over.
 */
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "probes/rocm_find.h"

/* More are not searched. */
enum { HOMES_MAX = 16 };

/* Empty is as good as not set; what is relative to somewhere cannot be followed. */
char *gd_rocm_variable(struct gd_host *h, const char *name)
{
	char *value = NULL;

	if (gd_host_env(h, name, &value) < 0)
		return NULL;
	if (*value == '/')
		return value;
	free(value);
	return NULL;
}

/* False where there are too many. */
static bool add_home(struct gd_host *h, const char *path, struct gd_strv *out)
{
	struct gd_stat st;

	if (gd_strv_has(out, path) || gd_host_stat(h, path, &st) < 0 || !S_ISDIR(st.mode) || !st.readable)
		return true;
	if (out->count == HOMES_MAX)
		return false;
	gd_strv_add(out, path);
	return true;
}

bool gd_rocm_homes(struct gd_host *h, struct gd_strv *out)
{
	gd_autofree own = gd_rocm_variable(h, "HOME");
	gd_autostrv names = { 0 };

	/* Services may have the root for a home. */
	if (own && own[1])
		gd_strv_add(out, own);
	add_home(h, "/root", out);
	if (gd_host_list(h, "/home", &names) < 0)
		return true;
	for (size_t i = 0; i < names.count; i++) {
		gd_autofree path = gd_xasprintf("/home/%s", names.items[i]);

		if (*names.items[i] != '.' && !add_home(h, path, out))
			return false;
	}
	return true;
}

void gd_rocm_expand(struct gd_host *h, const struct gd_strv *homes, const char *pattern, struct gd_strv *out)
{
	const char *rest = pattern + strcspn(pattern, "/");
	gd_autofree name = *pattern == '$' ? gd_xstrndup(pattern + 1, (size_t)(rest - pattern - 1)) : NULL;
	gd_autofree value = name ? gd_rocm_variable(h, name) : NULL;

	if (*pattern == '/')
		gd_strv_add(out, pattern);
	if (value) {
		gd_autofree path = gd_xasprintf("%s%s", value, rest);

		gd_strv_add(out, path);
	}
	for (size_t i = 0; *pattern == '~' && i < homes->count; i++) {
		gd_autofree path = gd_xasprintf("%s%s", homes->items[i], rest);

		gd_strv_add(out, path);
	}
}

const char *gd_rocm_in_home_peek(struct gd_host *h, const char *path)
{
	gd_autofree own = gd_rocm_variable(h, "HOME");
	size_t len = own ? strlen(own) : 0;

	if (len && !strncmp(path, own, len) && path[len] == '/')
		return path + len;
	if (!strncmp(path, "/root/", strlen("/root/")))
		return path + strlen("/root");
	if (!strncmp(path, "/home/", strlen("/home/")))
		return strchr(path + strlen("/home/"), '/');
	return NULL;
}
