/* SPDX-License-Identifier: MIT */
#ifndef GD_MASK_NAMES_H
#define GD_MASK_NAMES_H
/* The names of the host and its people, and the files that list them. */
#include "host/mask.h"

/* passwd, shadow, group, gshadow, subuid and subgid, and their backups. */
bool gd_is_account_file(const char *path);
void gd_mask_accounts(struct gd_mask *m, const char *path, const char *data, size_t len, struct gd_buf *out);

#endif
