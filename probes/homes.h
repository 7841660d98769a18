/* SPDX-License-Identifier: MIT */
#ifndef GD_PROBE_HOMES_H
#define GD_PROBE_HOMES_H
/*
 * The homes of a machine: the caller's first, then root's, then those in /home.
 * Who asks for the whole machine is often root, and what is built and set in
 * homes is built and set by users.
 */
#include "base/strv.h"
#include "host/host.h"

/* On a machine with more people, the others are left out. */
enum { GD_HOMES_MAX = 64 };

/* All of them, closed or not: in one that may not be listed, files of known names may be read. False: not all. */
bool gd_homes(struct gd_host *h, struct gd_strv *out);
/* The caller's, and those that the caller may list: closed ones are no gap, and do not count. False: not all. */
bool gd_homes_open(struct gd_host *h, struct gd_strv *out);

#endif
