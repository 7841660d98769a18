/* SPDX-License-Identifier: MIT */
#ifndef GD_MASK_H
#define GD_MASK_H
/*
 * Takes private values out of what is written down: host and user names, home
 * directories, serial numbers, unique ids, UUIDs, MAC and IP addresses, and the
 * values of variables and options whose name suggests a secret.
 *
 * Equal values get equal stand-ins, so that what belongs together stays
 * together, and a stand-in masked again stays itself. Loopback, unspecified
 * and documentation addresses and the all-zero UUID are nobody's and are kept.
 */
#include "base/buf.h"
#include "host/host.h"

struct gd_mask;

/* Learns the host's and users' names through the door. */
struct gd_mask *gd_mask_new(struct gd_host *h);
void gd_mask_free(struct gd_mask *m);

/*
 * Appends the masked form of a file's content. `path` decides what may be in
 * it: names are looked for where people's names can stand, numbers that look
 * like addresses where no version numbers stand.
 */
void gd_mask_content(struct gd_mask *m, const char *path, const char *data, size_t len, struct gd_buf *out);
/* In place of a path: facts that libraries told, whose versions look like addresses. */
#define GD_MASK_SAID "/said"
/* The same for what they printed, where anything may stand. */
#define GD_MASK_WORDS "/words"
/* Appends the masked form of a path, a file name or a link's target. */
void gd_mask_path(struct gd_mask *m, const char *path, struct gd_buf *out);

#endif
