/* SPDX-License-Identifier: MIT */
#include "probes/homes.h"

#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/parse.h"

static bool is_path(const char *s)
{
	return *s == '/' && gd_is_text(s, strlen(s)) && !strpbrk(s, "\n\t");
}

static bool is_open(struct gd_host *h, const char *path)
{
	struct gd_stat st;

	return gd_host_stat(h, path, &st) == 0 && S_ISDIR(st.mode) && st.readable;
}

/* False where there are too many. */
static bool add(struct gd_host *h, const char *path, bool open_only, struct gd_strv *out)
{
	if (!is_path(path) || gd_strv_has(out, path) || (open_only && !is_open(h, path)))
		return true;
	if (out->count == GD_HOMES_MAX)
		return false;
	gd_strv_add(out, path);
	return true;
}

static bool list(struct gd_host *h, bool open_only, struct gd_strv *out)
{
	gd_autofree own = NULL;
	gd_autostrv names = { 0 };

	/* Services may have the root for a home. */
	if (gd_host_env(h, "HOME", &own) == 0 && strcmp(own, "/") != 0)
		add(h, own, false, out);
	add(h, "/root", open_only, out);
	if (gd_host_list(h, "/home", &names) < 0)
		return true;
	for (size_t i = 0; i < names.count; i++) {
		gd_autofree path = gd_xasprintf("/home/%s", names.items[i]);

		if (*names.items[i] != '.' && !add(h, path, open_only, out))
			return false;
	}
	return true;
}

bool gd_homes(struct gd_host *h, struct gd_strv *out)
{
	return list(h, false, out);
}

bool gd_homes_open(struct gd_host *h, struct gd_strv *out)
{
	return list(h, true, out);
}
