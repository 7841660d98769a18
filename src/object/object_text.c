/* SPDX-License-Identifier: MIT */
/* The text form of what a binary file holds. The format stands in object.h. */
#include <errno.h>
#include <string.h>

#include "base/alloc.h"
#include "base/parse.h"
#include "object/object_parts.h"

static const char *const kinds[GD_OBJECT_KIND_COUNT] = {
	[GD_OBJECT_OTHER] = "other",
	[GD_OBJECT_EMPTY] = "empty",
	[GD_OBJECT_ELF] = "elf",
	[GD_OBJECT_CODE] = "code-object",
	[GD_OBJECT_BUNDLE] = "bundle",
	[GD_OBJECT_COMPRESSED_BUNDLE] = "compressed-bundle",
	[GD_OBJECT_TENSILE] = "tensile",
	[GD_OBJECT_KPACK] = "kpack",
};

static void print_number(const char *key, uint64_t n, struct gd_buf *out)
{
	if (n)
		gd_buf_printf(out, "%s %llu\n", key, (unsigned long long)n);
}

static void print_text(const char *key, const char *text, struct gd_buf *out)
{
	if (text)
		gd_buf_printf(out, "%s %s\n", key, text);
}

static void print_elf(const struct gd_object *o, struct gd_buf *out)
{
	print_number("class", o->class_bits, out);
	print_number("machine", o->machine, out);
	print_text("soname", o->soname, out);
	for (size_t i = 0; i < o->needed.count; i++)
		print_text("needed", o->needed.items[i], out);
	print_text("rpath", o->rpath, out);
	print_text("runpath", o->runpath, out);
	print_number("fatbin", o->fatbin_bytes, out);
	if (o->kpack)
		gd_buf_puts(out, "kpack\n");
	for (size_t i = 0; i < o->archives.count; i++)
		print_text("archive", o->archives.items[i], out);
}

void gd_object_print(const struct gd_object *o, struct gd_buf *out)
{
	gd_buf_printf(out, "kind %s\n", kinds[o->kind]);
	gd_buf_printf(out, "size %llu\n", (unsigned long long)o->size_bytes);
	print_elf(o, out);
	print_number("bundles", o->bundle_count, out);
	if (o->compressed_count)
		gd_buf_printf(out, "compressed %llu %u\n", (unsigned long long)o->compressed_count,
			      o->compressed_version);
	for (size_t i = 0; i < o->target_count; i++) {
		gd_buf_puts(out, "target ");
		gd_target_print(&o->targets[i].target, out);
		gd_buf_printf(out, " %llu %llu\n", (unsigned long long)o->targets[i].count,
			      (unsigned long long)o->targets[i].size_bytes);
	}
	if (o->has_solutions)
		gd_buf_printf(out, "solutions %llu\n", (unsigned long long)o->solution_count);
	print_text("fault", o->fault, out);
}

/* A number alone, without anything that printing it again would lose. */
static int take_number(const char *s, uint64_t max, uint64_t *ret)
{
	gd_autofree same = NULL;
	uint64_t n;

	if (gd_parse_u64(s, 10, &n) < 0 || n > max)
		return -EINVAL;
	same = gd_xasprintf("%llu", (unsigned long long)n);
	if (strcmp(same, s) != 0)
		return -EINVAL;
	*ret = n;
	return 0;
}

static int take_unsigned(const char *s, unsigned *ret)
{
	uint64_t n;

	if (take_number(s, UINT32_MAX, &n) < 0)
		return -EINVAL;
	*ret = (unsigned)n;
	return 0;
}

static int take_kind(const char *s, enum gd_object_kind *ret)
{
	for (int k = 0; k < GD_OBJECT_KIND_COUNT; k++)
		if (!strcmp(s, kinds[k])) {
			*ret = (enum gd_object_kind)k;
			return 0;
		}
	return -EINVAL;
}

/* "COUNT VERSION" */
static int take_compressed(char *s, struct gd_object *o)
{
	char *blank = strchr(s, ' ');

	if (!blank)
		return -EINVAL;
	*blank = '\0';
	if (take_number(s, UINT64_MAX, &o->compressed_count) < 0)
		return -EINVAL;
	return take_unsigned(blank + 1, &o->compressed_version);
}

/* "ID COUNT BYTES" */
static int take_target(char *s, struct gd_object *o)
{
	gd_autostrv words = { 0 };
	struct gd_object_target t;

	gd_strv_split(&words, s, " ");
	if (words.count != 3 || o->target_count == GD_WORK_MAX_TARGETS ||
	    gd_target_parse(words.items[0], &t.target) < 0 ||
	    take_number(words.items[1], UINT64_MAX, &t.count) < 0 ||
	    take_number(words.items[2], UINT64_MAX, &t.size_bytes) < 0)
		return -EINVAL;
	if (o->target_count && gd_target_compare(&o->targets[o->target_count - 1].target, &t.target) >= 0)
		return -EINVAL;
	o->targets = gd_xrealloc_array(o->targets, o->target_count + 1, sizeof(*o->targets));
	o->targets[o->target_count++] = t;
	return 0;
}

static int take_text(const char *s, char **ret)
{
	if (*ret)
		return -EINVAL;
	*ret = gd_xstrdup(s);
	return 0;
}

static int take_item(const char *s, struct gd_strv *to)
{
	if (to->count == GD_WORK_MAX_NAMES)
		return -EINVAL;
	gd_strv_add(to, s);
	return 0;
}

static int take_value(const char *key, char *s, struct gd_object *o)
{
	if (!strcmp(key, "kind"))
		return take_kind(s, &o->kind);
	if (!strcmp(key, "size"))
		return take_number(s, UINT64_MAX, &o->size_bytes);
	if (!strcmp(key, "class"))
		return take_unsigned(s, &o->class_bits);
	if (!strcmp(key, "machine"))
		return take_unsigned(s, &o->machine);
	if (!strcmp(key, "soname"))
		return take_text(s, &o->soname);
	if (!strcmp(key, "needed"))
		return take_item(s, &o->needed);
	if (!strcmp(key, "rpath"))
		return take_text(s, &o->rpath);
	if (!strcmp(key, "runpath"))
		return take_text(s, &o->runpath);
	if (!strcmp(key, "fatbin"))
		return take_number(s, UINT64_MAX, &o->fatbin_bytes);
	if (!strcmp(key, "archive"))
		return take_item(s, &o->archives);
	if (!strcmp(key, "bundles"))
		return take_number(s, UINT64_MAX, &o->bundle_count);
	if (!strcmp(key, "compressed"))
		return take_compressed(s, o);
	if (!strcmp(key, "target"))
		return take_target(s, o);
	if (!strcmp(key, "solutions")) {
		o->has_solutions = true;
		return take_number(s, UINT64_MAX, &o->solution_count);
	}
	return strcmp(key, "fault") ? -EINVAL : take_text(s, &o->fault);
}

static int take_line(char *line, struct gd_object *o)
{
	char *blank = strchr(line, ' ');

	if (!strcmp(line, "kpack")) {
		o->kpack = true;
		return 0;
	}
	if (!blank)
		return -EINVAL;
	*blank = '\0';
	return take_value(line, blank + 1, o);
}

/*
 * Printing it again gives the same text, or it is refused: so there is one text
 * for each object, and the order of lines, doubles and stray blanks need no rules.
 */
static bool is_canonical(const char *text, const struct gd_object *o)
{
	gd_autobuf again = { 0 };

	gd_object_print(o, &again);
	return !strcmp(gd_buf_peek(&again), text);
}

int gd_object_parse(const char *text, struct gd_object *ret)
{
	gd_autofree lines = gd_xstrdup(text);
	struct gd_object o = { 0 };
	int r = gd_is_text(text, strlen(text)) ? 0 : -EINVAL;

	for (char *line = lines, *next; r >= 0 && *line; line = next) {
		size_t n = strcspn(line, "\n");

		next = line + n + (line[n] == '\n');
		line[n] = '\0';
		r = take_line(line, &o);
	}
	if (r >= 0 && !is_canonical(text, &o))
		r = -EINVAL;
	if (r < 0) {
		gd_object_free(&o);
		return r;
	}
	*ret = o;
	return 0;
}
