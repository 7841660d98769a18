/* SPDX-License-Identifier: MIT */
#ifndef GD_TEST_PROBE_MACHINE_H
#define GD_TEST_PROBE_MACHINE_H
/* Runs one probe against a capture written by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "host/capture.h"
#include "probe/probe.h"

/* The facts of one probe run. */
struct machine {
	struct gd_host *host;
	struct gd_facts *facts;
};

static inline void machine_free(struct machine *m)
{
	gd_host_close(m->host);
	gd_facts_free(m->facts);
}

#define automachine GD_CLEANUP(machine_free) struct machine

static inline unsigned count_entries(const char *body)
{
	unsigned count = 0;

	for (const char *at = body; *at; at += strcspn(at, "\n"), at += *at == '\n')
		count += *at != '|' && *at != '#' && *at != '\n';
	return count;
}

static inline void run_origin(struct machine *m, const struct gd_probe *probe, const char *origin, const char *body)
{
	gd_autofree text =
		gd_xasprintf("gpudoctor-capture 1\norigin %s\n%send %u\n", origin, body, count_entries(body));
	struct gd_ctx ctx = { .probe = probe };
	struct gd_err err = { "" };
	struct gd_capture *capture = NULL;

	if (gd_capture_parse("test", text, strlen(text), &capture, &err) < 0)
		fail_msg("%s", err.text);
	machine_free(m);
	m->host = gd_capture_host(capture);
	m->facts = gd_facts_new();
	ctx.host = m->host;
	ctx.facts = m->facts;
	for (const struct gd_table *const *t = probe->tables; *t; t++)
		gd_facts_declare(m->facts, *t, probe->name);
	assert_int_equal(probe->run(&ctx, &err), 0);
	gd_facts_close(m->facts);
}

static inline void run(struct machine *m, const struct gd_probe *probe, const char *body)
{
	run_origin(m, probe, "live", body);
}

static inline const struct gd_row *row_of(const struct machine *m, const char *table, const char *key)
{
	const struct gd_row *row = gd_facts_find(m->facts, table, key);

	if (!row)
		fail_msg("no row %s in %s", key, table);
	return row;
}

#define assert_text(m, table, key, column, expected) \
	assert_string_equal(gd_get_text(row_of((m), (table), (key)), (column), "(not known)"), (expected))
#define assert_int(m, table, key, column, expected) \
	assert_int_equal(gd_get_int(row_of((m), (table), (key)), (column), -12345), (expected))
#define assert_absent(m, table, key, column) assert_true(gd_is_absent(row_of((m), (table), (key)), (column)))

static inline void expect_gap(const struct machine *m, const char *table, const char *key, const char *column,
		       enum gd_gap gap)
{
	const struct gd_cell *cell = gd_get(row_of(m, table, key), column);

	if (cell->state != GD_UNKNOWN || cell->gap != gap)
		fail_msg("%s.%s: state %d, gap %s", table, column, cell->state, gd_gap_name_peek(cell->gap));
	assert_non_null(cell->detail);
}

static inline bool is_complete(const struct machine *m, const char *table)
{
	return gd_facts_table_peek(m->facts, table)->complete;
}

#endif
