/* SPDX-License-Identifier: MIT */
/* The parent's side of library.h: children, their ends, and the merging of what they told. */
#include "probe/library.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "base/parse.h"
#include "fact/text.h"
#include "probe/library_parts.h"

/* One question, and the child that it was put to. */
struct asked {
	struct asked *next;
	char *id;
	char *library;
	struct gd_child *child;
};

struct gd_inquiry {
	const struct gd_probe *probe;
	struct gd_facts *facts; /* of all children so far */
	struct asked *first;
	struct asked **end;
	bool told; /* `facts` holds the word of at least one */
};

struct gd_inquiry *gd_inquiry_new(const struct gd_probe *p)
{
	struct gd_inquiry *q = gd_xcalloc(1, sizeof(*q));

	q->probe = p;
	q->facts = gd_library_facts(p);
	q->end = &q->first;
	return q;
}

void gd_inquiry_free(struct gd_inquiry *q)
{
	if (!q)
		return;
	while (q->first) {
		struct asked *a = q->first;

		q->first = a->next;
		free(a->id);
		free(a->library);
		free(a);
	}
	gd_facts_free(q->facts);
	free(q);
}

void gd_library_ask(struct gd_ctx *ctx, const struct gd_question *q)
{
	struct gd_errand errand = { .question = q, .probe = ctx->probe };
	struct gd_child_job job = {
		.name = "gpudoctor-ask", .limits = q->limits, .run = gd_answer_errand, .arg = &errand
	};
	struct asked *a = gd_xcalloc(1, sizeof(*a));

	a->id = gd_xstrdup(q->id);
	a->library = gd_xstrdup(q->library);
	a->child = gd_child_start(ctx->children, &job);
	*ctx->inquiry->end = a;
	ctx->inquiry->end = &a->next;
}

/* The facts of another set into this one. A table is complete where it is so in all. */
static void merge(struct gd_facts *to, const struct gd_facts *from, bool first)
{
	for (size_t t = 0; t < from->count; t++) {
		const struct gd_rows *rows = &from->tables[t];
		const char *name = rows->table->name;

		for (size_t r = 0; r < rows->count; r++) {
			struct gd_row *row = gd_facts_add(to, name);

			for (size_t c = 0; c < rows->table->column_count; c++)
				gd_set_cell(row, rows->table->columns[c].name, &rows->rows[r]->cells[c]);
		}
		if (!strcmp(name, "library"))
			continue;
		if (!rows->complete)
			gd_facts_incomplete(to, name, rows->gap, rows->detail, rows->remedy);
		else if (first)
			gd_facts_complete(to, name);
	}
}

void gd_library_leave(struct gd_ctx *ctx, const char *id, const char *library, enum gd_library_end end,
		      const char *why, const char *remedy)
{
	struct gd_inquiry *q = ctx->inquiry;

	gd_library_set_status(gd_library_add(q->facts, id, library), end, why);
	for (const struct gd_table *const *t = q->probe->tables; *t; t++) {
		if (end != GD_LIBRARY_MISSING)
			gd_facts_incomplete(q->facts, (*t)->name, gd_library_gap(end), why, remedy);
		else if (!q->told)
			gd_facts_complete(q->facts, (*t)->name);
	}
	q->told = true;
}

/* What a child wrote, taken apart. */
struct told {
	const char *text; /* the last whole fact text, or NULL; borrowed from the answer */
	size_t len;
	char *step; /* the last call that it spoke of, or NULL; owned */
	bool done; /* it got to its end */
};

static bool is_line(const char *line, size_t len, const char *text)
{
	return len == strlen(text) && !memcmp(line, text, len);
}

/* Between the texts stand steps; bytes that are neither are the library's own. */
static void take_apart(const struct gd_buf *answer, struct told *t)
{
	const char *end = gd_buf_peek(answer) + answer->len;
	const char *start = NULL;

	for (const char *p = gd_buf_peek(answer); p < end;) {
		const char *eol = memchr(p, '\n', (size_t)(end - p));
		size_t n;

		if (!eol)
			break;
		n = (size_t)(eol - p);
		if (!start && n > 5 && !memcmp(p, "step ", 5)) {
			free(t->step);
			t->step = gd_xstrndup(p + 5, n - 5);
		} else if (!start && is_line(p, n, "gpudoctor-facts 1")) {
			start = p;
		} else if (!start && is_line(p, n, GD_LIBRARY_DONE)) {
			t->done = true;
		} else if (start && is_line(p, n, "end")) {
			t->text = start;
			t->len = (size_t)(eol + 1 - start);
			start = NULL;
		}
		p = eol + 1;
	}
}

static char *signal_name(int number)
{
	static const struct {
		int number;
		const char *name;
	} known[] = {
		{ SIGSEGV, "SIGSEGV" }, { SIGABRT, "SIGABRT" }, { SIGBUS, "SIGBUS" }, { SIGFPE, "SIGFPE" },
		{ SIGILL, "SIGILL" },	{ SIGTRAP, "SIGTRAP" }, { SIGSYS, "SIGSYS" }, { SIGKILL, "SIGKILL" },
		{ SIGTERM, "SIGTERM" }, { SIGPIPE, "SIGPIPE" }, { SIGXFSZ, "SIGXFSZ" },
	};

	for (size_t i = 0; i < GD_COUNT(known); i++)
		if (known[i].number == number)
			return gd_xstrdup(known[i].name);
	return gd_xasprintf("signal %d", number);
}

/* It could not begin: nothing is known of the library, nor of any device. */
static bool is_unfit(const struct gd_child *c)
{
	return c->end == GD_CHILD_NOT_STARTED || (c->end == GD_CHILD_EXITED && c->status == GD_CHILD_UNFIT);
}

static char *exit_text(const struct asked *a, const char *where)
{
	switch (a->child->status) {
	case GD_CHILD_UNFIT:
		return gd_xasprintf("no process could be had to ask %s: too few files may be open", a->library);
	case 71: /* base/alloc.c, where the limit left no memory */
		return gd_xasprintf("%s wanted more memory than it was allowed%s", a->library, where);
	default:
		return gd_xasprintf("%s ended the process with status %d%s", a->library, a->child->status, where);
	}
}

/* What went wrong with the process, whatever it told before. */
static void set_end(struct gd_row *row, const struct asked *a, const char *step)
{
	const struct gd_child *c = a->child;
	gd_autofree where = step ? gd_xasprintf(" in %s", step) : gd_xstrdup("");
	gd_autofree signal = c->end == GD_CHILD_KILLED ? signal_name(c->status) : NULL;
	gd_autofree detail = NULL;
	enum gd_library_end end = GD_LIBRARY_CRASHED;

	switch (c->end) {
	case GD_CHILD_KILLED:
		detail = gd_xasprintf("%s crashed (%s)%s", a->library, signal, where);
		gd_set_text(row, "signal", signal, GD_LIBRARY_SOURCE);
		break;
	case GD_CHILD_TIMED_OUT:
		end = GD_LIBRARY_TIMED_OUT;
		detail = gd_xasprintf("%s did not answer within %g s%s", a->library,
				      (double)c->timeout_ms / 1000, where);
		break;
	case GD_CHILD_STUCK:
		end = GD_LIBRARY_STUCK;
		detail = gd_xasprintf("%s hangs%s, in a call to the kernel that cannot be ended", a->library, where);
		break;
	case GD_CHILD_FLOODED:
		end = GD_LIBRARY_GARBAGE;
		detail = gd_xasprintf("%s answers without end%s", a->library, where);
		break;
	case GD_CHILD_NOT_STARTED:
		end = GD_LIBRARY_NOT_ASKED;
		detail = gd_xasprintf("no process could be started to ask %s: %s", a->library, strerror(c->status));
		break;
	case GD_CHILD_EXITED:
	case GD_CHILD_RUNNING:
		end = is_unfit(c) ? GD_LIBRARY_NOT_ASKED : GD_LIBRARY_FAILED;
		detail = exit_text(a, where);
		break;
	}
	if (step && c->end != GD_CHILD_NOT_STARTED)
		gd_set_text(row, "step", step, GD_LIBRARY_SOURCE);
	gd_library_set_status(row, end, detail);
}

/*
 * The last lines, whole ones where there are several, as one line without quotes:
 * what looks for secrets in it shall not stumble over escapes.
 */
static void set_words(struct gd_row *row, const struct gd_child *c)
{
	gd_autobuf clean = { 0 };
	gd_autostrv lines = { 0 };
	gd_autofree line = NULL;
	bool cut = c->words.len == GD_CHILD_WORDS_MAX_BYTES;

	for (size_t i = 0; i < c->words.len; i++) {
		char ch = c->words.data[i];

		if (ch == '"' || ch == '\\')
			ch = '\'';
		gd_buf_putc(&clean, (ch >= 0x20 && ch < 0x7f) || ch == '\n' ? ch : ' ');
	}
	gd_strv_split(&lines, gd_buf_peek(&clean), "\n");
	if (!lines.count) {
		gd_set_absent(row, "last_words", GD_LIBRARY_SOURCE);
		return;
	}
	/* The first of them has lost its start. */
	if (cut && lines.count > 1)
		lines.items[0][0] = '\0';
	line = gd_strv_join(&lines, " | ");
	gd_set_text(row, "last_words", gd_trim(line + (cut && lines.count > 1 ? 3 : 0)), GD_LIBRARY_SOURCE);
}

/* Cells that the child did not get to say why. */
static void close_cells(const struct gd_rows *rows, enum gd_gap gap, const char *detail)
{
	for (size_t r = 0; r < rows->count; r++)
		for (size_t c = 0; c < rows->table->column_count; c++)
			if (rows->rows[r]->cells[c].state == GD_UNSET)
				gd_set_unknown(rows->rows[r], rows->table->columns[c].name, gap, detail, NULL);
}

/* So do tables that it did not get to complete. */
static void close_tables(struct gd_facts *f, const struct gd_row *row, const struct gd_child *c)
{
	enum gd_library_end end = gd_library_status(row);
	enum gd_gap gap = is_unfit(c) ? GD_GAP_ERROR : gd_library_gap(end);
	const char *detail = gd_get_text(row, "detail", NULL);

	for (size_t t = 0; t < f->count; t++) {
		const struct gd_rows *rows = &f->tables[t];

		if (rows->table == &gd_library_table)
			continue;
		if (end != GD_LIBRARY_OK)
			close_cells(rows, gap, detail);
		if (!rows->complete && rows->gap == GD_GAP_NOT_PROBED)
			gd_facts_incomplete(f, rows->table->name, gap, detail, NULL);
	}
}

/* What has no place in this end is proved absent: a library that answered lacks nothing. */
static void close_row(struct gd_row *row)
{
	static const char *const optional[] = { "detail", "missing", "denied_node", "signal", "step", "last_words" };

	if (!gd_is_known(row, "status"))
		gd_library_set_status(row, GD_LIBRARY_OK, NULL);
	for (size_t i = 0; i < GD_COUNT(optional); i++)
		if (gd_get(row, optional[i])->state == GD_UNSET)
			gd_set_absent(row, optional[i], GD_LIBRARY_SOURCE);
}

/* Waits for a child, and takes what it told. */
static void take_answer(struct gd_inquiry *q, const struct asked *a)
{
	struct gd_facts *facts = gd_library_facts(q->probe);
	struct told told = { 0 };
	struct gd_err err = { "" };
	struct gd_row *row;
	bool garbage;

	gd_child_wait(a->child);
	take_apart(&a->child->answer, &told);
	garbage = told.text && gd_text_parse(facts, a->id, told.text, told.len, &err) < 0;
	row = gd_facts_find(facts, "library", a->id);
	if (garbage || !row) {
		gd_facts_free(facts);
		facts = gd_library_facts(q->probe);
		row = gd_library_add(facts, a->id, a->library);
	}
	if (a->child->end != GD_CHILD_EXITED || a->child->status || !told.done)
		set_end(row, a, told.step);
	else if (garbage || !told.text)
		gd_library_set_status(row, GD_LIBRARY_GARBAGE, "what came back from it makes no sense");
	set_words(row, a->child);
	gd_set_int(row, "took_ms", (a->child->ended_ns - a->child->started_ns) / 1000000, GD_LIBRARY_SOURCE);
	close_row(row);
	close_tables(facts, row, a->child);
	merge(q->facts, facts, !q->told);
	q->told = true;
	free(told.step);
	gd_facts_free(facts);
}

static int replay(struct gd_ctx *ctx, struct gd_err *err)
{
	struct gd_facts *told = gd_library_facts(ctx->probe);
	gd_autobuf text = { 0 };
	int r = gd_host_said(ctx->host, ctx->probe->name, &text);

	if (r >= 0)
		r = gd_text_parse(told, ctx->probe->name, gd_buf_peek(&text), text.len, err);
	if (r >= 0) {
		merge(ctx->facts, told, true);
	} else {
		const char *remedy = gd_remedy_peek(r);

		/* The text of an error of the door is made by the runner; this is about one table more. */
		gd_facts_incomplete(ctx->facts, "library", gd_gap_of_error(r), gd_host_strerror_peek(r), remedy);
		for (const struct gd_table *const *t = ctx->probe->tables; *t && r == -GD_ENOTCAPTURED; t++)
			gd_facts_incomplete(ctx->facts, (*t)->name, GD_GAP_NOT_CAPTURED,
					    "what libraries say is known only on the machine itself", remedy);
	}
	gd_facts_free(told);
	return r == -GD_ENOTCAPTURED ? 0 : r;
}

int gd_library_run(struct gd_ctx *ctx, struct gd_err *err)
{
	static const struct gd_text_options for_others = { .show_private = false };
	struct gd_inquiry *q = ctx->inquiry;
	gd_autobuf text = { 0 };

	if (!gd_host_is_live(ctx->host))
		return replay(ctx, err);
	for (const struct asked *a = q->first; a; a = a->next)
		take_answer(q, a);
	gd_text_print(q->facts, &for_others, &text);
	gd_host_note(ctx->host, ctx->probe->name, &text);
	merge(ctx->facts, q->facts, true);
	return 0;
}
