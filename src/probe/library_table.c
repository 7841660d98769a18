/* SPDX-License-Identifier: MIT */
/* The table `library`, and the ways in which asking a library can end. */
#include "probe/library_parts.h"

#include <string.h>

static const struct gd_column library_columns[] = {
	{ .name = "id", .type = GD_TEXT, .flags = GD_COL_KEY, .help = "The library, and how it was asked." },
	{ .name = "library", .type = GD_TEXT, .help = "The name or path it was asked for by." },
	{ .name = "file", .type = GD_TEXT, .help = "The file that was loaded." },
	{ .name = "version", .type = GD_VERSION, .help = "Its version, as it says itself." },
	{ .name = "status",
	  .type = GD_TEXT,
	  .help = "ok, missing, unresolved (something that it needs is missing), too-old, denied, no-device, failed, "
		  "garbage, crashed, timed-out, stuck (in the kernel) or not-asked (a device sleeps, or no process "
		  "could be had)." },
	{ .name = "detail", .type = GD_TEXT, .help = "The same as a sentence." },
	{ .name = "missing", .type = GD_TEXT, .help = "The library or symbol that it needs and that is not there." },
	{ .name = "denied_node", .type = GD_TEXT, .help = "The device node that may not be opened." },
	{ .name = "signal", .type = GD_TEXT, .help = "The signal that a crash ended with: SIGSEGV, SIGABRT …" },
	{ .name = "step", .type = GD_TEXT, .help = "The call that did not return." },
	{ .name = "last_words",
	  .type = GD_TEXT,
	  .flags = GD_COL_VOLATILE,
	  .help = "The last lines that it, or what it loaded, printed; joined by bars." },
	{ .name = "took_ms",
	  .type = GD_INT,
	  .flags = GD_COL_VOLATILE,
	  .help = "How long it took, from the start of its process until its end was seen." },
	{ .name = "sandbox",
	  .type = GD_TEXT,
	  .flags = GD_COL_VOLATILE,
	  .help = "What confined it while it was asked." },
};

const struct gd_table gd_library_table = {
	.name = "library",
	.help = "A user-space driver library that was asked about this machine, in a process of its own.",
	.columns = library_columns,
	.column_count = GD_COUNT(library_columns),
};

static const struct {
	const char *name;
	enum gd_gap gap; /* of what it did not tell */
} ends[GD_LIBRARY_END_COUNT] = {
	[GD_LIBRARY_OK] = { "ok", GD_GAP_ERROR },
	[GD_LIBRARY_MISSING] = { "missing", GD_GAP_NO_SOURCE },
	[GD_LIBRARY_UNRESOLVED] = { "unresolved", GD_GAP_NO_SOURCE },
	[GD_LIBRARY_TOO_OLD] = { "too-old", GD_GAP_NO_SOURCE },
	[GD_LIBRARY_DENIED] = { "denied", GD_GAP_DENIED },
	[GD_LIBRARY_NO_DEVICE] = { "no-device", GD_GAP_NO_SOURCE },
	[GD_LIBRARY_FAILED] = { "failed", GD_GAP_ERROR },
	[GD_LIBRARY_GARBAGE] = { "garbage", GD_GAP_GARBAGE },
	[GD_LIBRARY_CRASHED] = { "crashed", GD_GAP_CRASHED },
	[GD_LIBRARY_TIMED_OUT] = { "timed-out", GD_GAP_TIMED_OUT },
	[GD_LIBRARY_STUCK] = { "stuck", GD_GAP_TIMED_OUT },
	[GD_LIBRARY_NOT_ASKED] = { "not-asked", GD_GAP_ASLEEP },
};

struct gd_facts *gd_library_facts(const struct gd_probe *p)
{
	struct gd_facts *f = gd_facts_new();

	gd_facts_declare(f, &gd_library_table, "runner");
	for (const struct gd_table *const *t = p->tables; *t; t++)
		gd_facts_declare(f, *t, p->name);
	return f;
}

struct gd_row *gd_library_add(struct gd_facts *f, const char *id, const char *library)
{
	struct gd_row *row = gd_facts_add(f, "library");

	gd_set_text(row, "id", id, GD_LIBRARY_SOURCE);
	gd_set_text(row, "library", library, GD_LIBRARY_SOURCE);
	return row;
}

void gd_library_set_status(struct gd_row *row, enum gd_library_end end, const char *detail)
{
	gd_set_text(row, "status", ends[end].name, GD_LIBRARY_SOURCE);
	if (detail)
		gd_set_text(row, "detail", detail, GD_LIBRARY_SOURCE);
}

const char *gd_library_end_name_peek(enum gd_library_end end)
{
	return ends[end].name;
}

enum gd_library_end gd_library_status(const struct gd_row *row)
{
	const char *name = gd_get_text(row, "status", "ok");

	for (int i = 0; i < GD_LIBRARY_END_COUNT; i++)
		if (!strcmp(ends[i].name, name))
			return (enum gd_library_end)i;
	return GD_LIBRARY_GARBAGE;
}

enum gd_gap gd_library_gap(enum gd_library_end end)
{
	return ends[end].gap;
}
