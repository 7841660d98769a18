/* SPDX-License-Identifier: MIT */
#include "host/capture_words.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

static const char *const verb_names[GD_VERB_COUNT] = {
	[GD_VERB_FILE] = "file",
	[GD_VERB_DIR] = "dir",
	[GD_VERB_LINK] = "link",
	[GD_VERB_STAT] = "stat",
	[GD_VERB_OBJECT] = "object",
	[GD_VERB_ENV] = "env",
	[GD_VERB_SAID] = "said",
	[GD_VERB_PROCESSES] = "processes",
};

static const struct {
	const char *name;
	mode_t type;
} types[] = {
	{ "file", S_IFREG }, { "dir", S_IFDIR }, { "char", S_IFCHR }, { "block", S_IFBLK },
	{ "fifo", S_IFIFO }, { "socket", S_IFSOCK },
};

/* The errors that reading a file system gives; anything else is written as EIO. */
static const struct {
	const char *name;
	int error;
} errors[] = {
	{ "EIO", EIO },		{ "EACCES", EACCES },	{ "EPERM", EPERM },	{ "EINVAL", EINVAL },
	{ "ENOENT", ENOENT },	{ "ENOTDIR", ENOTDIR }, { "EISDIR", EISDIR },	{ "ELOOP", ELOOP },
	{ "EFBIG", EFBIG },	{ "ENODEV", ENODEV },	{ "ENXIO", ENXIO },	{ "EBUSY", EBUSY },
	{ "EAGAIN", EAGAIN },	{ "ENODATA", ENODATA }, { "ENOTSUP", ENOTSUP }, { "ENOSYS", ENOSYS },
	{ "ETIMEDOUT", ETIMEDOUT }, { "ESRCH", ESRCH }, { "ENAMETOOLONG", ENAMETOOLONG }, { "EOVERFLOW", EOVERFLOW },
};

const char *gd_errno_name_peek(int error)
{
	for (size_t i = 0; i < GD_COUNT(errors); i++)
		if (errors[i].error == -error)
			return errors[i].name;
	return "EIO";
}

int gd_errno_by_name(const char *name)
{
	for (size_t i = 0; i < GD_COUNT(errors); i++)
		if (!strcmp(errors[i].name, name))
			return -errors[i].error;
	return 0;
}

const char *gd_verb_name_peek(enum gd_verb verb)
{
	return verb_names[verb];
}

int gd_verb_by_name(const char *name)
{
	for (int v = 0; v < GD_VERB_COUNT; v++)
		if (!strcmp(verb_names[v], name))
			return v;
	return -1;
}

const char *gd_file_type_name_peek(mode_t mode)
{
	for (size_t i = 0; i < GD_COUNT(types); i++)
		if ((mode & S_IFMT) == types[i].type)
			return types[i].name;
	return "file";
}

int gd_file_type_by_name(const char *name, mode_t *mode)
{
	for (size_t i = 0; i < GD_COUNT(types); i++)
		if (!strcmp(types[i].name, name)) {
			*mode |= types[i].type;
			return 0;
		}
	return -EINVAL;
}
