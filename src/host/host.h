/* SPDX-License-Identifier: MIT */
#ifndef GD_HOST_H
#define GD_HOST_H
/*
 * The door: every read of the machine goes through one handle, chosen once.
 *
 *   live      the machine this program runs on
 *   tree      a directory that holds sys/, proc/, etc/ … of some machine
 *   capture   a text file written by the recorder
 *   recorder  any of the above, writing down each answer as it passes
 *
 * Paths are absolute as the machine itself would name them. Symlinks resolve
 * inside the root: an absolute target starts there again and ".." stops there.
 *
 * Errors are negative errno values. They are answers: -ENOENT says that the
 * path is proved absent, -EACCES that the caller may not read it. A tree or a
 * capture that holds no word of a path answers -GD_ENOTCAPTURED instead: trees
 * are partial copies, so a file missing there proves nothing. A directory that
 * is there counts as listed in full.
 *
 * Of a binary file, which may have gigabytes, the door tells what is in it
 * instead of giving its bytes: a capture holds that as a few lines of text.
 *
 * Three more answers come without a path: the variables of the caller's
 * environment, which processes there are of those that a probe looks for, and
 * what a library said, which only a capture can tell.
 */
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/strv.h"
#include "host/variables.h"
#include "object/object.h"

/* Outside the range of errno values. */
#define GD_ENOTCAPTURED 100000

/* Larger files are refused with -EFBIG: no file that a probe reads comes near. */
enum { GD_READ_MAX_BYTES = 1024 * 1024 };
/* But for the maps of a process: Linux allows 65,530 of them unless it is told otherwise, each a line. */
enum { GD_MAPS_MAX_BYTES = 16 * 1024 * 1024 };

struct gd_stat {
	mode_t mode; /* type and permission bits */
	uid_t uid;
	gid_t gid;
	dev_t rdev; /* of a device node */
	bool readable; /* by the caller, access lists and privileges included */
	bool writable;
};

struct gd_host;

/*
 * Says whether a process is looked for: 1 or 0, or -1 where its name alone does
 * not tell. Then it is asked again with its arguments, each ended by a NUL.
 */
typedef int gd_process_filter(const char *comm, const char *args, size_t len);

/* A back end. `impl` is its own state; all paths given to it start with '/'. */
struct gd_host_ops {
	const char *kind;
	/* Appends the whole file, at most `max` bytes; -EFBIG where it is longer. */
	int (*read)(void *impl, const char *path, size_t max, struct gd_buf *out);
	/* The names in a directory without "." and "..", in no order. */
	int (*list)(void *impl, const char *path, struct gd_strv *out);
	/* The target of the link that is the last component; -EINVAL where it is none. */
	int (*link)(void *impl, const char *path, char **ret);
	int (*stat)(void *impl, const char *path, struct gd_stat *ret);
	/* What a binary file holds; NULL for doors that cannot look. */
	int (*object)(void *impl, const char *path, struct gd_object *ret);
	/* A variable of the caller's environment; -ENOENT where it is not set. NULL: none are known. */
	int (*env)(void *impl, const char *name, char **ret);
	/* As gd_host_read_settings(); NULL where the file is read and stripped. */
	int (*read_settings)(void *impl, const char *path, enum gd_settings_form form, struct gd_buf *out);
	/* As gd_host_peek_settings() and gd_host_keep_settings(); NULL for doors that do not record. */
	int (*peek_settings)(void *impl, const char *path, enum gd_settings_form form, struct gd_buf *out);
	void (*keep_settings)(void *impl, const char *path, int error, const struct gd_buf *text);
	/* As gd_host_processes(); NULL, or -GD_ENOTCAPTURED: /proc is looked through. */
	int (*processes)(void *impl, const char *name, gd_process_filter *wanted, struct gd_strv *out);
	/* What was noted under this name; NULL for doors that hold no notes. */
	int (*said)(void *impl, const char *name, struct gd_buf *out);
	/* Writes down what a library said; NULL for doors that do not record. */
	void (*note)(void *impl, const char *name, const struct gd_buf *text);
	void (*close)(void *impl);
};

int gd_host_open_live(struct gd_host **ret, struct gd_err *err) GD_MUST_CHECK;
int gd_host_open_tree(const char *dir, struct gd_host **ret, struct gd_err *err) GD_MUST_CHECK;
int gd_host_open_capture(const char *file, struct gd_host **ret, struct gd_err *err) GD_MUST_CHECK;
/* For back ends, tests among them; takes `impl`. */
struct gd_host *gd_host_new(const struct gd_host_ops *ops, void *impl, bool live);
/* The state of a door with these very ops; the program ends where they differ. */
void *gd_host_impl_peek(struct gd_host *h, const struct gd_host_ops *ops);
void gd_host_close(struct gd_host *h);
static inline void gd_host_closep(struct gd_host **h)
{
	gd_host_close(*h);
}

/* True where the machine asked is the one this program runs on. */
bool gd_host_is_live(const struct gd_host *h);
/* "live", "tree" or "capture"; borrowed. */
const char *gd_host_kind_peek(const struct gd_host *h);

int gd_host_read(struct gd_host *h, const char *path, struct gd_buf *out) GD_MUST_CHECK;
int gd_host_read_max(struct gd_host *h, const char *path, size_t max, struct gd_buf *out) GD_MUST_CHECK;
/* Sorted so that card2 comes before card10. */
int gd_host_list(struct gd_host *h, const char *path, struct gd_strv *out) GD_MUST_CHECK;
/* In no order: for folders of many thousands of files, where sorting takes longer than reading. */
int gd_host_list_any(struct gd_host *h, const char *path, struct gd_strv *out) GD_MUST_CHECK;
int gd_host_link(struct gd_host *h, const char *path, char **ret) GD_MUST_CHECK;
int gd_host_stat(struct gd_host *h, const char *path, struct gd_stat *ret) GD_MUST_CHECK;
/*
 * What a binary file holds for GPUs. Only regular files are opened: -EISDIR and
 * -EINVAL for others. A damaged one is no error, but has `fault`.
 */
int gd_host_object(struct gd_host *h, const char *path, struct gd_object *ret) GD_MUST_CHECK;

/*
 * Reads a file that sets variables, or the maps of a process, without what is
 * not to be known: see gd_settings_strip(). A recorder writes down what is left
 * and nothing more.
 */
int gd_host_read_settings(struct gd_host *h, const char *path, enum gd_settings_form form,
			  struct gd_buf *out) GD_MUST_CHECK;
/*
 * The same for a file that may turn out to be nobody's business: a recorder
 * writes nothing down before gd_host_keep_settings() says what was answered.
 * Without `text` it writes that the file is there, as if it were empty.
 */
int gd_host_peek_settings(struct gd_host *h, const char *path, enum gd_settings_form form,
			  struct gd_buf *out) GD_MUST_CHECK;
void gd_host_keep_settings(struct gd_host *h, const char *path, int error, const struct gd_buf *text);
/*
 * The numbers of the processes that `wanted` picks, smallest first; at most
 * GD_PROCESSES_MAX are looked at. `name` says in a capture what was looked for;
 * what else runs on the machine does not get into it.
 */
enum { GD_PROCESSES_MAX = 16384 };
int gd_host_processes(struct gd_host *h, const char *name, gd_process_filter *wanted,
		      struct gd_strv *out) GD_MUST_CHECK;

/*
 * A variable as this program was started with it. -ENOENT: it is not set. A
 * tree was never started, and answers -GD_ENOTCAPTURED.
 */
int gd_host_env(struct gd_host *h, const char *name, char **ret) GD_MUST_CHECK;
/*
 * What the libraries of probe `name` said when the capture was recorded, as
 * fact text. All other doors answer -GD_ENOTCAPTURED: there, a live machine can
 * be asked.
 */
int gd_host_said(struct gd_host *h, const char *name, struct gd_buf *out) GD_MUST_CHECK;
/* Notes what they said just now, where a recorder listens. */
void gd_host_note(struct gd_host *h, const char *name, const struct gd_buf *text);

/*
 * The path with every symlink in it resolved, the last component's too. More
 * than 40 links are -ELOOP. The file at the end need not exist.
 */
int gd_host_resolve(struct gd_host *h, const char *path, char **ret) GD_MUST_CHECK;

/* The error says that there is no such file, which is an answer like any other. */
bool gd_host_is_absence(int error);
/* The text of an error of this door, for people; borrowed. */
const char *gd_host_strerror_peek(int error);

#endif
