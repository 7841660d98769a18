/* SPDX-License-Identifier: MIT */
/* Places in homes and below variables. */
#include <string.h>

#include "base/alloc.h"
#include "probes/rocm_find.h"

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
