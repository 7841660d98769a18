/* SPDX-License-Identifier: MIT */
#ifndef GD_RECORDER_H
#define GD_RECORDER_H
/* A door around a door that writes down each answer as it passes. */
#include "host/host.h"

/* `inner` is borrowed and must outlive the recorder. */
struct gd_host *gd_recorder_new(struct gd_host *inner);

/*
 * Records every file below the inner door's root, not only what was asked for.
 * For trees; refuses the live machine with -EOPNOTSUPP.
 */
int gd_recorder_take_all(struct gd_host *recorder, struct gd_err *err) GD_MUST_CHECK;

/* The masked capture as text; the last call on a recorder. `comment` may be NULL. */
void gd_recorder_print(struct gd_host *recorder, const char *comment, struct gd_buf *out);

#endif
