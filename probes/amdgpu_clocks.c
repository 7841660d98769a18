/* SPDX-License-Identifier: MIT */
/* The texts of amdgpu's power management: pp_dpm_* and pp_power_profile_mode. */
#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "amdgpu_row.h"
#include "base/parse.h"

/* Ten times what any chip reaches. */
enum { MHZ_MAX = 50000 };

enum { PROFILE_NAME_MAX = 32 };

/* What a pp_dpm_ file says. */
struct levels {
	size_t count;
	uint64_t max;
	uint64_t current;
	bool marked; /* some level has the star */
	bool split; /* several levels of different clocks have it */
};

/*
 * One line: "1: 2900Mhz *", the star on the current level. "S: 19Mhz *" is a
 * state of deep sleep below all levels.
 */
static bool parse_level(char *line, struct levels *out)
{
	char *colon = strchr(line, ':');
	bool star = false;
	uint64_t mhz;
	size_t len;
	char *s;

	if (!colon)
		return false;
	len = (size_t)(colon - line);
	if (!len || (strspn(line, "0123456789") != len && !(len == 1 && *line == 'S')))
		return false;
	s = gd_trim(colon + 1);
	len = strlen(s);
	if (len && s[len - 1] == '*') {
		star = true;
		s[len - 1] = '\0';
		s = gd_trim(s);
		len = strlen(s);
	}
	if (len < 4 || strcasecmp(s + len - 3, "Mhz") != 0)
		return false;
	s[len - 3] = '\0';
	if (gd_parse_u64(s, 10, &mhz) < 0 || mhz > MHZ_MAX)
		return false;
	out->count++;
	if (mhz > out->max)
		out->max = mhz;
	if (star) {
		out->split |= out->marked && mhz != out->current;
		out->current = mhz;
		out->marked = true;
	}
	return true;
}

static bool parse_levels(const char *text, struct levels *out)
{
	gd_autostrv lines = { 0 };

	gd_strv_split(&lines, text, "\n");
	for (size_t i = 0; i < lines.count; i++) {
		char *line = gd_trim(lines.items[i]);

		if (*line && !parse_level(line, out))
			return false;
	}
	return true;
}

static void set_current(struct gd_row *row, const char *column, const struct levels *l, const char *path)
{
	gd_autofree detail = NULL;

	if (l->marked && !l->split) {
		gd_set_int(row, column, (int64_t)l->current, path);
		return;
	}
	detail = gd_xasprintf(l->split ? "%s marks several clocks as current" : "%s marks no clock as current", path);
	gd_set_unknown(row, column, l->split ? GD_GAP_AMBIGUOUS : GD_GAP_NO_SOURCE, detail, NULL);
}

static void set_levels(struct gd_row *row, const char *current, const char *max, const struct levels *l,
		       const char *path)
{
	if (current)
		set_current(row, current, l, path);
	if (!max)
		return;
	/* Firmware that does not know its levels prints them all as 0. */
	if (l->max)
		gd_set_int(row, max, (int64_t)l->max, path);
	else
		gd_take_garbage(row, max, path, "0Mhz as the highest clock");
}

void gd_amdgpu_take_clock(const struct gd_amdgpu *d, const char *current, const char *max, const char *file)
{
	const char *const columns[] = { current, max };
	struct levels levels = { 0 };
	gd_autobuf text = { 0 };
	gd_autofree path = NULL;
	int r = gd_amdgpu_read(d, file, &text, &path);

	if (r == 0 && !parse_levels(gd_buf_peek(&text), &levels))
		r = -EBADMSG;
	if (r == 0 && levels.count) {
		set_levels(d->row, current, max, &levels, path);
		return;
	}
	for (size_t i = 0; i < GD_COUNT(columns); i++) {
		if (!columns[i])
			continue;
		if (r < 0)
			gd_amdgpu_take_error(d, columns[i], path, r);
		else /* an empty line is the driver's way to say that it has no levels */
			gd_set_absent(d->row, columns[i], path);
	}
}

static bool is_name_char(char c)
{
	return isupper((unsigned char)c) || isdigit((unsigned char)c) || c == '_';
}

/*
 * The text before a star must end in "INDEX NAME". The layout around it differs
 * by generation: a table by rows, a table by columns, or names alone.
 */
static char *name_before(const char *text, const char *star)
{
	const char *end = star;
	const char *name;
	const char *index;

	while (end > text && end[-1] == ' ')
		end--;
	name = end;
	while (name > text && is_name_char(name[-1]))
		name--;
	index = name;
	while (index > text && index[-1] == ' ')
		index--;
	if (end - name < 2 || end - name > PROFILE_NAME_MAX || index == name || index == text ||
	    !isdigit((unsigned char)index[-1]))
		return NULL;
	while (index > text && isdigit((unsigned char)index[-1]))
		index--;
	if (index > text && !isspace((unsigned char)index[-1]))
		return NULL;
	for (const char *c = name; c < end; c++)
		if (isupper((unsigned char)*c))
			return gd_xstrndup(name, (size_t)(end - name));
	return NULL;
}

char *gd_amdgpu_marked_profile(const char *text)
{
	char *found = NULL;

	for (const char *star = strchr(text, '*'); star; star = strchr(star + 1, '*')) {
		char *name = name_before(text, star);

		if (!name || found) {
			free(name);
			free(found);
			return NULL;
		}
		found = name;
	}
	return found;
}
