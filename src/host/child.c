/* SPDX-License-Identifier: MIT */
#include "host/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"

/* How long a killed child may take to be gone: who takes longer hangs in the kernel. And what counts as an absence. */
enum { GRACE_MS = 500, ABSENT_MS = 200, NS_PER_MS = 1000 * 1000 };

struct gd_children {
	struct gd_child *first;
	size_t count;
	int timeout_ms;
	int64_t listened_ns; /* when the children were last listened to */
	struct sigaction sigchld; /* as the caller had it */
	struct pollfd *fds; /* room for all children; see listen_to_all() */
	struct gd_child **who;
};

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 * NS_PER_MS + t.tv_nsec;
}

struct gd_children *gd_children_new(int timeout_ms)
{
	struct gd_children *g = gd_xcalloc(1, sizeof(*g));

	g->timeout_ms = timeout_ms;
	/* Who started us may ignore it, and then the kernel reaps children before anybody asks how they ended. */
	sigaction(SIGCHLD, &(struct sigaction){ .sa_handler = SIG_DFL }, &g->sigchld);
	return g;
}

static void close_from(unsigned first)
{
#ifdef SYS_close_range
	if (!syscall(SYS_close_range, first, ~0U, 0))
		return;
#endif
	for (long fd = (long)first, end = sysconf(_SC_OPEN_MAX); fd < (end > 0 && end < 65536 ? end : 65536); fd++)
		close((int)fd);
}

/* The descriptors of the child: 0 to 2, and 3 for its answer. */
static bool arrange_descriptors(int answer, int words)
{
	int null = open("/dev/null", O_RDONLY);
	/* Above what they are copied to, so that none is lost on the way. */
	int high_answer = fcntl(answer, F_DUPFD, 10);
	int high_words = fcntl(words, F_DUPFD, 10);

	if (null >= 0 && dup2(null, 0) < 0)
		return false;
	if (null < 0)
		close(0);
	if (high_answer < 0 || high_words < 0 || dup2(high_words, 1) < 0 || dup2(high_words, 2) < 0 ||
	    dup2(high_answer, 3) < 0)
		return false;
	close_from(4);
	return true;
}

static void restore_signals(void)
{
	sigset_t none;

	/* A crash shall look like one, also where a sanitizer or a preloaded library caught it. */
	for (int s = 1; s < NSIG; s++)
		if (s != SIGKILL && s != SIGSTOP)
			signal(s, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static _Noreturn void be_child(const struct gd_child_job *job, pid_t parent, int answer, int words)
{
	struct gd_buf sandbox = { 0 };

	setpgid(0, 0);
	restore_signals();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent || !arrange_descriptors(answer, words))
		_exit(GD_CHILD_UNFIT);
	prctl(PR_SET_NAME, job->name);
	gd_sandbox_enter(&job->limits, &sandbox);
	_exit(job->run(job->arg, 3, gd_buf_peek(&sandbox)));
}

static int open_pidfd(pid_t pid)
{
#ifdef SYS_pidfd_open
	return (int)syscall(SYS_pidfd_open, pid, 0);
#else
	(void)pid;
	return -1;
#endif
}

/* Returns 0, or the errno of what failed. */
static int spawn(struct gd_child *c, const struct gd_child_job *job)
{
	int answer[2];
	int words[2];
	pid_t self = getpid();

	if (pipe2(answer, O_CLOEXEC) < 0)
		return errno;
	if (pipe2(words, O_CLOEXEC) < 0) {
		int error = errno;

		close(answer[0]);
		close(answer[1]);
		return error;
	}
	c->pid = fork();
	if (!c->pid)
		be_child(job, self, answer[1], words[1]);
	close(answer[1]);
	close(words[1]);
	c->answer_fd = answer[0];
	c->words_fd = words[0];
	if (c->pid < 0)
		return errno;
	/* In both processes, so that it is done whichever runs first. */
	setpgid(c->pid, c->pid);
	fcntl(c->answer_fd, F_SETFL, O_NONBLOCK);
	fcntl(c->words_fd, F_SETFL, O_NONBLOCK);
	c->pid_fd = open_pidfd(c->pid);
	return 0;
}

static void shut(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

struct gd_child *gd_child_start(struct gd_children *g, const struct gd_child_job *job)
{
	struct gd_child *c = gd_xcalloc(1, sizeof(*c));
	int error;

	c->group = g;
	c->next = g->first;
	c->pid = c->pid_fd = c->answer_fd = c->words_fd = -1;
	g->first = c;
	g->count++;
	c->started_ns = c->ended_ns = now_ns();
	c->timeout_ms = g->timeout_ms;
	c->deadline_ns = c->started_ns + (int64_t)g->timeout_ms * NS_PER_MS;
	g->listened_ns = g->count > 1 ? g->listened_ns : c->started_ns;
	error = spawn(c, job);
	if (error) {
		shut(&c->answer_fd);
		shut(&c->words_fd);
		c->gone = true;
		c->end = GD_CHILD_NOT_STARTED;
		c->status = error;
	}
	return c;
}

/* Reads what is there; false at the end of the pipe. */
static bool drain_answer(struct gd_child *c)
{
	char block[65536];
	ssize_t n;

	while ((n = read(c->answer_fd, block, sizeof(block))) > 0) {
		if (c->answer.len + (size_t)n > GD_CHILD_ANSWER_MAX_BYTES) {
			c->end = GD_CHILD_FLOODED;
			return false;
		}
		gd_buf_add(&c->answer, block, (size_t)n);
	}
	return n < 0 && (errno == EAGAIN || errno == EINTR);
}

/* One block at a time: who prints without end shall not keep us from looking at the clock. */
static bool drain_words(struct gd_child *c)
{
	char block[65536];
	ssize_t n = read(c->words_fd, block, sizeof(block));

	if (n <= 0)
		return n < 0 && (errno == EAGAIN || errno == EINTR);
	gd_buf_add(&c->words, block, (size_t)n);
	if (c->words.len > GD_CHILD_WORDS_MAX_BYTES) {
		size_t drop = c->words.len - GD_CHILD_WORDS_MAX_BYTES;

		memmove(c->words.data, c->words.data + drop, GD_CHILD_WORDS_MAX_BYTES);
		c->words.len = GD_CHILD_WORDS_MAX_BYTES;
		c->words.data[c->words.len] = '\0';
	}
	return true;
}

/* Notes the end, and takes the rest that stands in the pipes. */
static void drain_rest(struct gd_child *c)
{
	c->gone = true;
	c->ended_ns = now_ns();
	if (c->answer_fd >= 0)
		drain_answer(c);
	for (int i = 0; i < 64 && c->words_fd >= 0; i++) {
		size_t before = c->words.len;

		if (!drain_words(c) || (c->words.len == before && before < GD_CHILD_WORDS_MAX_BYTES))
			break;
	}
	shut(&c->answer_fd);
	shut(&c->words_fd);
	shut(&c->pid_fd);
}

/*
 * Looks whether the child has ended, without waiting; its group is killed before
 * its number is free again. A child that is gone without our knowing has ended
 * in a way that nobody can tell, and its number may be another's by now.
 */
static bool has_ended(struct gd_child *c)
{
	siginfo_t info = { 0 };

	if (waitid(P_PID, (id_t)c->pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0) {
		if (errno != ECHILD)
			return false;
		if (c->end == GD_CHILD_RUNNING) {
			c->end = GD_CHILD_EXITED;
			c->status = GD_CHILD_UNFIT;
		}
		drain_rest(c);
		return true;
	}
	if (!info.si_pid)
		return false;
	kill(-c->pid, SIGKILL);
	waitid(P_PID, (id_t)c->pid, &info, WEXITED);
	c->status = info.si_status;
	if (c->end == GD_CHILD_RUNNING)
		c->end = info.si_code == CLD_EXITED ? GD_CHILD_EXITED : GD_CHILD_KILLED;
	drain_rest(c);
	return true;
}

static void sleep_ms(int ms)
{
	struct timespec t = { .tv_nsec = (long)ms * NS_PER_MS };

	nanosleep(&t, NULL);
}

static void send_kill(struct gd_child *c, enum gd_child_end end)
{
	c->end = end;
	kill(-c->pid, SIGKILL);
	kill(c->pid, SIGKILL);
}

/* Waits until a killed child is gone. */
static void bury(struct gd_child *c, int64_t give_up)
{
	while (!has_ended(c)) {
		if (now_ns() > give_up) {
			/* It is left to the system, which reaps it when its call returns. */
			c->end = GD_CHILD_STUCK;
			drain_rest(c);
			return;
		}
		sleep_ms(1);
	}
}

/* Ends a child that has not ended by itself; `end` says why. */
static void kill_child(struct gd_child *c, enum gd_child_end end)
{
	send_kill(c, end);
	bury(c, now_ns() + (int64_t)GRACE_MS * NS_PER_MS);
}

enum { FDS_PER_CHILD = 3 };

/* What to poll for the children that run; answers how many they are. */
static size_t list_descriptors(struct gd_children *g, int *timeout_ms)
{
	size_t count = 0;

	g->fds = gd_xrealloc_array(g->fds, g->count * FDS_PER_CHILD, sizeof(*g->fds));
	g->who = gd_xrealloc_array(g->who, g->count, sizeof(struct gd_child *));
	for (struct gd_child *c = g->first; c; c = c->next) {
		struct pollfd *fds = &g->fds[count * FDS_PER_CHILD];

		if (c->end != GD_CHILD_RUNNING)
			continue;
		/* Negative descriptors are passed over. */
		fds[0] = (struct pollfd){ .fd = c->answer_fd, .events = POLLIN };
		fds[1] = (struct pollfd){ .fd = c->words_fd, .events = POLLIN };
		fds[2] = (struct pollfd){ .fd = c->pid_fd, .events = POLLIN };
		/* Without a descriptor for its end, the child must be looked at now and then. */
		if (c->pid_fd < 0 && *timeout_ms > 5)
			*timeout_ms = 5;
		g->who[count++] = c;
	}
	return count;
}

/* Listens to every child that runs, for at most this long. */
static void listen_to_all(struct gd_children *g, int timeout_ms)
{
	size_t count = list_descriptors(g, &timeout_ms);

	/* More descriptors than this process may open are refused: then all are looked at in turn. */
	if (poll(g->fds, count * FDS_PER_CHILD, timeout_ms) < 0) {
		if (errno == EINTR)
			return;
		sleep_ms(1);
		for (size_t i = 0; i < count * FDS_PER_CHILD; i++)
			g->fds[i].revents = POLLIN;
	}
	for (size_t i = 0; i < count; i++) {
		struct gd_child *c = g->who[i];
		const struct pollfd *fds = &g->fds[i * FDS_PER_CHILD];

		if (fds[0].fd >= 0 && fds[0].revents && !drain_answer(c))
			shut(&c->answer_fd);
		if (fds[1].fd >= 0 && fds[1].revents && !drain_words(c))
			shut(&c->words_fd);
		if (c->end == GD_CHILD_FLOODED)
			kill_child(c, GD_CHILD_FLOODED);
		else
			has_ended(c);
	}
	g->listened_ns = now_ns();
}

/*
 * While this process was busy or stopped (Ctrl-Z), a child may have waited for it
 * to read: that time is not the child's.
 */
static void forgive_absence(struct gd_children *g, int64_t now)
{
	if (now - g->listened_ns < (int64_t)ABSENT_MS * NS_PER_MS)
		return;
	for (struct gd_child *c = g->first; c; c = c->next)
		c->deadline_ns += now - (g->listened_ns > c->started_ns ? g->listened_ns : c->started_ns);
	g->listened_ns = now;
}

/*
 * Kills those whose time is up, all before any is waited for. Answers the
 * milliseconds until the next deadline.
 */
static int kill_late(struct gd_children *g)
{
	int64_t now = now_ns();
	int64_t next = INT64_MAX;
	bool late = false;

	forgive_absence(g, now);
	for (struct gd_child *c = g->first; c; c = c->next) {
		if (c->end != GD_CHILD_RUNNING || has_ended(c))
			continue;
		if (c->deadline_ns <= now) {
			send_kill(c, GD_CHILD_TIMED_OUT);
			late = true;
		} else if (c->deadline_ns < next) {
			next = c->deadline_ns;
		}
	}
	for (struct gd_child *c = g->first; late && c; c = c->next)
		if (c->end == GD_CHILD_TIMED_OUT && !c->gone)
			bury(c, now + (int64_t)GRACE_MS * NS_PER_MS);
	return next == INT64_MAX ? 0 : (int)((next - now) / NS_PER_MS) + 1;
}

void gd_child_wait(struct gd_child *c)
{
	while (c->end == GD_CHILD_RUNNING) {
		int ms = kill_late(c->group);

		if (c->end == GD_CHILD_RUNNING)
			listen_to_all(c->group, ms);
	}
}

void gd_children_free(struct gd_children *g)
{
	if (!g)
		return;
	while (g->first) {
		struct gd_child *c = g->first;

		g->first = c->next;
		if (c->end == GD_CHILD_RUNNING)
			kill_child(c, GD_CHILD_TIMED_OUT);
		gd_buf_free(&c->answer);
		gd_buf_free(&c->words);
		free(c);
	}
	sigaction(SIGCHLD, &g->sigchld, NULL);
	free(g->fds);
	free(g->who);
	free(g);
}
