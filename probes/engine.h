/* SPDX-License-Identifier: MIT */
#ifndef GD_PROBE_ENGINE_H
#define GD_PROBE_ENGINE_H
/* Inference engines by the names of their programs, processes and units. Each name returned is borrowed. */
#include "host/host.h"

/* "ollama", "llama.cpp", "lemonade", "vllm", "koboldcpp", "localai" or "lm-studio"; NULL for any other program. */
const char *gd_engine_of_program_peek(const char *path);
/* The same for a unit: ollama.service, llama-server.service, vllm@qwen.service … */
const char *gd_engine_of_unit_peek(const char *name);
/*
 * For a process by its short name and its arguments, each ended by a NUL:
 * Python runs what its first argument names.
 */
const char *gd_engine_of_process_peek(const char *comm, const char *args, size_t len);
/* What Python runs: the first argument that is no option, or what stands behind -m. NULL where there is none. */
const char *gd_engine_script_peek(const char *args, size_t len);
/* For gd_host_processes(): any of these. */
int gd_engine_filter(const char *comm, const char *args, size_t len);
#define GD_ENGINE_PROCESSES "engines"

#endif
