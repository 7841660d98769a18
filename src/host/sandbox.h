/* SPDX-License-Identifier: MIT */
#ifndef GD_SANDBOX_H
#define GD_SANDBOX_H
/*
 * What a child process that enters a vendor library is kept from. A driver must
 * still open its devices and start threads; it need not write files, reach the
 * network, start programs or leave a core file.
 */
#include "base/buf.h"

struct gd_sandbox_limits {
	uint64_t address_space_bytes; /* 0: none; some runtimes reserve more than any machine has */
	uint64_t data_bytes; /* private memory that can be written; 0: none */
};

/*
 * Confines the calling process, as far as this kernel can, for good. Appends
 * what was possible to `said`, as words with commas: "no core files, memory
 * limit, no new privileges, no writing below any folder but /dev (Landlock 4),
 * no programs, no network (seccomp)". What is not possible is left out.
 */
void gd_sandbox_enter(const struct gd_sandbox_limits *limits, struct gd_buf *said);

#endif
