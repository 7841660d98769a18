/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "probe/library.h"
#include "probe/probe.h"

static const struct gd_column probe_columns[] = {
	{ .name = "name", .type = GD_TEXT, .flags = GD_COL_KEY, .help = "the probe" },
	{ .name = "status", .type = GD_TEXT, .help = "ok, or failed" },
	{ .name = "detail", .type = GD_TEXT, .help = "why it failed" },
};

static const struct gd_table probe_table = {
	.name = "probe",
	.help = "A part of gpudoctor that looked at the machine, and how it fared.",
	.columns = probe_columns,
	.column_count = GD_COUNT(probe_columns),
};

static int index_of(const char *name)
{
	for (int i = 0; gd_probes[i]; i++)
		if (!strcmp(gd_probes[i]->name, name))
			return i;
	return -1;
}

static void run_one(const struct gd_probe *p, struct gd_ctx *ctx)
{
	struct gd_row *row = gd_facts_find(ctx->facts, "probe", p->name);
	struct gd_err err = { 0 };
	int r;

	ctx->probe = p;
	r = p->run(ctx, &err);
	gd_set_text(row, "status", r < 0 ? "failed" : "ok", "gpudoctor");
	if (r >= 0) {
		gd_set_absent(row, "detail", "gpudoctor");
		return;
	}
	gd_set_text(row, "detail", err.text[0] ? err.text : gd_host_strerror_peek(r), "gpudoctor");
	for (const struct gd_table *const *t = p->tables; *t; t++)
		if (!gd_facts_table_peek(ctx->facts, (*t)->name)->complete)
			gd_facts_incomplete(ctx->facts, (*t)->name, gd_gap_of_error(r), err.text, gd_remedy_peek(r));
}

struct run {
	struct gd_ctx ctx;
	bool *visited; /* by the probe's place in gd_probes; keeps a cycle from turning forever */
	struct gd_inquiry **inquiries;
};

static void run_after_needs(int i, struct run *run);

static void run_needs(struct run *run, const struct gd_probe *p)
{
	for (const char *const *need = p->needs; need && *need; need++) {
		int n = index_of(*need);

		if (n >= 0)
			run_after_needs(n, run);
	}
}

static void run_after_needs(int i, struct run *run)
{
	if (run->visited[i])
		return;
	run->visited[i] = true;
	run_needs(run, gd_probes[i]);
	run->ctx.inquiry = run->inquiries[i];
	run_one(gd_probes[i], &run->ctx);
}

void gd_probes_declare(struct gd_facts *facts)
{
	gd_facts_declare(facts, &probe_table, "runner");
	gd_facts_declare(facts, &gd_library_table, "runner");
	for (size_t i = 0; gd_probes[i]; i++)
		for (const struct gd_table *const *t = gd_probes[i]->tables; *t; t++)
			gd_facts_declare(facts, *t, gd_probes[i]->name);
}

/* Libraries are asked as early as can be: the file probes run while they think. */
static void start_all(struct run *run)
{
	for (size_t i = 0; gd_probes[i]; i++) {
		const struct gd_probe *p = gd_probes[i];

		if (!p->start)
			continue;
		run_needs(run, p);
		run->inquiries[i] = gd_inquiry_new(p);
		run->ctx.probe = p;
		run->ctx.inquiry = run->inquiries[i];
		p->start(&run->ctx);
	}
}

void gd_probes_run(struct gd_host *h, const struct gd_gpudb *db, int timeout_ms, struct gd_facts *facts)
{
	struct run run = { .ctx = { .host = h, .facts = facts, .db = db } };
	size_t count = 0;

	gd_probes_declare(facts);
	/* Each probe whose libraries were not heard says so itself. */
	gd_facts_complete(facts, "library");
	while (gd_probes[count])
		count++;
	/* In the order of the list, whatever runs first. */
	for (size_t i = 0; i < count; i++)
		gd_set_text(gd_facts_add(facts, "probe"), "name", gd_probes[i]->name, "gpudoctor");
	run.visited = gd_xcalloc(count, sizeof(*run.visited));
	run.inquiries = gd_xcalloc(count, sizeof(struct gd_inquiry *));
	run.ctx.children = gd_children_new(timeout_ms);
	if (gd_host_is_live(h))
		start_all(&run);
	for (size_t i = 0; i < count; i++)
		run_after_needs((int)i, &run);
	gd_children_free(run.ctx.children);
	for (size_t i = 0; i < count; i++)
		gd_inquiry_free(run.inquiries[i]);
	free(run.inquiries);
	free(run.visited);
	gd_facts_complete(facts, "probe");
	gd_facts_close(facts);
}
