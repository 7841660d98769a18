/* SPDX-License-Identifier: MIT */
/*
 * measure RUNS PROGRAM [ARGUMENT…]: starts the program that often, after one
 * start that does not count, and prints for each its wall time in nanoseconds,
 * its peak memory in KiB and its exit status. Its output goes nowhere.
 *
 * A program of its own because a child's peak memory starts at that of the
 * process it was forked from: measured from Python it is never below Python's.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static long long now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static int run_once(char **argv, posix_spawn_file_actions_t *actions, int print)
{
	long long start = now_ns();
	struct rusage usage;
	int status;
	pid_t pid;

	if (posix_spawnp(&pid, argv[0], actions, NULL, argv, environ) || wait4(pid, &status, 0, &usage) != pid)
		return 0;
	if (print)
		printf("%lld %ld %d\n", now_ns() - start, usage.ru_maxrss,
		       WIFEXITED(status) ? WEXITSTATUS(status) : -1);
	return 1;
}

int main(int argc, char **argv)
{
	long runs = argc > 2 ? atol(argv[1]) : 0;
	posix_spawn_file_actions_t actions;

	if (runs < 1)
		return 64;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
	for (long i = 0; i <= runs; i++)
		if (!run_once(argv + 2, &actions, i > 0))
			return 71;
	posix_spawn_file_actions_destroy(&actions);
	return 0;
}
