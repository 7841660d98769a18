/* SPDX-License-Identifier: MIT */
#include "cmd/session.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "fact/embedded.h"
#include "host/capture.h"

enum { MAX_FACTS_BYTES = 64 * 1024 * 1024 };

/* Not below sysconfdir: the manual, the packages and the administrator name this one place. */
#define ADMIN_RULES "/etc/gpudoctor/rules.d"

int gd_fail(int status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("gpudoctor: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	return status;
}

int gd_status_of(int error)
{
	switch (-error) {
	case EINVAL:
	case EISDIR:
	case EFBIG:
		return GD_EXIT_DATA;
	case EIO:
		return GD_EXIT_SOFTWARE;
	default:
		return GD_EXIT_NO_INPUT;
	}
}

int gd_put_out(const struct gd_buf *out)
{
	fwrite(gd_buf_peek(out), 1, out->len, stdout);
	if (fflush(stdout) || ferror(stdout))
		return gd_fail(GD_EXIT_IO, "cannot write to standard output: %s", strerror(errno));
	return 0;
}

static int open_demo(struct gd_host **ret, struct gd_err *err)
{
	const struct gd_embedded *e = &gd_embedded_demo[0];
	struct gd_capture *c;
	int r = gd_capture_parse(e->file, e->text, e->len, &c, err);

	if (r >= 0)
		*ret = gd_capture_host(c);
	return r;
}

int gd_session_open(struct gd_session *s, const struct gd_options *o)
{
	struct gd_err err;
	int r;

	if (o->root)
		r = gd_host_open_tree(o->root, &s->host, &err);
	else if (o->capture)
		r = gd_host_open_capture(o->capture, &s->host, &err);
	else if (o->demo)
		r = open_demo(&s->host, &err);
	else
		r = gd_host_open_live(&s->host, &err);
	if (r < 0)
		return gd_fail(gd_status_of(r), "%s", err.text);
	s->db = gd_gpudb_open();
	return 0;
}

static int read_file(const char *file, struct gd_buf *out)
{
	bool input = !strcmp(file, "-");
	/* O_NONBLOCK: a FIFO that nobody writes to would hold us for ever. */
	int fd = input ? STDIN_FILENO : open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	int r;

	if (fd < 0)
		return gd_fail(GD_EXIT_NO_INPUT, "cannot open the facts %s: %s", file, strerror(errno));
	if (!input && (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))) {
		close(fd);
		return gd_fail(GD_EXIT_DATA, "%s is no regular file; - reads facts from standard input", file);
	}
	r = gd_read_fd(fd, MAX_FACTS_BYTES, out);
	if (!input)
		close(fd);
	if (r == -EFBIG)
		return gd_fail(GD_EXIT_DATA, "the facts %s are larger than 64 MiB", file);
	return r < 0 ? gd_fail(GD_EXIT_NO_INPUT, "cannot read the facts %s: %s", file, strerror(-r)) : 0;
}

int gd_session_probe(struct gd_session *s, const struct gd_options *o)
{
	gd_autobuf text = { 0 };
	struct gd_err err;
	int status;

	s->facts = gd_facts_new();
	if (!o->facts) {
		gd_probes_run(s->host, s->db, o->timeout_ms, s->facts);
		return 0;
	}
	gd_probes_declare(s->facts);
	status = read_file(o->facts, &text);
	if (!status && gd_text_parse(s->facts, o->facts, gd_buf_peek(&text), text.len, &err) < 0)
		status = gd_fail(GD_EXIT_DATA, "%s", err.text);
	gd_facts_close(s->facts);
	return status;
}

int gd_session_store(struct gd_session *s, const struct gd_options *o, enum gd_store_use use)
{
	bool people = use == GD_STORE_FOR_PEOPLE;
	struct gd_err err;
	int r = gd_store_open(s->facts, people && !o->show_private, &s->store, &err);

	if (r >= 0 && people)
		r = gd_store_add_extras(s->store, s->db, &err);
	if (r >= 0)
		r = gd_store_lock(s->store, &err);
	return r < 0 ? gd_fail(GD_EXIT_SOFTWARE, "%s", err.text) : 0;
}

int gd_session_rules(struct gd_session *s, const struct gd_options *o)
{
	struct gd_err err;
	int r;

	s->rules = gd_ruleset_new();
	gd_ruleset_add_shipped(s->rules);
	r = gd_ruleset_add_path(s->rules, ADMIN_RULES, GD_ADMIN, &err);
	if (r < 0)
		gd_strv_add(&s->rules->errors, err.text);
	for (size_t i = 0; i < o->rule_paths.count; i++) {
		r = gd_ruleset_add_path(s->rules, o->rule_paths.items[i], GD_USER, &err);
		if (r < 0)
			return gd_fail(gd_status_of(r), "%s", err.text);
	}
	/* The shipped rules were checked when the program was built. */
	if (s->store)
		gd_ruleset_check(s->rules, s->store, GD_ADMIN);
	return 0;
}

void gd_session_close(struct gd_session *s)
{
	gd_verdicts_free(&s->verdicts);
	gd_ruleset_free(s->rules);
	gd_store_close(s->store);
	gd_facts_free(s->facts);
	gd_gpudb_free(s->db);
	gd_host_close(s->host);
}
