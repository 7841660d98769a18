/* SPDX-License-Identifier: MIT */
#ifndef GD_TEST_SANDBOX_FIXTURE_H
#define GD_TEST_SANDBOX_FIXTURE_H
/* What a confined child tries, one call each, and the words of the sandbox that claim to refuse it. */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

/* What the text says where an attempt must fail. */
#define WRITTEN "no file is written (Landlock"
#define OPENED "no file is opened for writing (Landlock"
#define MADE "no file is made, cut or removed"
#define PROGRAM "no program"
#define PROCESS "no other process"
#define NETWORK "no network (seccomp)"
#define SECCOMP "(seccomp)"

enum { CLAIMS = 3 };

struct attempt {
	const char *name;
	int (*try)(void);	    /* 0 or an errno */
	const char *claims[CLAIMS]; /* by any of these it is refused; without one it never is */
};

/* Of a call that returns -1 and sets errno. */
static inline int outcome(long r)
{
	return r < 0 ? errno : 0;
}

static inline int open_and_close(const char *path, int flags)
{
	int fd = open(path, flags, 0600);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

#define ATTEMPT(name, expression)                                                                                      \
	static inline int name(void)                                                                                   \
	{                                                                                                              \
		return (expression);                                                                                   \
	}

static char shared_file[64];

ATTEMPT(open_to_write, open_and_close("old", O_WRONLY))
ATTEMPT(open_to_read_and_write, open_and_close("old", O_RDWR))
ATTEMPT(open_to_append, open_and_close("old", O_WRONLY | O_APPEND))
ATTEMPT(open_shared, open_and_close(shared_file, O_RDWR))
ATTEMPT(open_and_cut, open_and_close("old", O_RDONLY | O_TRUNC))
ATTEMPT(open_to_write_and_cut, open_and_close("old", O_WRONLY | O_TRUNC))
ATTEMPT(open_new, open_and_close("new", O_WRONLY | O_CREAT))
ATTEMPT(open_temporary, open_and_close(".", O_RDWR | O_TMPFILE))
ATTEMPT(make_by_creat, outcome(creat("created", 0600)))
ATTEMPT(cut, outcome(truncate("old", 1)))
ATTEMPT(make_link, outcome(link("old", "linked")))
ATTEMPT(make_symlink, outcome(symlink("old", "pointer")))
ATTEMPT(make_folder, outcome(mkdir("folder", 0700)))
ATTEMPT(make_fifo, outcome(mkfifo("fifo", 0600)))
ATTEMPT(remove_folder, outcome(rmdir("empty")))
ATTEMPT(remove_file, outcome(unlink("unwanted")))
ATTEMPT(move, outcome(rename("here", "there")))
ATTEMPT(move_at, outcome(renameat(AT_FDCWD, "second", AT_FDCWD, "there")))
ATTEMPT(change_mode, outcome(chmod("old", 0640)))
ATTEMPT(change_mode_at, outcome(fchmodat(AT_FDCWD, "old", 0644, 0)))
ATTEMPT(change_owner, outcome(chown("old", getuid(), getgid())))
ATTEMPT(change_owner_of_link, outcome(lchown("old", getuid(), getgid())))
ATTEMPT(change_times, outcome(utimensat(AT_FDCWD, "old", (struct timespec[2]){ { 1, 0 }, { 1, 0 } }, 0)))
ATTEMPT(set_attribute, outcome(setxattr("old", "user.test", "x", 1, 0)))
ATTEMPT(remove_attribute, outcome(removexattr("old", "user.test")))

static inline int change_mode_of_descriptor(void)
{
	int fd = open("old", O_RDONLY);
	int r = outcome(fchmod(fd, 0600));

	close(fd);
	return r;
}

/* The same flags again, which changes nothing. */
static inline int set_flags(void)
{
	int fd = open("old", O_RDONLY);
	int flags = 0;
	int r = outcome(ioctl(fd, FS_IOC_GETFLAGS, &flags));

	if (!r)
		r = outcome(ioctl(fd, FS_IOC_SETFLAGS, &flags));
	close(fd);
	return r;
}

static inline int open_by_openat2(void)
{
	uint64_t how[3] = { O_WRONLY | O_CREAT, 0600, 0 };

	return outcome(syscall(437, AT_FDCWD, "by-openat2", how, sizeof(how)));
}

/* A program that is not there, or this one would be gone. */
ATTEMPT(execute, outcome(execv("/nonexistent/program", (char *[]){ (char[]){ "program" }, NULL })))

static inline int start_process(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	if (pid < 0)
		return errno;
	waitpid(pid, NULL, 0);
	return 0;
}

static inline int own_signal(void)
{
	int pipes[2];
	int r;

	if (pipe(pipes) < 0)
		return errno;
	r = outcome(fcntl(pipes[0], F_SETOWN, getppid()));
	close(pipes[0]);
	close(pipes[1]);
	return r;
}

ATTEMPT(signal_parent, outcome(kill(getppid(), 0)))
ATTEMPT(signal_group, outcome(kill(0, 0)))
ATTEMPT(signal_thread_of_parent, outcome(syscall(SYS_tgkill, getppid(), getppid(), 0)))
ATTEMPT(queue_to_parent, outcome(sigqueue(getppid(), 0, (union sigval){ 0 })))
ATTEMPT(signal_by_descriptor, outcome(syscall(424, -1, 0, NULL, 0)))
ATTEMPT(limit_parent, outcome(prlimit(getppid(), RLIMIT_CORE, NULL, &(struct rlimit){ 0, 0 })))
ATTEMPT(write_memory, outcome(process_vm_writev(getpid(), NULL, 0, NULL, 0, 0)))
ATTEMPT(trace, outcome(ptrace(PTRACE_SEIZE, getppid(), NULL, NULL)))
ATTEMPT(type_into_terminal, outcome(ioctl(-1, TIOCSTI, "x")))

ATTEMPT(socket_inet, outcome(socket(AF_INET, SOCK_DGRAM, 0)))
ATTEMPT(socket_inet6, outcome(socket(AF_INET6, SOCK_STREAM, 0)))
ATTEMPT(socket_packet, outcome(socket(AF_PACKET, SOCK_DGRAM, 0)))
ATTEMPT(socket_vsock, outcome(socket(AF_VSOCK, SOCK_STREAM, 0)))
ATTEMPT(socket_netlink, outcome(socket(AF_NETLINK, SOCK_RAW, 0)))

ATTEMPT(io_uring, outcome(syscall(425, 0, NULL)))
ATTEMPT(new_file_system, outcome(syscall(430, NULL, 0)))
ATTEMPT(move_mount, outcome(syscall(429, -1, NULL, -1, NULL, 0)))
ATTEMPT(own_name_space, outcome(unshare(0)))
ATTEMPT(other_name_space, outcome(setns(-1, 0)))
ATTEMPT(other_root, outcome(chroot("/nonexistent")))
ATTEMPT(load_bpf, outcome(syscall(SYS_bpf, -1, NULL, 0)))
ATTEMPT(count_performance, outcome(syscall(SYS_perf_event_open, NULL, 0, -1, -1, 0)))
ATTEMPT(ask_keys, outcome(syscall(SYS_keyctl, 0, -3, 0))) /* the number of this session's key ring */
ATTEMPT(set_clock, outcome(syscall(SYS_clock_settime, -1, NULL)))

/* What drivers do. */
ATTEMPT(open_null, open_and_close("/dev/null", O_RDWR))
ATTEMPT(open_zero, open_and_close("/dev/zero", O_RDWR))
ATTEMPT(open_to_read, open_and_close("old", O_RDONLY))
ATTEMPT(socket_unix, outcome(socket(AF_UNIX, SOCK_DGRAM, 0)))
ATTEMPT(socket_pair, outcome(socketpair(AF_UNIX, SOCK_STREAM, 0, (int[2]){ 0, 0 })))
ATTEMPT(signal_self, outcome(kill(getpid(), 0)))
ATTEMPT(raise_nothing, raise(0) ? errno : 0)

static inline int map_code(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? errno : outcome(mprotect(p, 4096, PROT_READ | PROT_EXEC));
}

static inline int nameless_memory(void)
{
	int fd = memfd_create("test", MFD_CLOEXEC);
	char *p;

	if (fd < 0 || ftruncate(fd, 4096) < 0)
		return errno;
	p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return errno;
	*p = 'x';
	return 0;
}

static inline void *thread(void *arg)
{
	*(bool *)arg = true;
	return NULL;
}

static inline int start_thread(void)
{
	pthread_t id;
	bool ran = false;
	int r = pthread_create(&id, NULL, thread, &ran);

	if (r || (r = pthread_join(id, NULL)))
		return r;
	return ran ? 0 : ECHILD;
}

static const struct attempt attempts[] = {
	{ "open a file for reading and writing", open_to_read_and_write, { WRITTEN, OPENED } },
	{ "open a file for writing", open_to_write, { WRITTEN, OPENED } },
	{ "open a file for appending", open_to_append, { WRITTEN, OPENED } },
	{ "open a file of /dev/shm for writing", open_shared, { WRITTEN, OPENED } },
	{ "open a file for reading and cut it", open_and_cut, { WRITTEN, MADE } },
	{ "open a file for writing and cut it", open_to_write_and_cut, { WRITTEN, OPENED, MADE } },
	{ "truncate", cut, { WRITTEN, MADE } },
	{ "open a new file", open_new, { WRITTEN, OPENED, MADE } },
	{ "open a new file by openat2", open_by_openat2, { WRITTEN, OPENED, MADE } },
	{ "open a temporary file", open_temporary, { WRITTEN, OPENED, MADE } },
	{ "creat", make_by_creat, { WRITTEN, OPENED, MADE } },
	{ "link", make_link, { WRITTEN, OPENED, MADE } },
	{ "symlink", make_symlink, { WRITTEN, OPENED, MADE } },
	{ "mkdir", make_folder, { WRITTEN, OPENED, MADE } },
	{ "mkfifo", make_fifo, { WRITTEN, OPENED, MADE } },
	{ "rmdir", remove_folder, { WRITTEN, OPENED, MADE } },
	{ "unlink", remove_file, { WRITTEN, OPENED, MADE } },
	{ "rename", move, { WRITTEN, OPENED, MADE } },
	{ "renameat", move_at, { WRITTEN, OPENED, MADE } },
	{ "chmod", change_mode, { SECCOMP } },
	{ "fchmod", change_mode_of_descriptor, { SECCOMP } },
	{ "fchmodat", change_mode_at, { SECCOMP } },
	{ "chown", change_owner, { SECCOMP } },
	{ "lchown", change_owner_of_link, { SECCOMP } },
	{ "utimensat", change_times, { SECCOMP } },
	{ "setxattr", set_attribute, { SECCOMP } },
	{ "removexattr", remove_attribute, { SECCOMP } },
	{ "set flags of a file", set_flags, { SECCOMP } },
	{ "execv", execute, { PROGRAM } },
	{ "fork", start_process, { PROCESS } },
	{ "signal the parent", signal_parent, { PROCESS } },
	{ "signal the group", signal_group, { PROCESS } },
	{ "signal a thread of the parent", signal_thread_of_parent, { PROCESS } },
	{ "queue a signal to the parent", queue_to_parent, { PROCESS } },
	{ "signal by descriptor", signal_by_descriptor, { PROCESS } },
	{ "signals of a descriptor to the parent", own_signal, { PROCESS } },
	{ "limit the parent", limit_parent, { PROCESS } },
	{ "process_vm_writev", write_memory, { PROCESS } },
	{ "ptrace", trace, { PROCESS, WRITTEN, OPENED } }, /* Landlock keeps its own from tracing others */
	{ "TIOCSTI", type_into_terminal, { PROCESS } },
	{ "AF_INET", socket_inet, { NETWORK } },
	{ "AF_INET6", socket_inet6, { NETWORK } },
	{ "AF_PACKET", socket_packet, { NETWORK } },
	{ "AF_VSOCK", socket_vsock, { NETWORK } },
	{ "AF_NETLINK", socket_netlink, { NETWORK } },
	{ "io_uring_setup", io_uring, { SECCOMP } },
	{ "fsopen", new_file_system, { SECCOMP } },
	{ "move_mount", move_mount, { SECCOMP } },
	{ "unshare", own_name_space, { SECCOMP } },
	{ "setns", other_name_space, { SECCOMP } },
	{ "chroot", other_root, { SECCOMP } },
	{ "bpf", load_bpf, { SECCOMP } },
	{ "perf_event_open", count_performance, { SECCOMP } },
	{ "keyctl", ask_keys, { SECCOMP } },
	{ "clock_settime", set_clock, { SECCOMP } },
	{ "open /dev/null for writing", open_null, { NULL } },
	{ "open /dev/zero for writing", open_zero, { NULL } },
	{ "open a file for reading", open_to_read, { NULL } },
	{ "AF_UNIX", socket_unix, { NULL } },
	{ "socketpair", socket_pair, { NULL } },
	{ "signal itself", signal_self, { NULL } },
	{ "raise", raise_nothing, { NULL } },
	{ "map code", map_code, { NULL } },
	{ "memory without a name", nameless_memory, { NULL } },
	{ "start a thread", start_thread, { NULL } },
};

#endif
