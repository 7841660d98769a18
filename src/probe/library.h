/* SPDX-License-Identifier: MIT */
#ifndef GD_LIBRARY_H
#define GD_LIBRARY_H
/*
 * Asking a library: in a child process, because drivers crash and hang.
 *
 * A probe that does so has `start`, which calls gd_library_ask() for each
 * question, and gd_library_run() as its `run`. Children start as soon as the
 * facts are there that tell whether asking would wake a device; they are
 * listened to when their probe's turn comes.
 *
 * A child fills the tables of its probe as any probe does, and one row of the
 * table `library`: how the asking ended. What it told before a crash is kept.
 * In a capture stands what all children of a probe told, as one fact text, so a
 * replay gives the same facts and enters no library.
 */
#include "host/child.h"
#include "probe/probe.h"

enum gd_library_end {
	GD_LIBRARY_OK,
	GD_LIBRARY_MISSING, /* no such library here */
	GD_LIBRARY_UNRESOLVED, /* it is there, and something that it needs is not */
	GD_LIBRARY_TOO_OLD, /* it lacks a function that this program needs */
	GD_LIBRARY_DENIED, /* the caller may not open a device node */
	GD_LIBRARY_NO_DEVICE,
	GD_LIBRARY_FAILED, /* it said no, in its own way */
	GD_LIBRARY_GARBAGE, /* its answer makes no sense */
	GD_LIBRARY_CRASHED,
	GD_LIBRARY_TIMED_OUT,
	GD_LIBRARY_STUCK, /* timed out inside the kernel, where not even SIGKILL ends it */
	GD_LIBRARY_NOT_ASKED, /* asking would have woken a suspended device, or no process could be had for it */
	GD_LIBRARY_END_COUNT,
};

extern const struct gd_table gd_library_table;

/* What a child works with. */
struct gd_answer {
	struct gd_facts *facts; /* the tables of its probe, declared and empty, and `library` */
	struct gd_row *library; /* its row there */
	const void *arg; /* of the question */
	int fd;
	ino_t pipe; /* what `fd` was when it began */
};

struct gd_question {
	const char *id; /* the key in `library`; unique on a machine */
	const char *library; /* the name or path that is given to dlopen() */
	struct gd_sandbox_limits limits;
	/* Runs in the child. Whatever it leaves unset is unknown. */
	void (*ask)(struct gd_answer *a);
	const void *arg; /* borrowed until gd_library_ask() returns; the child has a copy */
};

/* For `start`: puts a question, in a child that runs from now on. */
void gd_library_ask(struct gd_ctx *ctx, const struct gd_question *q);
/*
 * For `start`: a question that is not put, since the answer is known to be
 * GD_LIBRARY_MISSING (the tables are then complete: nobody can use what is not
 * there), or since it is not to be asked (GD_LIBRARY_NOT_ASKED). `why` is a
 * sentence; `remedy` may be NULL.
 */
void gd_library_leave(struct gd_ctx *ctx, const char *id, const char *library, enum gd_library_end end,
		      const char *why, const char *remedy);
/* The `run` of a probe that asks libraries. */
int gd_library_run(struct gd_ctx *ctx, struct gd_err *err);

/* For the runner: the questions of one probe, from start to facts. */
struct gd_inquiry *gd_inquiry_new(const struct gd_probe *p);
void gd_inquiry_free(struct gd_inquiry *q);

/*
 * For the child. The name of the call that comes next: should it not return,
 * this is where it happened.
 */
void gd_answer_step(struct gd_answer *a, const char *call);
/* Hands over what is known so far. */
void gd_answer_tell(struct gd_answer *a);
/* How it ended; `detail` may be NULL. Without this, the end is GD_LIBRARY_OK. */
void gd_answer_end(struct gd_answer *a, enum gd_library_end end, const char *detail);
/* Loads a library (dlopen); on failure the end is set, and NULL returned. `name` may be a path. */
void *gd_answer_load(struct gd_answer *a, const char *name);
/* How the loading of one more library went; see gd_answer_load_other(). */
struct gd_loaded {
	enum gd_library_end end;
	bool foreign; /* it is for programs of other bits */
	char *file; /* what was loaded, or NULL */
	char *missing; /* as in gd_library_fault() */
	char *error; /* what the dynamic linker said, or NULL */
};
/* Loads a library that is not the one asked about: the end stays as it is. It is never unloaded. */
void gd_answer_load_other(struct gd_answer *a, const char *name, struct gd_loaded *ret);
void gd_loaded_free(struct gd_loaded *l);
/* A function of a loaded library; where it is missing the end is "too-old", and NULL returned. */
void *gd_answer_symbol(struct gd_answer *a, void *library, const char *name);
/* All tables of the probe are complete. */
void gd_answer_complete(struct gd_answer *a);

/* "ok", "missing" …, as in library.status; borrowed. */
const char *gd_library_end_name_peek(enum gd_library_end end);
/*
 * Takes apart what dlerror() said of `library`: the end it means, and the file
 * or symbol version that is missing, owned, or NULL.
 */
enum gd_library_end gd_library_fault(const char *library, const char *error, char **ret_missing);

#endif
