/* SPDX-License-Identifier: MIT */
/* Children that crash, hang, flood and behave: what the parent is left with. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "host/child.h"

/* Long enough that a busy machine does not end a child that means to answer. */
enum { PLENTY_MS = 120 * 1000, SOON_MS = 200 };

static struct gd_child *start(struct gd_children *g, int (*run)(void *, int, const char *), void *arg)
{
	struct gd_child_job job = { .name = "test-child", .run = run, .arg = arg };

	return gd_child_start(g, &job);
}

/* Nothing of this process is left: no child, no descriptor. */
static void expect_nothing_left(int next_fd)
{
	int fd = open("/dev/null", O_RDONLY);

	assert_int_equal(fd, next_fd);
	close(fd);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static int next_descriptor(void)
{
	int fd = open("/dev/null", O_RDONLY);

	close(fd);
	return fd;
}

static int run_answer(void *arg, int fd, const char *sandbox)
{
	(void)sandbox;
	fputs("some words\n", stderr);
	dprintf(fd, "hello %s", (const char *)arg);
	return 7;
}

static void test_answer(void **state)
{
	int next = next_descriptor();
	struct gd_children *g = gd_children_new(PLENTY_MS);
	char who[] = "world";
	struct gd_child *c = start(g, run_answer, who);

	(void)state;
	gd_child_wait(c);
	assert_int_equal(c->end, GD_CHILD_EXITED);
	assert_int_equal(c->status, 7);
	assert_string_equal(gd_buf_peek(&c->answer), "hello world");
	assert_string_equal(gd_buf_peek(&c->words), "some words\n");
	gd_child_wait(c); /* a second time changes nothing */
	assert_int_equal(c->end, GD_CHILD_EXITED);
	gd_children_free(g);
	expect_nothing_left(next);
}

static int run_crash(void *arg, int fd, const char *sandbox)
{
	(void)sandbox;
	(void)!write(fd, "before", 6);
	raise(*(int *)arg);
	return 0;
}

static void test_crash(void **state)
{
	static int signals[] = { SIGSEGV, SIGABRT, SIGBUS, SIGFPE };
	int next = next_descriptor();
	struct gd_children *g = gd_children_new(PLENTY_MS);

	(void)state;
	for (size_t i = 0; i < GD_COUNT(signals); i++) {
		struct gd_child *c = start(g, run_crash, &signals[i]);

		gd_child_wait(c);
		assert_int_equal(c->end, GD_CHILD_KILLED);
		assert_int_equal(c->status, signals[i]);
		assert_string_equal(gd_buf_peek(&c->answer), "before");
	}
	gd_children_free(g);
	expect_nothing_left(next);
	assert_int_equal(access("core", F_OK), -1);
}

static int run_hang(void *arg, int fd, const char *sandbox)
{
	(void)arg;
	(void)sandbox;
	(void)!write(fd, "before", 6);
	while (true)
		pause();
	return 0;
}

static void test_hang(void **state)
{
	int next = next_descriptor();
	struct gd_children *g = gd_children_new(SOON_MS);
	struct gd_child *hanging[3];
	struct gd_child *c;

	(void)state;
	for (size_t i = 0; i < GD_COUNT(hanging); i++)
		hanging[i] = start(g, run_hang, NULL);
	for (size_t i = 0; i < GD_COUNT(hanging); i++) {
		c = hanging[i];
		gd_child_wait(c);
		assert_int_equal(c->end, GD_CHILD_TIMED_OUT);
		assert_string_equal(gd_buf_peek(&c->answer), "before");
		assert_int_equal(kill(c->pid, 0), -1);
	}
	gd_children_free(g);
	expect_nothing_left(next);
}

/* Who starts us may ignore the ends of children; the kernel would then take them before we can ask. */
static void test_ignored_signal(void **state)
{
	struct sigaction before;
	struct sigaction after;
	struct gd_children *g;
	struct gd_child *c;

	(void)state;
	signal(SIGCHLD, SIG_IGN);
	g = gd_children_new(PLENTY_MS);
	c = start(g, run_answer, (char[]){ "you" });
	gd_child_wait(c);
	assert_int_equal(c->end, GD_CHILD_EXITED);
	assert_int_equal(c->status, 7);
	assert_string_equal(gd_buf_peek(&c->answer), "hello you");
	gd_children_free(g);
	sigaction(SIGCHLD, NULL, &after);
	assert_ptr_equal(after.sa_handler, SIG_IGN);
	before = (struct sigaction){ .sa_handler = SIG_DFL };
	sigaction(SIGCHLD, &before, NULL);
}

static int run_long_answer(void *arg, int fd, const char *sandbox)
{
	static char block[1024 * 1024];

	(void)arg;
	(void)sandbox;
	/* More than a pipe holds: it waits until somebody reads. */
	memset(block, 'x', sizeof(block));
	for (size_t done = 0; done < sizeof(block);) {
		ssize_t n = write(fd, block + done, sizeof(block) - done);

		if (n <= 0)
			return 1;
		done += (size_t)n;
	}
	return 0;
}

/* While we were busy, a child had to wait for us: that is no hang. */
static void test_absence(void **state)
{
	struct gd_children *g = gd_children_new(SOON_MS);
	struct gd_child *c = start(g, run_long_answer, NULL);
	struct timespec busy = { .tv_nsec = 2L * SOON_MS * 1000 * 1000 };

	(void)state;
	nanosleep(&busy, NULL);
	gd_child_wait(c);
	assert_int_equal(c->end, GD_CHILD_EXITED);
	assert_int_equal(c->answer.len, 1024 * 1024);
	gd_children_free(g);
}

/* More children than anybody starts are all heard. */
static void test_many(void **state)
{
	struct gd_children *g = gd_children_new(PLENTY_MS);
	struct gd_child *all[100];

	(void)state;
	for (size_t i = 0; i < GD_COUNT(all); i++)
		all[i] = start(g, run_answer, (char[]){ "all" });
	for (size_t i = 0; i < GD_COUNT(all); i++) {
		gd_child_wait(all[i]);
		assert_string_equal(gd_buf_peek(&all[i]->answer), "hello all");
	}
	gd_children_free(g);
}

/* A child that still runs when nobody wants to know any more. */
static void test_free_kills(void **state)
{
	int next = next_descriptor();
	struct gd_children *g = gd_children_new(PLENTY_MS);
	struct gd_child *c = start(g, run_hang, NULL);
	pid_t pid = c->pid;

	(void)state;
	gd_children_free(g);
	assert_int_equal(kill(pid, 0), -1);
	expect_nothing_left(next);
}

static int run_flood(void *arg, int fd, const char *sandbox)
{
	static char block[65536];
	int to = *(int *)arg ? *(int *)arg : fd;

	(void)sandbox;
	memset(block, 'x', sizeof(block));
	block[sizeof(block) - 1] = '\n';
	while (write(to, block, sizeof(block)) > 0)
		;
	return 0;
}

static void test_flood_of_answer(void **state)
{
	struct gd_children *g = gd_children_new(PLENTY_MS);
	int to = 0;
	struct gd_child *c = start(g, run_flood, &to);

	(void)state;
	gd_child_wait(c);
	assert_int_equal(c->end, GD_CHILD_FLOODED);
	assert_in_range(c->answer.len, 1, GD_CHILD_ANSWER_MAX_BYTES);
	gd_children_free(g);
}

static int run_words(void *arg, int fd, const char *sandbox)
{
	(void)arg;
	(void)sandbox;
	for (int i = 0; i < 100000; i++)
		dprintf(i % 2 ? 1 : 2, "a line of a driver that has much to say, number %d\n", i);
	(void)!write(fd, "done", 4);
	return 0;
}

/* Megabytes of words neither end a child nor are they kept. */
static void test_flood_of_words(void **state)
{
	static const char last[] = "number 99999\n";
	struct gd_children *g = gd_children_new(PLENTY_MS);
	struct gd_child *c = start(g, run_words, NULL);

	(void)state;
	gd_child_wait(c);
	assert_int_equal(c->end, GD_CHILD_EXITED);
	assert_string_equal(gd_buf_peek(&c->answer), "done");
	assert_int_equal(c->words.len, GD_CHILD_WORDS_MAX_BYTES);
	assert_string_equal(c->words.data + c->words.len - strlen(last), last);
	gd_children_free(g);
}

/* Words without end: the clock still ends it, and a child beside it is heard. */
static void test_endless_words(void **state)
{
	struct gd_children *g = gd_children_new(SOON_MS);
	struct gd_children *calm = gd_children_new(PLENTY_MS);
	int to = 2;
	char who[] = "you";
	struct gd_child *c = start(g, run_flood, &to);
	struct gd_child *other = start(calm, run_answer, who);

	(void)state;
	gd_child_wait(c);
	assert_int_equal(c->end, GD_CHILD_TIMED_OUT);
	gd_child_wait(other);
	assert_string_equal(gd_buf_peek(&other->answer), "hello you");
	gd_children_free(g);
	gd_children_free(calm);
}

static int run_descriptors(void *arg, int fd, const char *sandbox)
{
	(void)arg;
	(void)sandbox;
	for (int i = 0; i < 256; i++)
		if (fcntl(i, F_GETFD) >= 0)
			dprintf(fd, "%d ", i);
	return 0;
}

static void test_descriptors(void **state)
{
	struct gd_children *g = gd_children_new(PLENTY_MS);
	int leaky = open("/dev/null", O_RDONLY); /* without O_CLOEXEC, as a careless caller leaves it */
	int high = fcntl(leaky, F_DUPFD, 100);
	struct gd_child *c = start(g, run_descriptors, NULL);

	(void)state;
	gd_child_wait(c);
	assert_string_equal(gd_buf_peek(&c->answer), "0 1 2 3 ");
	gd_children_free(g);
	close(leaky);
	close(high);
}

/* Who closed standard descriptors before starting us still gets the answer. */
static int run_without_standard(void *arg, int fd, const char *sandbox)
{
	struct gd_children *g;
	struct gd_child *c;

	(void)arg;
	(void)sandbox;
	close(0);
	close(1);
	close(2);
	/* In a process that may not fork: what cannot be started is said, not waited for. */
	g = gd_children_new(SOON_MS);
	c = start(g, run_answer, (char[]){ "x" });
	gd_child_wait(c);
	dprintf(fd, "%s", c->end == GD_CHILD_NOT_STARTED ? strerror(c->status) : gd_buf_peek(&c->answer));
	gd_children_free(g);
	return 0;
}

static void test_not_started(void **state)
{
	struct gd_children *g = gd_children_new(PLENTY_MS);
	struct gd_child *c = start(g, run_without_standard, NULL);
	const char *said;

	(void)state;
	gd_child_wait(c);
	said = gd_buf_peek(&c->answer);
	/* "hello x" where the kernel has no filters. */
	assert_true(!strcmp(said, strerror(EAGAIN)) || !strcmp(said, "hello x"));
	gd_children_free(g);
}

static int run_eat(void *arg, int fd, const char *sandbox)
{
	size_t taken = 0;

	(void)arg;
	while (taken < 512) {
		char *p = malloc(1024 * 1024);

		if (!p)
			break;
		memset(p, 1, 1024 * 1024);
		taken++;
	}
	dprintf(fd, "%s %s", taken < 512 ? "stopped" : "never", strstr(sandbox, "memory") ? "limited" : "free");
	return 0;
}

static void test_memory(void **state)
{
	struct gd_children *g = gd_children_new(PLENTY_MS);
	struct gd_child_job job = { .name = "eater", .limits = { .data_bytes = 256 * 1024 * 1024 }, .run = run_eat };
	struct gd_child *c = gd_child_start(g, &job);

	(void)state;
	gd_child_wait(c);
	if (!strstr(gd_buf_peek(&c->answer), "free"))
		assert_string_equal(gd_buf_peek(&c->answer), "stopped limited");
	else
		assert_string_equal(gd_buf_peek(&c->answer), "never free"); /* a sanitizer maps too much for limits */
	gd_children_free(g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answer),
		cmocka_unit_test(test_crash),
		cmocka_unit_test(test_hang),
		cmocka_unit_test(test_free_kills),
		cmocka_unit_test(test_flood_of_answer),
		cmocka_unit_test(test_flood_of_words),
		cmocka_unit_test(test_endless_words),
		cmocka_unit_test(test_descriptors),
		cmocka_unit_test(test_not_started),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_ignored_signal),
		cmocka_unit_test(test_absence),
		cmocka_unit_test(test_many),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
