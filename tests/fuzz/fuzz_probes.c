/* SPDX-License-Identifier: MIT */
/* Every probe over a capture, and its facts as text, read back. */
#include "base/parse.h"
#include "fact/text.h"
#include "probe/probe.h"
#include "tests/fuzz/capture_input.h"
#include "tests/fuzz/fuzz.h"

static const char *const seeds[] = { "tests/fuzz/seeds/capture/*", "tests/machines/*.capture", NULL };
static const char *const words[] = {
	"file ", "dir ", "link ", "stat ", "absent ", "error file ", " EACCES", " ENOENT", " -> ../../", "|",
	"\n|", "0-3,8", "0x1002", "0x10de", "0x8086", "0000:64:00.0", "simd_count ", "gfx_target_version ",
	"MemTotal: ", "kB", "GT/s", "Mhz *", "N/A", "max 100000", NULL,
};
const struct gd_fuzz_target gd_fuzz_target = { .name = "probes", .seeds = seeds, .words = words, .runs = 2000,
					      .head_end = "origin " };

static const struct gd_text_options all = { .show_private = true };

static void read_back(const struct gd_facts *facts)
{
	gd_autobuf once = { 0 };
	gd_autobuf twice = { 0 };
	GD_CLEANUP(gd_facts_freep) struct gd_facts *again = gd_facts_new();
	struct gd_err err = { "" };
	int r;

	gd_probes_declare(again);
	gd_text_print(facts, &all, &once);
	r = gd_text_parse(again, "printed", gd_buf_peek(&once), once.len, &err);
	FUZZ_ASSERT(r == 0, "%s", err.text);
	gd_text_print(again, &all, &twice);
	FUZZ_ASSERT(!strcmp(gd_buf_peek(&once), gd_buf_peek(&twice)), "printed and read back:\n%s----\n%s",
		    gd_buf_peek(&once), gd_buf_peek(&twice));
}

static bool is_same_name(const char *a, const char *b)
{
	uint64_t x;
	uint64_t y;

	return !strcmp(a, b) || (!gd_parse_u64(a, 10, &x) && !gd_parse_u64(b, 10, &y) && x == y);
}

/* The kernel never lists a name twice, nor 2 beside 02; rows named after files rest on that. */
static bool has_doubled_names(const struct gd_capture *c)
{
	for (size_t i = 0; i < c->count; i++) {
		const struct gd_strv *names = &c->entries[i]->names;

		for (size_t k = 0; k < names->count; k++)
			for (size_t n = 0; n < k; n++)
				if (is_same_name(names->items[k], names->items[n]))
					return true;
	}
	return false;
}

/* What fact.h promises of every cell and every key. */
static void check_rows(const struct gd_facts *facts, const struct gd_rows *rows)
{
	for (size_t i = 0; i < rows->count; i++) {
		gd_autofree key = gd_row_key(rows->rows[i]);

		for (size_t c = 0; c < rows->table->column_count; c++) {
			const struct gd_cell *cell = &rows->rows[i]->cells[c];

			const char *column = rows->table->columns[c].name;

			FUZZ_ASSERT(cell->state != GD_UNSET, "%s.%s", rows->table->name, column);
			FUZZ_ASSERT(cell->state != GD_KNOWN || cell->source, "%s.%s has no source", rows->table->name,
				    column);
		}
		FUZZ_ASSERT(rows->rows[i]->cells[0].state == GD_KNOWN, "the key of %s", rows->table->name);
		FUZZ_ASSERT(gd_facts_find(facts, rows->table->name, key) == rows->rows[i], "%s[%s] is there twice",
			    rows->table->name, key);
	}
	FUZZ_ASSERT(!rows->complete || !rows->table->singleton || rows->count == 1, "%s has %zu rows",
		    rows->table->name, rows->count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct gd_gpudb *db;
	GD_CLEANUP(gd_facts_freep) struct gd_facts *facts = NULL;
	GD_CLEANUP(gd_host_closep) struct gd_host *h = NULL;
	struct gd_capture *c = capture_of(data, size);

	if (c && has_doubled_names(c)) {
		gd_capture_free(c);
		c = NULL;
	}
	if (!c)
		return 0;
	if (!db)
		db = gd_gpudb_open();
	h = gd_capture_host(c);
	facts = gd_facts_new();
	gd_probes_run(h, db, 5000, facts);
	for (size_t i = 0; i < facts->count; i++)
		check_rows(facts, &facts->tables[i]);
	read_back(facts);
	return 0;
}
