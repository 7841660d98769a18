/* SPDX-License-Identifier: MIT */
#ifndef GD_PROBE_GPU_H
#define GD_PROBE_GPU_H
/* The parts of the gpu probe: who the GPU is, and its figures. */
#include "probe/probe.h"

/* What the other probes found about one GPU; each NULL where they found nothing. */
struct gd_gpu_sources {
	const struct gd_row *pci; /* pci_device */
	const struct gd_row *card; /* drm_node, kind card */
	const struct gd_row *render; /* drm_node, kind render */
	const struct gd_row *amdgpu;
	const struct gd_row *nvidia; /* nvidia_gpu */
	const struct gd_row *intel; /* intel_gpu */
	const struct gd_row *nvml; /* nvml_device */
	const struct gd_row **nodes; /* kfd_node: one, or one for each partition */
	size_t node_count;
	struct gd_pci_match match; /* what the GPU database has for it; set by gd_gpu_identify() */
};

/* Name, ISA by each source, generation, form: from the ids and the GPU database. */
void gd_gpu_identify(struct gd_ctx *ctx, struct gd_row *gpu, struct gd_gpu_sources *s);
/* Compute units and partitions; before gd_gpu_identify(), which uses them. */
void gd_gpu_count_units(struct gd_row *gpu, const struct gd_gpu_sources *s);
/* Memory, bandwidth, link, BAR. After gd_gpu_identify(). */
void gd_gpu_measure(struct gd_ctx *ctx, struct gd_row *gpu, const struct gd_gpu_sources *s);

/* What user-space drivers say of it. After gd_gpu_identify(). */
void gd_gpu_link_libraries(const struct gd_ctx *ctx, struct gd_row *gpu, const struct gd_gpu_sources *s);
/* The GPU of this address as NVML shows it, or NULL; borrowed. */
const struct gd_row *gd_gpu_nvml_peek(const struct gd_ctx *ctx, const char *address);
/* The compute capability as the driver says it, where it does: the ISA of an NVIDIA GPU. */
void gd_gpu_set_compute_capability(struct gd_row *gpu, const struct gd_gpu_sources *s);

/* Copies a cell from the row, or, where there is no row, says that no source is there. */
void gd_gpu_copy(struct gd_row *gpu, const char *column, const struct gd_row *from, const char *from_column);

#endif
