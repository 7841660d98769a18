/* SPDX-License-Identifier: MIT */
/*
 * Each claim of the sandbox is held against what a confined child could do,
 * also where this kernel has but a part of it. What is not claimed must come
 * out as it does without any sandbox.
 */
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "host/child.h"
#include "sandbox_fixture.h"

/* Which part of the sandbox the kernel seems to lack. */
enum lack { NO_SANDBOX, NOTHING, LANDLOCK, FILTERS, BOTH };

struct trial {
	int outcomes[GD_COUNT(attempts)];
	char said[512]; /* the text of the sandbox */
	bool whole;	/* all was tried */
	bool unhidden;	/* what shall be lacking could not be hidden */
};

/* A kernel that lacks a part, made by a filter that answers as it would. */
static bool hide(enum lack lack)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, lack == FILTERS ? UINT32_MAX : 444, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, lack == LANDLOCK ? UINT32_MAX : SYS_prctl, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PR_SET_SECCOMP, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog all = { .len = GD_COUNT(code), .filter = code };

	if (lack == NO_SANDBOX || lack == NOTHING)
		return true;
	return !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) && !prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &all, 0, 0);
}

static _Noreturn void try_all(struct trial *trial, enum lack lack)
{
	const struct gd_sandbox_limits none = { 0 };
	struct gd_buf said = { 0 };

	setpgid(0, 0);
	trial->unhidden = !hide(lack);
	if (trial->unhidden)
		_exit(0);
	if (lack != NO_SANDBOX) {
		gd_sandbox_enter(&none, &said);
		snprintf(trial->said, sizeof(trial->said), "%s", gd_buf_peek(&said));
	}
	for (size_t i = 0; i < GD_COUNT(attempts); i++)
		trial->outcomes[i] = attempts[i].try();
	trial->whole = true;
	_exit(0);
}

static void put_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd >= 0) {
		assert_int_equal(write(fd, "content\n", 8), 8);
		close(fd);
	}
}

static void remove_all(void)
{
	static const char *const files[] = { "old",  "new",	 "by-openat2", "created", "linked", "pointer",
					     "fifo", "unwanted", "here",       "second",  "there" };

	for (size_t i = 0; i < GD_COUNT(files); i++)
		unlink(files[i]);
	rmdir("folder");
	rmdir("empty");
	unlink(shared_file);
}

static struct trial *run_trial(enum lack lack)
{
	struct trial *trial = mmap(NULL, sizeof(*trial), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid;

	assert_true(trial != MAP_FAILED);
	remove_all();
	put_file("old");
	put_file("unwanted");
	put_file("here");
	put_file("second");
	put_file(shared_file);
	assert_int_equal(mkdir("empty", 0700), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid)
		try_all(trial, lack);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	return trial;
}

static bool is_claimed(const struct trial *trial, const struct attempt *attempt)
{
	for (size_t i = 0; i < CLAIMS; i++)
		if (attempt->claims[i] && strstr(trial->said, attempt->claims[i]))
			return true;
	return false;
}

static void expect_file_untouched(void)
{
	struct stat st;

	assert_int_equal(stat("old", &st), 0);
	assert_int_equal(st.st_size, 8);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(st.st_nlink, 1);
	assert_int_not_equal(st.st_mtime, 1);
}

/* What this kernel offers, the sandbox must have taken: saying nothing is no way to keep every promise. */
static void expect_all_offered(const char *said, enum lack lack)
{
	uint32_t action = SECCOMP_RET_ERRNO;
	bool landlock = false;

#ifdef SYS_landlock_create_ruleset
	landlock = syscall(SYS_landlock_create_ruleset, NULL, 0, 1U) > 0;
#endif
	if (landlock && lack != LANDLOCK && lack != BOTH)
		assert_non_null(strstr(said, "Landlock"));
	if (!syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) && lack != FILTERS && lack != BOTH)
		assert_non_null(strstr(said, SECCOMP));
}

static void compare(enum lack lack)
{
	struct trial *free_of = run_trial(NO_SANDBOX);
	struct trial *trial = run_trial(lack);

	if (trial->unhidden) {
		print_message("# this kernel has no filters to hide anything with\n");
		munmap(free_of, sizeof(*free_of));
		munmap(trial, sizeof(*trial));
		skip();
	}
	assert_true(free_of->whole);
	assert_true(trial->whole);
	print_message("# %s\n", trial->said);
	assert_non_null(strstr(trial->said, "no core file"));
	expect_all_offered(trial->said, lack);
	for (size_t i = 0; i < GD_COUNT(attempts); i++) {
		int without = free_of->outcomes[i];
		int with = trial->outcomes[i];

		if (is_claimed(trial, &attempts[i]) ? !with : with != without)
			fail_msg("%s: %s, without the sandbox %s; \"%s\"", attempts[i].name, strerror(with),
				 strerror(without), trial->said);
		/* Refused by the sandbox, and not because it makes no sense. */
		if (is_claimed(trial, &attempts[i]) && with != EPERM && with != EACCES && with != ENOSYS &&
		    with != EAGAIN && with != without)
			fail_msg("%s: %s", attempts[i].name, strerror(with));
	}
	if (strstr(trial->said, WRITTEN) && strstr(trial->said, SECCOMP))
		expect_file_untouched();
	if (lack == LANDLOCK || lack == BOTH)
		assert_null(strstr(trial->said, "Landlock"));
	if (lack == FILTERS || lack == BOTH)
		assert_null(strstr(trial->said, SECCOMP));
	munmap(free_of, sizeof(*free_of));
	munmap(trial, sizeof(*trial));
}

static void test_as_it_is(void **state)
{
	(void)state;
	compare(NOTHING);
}

static void test_without_landlock(void **state)
{
	(void)state;
	compare(LANDLOCK);
}

static void test_without_filters(void **state)
{
	(void)state;
	compare(FILTERS);
}

static void test_without_both(void **state)
{
	(void)state;
	compare(BOTH);
}

static void *abort_thread(void *arg)
{
	(void)arg;
	abort();
}

static int run_abort(void *arg, int fd, const char *sandbox)
{
	pthread_t id;

	(void)fd;
	(void)sandbox;
	if (!*(bool *)arg)
		abort();
	pthread_create(&id, NULL, abort_thread, NULL);
	pause();
	return 0;
}

/* A driver that gives up is seen to have done so, in whichever thread. */
static void test_abort(void **state)
{
	static bool in_thread[] = { false, true };
	struct gd_children *g = gd_children_new(120 * 1000);

	(void)state;
	for (size_t i = 0; i < GD_COUNT(in_thread); i++) {
		struct gd_child_job job = { .name = "test-abort", .run = run_abort, .arg = &in_thread[i] };
		struct gd_child *c = gd_child_start(g, &job);

		gd_child_wait(c);
		assert_int_equal(c->end, GD_CHILD_KILLED);
		assert_int_equal(c->status, SIGABRT);
	}
	gd_children_free(g);
}

static char folder[] = "test-sandbox.XXXXXX";

static int enter_folder(void **state)
{
	(void)state;
	snprintf(shared_file, sizeof(shared_file), "/dev/shm/gpudoctor-test-%d", (int)getpid());
	return mkdtemp(folder) && !chdir(folder) ? 0 : -1;
}

static int leave_folder(void **state)
{
	(void)state;
	remove_all();
	return chdir("..") || rmdir(folder) ? -1 : 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_as_it_is),	cmocka_unit_test(test_without_landlock),
		cmocka_unit_test(test_without_filters), cmocka_unit_test(test_without_both),
		cmocka_unit_test(test_abort),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
