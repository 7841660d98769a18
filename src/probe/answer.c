/* SPDX-License-Identifier: MIT */
/* The child's side of library.h: it asks, and hands over what it was told. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fact/text.h"
#include "probe/library_parts.h"

/* A library may have closed our pipe and opened a device in its place: nothing is written there. */
static bool is_pipe(const struct gd_answer *a)
{
	struct stat st;

	return !fstat(a->fd, &st) && S_ISFIFO(st.st_mode) && st.st_ino == a->pipe;
}

static void write_all(const struct gd_answer *a, const char *data, size_t len)
{
	while (len && is_pipe(a)) {
		ssize_t n = write(a->fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return; /* the parent is gone, and so shall we be soon */
		data += n;
		len -= (size_t)n;
	}
}

void gd_answer_step(struct gd_answer *a, const char *call)
{
	gd_autofree line = gd_xasprintf("step %s\n", call);

	write_all(a, line, strlen(line));
}

void gd_answer_tell(struct gd_answer *a)
{
	static const struct gd_text_options everything = { .show_private = true };
	gd_autobuf text = { 0 };

	gd_text_print(a->facts, &everything, &text);
	write_all(a, text.data, text.len);
}

void gd_answer_end(struct gd_answer *a, enum gd_library_end end, const char *detail)
{
	gd_library_set_status(a->library, end, detail);
}

void gd_answer_complete(struct gd_answer *a)
{
	for (size_t i = 0; i < a->facts->count; i++)
		if (strcmp(a->facts->tables[i].table->name, "library"))
			gd_facts_complete(a->facts, a->facts->tables[i].table->name);
}

int gd_answer_errand(void *arg, int fd, const char *sandbox)
{
	const struct gd_errand *e = arg;
	struct stat st = { 0 };
	struct gd_answer a = { .facts = gd_library_facts(e->probe), .arg = e->question->arg, .fd = fd };

	fstat(fd, &st);
	a.pipe = st.st_ino;
	a.library = gd_library_add(a.facts, e->question->id, e->question->library);
	gd_set_text(a.library, "sandbox", sandbox, GD_LIBRARY_SOURCE);
	e->question->ask(&a);
	gd_answer_tell(&a);
	write_all(&a, GD_LIBRARY_DONE "\n", strlen(GD_LIBRARY_DONE "\n"));
	return 0;
}
