/* SPDX-License-Identifier: MIT */
#ifndef GD_SANDBOX_PARTS_H
#define GD_SANDBOX_PARTS_H
/* The two walls of the sandbox. Both hold for good, and both need that no new privileges can be gained. */
#include "base/defs.h"

/*
 * Landlock: no file may be opened for writing, made, moved or removed, except
 * that the nodes of GPUs and the harmless ones of /dev are opened for writing.
 * From version 3 on, none can be cut either. Returns the version of Landlock
 * in this kernel; 0 where nothing was done.
 */
int gd_sandbox_close_files(void);

/* seccomp: refuses the system calls that no driver needs to tell what it knows. False where nothing was done. */
bool gd_sandbox_close_calls(void);

#endif
