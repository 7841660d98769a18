/* SPDX-License-Identifier: MIT */
#ifndef GD_CHILD_H
#define GD_CHILD_H
/*
 * Children: functions that run in a confined process of their own, because a
 * library that they enter may crash, hang, print without end or lie.
 *
 * A child has standard input from /dev/null, standard output and error in one
 * pipe of which the last lines are kept, and a pipe for its answer; no other
 * descriptor is open in it. All children of a group run side by side. Each is
 * killed with its process group, at the latest when its time is up.
 */
#include "base/buf.h"
#include "host/sandbox.h"

/* The exit status of a child that could not even begin, for reasons of this program's own. */
enum { GD_CHILD_UNFIT = 75 };

/* A longer answer ends the child: no library has so much to say. */
enum { GD_CHILD_ANSWER_MAX_BYTES = 16 * 1024 * 1024, GD_CHILD_WORDS_MAX_BYTES = 2048 };

struct gd_child_job {
	const char *name; /* as `ps` shows it, at most 15 bytes */
	struct gd_sandbox_limits limits;
	/* Runs in the child and writes its answer to `answer_fd`; `sandbox` says what confines it. */
	int (*run)(void *arg, int answer_fd, const char *sandbox);
	void *arg; /* borrowed until the child has started: it is then a copy */
};

enum gd_child_end {
	GD_CHILD_RUNNING,
	GD_CHILD_EXITED,
	GD_CHILD_KILLED, /* by a signal of its own making */
	GD_CHILD_TIMED_OUT,
	GD_CHILD_STUCK, /* timed out, and the kernel did not end it either: a system call that never returns */
	GD_CHILD_FLOODED, /* the answer was longer than any should be */
	GD_CHILD_NOT_STARTED,
};

struct gd_child {
	struct gd_children *group;
	struct gd_child *next;
	pid_t pid;
	int pid_fd; /* -1 where the kernel has none */
	int answer_fd; /* -1 once it is closed */
	int words_fd;
	int64_t started_ns; /* CLOCK_MONOTONIC */
	int64_t deadline_ns; /* later by all the time in which nobody listened */
	int timeout_ms;
	int64_t ended_ns; /* when its end was seen */
	bool gone; /* reaped, or given up */
	enum gd_child_end end;
	int status; /* exit status, signal, or errno of what kept it from starting */
	struct gd_buf answer; /* all that it wrote */
	struct gd_buf words; /* the last of what it, or a library in it, printed */
};

struct gd_children;

/* Each child may take `timeout_ms` from its own start. */
struct gd_children *gd_children_new(int timeout_ms);
/* Kills and reaps what still runs. */
void gd_children_free(struct gd_children *g);

/* Starts a child; owned by the group. Where that is not possible, its end says so. */
struct gd_child *gd_child_start(struct gd_children *g, const struct gd_child_job *job);
/* Returns when this child has ended. The others are listened to meanwhile. */
void gd_child_wait(struct gd_child *c);

#endif
