/* SPDX-License-Identifier: MIT */
#ifndef GD_SANDBOX_H
#define GD_SANDBOX_H
/*
 * What a child process that enters a vendor library is kept from. A driver must
 * still open its devices, map memory and start threads; it need not write
 * files, reach the network, start programs or leave a core file. This is for
 * drivers that are careless or broken, and for the user who is told what they
 * may do; it does not hold what breaks into the kernel through a device.
 */
#include "base/buf.h"

struct gd_sandbox_limits {
	uint64_t address_space_bytes; /* 0: none; some runtimes reserve more than any machine has */
	uint64_t data_bytes;	      /* private memory that can be written; 0: none */
};

/*
 * Confines the calling process, which has one thread, as far as this kernel
 * can, and for good. Appends to `said` what was done, with commas between, and
 * leaves out what was not possible:
 *
 * "no core file"
 *	nor does a handler of core files get its memory.
 * "memory limit"
 *	of the limits asked for; there is none under a sanitizer.
 * "no new privileges"
 *	by programs that have more; without it, nothing of the following is done.
 * "no file is written (Landlock N)"
 *	none is opened for writing, made, moved, cut or removed, wherever it is.
 *	Open for writing are the nodes of GPUs and null, zero, full and random
 *	below /dev. Before version 3 of Landlock: "no file is opened for writing".
 * "no file is made, cut or removed, no program, no other process, no network (seccomp)"
 *	These system calls fail. Of files: those that make, cut, rename or remove
 *	one by its name, or change its owner, mode, times or attributes; memory
 *	without a name can be had. Without Landlock, files that are there can still
 *	be written to. No program is executed. No process is started; none but
 *	itself is signalled, traced, written to or limited. No socket is made but
 *	local ones (AF_UNIX), through which a display server is asked; what
 *	listens there may do more than this process. Nor are there io_uring, key
 *	rings, BPF, performance counters, mounts, name spaces, modules, or changes
 *	of the clock, the host's name, quota and swap.
 */
void gd_sandbox_enter(const struct gd_sandbox_limits *limits, struct gd_buf *said);

#endif
