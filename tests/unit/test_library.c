/* SPDX-License-Identifier: MIT */
/* From a question to facts: what is kept of an answer however its child ends, and what a capture holds of it. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "forward_fixture.h"
#include "host/recorder.h"
#include "probe/library.h"

enum { PLENTY_MS = 120 * 1000, SOON_MS = 300 };

static const struct gd_column columns[] = {
	{ .name = "id", .type = GD_TEXT, .flags = GD_COL_KEY, .help = "the device" },
	{ .name = "size_mib", .type = GD_INT, .help = "its memory" },
	{ .name = "uuid", .type = GD_TEXT, .flags = GD_COL_PRIVATE, .help = "its own number" },
};
static const struct gd_table thing = { .name = "thing", .help = "a device", .columns = columns, .column_count = 3 };
static const struct gd_probe probe = {
	.name = "things",
	.help = "asks a library that does as it is told",
	.tables = (const struct gd_table *const[]){ &thing, NULL },
	.run = gd_library_run,
};

static void add_thing(struct gd_answer *a, const char *id, int64_t size_mib)
{
	struct gd_row *row = gd_facts_add(a->facts, "thing");

	gd_set_text(row, "id", id, "getThing");
	gd_set_int(row, "size_mib", size_mib, "getThing");
	gd_set_text(row, "uuid", "secret-number", "getThing");
}

static void ask_well(struct gd_answer *a)
{
	gd_answer_step(a, "getThing");
	add_thing(a, a->arg ? a->arg : "a", 12);
	gd_answer_complete(a);
}

static void ask_then_crash(struct gd_answer *a)
{
	gd_answer_step(a, "getThing");
	add_thing(a, "first", 12);
	gd_answer_tell(a);
	add_thing(a, "second", 24);
	gd_set_text(gd_facts_add(a->facts, "thing"), "id", "half", "getThing");
	gd_answer_tell(a);
	gd_answer_step(a, "getThird");
	fputs("driver: bad page\ndriver: giving up\n", stderr);
	raise(SIGSEGV);
}

static void ask_then_hang(struct gd_answer *a)
{
	add_thing(a, "first", 12);
	gd_answer_tell(a);
	gd_answer_step(a, "waitForever");
	pause();
}

static void ask_in_torn_words(struct gd_answer *a)
{
	static const char torn[] = "gpudoctor-facts 1\ntable thing complete\nrow\n  id = \"torn";

	add_thing(a, "whole", 1);
	gd_answer_tell(a);
	(void)!write(a->fd, torn, strlen(torn));
	_exit(0);
}

static void ask_nonsense(struct gd_answer *a)
{
	static const char text[] = "gpudoctor-facts 1\ntable nothing complete\nend\ndone\n";

	(void)!write(a->fd, text, strlen(text));
	_exit(0);
}

static void ask_nothing(struct gd_answer *a)
{
	(void)a;
	_exit(0);
}

/* A library that closes everything and opens something else: our facts are not written into it. */
static void ask_without_pipe(struct gd_answer *a)
{
	int null;

	close(a->fd);
	null = open("/dev/null", O_WRONLY);
	assert_int_equal(null, a->fd);
	add_thing(a, "lost", 1);
}

/* Secrets in what a driver printed. */
static void ask_aloud(struct gd_answer *a)
{
	fputs("driver: HF_TOKEN=hf_AbCdEfGhIjKlMnOpQrStUvWxYz012345 is set\n"
	      "driver: \"password=hunter2hunter2\" and 192.168.17.5\nversion 1.2.3.4\n",
	      stderr);
	gd_answer_complete(a);
}

static void ask_exit(struct gd_answer *a)
{
	(void)a;
	_exit(3);
}

static void ask_missing(struct gd_answer *a)
{
	assert_null(gd_answer_load(a, "libgpudoctor-is-not-there.so.1"));
}

static void ask_old(struct gd_answer *a)
{
	void *libc = gd_answer_load(a, "libc.so.6");

	if (libc && gd_answer_symbol(a, libc, "malloc"))
		gd_answer_symbol(a, libc, "gpudoctor_malloc_of_the_future");
}

static void ask_denied(struct gd_answer *a)
{
	gd_answer_end(a, GD_LIBRARY_DENIED, "/dev/kfd may not be opened");
	gd_set_text(a->library, "denied_node", "/dev/kfd", "open");
}

struct session {
	struct forward forward;
	struct gd_host *live;
	struct gd_host *recorder;
	struct gd_ctx ctx;
};

static void begin(struct session *s, int timeout_ms)
{
	s->forward = (struct forward){ .inner = open_entries("") };
	s->live = gd_host_new(&forward_ops, &s->forward, true);
	s->recorder = gd_recorder_new(s->live);
	s->ctx = (struct gd_ctx){ .probe = &probe, .host = s->recorder, .facts = gd_facts_new() };
	gd_facts_declare(s->ctx.facts, &gd_library_table, "runner");
	gd_facts_declare(s->ctx.facts, &thing, probe.name);
	gd_facts_complete(s->ctx.facts, "library");
	s->ctx.children = gd_children_new(timeout_ms);
	s->ctx.inquiry = gd_inquiry_new(&probe);
}

static void ask_about(struct session *s, const char *id, void (*ask)(struct gd_answer *), const void *arg)
{
	struct gd_question q = { .id = id, .library = "libthing.so.1", .ask = ask, .arg = arg };

	gd_library_ask(&s->ctx, &q);
}

static void finish(struct session *s)
{
	struct gd_err err = { "" };

	assert_int_equal(gd_library_run(&s->ctx, &err), 0);
	gd_facts_close(s->ctx.facts);
}

static void end(struct session *s)
{
	gd_facts_free(s->ctx.facts);
	gd_inquiry_free(s->ctx.inquiry);
	gd_children_free(s->ctx.children);
	gd_host_close(s->recorder);
	gd_host_close(s->live);
}

static const char *text_of(const struct session *s, const char *table, const char *key, const char *column)
{
	const struct gd_row *row = gd_facts_find(s->ctx.facts, table, key);

	if (!row)
		fail_msg("no row %s in %s", key, table);
	return gd_get_text(row, column, gd_is_absent(row, column) ? "(absent)" : "(unknown)");
}

static const struct gd_rows *things(const struct session *s)
{
	return gd_facts_table_peek(s->ctx.facts, "thing");
}

static void test_ok(void **state)
{
	struct session s;

	(void)state;
	begin(&s, PLENTY_MS);
	ask_about(&s, "one", ask_well, "a");
	ask_about(&s, "two", ask_well, "b");
	finish(&s);
	assert_true(things(&s)->complete);
	assert_int_equal(things(&s)->count, 2);
	assert_string_equal(text_of(&s, "thing", "b", "uuid"), "secret-number");
	assert_string_equal(text_of(&s, "library", "one", "status"), "ok");
	assert_string_equal(text_of(&s, "library", "two", "detail"), "(absent)");
	assert_string_equal(text_of(&s, "library", "two", "signal"), "(absent)");
	assert_string_equal(text_of(&s, "library", "two", "library"), "libthing.so.1");
	end(&s);
}

static void test_crash(void **state)
{
	struct session s;

	(void)state;
	begin(&s, PLENTY_MS);
	ask_about(&s, "one", ask_then_crash, NULL);
	ask_about(&s, "two", ask_well, "b");
	finish(&s);
	assert_int_equal(things(&s)->count, 4);
	assert_string_equal(text_of(&s, "thing", "second", "uuid"), "secret-number");
	assert_false(things(&s)->complete);
	assert_int_equal(things(&s)->gap, GD_GAP_CRASHED);
	assert_string_equal(things(&s)->detail, "libthing.so.1 crashed (SIGSEGV) in getThird");
	assert_string_equal(text_of(&s, "library", "one", "status"), "crashed");
	assert_string_equal(text_of(&s, "library", "one", "signal"), "SIGSEGV");
	assert_string_equal(text_of(&s, "library", "one", "step"), "getThird");
	assert_string_equal(text_of(&s, "library", "one", "last_words"), "driver: bad page | driver: giving up");
	assert_string_equal(text_of(&s, "library", "two", "status"), "ok");
	assert_int_equal(gd_get(gd_facts_find(s.ctx.facts, "thing", "half"), "size_mib")->gap, GD_GAP_CRASHED);
	end(&s);
}

static void test_hang(void **state)
{
	struct session s;

	(void)state;
	begin(&s, SOON_MS);
	ask_about(&s, "one", ask_then_hang, NULL);
	finish(&s);
	assert_int_equal(things(&s)->count, 1);
	assert_false(things(&s)->complete);
	assert_int_equal(things(&s)->gap, GD_GAP_TIMED_OUT);
	assert_string_equal(text_of(&s, "library", "one", "status"), "timed-out");
	assert_string_equal(text_of(&s, "library", "one", "step"), "waitForever");
	end(&s);
}

static void test_ends(void **state)
{
	static const struct {
		const char *id;
		void (*ask)(struct gd_answer *a);
		const char *status;
		const char *missing;
		const char *detail; /* its start */
		bool complete;
		enum gd_gap gap;
	} cases[] = {
		{ "torn", ask_in_torn_words, "failed", "(absent)", "libthing.so.1 ended the process", false,
		  GD_GAP_ERROR },
		{ "nonsense", ask_nonsense, "garbage", "(absent)", "what came back", false, GD_GAP_GARBAGE },
		{ "nothing", ask_nothing, "failed", "(absent)", "libthing.so.1 ended the process",
		  false, GD_GAP_ERROR },
		{ "closed", ask_without_pipe, "failed", "(absent)", "libthing.so.1 ended the process", false,
		  GD_GAP_ERROR },
		{ "exit", ask_exit, "failed", "(absent)", "libthing.so.1 ended the process with status 3", false,
		  GD_GAP_ERROR },
		{ "missing", ask_missing, "missing", "(absent)", "libgpudoctor-is-not-there.so.1: cannot open", true,
		  GD_GAP_NONE },
		{ "old", ask_old, "too-old", "gpudoctor_malloc_of_the_future", "it has no function", false,
		  GD_GAP_NO_SOURCE },
		{ "denied", ask_denied, "denied", "(absent)", "/dev/kfd may not be opened", false, GD_GAP_DENIED },
	};

	(void)state;
	for (size_t i = 0; i < GD_COUNT(cases); i++) {
		struct session s;

		begin(&s, PLENTY_MS);
		ask_about(&s, cases[i].id, cases[i].ask, NULL);
		finish(&s);
		assert_string_equal(text_of(&s, "library", cases[i].id, "status"), cases[i].status);
		assert_string_equal(text_of(&s, "library", cases[i].id, "missing"), cases[i].missing);
		if (strncmp(text_of(&s, "library", cases[i].id, "detail"), cases[i].detail, strlen(cases[i].detail)))
			fail_msg("%s: %s", cases[i].id, text_of(&s, "library", cases[i].id, "detail"));
		assert_int_equal(things(&s)->complete, cases[i].complete);
		assert_int_equal(things(&s)->gap, cases[i].gap);
		end(&s);
	}
}

static void test_left(void **state)
{
	struct session s;

	(void)state;
	begin(&s, PLENTY_MS);
	gd_library_leave(&s.ctx, "one", "libthing.so.1", GD_LIBRARY_MISSING, "no libthing.so.1 is here", NULL);
	finish(&s);
	assert_true(things(&s)->complete);
	assert_string_equal(text_of(&s, "library", "one", "status"), "missing");
	end(&s);
	begin(&s, PLENTY_MS);
	gd_library_leave(&s.ctx, "one", "libthing.so.1", GD_LIBRARY_NOT_ASKED, "card1 sleeps", "use it first");
	ask_about(&s, "two", ask_well, "b");
	finish(&s);
	assert_false(things(&s)->complete);
	assert_int_equal(things(&s)->gap, GD_GAP_ASLEEP);
	assert_string_equal(things(&s)->detail, "card1 sleeps");
	assert_string_equal(text_of(&s, "library", "one", "status"), "not-asked");
	assert_int_equal(things(&s)->count, 1);
	end(&s);
}

/* A replay of what was recorded gives the same facts, but for the private ones. */
static void test_replay(void **state)
{
	struct session s;
	struct session again;
	struct gd_capture *c = NULL;
	struct gd_err err = { "" };
	gd_autobuf text = { 0 };

	(void)state;
	begin(&s, PLENTY_MS);
	ask_about(&s, "one", ask_then_crash, NULL);
	ask_about(&s, "two", ask_well, "b");
	finish(&s);
	gd_recorder_print(s.recorder, NULL, &text);
	assert_non_null(strstr(text.data, "said things\n|gpudoctor-facts 1\n"));
	assert_null(strstr(text.data, "secret-number"));
	if (gd_capture_parse("c", text.data, text.len, &c, &err) < 0)
		fail_msg("%s", err.text);
	begin(&again, PLENTY_MS);
	again.ctx.host = gd_capture_host(c);
	finish(&again);
	assert_int_equal(things(&again)->count, 4);
	assert_int_equal(things(&again)->gap, GD_GAP_CRASHED);
	assert_int_equal(gd_get_int(gd_facts_find(again.ctx.facts, "thing", "second"), "size_mib", 0), 24);
	assert_string_equal(text_of(&again, "thing", "second", "uuid"), "(unknown)");
	assert_string_equal(text_of(&again, "library", "one", "step"), "getThird");
	gd_host_close(again.ctx.host);
	end(&again);
	end(&s);
}

/* What libraries print goes into captures masked, wherever a line begins. */
static void test_words(void **state)
{
	struct session s;
	gd_autobuf text = { 0 };

	(void)state;
	begin(&s, PLENTY_MS);
	ask_about(&s, "one", ask_aloud, NULL);
	finish(&s);
	assert_non_null(strstr(text_of(&s, "library", "one", "last_words"), "hunter2"));
	gd_recorder_print(s.recorder, NULL, &text);
	assert_non_null(strstr(text.data, "HF_TOKEN="));
	assert_null(strstr(text.data, "hf_AbCd"));
	assert_null(strstr(text.data, "hunter2"));
	assert_null(strstr(text.data, "192.168.17.5"));
	end(&s);
}

/* A recording from before libraries were asked, or of a tree, says nothing of them, and a broken one is refused. */
static void test_not_captured(void **state)
{
	struct session s;
	struct gd_err err = { "" };

	(void)state;
	begin(&s, PLENTY_MS);
	s.ctx.host = s.forward.inner;
	finish(&s);
	assert_false(things(&s)->complete);
	assert_int_equal(things(&s)->gap, GD_GAP_NOT_CAPTURED);
	assert_int_equal(gd_facts_table_peek(s.ctx.facts, "library")->gap, GD_GAP_NOT_CAPTURED);
	end(&s);
	begin(&s, PLENTY_MS);
	s.ctx.host = open_entries("said things\n|gpudoctor-facts 1\n|table thing complete\n|row\n|end\n");
	assert_int_equal(gd_library_run(&s.ctx, &err), -EINVAL);
	assert_string_equal(err.text, "things:3: a row without its key: id");
	gd_host_close(s.ctx.host);
	end(&s);
}

static void test_fault(void **state)
{
	static const struct {
		const char *library;
		const char *error;
		enum gd_library_end end;
		const char *missing;
	} cases[] = {
		/* As glibc 2.36 words them. */
		{ "libv.so.1", "libv.so.1: cannot open shared object file: No such file or directory",
		  GD_LIBRARY_MISSING, NULL },
		{ "/x/radv.so", "libLLVM-15.so.1: cannot open shared object file: No such file or directory",
		  GD_LIBRARY_UNRESOLVED, "libLLVM-15.so.1" },
		{ "/x/radv.so", "/x/radv.so: cannot open shared object file: Permission denied",
		  GD_LIBRARY_DENIED, NULL },
		{ "/x/a.so", "/lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.38' not found (required by /x/a.so)",
		  GD_LIBRARY_UNRESOLVED, "GLIBC_2.38" },
		{ "/x/a.so", "/x/a.so: undefined symbol: drmSync", GD_LIBRARY_UNRESOLVED, "drmSync" },
		{ "/x/a.so", "/x/a.so: undefined symbol: va_get, version LIBDRM_9", GD_LIBRARY_UNRESOLVED, "va_get" },
		{ "/x/a.so", "/x/a.so: wrong ELF class: ELFCLASS32", GD_LIBRARY_FAILED, NULL },
		{ "/x/a.so", "/x/a.so: invalid ELF header", GD_LIBRARY_GARBAGE, NULL },
		{ "/x/a.so", "/x/a.so: file too short", GD_LIBRARY_GARBAGE, NULL },
		{ "/x/a.so", "", GD_LIBRARY_FAILED, NULL },
		/* As musl 1.2 does. */
		{ "libvulkan.so.1", "Error loading shared library libvulkan.so.1: No such file or directory",
		  GD_LIBRARY_MISSING, NULL },
		{ "/x/a.so", "Error loading shared library libLLVM.so: No such file or directory (needed by /x/a.so)",
		  GD_LIBRARY_UNRESOLVED, "libLLVM.so" },
	};

	(void)state;
	for (size_t i = 0; i < GD_COUNT(cases); i++) {
		gd_autofree missing = NULL;

		assert_int_equal(gd_library_fault(cases[i].library, cases[i].error, &missing), cases[i].end);
		if (cases[i].missing)
			assert_string_equal(missing, cases[i].missing);
		else
			assert_null(missing);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ok),   cmocka_unit_test(test_crash),  cmocka_unit_test(test_hang),
		cmocka_unit_test(test_ends), cmocka_unit_test(test_left),   cmocka_unit_test(test_replay),
		cmocka_unit_test(test_words), cmocka_unit_test(test_not_captured), cmocka_unit_test(test_fault),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
