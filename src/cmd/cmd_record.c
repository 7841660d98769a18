/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "cmd/session.h"
#include "host/recorder.h"

static int write_all(int fd, const struct gd_buf *text)
{
	int r = gd_write_fd(fd, text->data, text->len);

	if (r < 0)
		return r;
	return fsync(fd) < 0 && errno != EINVAL ? -errno : 0;
}

/* Without `force` a file that came to be in the meantime stays: link() never replaces. */
static int put_in_place(const char *temporary, const char *file, bool force)
{
	if (force)
		return rename(temporary, file) < 0 ? -errno : 0;
	if (!link(temporary, file))
		return unlink(temporary) < 0 ? -errno : 0;
	/* Some file systems have no hard links. */
	if (errno == EPERM || errno == EOPNOTSUPP)
		return rename(temporary, file) < 0 ? -errno : 0;
	return -errno;
}

/* A new file beside the wanted one, moved into its place when it is whole. */
static int save(const char *file, const struct gd_buf *text, bool force)
{
	gd_autofree temporary = gd_xasprintf("%s.XXXXXX", file);
	struct stat st;
	mode_t mask;
	int fd;
	int r;

	if (!lstat(file, &st) && !S_ISREG(st.st_mode))
		return gd_fail(GD_EXIT_CANNOT_CREATE, "%s is no regular file and is left alone", file);
	if (!force && !access(file, F_OK))
		return gd_fail(GD_EXIT_CANNOT_CREATE, "%s is there already; --force replaces it", file);
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return gd_fail(GD_EXIT_CANNOT_CREATE, "cannot create %s: %s", file, strerror(errno));
	r = write_all(fd, text);
	/* mkostemp() makes files for one's own eyes; this one is as any other that the user makes. */
	mask = umask(0);
	umask(mask);
	if (r >= 0 && fchmod(fd, 0666 & ~mask) < 0)
		r = -errno;
	if (close(fd) < 0 && r >= 0)
		r = -errno;
	if (r >= 0)
		r = put_in_place(temporary, file, force);
	if (r >= 0)
		return 0;
	unlink(temporary);
	if (r == -EEXIST)
		return gd_fail(GD_EXIT_CANNOT_CREATE, "%s is there already; --force replaces it", file);
	return gd_fail(GD_EXIT_CANNOT_CREATE, "cannot write %s: %s", file, strerror(-r));
}

static int record(struct gd_session *s, const struct gd_options *o, const char *file)
{
	struct gd_host *recorder = gd_recorder_new(s->host);
	gd_autobuf text = { 0 };
	struct gd_err err;
	int status = 0;

	s->facts = gd_facts_new();
	gd_probes_run(recorder, s->db, o->timeout_ms, s->facts);
	if (o->all && gd_recorder_take_all(recorder, &err) < 0)
		status = gd_fail(GD_EXIT_USAGE, "%s", err.text);
	if (!status) {
		gd_recorder_print(recorder, o->comment, &text);
		status = strcmp(file, "-") ? save(file, &text, o->force) : gd_put_out(&text);
	}
	gd_host_close(recorder);
	return status;
}

static int run(const struct gd_options *o, char **args, int count)
{
	struct gd_session s = { 0 };
	int status = gd_session_open(&s, o);

	(void)count;
	if (!status)
		status = record(&s, o, args[0]);
	gd_session_close(&s);
	return status;
}

const struct gd_command gd_command_record = {
	.name = "record",
	.help = "write down what the machine answers, for a bug report or a test",
	.args = "FILE",
	.about =
		"Looks at the machine as check does, and writes every answer to FILE (- for standard output), as text "
		"that can be read before it is sent. Host and user names, home directories, serial numbers, UUIDs, MAC "
		"and IP addresses and values that look like secrets are masked. gpudoctor check --capture FILE then "
		"sees the same machine.",
	.options = GD_OPT_HOST | GD_OPT_RECORD,
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
