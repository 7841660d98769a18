/* SPDX-License-Identifier: MIT */
#include "host/sandbox_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * Those whose numbers of system calls are the same for the whole process, and
 * whose arguments have their low half first. On others there is no filter.
 */
#if !defined(__LP64__)
#elif defined(__x86_64__)
#define OWN_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__) && defined(__AARCH64EL__)
#define OWN_ARCH AUDIT_ARCH_AARCH64
#elif defined(__riscv) && defined(AUDIT_ARCH_RISCV64)
#define OWN_ARCH AUDIT_ARCH_RISCV64
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
#define OWN_ARCH AUDIT_ARCH_PPC64LE
#endif

#ifdef OWN_ARCH

/* Calls from here on have one number on every architecture, which old headers lack. */
enum {
	NR_PIDFD_SEND_SIGNAL = 424,
	NR_IO_URING_SETUP = 425,
	NR_IO_URING_ENTER = 426,
	NR_IO_URING_REGISTER = 427,
	NR_OPEN_TREE = 428,
	NR_MOVE_MOUNT = 429,
	NR_FSOPEN = 430,
	NR_FSCONFIG = 431,
	NR_FSMOUNT = 432,
	NR_FSPICK = 433,
	NR_CLONE3 = 435,
	NR_OPENAT2 = 437,
	NR_PIDFD_GETFD = 438,
	NR_PROCESS_MADVISE = 440,
	NR_MOUNT_SETATTR = 442,
	NR_QUOTACTL_FD = 443,
	NR_FCHMODAT2 = 452,
	NR_SETXATTRAT = 463,
	NR_REMOVEXATTRAT = 466,
	NR_OPEN_TREE_ATTR = 467,
	NR_FILE_SETATTR = 469,
};

/* The same on every architecture above, in a header that does not go together with glibc's. */
enum { IOCTL_TIOCSTI = 0x5412, IOCTL_FIOSETOWN = 0x8901, IOCTL_SIOCSPGRP = 0x8902 };

enum when {
	ALWAYS,
	IF_BITS, /* any of `value` is set in the argument */
	UNLESS_BITS,
	IF_EQUAL,
	UNLESS_EQUAL,
	UNLESS_SELF, /* the argument is this process */
};

/* What is refused, and how: all rows of one call count. */
struct refusal {
	uint32_t call;
	int error;
	enum when when;
	uint32_t argument; /* which of them; its lower half is looked at */
	uint32_t value;
};

/* O_TMPFILE has the bit of O_DIRECTORY in it. */
#define MAKES_OR_CUTS (O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY))

static const struct refusal refusals[] = {
	/* Devices are opened for reading and writing, so that may go on; nothing is made or cut by it. */
	{ SYS_openat, EACCES, IF_BITS, 2, MAKES_OR_CUTS },
	/* Its flags stand in memory, which a filter cannot read; callers go back to openat. */
	{ NR_OPENAT2, ENOSYS, ALWAYS, 0, 0 },
	{ SYS_open_by_handle_at, EPERM, ALWAYS, 0, 0 },
	/* Memory without a name gets its size by ftruncate, which is not here. */
	{ SYS_truncate, EACCES, ALWAYS, 0, 0 },
	{ SYS_mkdirat, EACCES, ALWAYS, 0, 0 },
	{ SYS_mknodat, EACCES, ALWAYS, 0, 0 },
	{ SYS_unlinkat, EACCES, ALWAYS, 0, 0 },
	{ SYS_renameat2, EACCES, ALWAYS, 0, 0 },
	{ SYS_linkat, EACCES, ALWAYS, 0, 0 },
	{ SYS_symlinkat, EACCES, ALWAYS, 0, 0 },
	{ SYS_fchmod, EPERM, ALWAYS, 0, 0 },
	{ SYS_fchmodat, EPERM, ALWAYS, 0, 0 },
	{ NR_FCHMODAT2, EPERM, ALWAYS, 0, 0 },
	{ SYS_fchown, EPERM, ALWAYS, 0, 0 },
	{ SYS_fchownat, EPERM, ALWAYS, 0, 0 },
	{ SYS_utimensat, EPERM, ALWAYS, 0, 0 },
	{ SYS_setxattr, EPERM, ALWAYS, 0, 0 },
	{ SYS_lsetxattr, EPERM, ALWAYS, 0, 0 },
	{ SYS_fsetxattr, EPERM, ALWAYS, 0, 0 },
	{ NR_SETXATTRAT, EPERM, ALWAYS, 0, 0 },
	{ SYS_removexattr, EPERM, ALWAYS, 0, 0 },
	{ SYS_lremovexattr, EPERM, ALWAYS, 0, 0 },
	{ SYS_fremovexattr, EPERM, ALWAYS, 0, 0 },
	{ NR_REMOVEXATTRAT, EPERM, ALWAYS, 0, 0 },
	{ NR_FILE_SETATTR, EPERM, ALWAYS, 0, 0 },
	{ SYS_ioctl, EPERM, IF_EQUAL, 1, FS_IOC_SETFLAGS },
	{ SYS_ioctl, EPERM, IF_EQUAL, 1, FS_IOC_FSSETXATTR },
/* The older calls, which newer architectures never had. */
#ifdef SYS_open
	{ SYS_open, EACCES, IF_BITS, 1, MAKES_OR_CUTS },
	{ SYS_creat, EACCES, ALWAYS, 0, 0 },
	{ SYS_mkdir, EACCES, ALWAYS, 0, 0 },
	{ SYS_rmdir, EACCES, ALWAYS, 0, 0 },
	{ SYS_mknod, EACCES, ALWAYS, 0, 0 },
	{ SYS_unlink, EACCES, ALWAYS, 0, 0 },
	{ SYS_rename, EACCES, ALWAYS, 0, 0 },
	{ SYS_link, EACCES, ALWAYS, 0, 0 },
	{ SYS_symlink, EACCES, ALWAYS, 0, 0 },
	{ SYS_chmod, EPERM, ALWAYS, 0, 0 },
	{ SYS_chown, EPERM, ALWAYS, 0, 0 },
	{ SYS_lchown, EPERM, ALWAYS, 0, 0 },
	{ SYS_utime, EPERM, ALWAYS, 0, 0 },
	{ SYS_utimes, EPERM, ALWAYS, 0, 0 },
	{ SYS_futimesat, EPERM, ALWAYS, 0, 0 },
#endif
#ifdef SYS_renameat
	{ SYS_renameat, EACCES, ALWAYS, 0, 0 },
#endif

	/*
	 * Threads may be started, processes not: clone3 hides its flags in memory, so
	 * the C library is told that there is none and takes clone. No program runs,
	 * so none can be left behind; a setuid helper that would load a kernel module
	 * or make a device node does not either.
	 */
	{ SYS_execve, EACCES, ALWAYS, 0, 0 },
	{ SYS_execveat, EACCES, ALWAYS, 0, 0 },
	{ SYS_clone, EAGAIN, UNLESS_BITS, 0, CLONE_THREAD },
	{ NR_CLONE3, ENOSYS, ALWAYS, 0, 0 },
#ifdef SYS_fork
	{ SYS_fork, EAGAIN, ALWAYS, 0, 0 },
	{ SYS_vfork, EAGAIN, ALWAYS, 0, 0 },
#endif

	/* Other processes. abort() and raise() send a signal to their own. */
	{ SYS_kill, EPERM, UNLESS_SELF, 0, 0 },
	{ SYS_tgkill, EPERM, UNLESS_SELF, 0, 0 },
	{ SYS_tkill, EPERM, UNLESS_SELF, 0, 0 },
	{ SYS_rt_sigqueueinfo, EPERM, UNLESS_SELF, 0, 0 },
	{ SYS_rt_tgsigqueueinfo, EPERM, UNLESS_SELF, 0, 0 },
	{ NR_PIDFD_SEND_SIGNAL, EPERM, ALWAYS, 0, 0 },
	{ SYS_fcntl, EPERM, IF_EQUAL, 1, F_SETOWN }, /* who gets the signals of a descriptor */
	{ SYS_fcntl, EPERM, IF_EQUAL, 1, F_SETOWN_EX },
	{ SYS_ioctl, EPERM, IF_EQUAL, 1, IOCTL_FIOSETOWN },
	{ SYS_ioctl, EPERM, IF_EQUAL, 1, IOCTL_SIOCSPGRP },
	{ SYS_ioctl, EPERM, IF_EQUAL, 1, IOCTL_TIOCSTI }, /* types into the terminal, for the shell to read */
	{ SYS_prlimit64, EPERM, UNLESS_EQUAL, 0, 0 },
	{ SYS_ptrace, EPERM, ALWAYS, 0, 0 },
	{ SYS_process_vm_writev, EPERM, ALWAYS, 0, 0 },
	{ NR_PROCESS_MADVISE, EPERM, ALWAYS, 0, 0 },
	{ NR_PIDFD_GETFD, EPERM, ALWAYS, 0, 0 },

	/* Display servers are asked for their GPU through a local socket, and by nothing else. */
	{ SYS_socket, EACCES, UNLESS_EQUAL, 0, AF_UNIX },
	{ SYS_socketpair, EACCES, UNLESS_EQUAL, 0, AF_UNIX },
#ifdef SYS_socketcall
	{ SYS_socketcall, ENOSYS, ALWAYS, 0, 0 }, /* hides the family in memory */
#endif
	/* It would do all of the above behind the filter. */
	{ NR_IO_URING_SETUP, ENOSYS, ALWAYS, 0, 0 },
	{ NR_IO_URING_ENTER, ENOSYS, ALWAYS, 0, 0 },
	{ NR_IO_URING_REGISTER, ENOSYS, ALWAYS, 0, 0 },

	/* The machine itself, for a driver that runs as root. */
	{ SYS_mount, EPERM, ALWAYS, 0, 0 },
	{ SYS_umount2, EPERM, ALWAYS, 0, 0 },
#ifdef SYS_umount
	{ SYS_umount, EPERM, ALWAYS, 0, 0 },
#endif
	{ NR_OPEN_TREE, EPERM, ALWAYS, 0, 0 },
	{ NR_OPEN_TREE_ATTR, EPERM, ALWAYS, 0, 0 },
	{ NR_MOVE_MOUNT, EPERM, ALWAYS, 0, 0 },
	{ NR_FSOPEN, EPERM, ALWAYS, 0, 0 },
	{ NR_FSCONFIG, EPERM, ALWAYS, 0, 0 },
	{ NR_FSMOUNT, EPERM, ALWAYS, 0, 0 },
	{ NR_FSPICK, EPERM, ALWAYS, 0, 0 },
	{ NR_MOUNT_SETATTR, EPERM, ALWAYS, 0, 0 },
	{ SYS_pivot_root, EPERM, ALWAYS, 0, 0 },
	{ SYS_chroot, EPERM, ALWAYS, 0, 0 },
	{ SYS_unshare, EPERM, ALWAYS, 0, 0 },
	{ SYS_setns, EPERM, ALWAYS, 0, 0 },
	{ SYS_bpf, EPERM, ALWAYS, 0, 0 },
	{ SYS_perf_event_open, EACCES, ALWAYS, 0, 0 },
	{ SYS_keyctl, EPERM, ALWAYS, 0, 0 },
	{ SYS_add_key, EPERM, ALWAYS, 0, 0 },
	{ SYS_request_key, EPERM, ALWAYS, 0, 0 },
	{ SYS_init_module, EPERM, ALWAYS, 0, 0 },
	{ SYS_finit_module, EPERM, ALWAYS, 0, 0 },
	{ SYS_delete_module, EPERM, ALWAYS, 0, 0 },
	{ SYS_kexec_load, EPERM, ALWAYS, 0, 0 },
#ifdef SYS_kexec_file_load
	{ SYS_kexec_file_load, EPERM, ALWAYS, 0, 0 },
#endif
	{ SYS_reboot, EPERM, ALWAYS, 0, 0 },
	{ SYS_swapon, EPERM, ALWAYS, 0, 0 },
	{ SYS_swapoff, EPERM, ALWAYS, 0, 0 },
	{ SYS_acct, EPERM, ALWAYS, 0, 0 },
	{ SYS_quotactl, EPERM, ALWAYS, 0, 0 },
	{ NR_QUOTACTL_FD, EPERM, ALWAYS, 0, 0 },
	{ SYS_settimeofday, EPERM, ALWAYS, 0, 0 },
#ifdef SYS_stime
	{ SYS_stime, EPERM, ALWAYS, 0, 0 },
#endif
	{ SYS_clock_settime, EPERM, ALWAYS, 0, 0 },
	{ SYS_clock_adjtime, EPERM, ALWAYS, 0, 0 },
	{ SYS_adjtimex, EPERM, ALWAYS, 0, 0 },
	{ SYS_sethostname, EPERM, ALWAYS, 0, 0 },
	{ SYS_setdomainname, EPERM, ALWAYS, 0, 0 },
	{ SYS_syslog, EPERM, ALWAYS, 0, 0 },
	{ SYS_vhangup, EPERM, ALWAYS, 0, 0 },
#ifdef SYS_iopl
	{ SYS_iopl, EPERM, ALWAYS, 0, 0 },
	{ SYS_ioperm, EPERM, ALWAYS, 0, 0 },
#endif
};

/*
 * The rows are put in order and in blocks, and a call passes over each block in
 * which it is not. When the filter is put in place, the kernel runs it for
 * every call that there is; in one long row, that would take most of the time
 * that the sandbox needs.
 */
enum {
	ROWS = GD_COUNT(refusals),
	BLOCK = 12,	  /* about the square root of ROWS; the longest that this can become must be less than 255 */
	FRAME_LENGTH = 7, /* the instructions around the rows */
	ROW_LENGTH = 5,	  /* the longest that one row becomes */
	PROGRAM_MAX = FRAME_LENGTH + ROW_LENGTH * ROWS + ROWS,
};

struct program {
	struct sock_filter code[PROGRAM_MAX];
	unsigned short len;
};

static void add(struct program *p, struct sock_filter instruction)
{
	p->code[p->len++] = instruction;
}

/* Loads a word of what is known of the call; of an argument, which has two, the lower half. */
static void add_load(struct program *p, size_t offset)
{
	add(p, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset));
}

static void add_answer(struct program *p, uint32_t what)
{
	add(p, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, what));
}

/* Compares what was loaded, and passes over as many instructions where that holds, or where it does not. */
static void add_jump(struct program *p, uint16_t how, uint32_t with, uint8_t if_so, uint8_t if_not)
{
	add(p, (struct sock_filter)BPF_JUMP((uint16_t)(BPF_JMP | BPF_K | how), with, if_so, if_not));
}

static uint32_t refuse(int error)
{
	return SECCOMP_RET_ERRNO | ((uint32_t)error & SECCOMP_RET_DATA);
}

/* The number of the call stands loaded before each row, and after it. */
static void add_row(struct program *p, const struct refusal *row)
{
	bool on_bits = row->when == IF_BITS || row->when == UNLESS_BITS;
	bool unless = row->when == UNLESS_BITS || row->when == UNLESS_EQUAL || row->when == UNLESS_SELF;
	uint32_t value = row->when == UNLESS_SELF ? (uint32_t)getpid() : row->value;

	if (row->when == ALWAYS) {
		add_jump(p, BPF_JEQ, row->call, 0, 1);
		add_answer(p, refuse(row->error));
		return;
	}
	add_jump(p, BPF_JEQ, row->call, 0, 4);
	add_load(p, offsetof(struct seccomp_data, args) + row->argument * sizeof(uint64_t));
	add_jump(p, on_bits ? BPF_JSET : BPF_JEQ, value, unless ? 1 : 0, unless ? 0 : 1);
	add_answer(p, refuse(row->error));
	add_load(p, offsetof(struct seccomp_data, nr));
}

static int compare_calls(const void *a, const void *b)
{
	const struct refusal *x = a;
	const struct refusal *y = b;

	return (x->call > y->call) - (x->call < y->call);
}

/* Adds the rows up to the end of a block, which is never between two rows of one call. Returns how many. */
static size_t add_block(struct program *p, const struct refusal *rows, size_t count)
{
	unsigned short head = p->len;
	size_t n = 0;

	add_jump(p, BPF_JGT, 0, 0, 0);
	while (n < count && (n < BLOCK || rows[n].call == rows[n - 1].call))
		add_row(p, &rows[n++]);
	p->code[head].k = rows[n - 1].call;
	p->code[head].jt = (uint8_t)(p->len - head - 1);
	return n;
}

bool gd_sandbox_close_calls(void)
{
	struct refusal rows[ROWS];
	struct program p = { .len = 0 };
	struct sock_fprog all = { .filter = p.code };

	memcpy(rows, refusals, sizeof(rows));
	qsort(rows, ROWS, sizeof(rows[0]), compare_calls);
	add_load(&p, offsetof(struct seccomp_data, arch));
	add_jump(&p, BPF_JEQ, OWN_ARCH, 1, 0);
	add_answer(&p, refuse(ENOSYS));
	add_load(&p, offsetof(struct seccomp_data, nr));
	/* The numbers of x32 would be a way around. */
	add_jump(&p, BPF_JGE, 0x40000000, 0, 1);
	add_answer(&p, refuse(ENOSYS));
	for (size_t i = 0; i < ROWS;)
		i += add_block(&p, &rows[i], ROWS - i);
	add_answer(&p, SECCOMP_RET_ALLOW);
	all.len = p.len;
	return !prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &all, 0, 0);
}

#else

bool gd_sandbox_close_calls(void)
{
	return false;
}

#endif
