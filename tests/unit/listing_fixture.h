/* SPDX-License-Identifier: MIT */
#ifndef GD_TEST_LISTING_FIXTURE_H
#define GD_TEST_LISTING_FIXTURE_H
/*
 * Lays out the files of a real package, by tests/data/rocm-listings. In these
 * lists, "in" names a folder, "file" and "link" one name in it, and each "stem"
 * stands for as many names as there are words in "ends" and "more" before it.
 */
#include "tree_fixture.h"

#include <stdio.h>

#include "base/strv.h"

/* Which folder of the package a test wants, and where; what is not below it is left out. */
struct listing {
	const char *from;
	const char *to;
	char *folder;
	struct gd_strv ends;
	size_t files;
};

static inline void listing_in(struct listing *l, const char *folder)
{
	size_t len = strlen(l->from);

	free(l->folder);
	l->folder = strncmp(folder, l->from, len) ? NULL : gd_xasprintf("%s%s", l->to, folder + len);
}

static inline void listing_name(struct listing *l, const char *name, const char *end, const char *target)
{
	gd_autofree path = l->folder ? gd_xasprintf("%s/%s%s", l->folder, name, end) : NULL;

	if (!path)
		return;
	if (target)
		put_link(path, target);
	else
		put(path, "");
	l->files++;
}

static inline void listing_line(struct listing *l, char *line)
{
	gd_autostrv words = { 0 };

	gd_strv_split(&words, line, " ");
	assert_true(words.count >= 2);
	if (!strcmp(words.items[0], "in")) {
		listing_in(l, words.items[1]);
	} else if (!strcmp(words.items[0], "file")) {
		listing_name(l, words.items[1], "", NULL);
	} else if (!strcmp(words.items[0], "link")) {
		listing_name(l, words.items[1], "", words.items[2]);
	} else if (!strcmp(words.items[0], "stem")) {
		for (size_t i = 0; i < l->ends.count; i++)
			listing_name(l, words.items[1], l->ends.items[i], NULL);
	} else {
		if (!strcmp(words.items[0], "ends"))
			gd_strv_free(&l->ends);
		else
			assert_string_equal(words.items[0], "more");
		for (size_t i = 1; i < words.count; i++)
			gd_strv_add(&l->ends, words.items[i]);
	}
}

/* How many files that are. `to` takes the place of `from`. */
static inline size_t lay_out_at(const char *package, const char *from, const char *to)
{
	struct listing l = { .from = from, .to = to };
	gd_autofree path = gd_xasprintf("%s/tests/data/rocm-listings/%s.txt", getenv("TOP_SRCDIR"), package);
	FILE *f = fopen(path, "re");
	char line[256];

	if (!f)
		fail_msg("%s: %s", path, strerror(errno));
	while (f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		if (*line != '#')
			listing_line(&l, line);
	}
	if (f)
		fclose(f);
	gd_strv_free(&l.ends);
	free(l.folder);
	return l.files;
}

#endif
