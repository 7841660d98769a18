/* SPDX-License-Identifier: MIT */
#ifndef GD_CAPTURE_WORDS_H
#define GD_CAPTURE_WORDS_H
/* The words of a capture: verbs, types of files, and errors by name. */
#include "host/capture.h"

/* "file", "dir" …; borrowed. The second gives -1 for an unknown word. */
const char *gd_verb_name_peek(enum gd_verb verb);
int gd_verb_by_name(const char *name);

/* "ENOENT" … for a negative errno, "EIO" for one without a word; borrowed. The second gives 0 for an unknown one. */
const char *gd_errno_name_peek(int error);
int gd_errno_by_name(const char *name);

/* "char", "dir" …; borrowed. The second adds the type to `*mode`, or returns -EINVAL. */
const char *gd_file_type_name_peek(mode_t mode);
int gd_file_type_by_name(const char *name, mode_t *mode);

#endif
