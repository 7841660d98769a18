/* SPDX-License-Identifier: MIT */
#ifndef GD_SHELL_TEXT_H
#define GD_SHELL_TEXT_H
/* What a file of a shell leaves in the environment, as far as that can be said without running it. */
#include "base/env_text.h"

/*
 * Adds what is exported and what is unset. In a function, a condition, a loop or
 * behind "&&" that may happen or not: such a value is NULL. What a subshell,
 * quoted text and a here-document hold sets nothing.
 */
void gd_shell_parse(struct gd_assignments *a, const char *text, size_t len);

#endif
