/* SPDX-License-Identifier: MIT */
#ifndef GD_PROBE_NVML_H
#define GD_PROBE_NVML_H
/* What the parts of the nvml probe share. All but gd_nvml_places() runs in the child. */
#include "base/strv.h"
#include "probe/library.h"
#include "probes/nvml_abi.h"

#define GD_NVML_LIBRARY "libnvidia-ml.so.1"

extern const struct gd_table gd_nvml_device_table;
extern const struct gd_table gd_nvml_mig_table;
extern const struct gd_table gd_nvml_process_table;

/* What the parent knows and the child needs. */
struct gd_nvml_errand {
	struct gd_strv places; /* files to try where the loader finds none */
	struct gd_strv gpus; /* the PCI addresses that the kernel driver lists */
	char *module_version; /* NULL where it is not known */
	bool no_driver; /* proved: no kernel driver of NVIDIA's is loaded */
};

/* The library, loaded. */
struct gd_nvml {
	struct gd_answer *answer;
	void *library;
	bool processes_missing; /* the table nvml_process lacks what some device did not tell */
	bool instances_missing; /* nvml_mig likewise */
};

/* One GPU. */
struct gd_nvml_gpu {
	nvml_device handle;
	char *address; /* its key */
	struct gd_row *row;
	int status; /* what NVML said when it was opened, or of its loss later */
};

/* Asks every question in nvml.c. */
void gd_nvml_ask(struct gd_answer *a);
/* Files that may be the library, best first; those that are not there are left out. */
void gd_nvml_places(struct gd_host *h, const char *module_version, struct gd_strv *out);

/* Looks a function up and notes that it is called next; `ret` is the address of a pointer to it. */
bool gd_nvml_find(struct gd_nvml *n, const char *function, void *ret);
/* True where the call went well; else the cell is set as its error demands. `g` may be NULL. */
bool gd_nvml_went_well(struct gd_nvml *n, struct gd_nvml_gpu *g, struct gd_row *row, const char *column,
		       const char *function, int error);
/* The library has no such function. */
void gd_nvml_set_no_function(struct gd_row *row, const char *column, const char *function);
/* The text of an error, from the library; owned. */
char *gd_nvml_error_text(struct gd_nvml *n, int error);
/* As gd_set_int(), but above `most` it makes no sense. */
void gd_nvml_set_number(struct gd_row *row, const char *column, uint64_t value, uint64_t most, const char *function);
/* Bytes as MiB. No GPU has more than 64 TiB. */
void gd_nvml_set_mib(struct gd_row *row, const char *column, uint64_t bytes, const char *function);
/* (device, text, length); fills `column` of `row`. */
void gd_nvml_take_text(struct gd_nvml *n, struct gd_nvml_gpu *g, struct gd_row *row, nvml_device device,
		       const char *column, const char *function);

/* Fills the row of a GPU, all but its key, index, status and loss. */
void gd_nvml_take_device(struct gd_nvml *n, struct gd_nvml_gpu *g);
/* Memory in all, in use and reserved, of a GPU or an instance. */
void gd_nvml_take_memory(struct gd_nvml *n, struct gd_nvml_gpu *g, struct gd_row *row, nvml_device device);
/* Adds the MIG instances of a GPU that has the mode switched on. */
void gd_nvml_take_instances(struct gd_nvml *n, struct gd_nvml_gpu *g);
/* Adds the processes that use a GPU. */
void gd_nvml_take_processes(struct gd_nvml *n, struct gd_nvml_gpu *g);

/* --- Pure text, in nvml_text.c. All results are owned. --- */

/* "ok", "driver-not-loaded", "gpu-is-lost" …; "error-1234" for one that nobody has heard of. */
char *gd_nvml_return_word(int error);
/* "12.8" from 12080; NULL where it makes no sense. */
char *gd_nvml_cuda_version(int version);
/* The driver's version in the name of a library file, /x/libnvidia-ml.so.570.86.15; NULL where it has none. */
char *gd_nvml_file_version(const char *path);
/* The same in what NVML calls its version, 12.570.86, which often lacks the last number; NULL where it has none. */
char *gd_nvml_own_version(const char *version);
/* As the kernel writes it: 0000:65:00.0. NULL where it makes no sense. */
char *gd_nvml_address(const struct nvml_pci *pci);
/* The reasons that hold the clocks down as words with commas, "none" where there are none. */
char *gd_nvml_throttle_words(uint64_t reasons);
/* "1g.10gb" from "NVIDIA H100 80GB HBM3 MIG 1g.10gb"; NULL where it names no profile. */
char *gd_nvml_mig_profile(const char *name);
/* How many bytes each of `count` entries has, where all behind what was written is still `filler`; 0: not clear. */
size_t gd_nvml_entry_bytes(const unsigned char *written, size_t len, size_t count, unsigned char filler);

#endif
