/* SPDX-License-Identifier: MIT */
#include "host/standin.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/parse.h"
#include "host/resolve.h"

enum { MAX_TARGET_BYTES = 1024 };

/* Where a target leads from the folder that `path` is in; owned. */
static char *join(const char *path, const char *target)
{
	const char *slash = strrchr(path, '/');
	gd_autofree joined = *target == '/'
				     ? gd_xstrdup(target)
				     : gd_xasprintf("%.*s/%s", slash ? (int)(slash - path) : 0, path, target);

	return gd_path_normal(joined);
}

static bool leads_somewhere(const struct gd_standins *s, const char *path, const char *target, bool as_file)
{
	gd_autofree there = NULL;
	gd_autofree own = NULL;
	int fd;

	if (!strncmp(target, "../", 3) || !strncmp(target, "./", 2) || (*target == '/' && !as_file))
		return true;
	there = join(path, target);
	own = gd_path_normal(path);
	if (!strcmp(there, own))
		return false;
	fd = s->open(s->impl, there, O_PATH | O_NOFOLLOW);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

int gd_standin_read(const struct gd_standins *s, const char *path, bool as_file, char **ret)
{
	char text[MAX_TARGET_BYTES + 1];
	struct stat st;
	ssize_t n = -1;
	int fd = s->open(s->impl, path, O_RDONLY | O_NOFOLLOW);

	if (fd < 0)
		return -EINVAL;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_size > 0 && st.st_size <= MAX_TARGET_BYTES)
		n = read(fd, text, sizeof(text));
	close(fd);
	if (n <= 0 || n > MAX_TARGET_BYTES || memchr(text, '\0', (size_t)n) || memchr(text, '\n', (size_t)n) ||
	    memchr(text, ' ', (size_t)n) || !gd_is_text(text, (size_t)n))
		return -EINVAL;
	text[n] = '\0';
	if (!leads_somewhere(s, path, text, as_file))
		return -EINVAL;
	*ret = gd_xstrdup(text);
	return 0;
}

/* Replaces the first stand-in that the path goes through; NULL where it goes through none. */
static char *apply_once(const struct gd_standins *s, const char *path)
{
	for (size_t i = 0; i < s->found.count; i += 2) {
		size_t n = strlen(s->found.items[i]);

		if (!strncmp(path, s->found.items[i], n) && (path[n] == '/' || !path[n]))
			return gd_xasprintf("%s%s", s->found.items[i + 1], path + n);
	}
	return NULL;
}

char *gd_standin_apply(const struct gd_standins *s, const char *path)
{
	char *now = gd_path_normal(path);

	/* As many rounds as the kernel follows links. */
	for (int i = 0; i < 40; i++) {
		char *next = apply_once(s, now);

		if (!next)
			break;
		free(now);
		now = gd_path_normal(next);
		free(next);
	}
	return now;
}

int gd_standin_discover(struct gd_standins *s, const char *path, enum gd_standin_last what)
{
	gd_autofree at = gd_xstrdup(path);

	for (char *p = at + 1; *p; p++) {
		gd_autofree target = NULL;
		gd_autofree there = NULL;
		bool end = !p[1];
		char after = p[1];

		if (p[1] != '/' && !end)
			continue;
		if (end && what == GD_STANDIN_PARENTS)
			break;
		p[1] = '\0';
		if (gd_standin_read(s, at, end && what == GD_STANDIN_FILE, &target) == 0) {
			there = join(at, target);
			gd_strv_add(&s->found, at);
			gd_strv_add(&s->found, there);
			return 0;
		}
		p[1] = after;
	}
	return -ENOENT;
}
