/* SPDX-License-Identifier: MIT */
#ifndef GD_LIBRARY_PARTS_H
#define GD_LIBRARY_PARTS_H
/* What the sides of library.h share: the table, its ends, and the errand that a child is sent on. */
#include "probe/library.h"

/* The source of facts that only this program can know. */
#define GD_LIBRARY_SOURCE "gpudoctor"
/* The last line of a child that got to its end. */
#define GD_LIBRARY_DONE "done"

/* An empty set of facts with the tables of a probe and `library`; owned. */
struct gd_facts *gd_library_facts(const struct gd_probe *p);
/* A new row of `library`. */
struct gd_row *gd_library_add(struct gd_facts *f, const char *id, const char *library);
/* `detail` may be NULL. */
void gd_library_set_status(struct gd_row *row, enum gd_library_end end, const char *detail);
enum gd_library_end gd_library_status(const struct gd_row *row);
/* Why that is unknown which a library that ended so did not tell. */
enum gd_gap gd_library_gap(enum gd_library_end end);

struct gd_errand {
	const struct gd_question *question;
	const struct gd_probe *probe;
};
/* The life of a child; see struct gd_child_job. */
int gd_answer_errand(void *arg, int fd, const char *sandbox);

#endif
