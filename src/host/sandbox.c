/* SPDX-License-Identifier: MIT */
#include "host/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#if __has_include(<linux/landlock.h>)
#include <linux/landlock.h>
#endif

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

#if defined(LANDLOCK_CREATE_RULESET_VERSION) && defined(SYS_landlock_create_ruleset)

/* Everything that changes a file system and that the first version knows. */
static const uint64_t writing = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
				LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
				LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
				LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
				LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM;

/* Devices are opened for writing; everything else that is there may be read, and no more. */
static int restrict_writing(void)
{
	struct landlock_ruleset_attr attr = { .handled_access_fs = writing };
	struct landlock_path_beneath_attr beneath = { .allowed_access = LANDLOCK_ACCESS_FS_WRITE_FILE };
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	long rules;
	long r;

	if (version < 1)
		return 0;
	/* The first field is all that version 1 has: its size is what every kernel takes. */
	rules = syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr.handled_access_fs), 0);
	if (rules < 0)
		return 0;
	beneath.parent_fd = open("/dev", O_PATH | O_CLOEXEC);
	r = beneath.parent_fd < 0 ? -1
				  : syscall(SYS_landlock_add_rule, (int)rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0);
	if (!r)
		r = syscall(SYS_landlock_restrict_self, (int)rules, 0);
	close((int)rules);
	if (beneath.parent_fd >= 0)
		close(beneath.parent_fd);
	return r ? 0 : (int)version;
}

#else

static int restrict_writing(void)
{
	return 0;
}

#endif

#if defined(__x86_64__)
#define OWN_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OWN_ARCH AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define OWN_ARCH AUDIT_ARCH_RISCV64
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
#define OWN_ARCH AUDIT_ARCH_PPC64LE
#endif

#ifdef OWN_ARCH

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define ANSWER(what) BPF_STMT(BPF_RET | BPF_K, (what))
#define REFUSE(error) ANSWER(SECCOMP_RET_ERRNO | ((error) & SECCOMP_RET_DATA))
/* On the system call `nr`, answer with an error. */
#define REFUSE_CALL(nr, error) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (nr), 0, 1), REFUSE(error)

/*
 * Threads may be started, processes not: clone3 hides its flags in memory, so
 * the C library is told that there is none and takes clone. No program runs,
 * so none can be left behind; a setuid helper that would load a kernel module
 * or make a device node does not either.
 */
static const struct sock_filter program[] = {
	LOAD(arch),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OWN_ARCH, 1, 0),
	REFUSE(ENOSYS),
	LOAD(nr),
	/* The x32 numbers would be a way around. */
	BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1),
	REFUSE(ENOSYS),
	REFUSE_CALL(SYS_execve, EACCES),
	REFUSE_CALL(SYS_execveat, EACCES),
#ifdef SYS_fork
	REFUSE_CALL(SYS_fork, EAGAIN),
#endif
#ifdef SYS_vfork
	REFUSE_CALL(SYS_vfork, EAGAIN),
#endif
#ifdef SYS_clone3
	REFUSE_CALL(SYS_clone3, ENOSYS),
#endif
	REFUSE_CALL(SYS_ptrace, EPERM),
	REFUSE_CALL(SYS_mount, EPERM),
	REFUSE_CALL(SYS_umount2, EPERM),
	REFUSE_CALL(SYS_init_module, EPERM),
	REFUSE_CALL(SYS_finit_module, EPERM),
	REFUSE_CALL(SYS_delete_module, EPERM),
	REFUSE_CALL(SYS_reboot, EPERM),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 4),
	LOAD(args[0]),
	BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 1, 0),
	REFUSE(EAGAIN),
	ANSWER(SECCOMP_RET_ALLOW),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 4),
	LOAD(args[0]),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_INET, 1, 0),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_INET6, 0, 1),
	REFUSE(EACCES),
	ANSWER(SECCOMP_RET_ALLOW),
};

static bool filter_calls(void)
{
	struct sock_filter copy[sizeof(program) / sizeof(program[0])];
	struct sock_fprog all = { .len = sizeof(program) / sizeof(program[0]), .filter = copy };

	for (size_t i = 0; i < all.len; i++)
		copy[i] = program[i];
	return !prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &all, 0, 0);
}

#else

static bool filter_calls(void)
{
	return false;
}

#endif

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
	landlock = restrict_writing();
	if (landlock)
		gd_buf_printf(said, ", no files written (Landlock %d)", landlock);
	if (filter_calls())
		tell(said, "no programs, no network (seccomp)");
}
