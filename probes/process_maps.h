/* SPDX-License-Identifier: MIT */
#ifndef GD_PROBE_PROCESS_MAPS_H
#define GD_PROBE_PROCESS_MAPS_H
/* Libraries in the memory of a process; used by probes/process*.c only. */
#include "host/host.h"

/* A library of ROCm, or an engine's back end for GPUs. */
struct gd_loaded {
	char *file; /* as the process sees it */
	char *name; /* without version */
	bool rocm; /* ROCm's own, and no engine's */
	bool deleted; /* the file was replaced or removed */
	int64_t release; /* as gd_rocm_release_number() */
};

/* More of these are no one program. */
enum { GD_LOADED_MAX = 256 };

/*
 * By /proc/PID/maps, whose path this is. -ENODATA where no library at all is
 * mapped: what runs has some, so the process has ended, or the file is no copy.
 * -EFBIG where there are more than GD_LOADED_MAX.
 */
int gd_process_maps_read(struct gd_host *h, const char *path, struct gd_loaded **ret, size_t *ret_count) GD_MUST_CHECK;
void gd_process_maps_free(struct gd_loaded *items, size_t count);

#endif
