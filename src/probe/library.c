/* SPDX-License-Identifier: MIT */
/* The parent's side of library.h: children, their ends, and the merging of what they told. */
#include "probe/library.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/parse.h"
#include "fact/text.h"

static const struct gd_column library_columns[] = {
	{ .name = "id", .type = GD_TEXT, .flags = GD_COL_KEY, .help = "the library, and how it was asked" },
	{ .name = "library", .type = GD_TEXT, .help = "the name or path it was asked for by" },
	{ .name = "file", .type = GD_TEXT, .help = "the file that was loaded" },
	{ .name = "version", .type = GD_VERSION, .help = "its version, as it says itself" },
	{ .name = "status",
	  .type = GD_TEXT,
	  .help = "ok, missing, unresolved (something that it needs is missing), too-old, denied, no-device, failed, "
		  "garbage, crashed, timed-out, stuck (in the kernel) or not-asked (a device sleeps, or no process "
		  "could be had)" },
	{ .name = "detail", .type = GD_TEXT, .help = "the same as a sentence" },
	{ .name = "missing", .type = GD_TEXT, .help = "the library or symbol that it needs and that is not there" },
	{ .name = "denied_node", .type = GD_TEXT, .help = "the device node that may not be opened" },
	{ .name = "signal", .type = GD_TEXT, .help = "the signal that a crash ended with: SIGSEGV, SIGABRT …" },
	{ .name = "step", .type = GD_TEXT, .help = "the call that did not return" },
	{ .name = "last_words",
	  .type = GD_TEXT,
	  .flags = GD_COL_VOLATILE,
	  .help = "the last lines that it printed before it failed" },
	{ .name = "took_ms",
	  .type = GD_INT,
	  .flags = GD_COL_VOLATILE,
	  .help = "how long it took, from the start of its process until its end was seen" },
	{ .name = "sandbox", .type = GD_TEXT, .flags = GD_COL_VOLATILE, .help = "what confined it while it was asked" },
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

static const char source[] = "gpudoctor";

static struct gd_facts *empty_facts(const struct gd_probe *p)
{
	struct gd_facts *f = gd_facts_new();

	gd_facts_declare(f, &gd_library_table, "runner");
	for (const struct gd_table *const *t = p->tables; *t; t++)
		gd_facts_declare(f, *t, p->name);
	return f;
}

struct gd_inquiry *gd_inquiry_new(const struct gd_probe *p)
{
	struct gd_inquiry *q = gd_xcalloc(1, sizeof(*q));

	q->probe = p;
	q->facts = empty_facts(p);
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

static struct gd_row *add_library(struct gd_facts *f, const char *id, const char *library)
{
	struct gd_row *row = gd_facts_add(f, "library");

	gd_set_text(row, "id", id, source);
	gd_set_text(row, "library", library, source);
	return row;
}

static void set_status(struct gd_row *row, enum gd_library_end end, const char *detail)
{
	gd_set_text(row, "status", ends[end].name, source);
	if (detail)
		gd_set_text(row, "detail", detail, source);
}

const char *gd_library_end_name_peek(enum gd_library_end end)
{
	return ends[end].name;
}

static enum gd_library_end status_of(const struct gd_row *row)
{
	const char *name = gd_get_text(row, "status", "ok");

	for (int i = 0; i < GD_LIBRARY_END_COUNT; i++)
		if (!strcmp(ends[i].name, name))
			return (enum gd_library_end)i;
	return GD_LIBRARY_GARBAGE;
}

/* ---------------------------------------------------------------- child -- */

static void write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return; /* the parent is gone, and so shall we be soon */
		data += n;
		len -= (size_t)n;
	}
}

void gd_answer_step(struct gd_answer *a, const char *call)
{
	gd_autofree line = gd_xasprintf("step %s\n", call);

	write_all(a->fd, line, strlen(line));
}

void gd_answer_tell(struct gd_answer *a)
{
	static const struct gd_text_options everything = { .show_private = true };
	gd_autobuf text = { 0 };

	gd_text_print(a->facts, &everything, &text);
	write_all(a->fd, text.data, text.len);
}

void gd_answer_end(struct gd_answer *a, enum gd_library_end end, const char *detail)
{
	set_status(a->library, end, detail);
}

void gd_answer_complete(struct gd_answer *a)
{
	for (size_t i = 0; i < a->facts->count; i++)
		if (strcmp(a->facts->tables[i].table->name, "library"))
			gd_facts_complete(a->facts, a->facts->tables[i].table->name);
}

struct errand {
	const struct gd_question *question;
	const struct gd_probe *probe;
};

static int answer(void *arg, int fd, const char *sandbox)
{
	const struct errand *e = arg;
	struct gd_answer a = { .facts = empty_facts(e->probe), .arg = e->question->arg, .fd = fd };

	a.library = add_library(a.facts, e->question->id, e->question->library);
	gd_set_text(a.library, "sandbox", sandbox, source);
	e->question->ask(&a);
	gd_answer_tell(&a);
	return 0;
}

/* --------------------------------------------------------------- parent -- */

void gd_library_ask(struct gd_ctx *ctx, const struct gd_question *q)
{
	struct errand errand = { .question = q, .probe = ctx->probe };
	struct gd_child_job job = { .name = "gpudoctor-ask", .limits = q->limits, .run = answer, .arg = &errand };
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

	set_status(add_library(q->facts, id, library), end, why);
	for (const struct gd_table *const *t = q->probe->tables; *t; t++) {
		if (end != GD_LIBRARY_MISSING)
			gd_facts_incomplete(q->facts, (*t)->name, ends[end].gap, why, remedy);
		else if (!q->told)
			gd_facts_complete(q->facts, (*t)->name);
	}
	q->told = true;
}

/*
 * The last whole fact text in what a child wrote; between the texts stand steps,
 * of which the last is found too. Bytes that are neither are the library's own.
 */
static const char *find_text(const struct gd_buf *answer, size_t *ret_len, char **ret_step)
{
	static const char first[] = "gpudoctor-facts 1";
	const char *end = gd_buf_peek(answer) + answer->len;
	const char *start = NULL;
	const char *found = NULL;

	for (const char *p = gd_buf_peek(answer); p < end;) {
		const char *eol = memchr(p, '\n', (size_t)(end - p));
		size_t n;

		if (!eol)
			break;
		n = (size_t)(eol - p);
		if (!start && n > 5 && !memcmp(p, "step ", 5)) {
			free(*ret_step);
			*ret_step = gd_xstrndup(p + 5, n - 5);
		} else if (!start && n == strlen(first) && !memcmp(p, first, n)) {
			start = p;
		} else if (start && n == 3 && !memcmp(p, "end", 3)) {
			found = start;
			*ret_len = (size_t)(eol + 1 - start);
			start = NULL;
		}
		p = eol + 1;
	}
	return found;
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
		gd_set_text(row, "signal", signal, source);
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
		gd_set_text(row, "step", step, source);
	set_status(row, end, detail);
}

/* The last lines, whole ones where there are several, as text. */
static void set_words(struct gd_row *row, const struct gd_child *c)
{
	const char *p = gd_buf_peek(&c->words);
	const char *eol = strchr(p, '\n');
	gd_autobuf clean = { 0 };

	if (c->words.len == GD_CHILD_WORDS_MAX_BYTES && eol && eol[1])
		p = eol + 1;
	for (; *p; p++)
		gd_buf_putc(&clean, (*p >= 0x20 && *p < 0x7f) || *p == '\n' || *p == '\t' ? *p : '?');
	if (clean.len)
		gd_set_text(row, "last_words", gd_trim(clean.data), source);
	else
		gd_set_absent(row, "last_words", source);
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
	enum gd_library_end end = status_of(row);
	enum gd_gap gap = is_unfit(c) ? GD_GAP_ERROR : ends[end].gap;
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
		set_status(row, GD_LIBRARY_OK, NULL);
	for (size_t i = 0; i < GD_COUNT(optional); i++)
		if (gd_get(row, optional[i])->state == GD_UNSET)
			gd_set_absent(row, optional[i], source);
}

/* Waits for a child, and takes what it told. */
static void take_answer(struct gd_inquiry *q, const struct asked *a)
{
	struct gd_facts *told = empty_facts(q->probe);
	gd_autofree step = NULL;
	struct gd_err err = { "" };
	struct gd_row *row;
	const char *text;
	size_t len = 0;
	bool garbage;

	gd_child_wait(a->child);
	text = find_text(&a->child->answer, &len, &step);
	garbage = text && gd_text_parse(told, a->id, text, len, &err) < 0;
	row = gd_facts_find(told, "library", a->id);
	if (garbage || !row) {
		gd_facts_free(told);
		told = empty_facts(q->probe);
		row = add_library(told, a->id, a->library);
	}
	if (a->child->end != GD_CHILD_EXITED || a->child->status)
		set_end(row, a, step);
	else if (garbage || !text)
		set_status(row, GD_LIBRARY_GARBAGE, "what came back from it makes no sense");
	if (status_of(row) != GD_LIBRARY_OK)
		set_words(row, a->child);
	gd_set_int(row, "took_ms", (a->child->ended_ns - a->child->started_ns) / 1000000, source);
	close_row(row);
	close_tables(told, row, a->child);
	merge(q->facts, told, !q->told);
	q->told = true;
	gd_facts_free(told);
}

static int replay(struct gd_ctx *ctx, struct gd_err *err)
{
	struct gd_facts *told = empty_facts(ctx->probe);
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
