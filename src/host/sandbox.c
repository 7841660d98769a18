/* SPDX-License-Identifier: MIT */
#include "host/sandbox.h"

#include <sys/prctl.h>
#include <sys/resource.h>

#include "host/sandbox_parts.h"

/* A sanitizer maps terabytes for itself: a limit would end the child before it began. */
#if defined(__SANITIZE_ADDRESS__)
#define UNDER_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define UNDER_SANITIZER 1
#endif
#endif
#ifndef UNDER_SANITIZER
#define UNDER_SANITIZER 0
#endif

static void tell(struct gd_buf *said, const char *what)
{
	gd_buf_printf(said, "%s%s", said->len ? ", " : "", what);
}

/* glibc declares the resources as a type of its own. */
#ifdef __GLIBC__
typedef __rlimit_resource_t resource_kind;
#else
typedef int resource_kind;
#endif

static bool limit(resource_kind resource, uint64_t most)
{
	struct rlimit l = { .rlim_cur = most, .rlim_max = most };
	struct rlimit now;

	if (getrlimit(resource, &now) < 0)
		return false;
	/* Nobody may raise a limit that an administrator lowered. */
	if (now.rlim_max < l.rlim_max)
		l.rlim_cur = l.rlim_max = now.rlim_max;
	return !setrlimit(resource, &l);
}

static void limit_memory(const struct gd_sandbox_limits *limits, struct gd_buf *said)
{
	bool limited = false;

	if (UNDER_SANITIZER)
		return;
	if (limits->address_space_bytes)
		limited |= limit(RLIMIT_AS, limits->address_space_bytes);
	if (limits->data_bytes)
		limited |= limit(RLIMIT_DATA, limits->data_bytes);
	if (limited)
		tell(said, "memory limit");
}

void gd_sandbox_enter(const struct gd_sandbox_limits *limits, struct gd_buf *said)
{
	bool no_core = limit(RLIMIT_CORE, 0);
	int landlock;

	/* A handler of core files that is a program ignores the limit, and this keeps it away. */
	if (!prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) && no_core)
		tell(said, "no core file");
	limit_memory(limits, said);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return; /* Landlock and filters need it */
	tell(said, "no new privileges");
	landlock = gd_sandbox_close_files();
	/* Before version 3, Landlock lets a file be cut that is opened for reading only. */
	if (landlock)
		gd_buf_printf(said, ", %s (Landlock %d)",
			      landlock >= 3 ? "no file is written" : "no file is opened for writing", landlock);
	if (gd_sandbox_close_calls())
		tell(said, "no file is made, cut or removed, no program, no other process, no network (seccomp)");
}
