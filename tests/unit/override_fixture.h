/* SPDX-License-Identifier: MIT */
#ifndef GD_TEST_OVERRIDE_FIXTURE_H
#define GD_TEST_OVERRIDE_FIXTURE_H
/* A machine of GPUs and scopes that set variables, and what the probe rocm_override makes of it. */
#include "probe_machine.h"

#include "fact/gpudb.h"

extern const struct gd_probe gd_probe_rocm_override;
extern const struct gd_probe gd_probe_rocm_setting;
extern const struct gd_probe gd_probe_setting;
extern const struct gd_probe gd_probe_gpu;
extern const struct gd_probe gd_probe_kfd;
extern const struct gd_probe gd_probe_rocm;
extern const struct gd_probe gd_probe_rocm_kernels;
extern const struct gd_probe gd_probe_gpu_code;

#define OVERRIDE "HSA_OVERRIDE_GFX_VERSION"
#define T "rocm_override"
#define KEY "unit a 0000:03:00.0"

static struct gd_gpudb *db;

static inline void declare(struct gd_facts *f, const struct gd_probe *probe)
{
	for (const struct gd_table *const *t = probe->tables; *t; t++) {
		gd_facts_declare(f, *t, probe->name);
		gd_facts_complete(f, (*t)->name);
	}
}

static inline void begin_with(struct machine *m, const char *origin, const char *files)
{
	gd_autofree text =
		gd_xasprintf("gpudoctor-capture 1\norigin %s\n%send %u\n", origin, files, count_entries(files));
	struct gd_capture *capture = NULL;
	struct gd_err err = { "" };

	if (gd_capture_parse("test", text, strlen(text), &capture, &err) < 0)
		fail_msg("%s", err.text);
	machine_free(m);
	m->host = gd_capture_host(capture);
	m->facts = gd_facts_new();
	declare(m->facts, &gd_probe_setting);
	declare(m->facts, &gd_probe_gpu);
	declare(m->facts, &gd_probe_kfd);
	declare(m->facts, &gd_probe_rocm);
	declare(m->facts, &gd_probe_rocm_kernels);
	declare(m->facts, &gd_probe_gpu_code);
}

/* An empty machine, all of it looked at. */
static inline void begin(struct machine *m)
{
	begin_with(m, "live", "absent /opt/none\n");
}

static inline void add_gpu(struct machine *m, const char *id, int64_t node, const char *isa)
{
	struct gd_row *gpu = gd_facts_add(m->facts, "gpu");

	gd_set_text(gpu, "id", id, "test");
	gd_set_text(gpu, "name", "Radeon", "test");
	gd_set_text(gpu, "vendor", "AMD", "test");
	if (node >= 0) {
		struct gd_row *row = gd_facts_add(m->facts, "kfd_node");

		gd_set_int(gpu, "kfd_node", node, "test");
		gd_set_int(row, "node", node, "test");
		gd_set_bool(row, "is_gpu", true, "test");
	}
	if (isa)
		gd_set_text(gpu, "isa", isa, "test");
}

static inline void add_scope(struct machine *m, const char *id, const char *kind)
{
	struct gd_row *row = gd_facts_add(m->facts, "scope");

	gd_set_text(row, "id", id, "test");
	gd_set_text(row, "kind", kind, "test");
	gd_set_text(row, "name", id, "test");
	gd_set_absent(row, "unit", "test");
}

static inline void set(struct machine *m, const char *scope, const char *variable, const char *value)
{
	struct gd_row *row = gd_facts_add(m->facts, "setting");
	gd_autofree id = gd_xasprintf("%s %s", scope, variable);

	gd_set_text(row, "id", id, "test");
	gd_set_text(row, "scope", scope, "test");
	gd_set_text(row, "variable", variable, "test");
	if (value)
		gd_set_text(row, "value", value, "test");
	else
		gd_set_unknown(row, "value", GD_GAP_DENIED, "denied", NULL);
	gd_set_text(row, "place", "/etc/x:1", "test");
	gd_set_bool(row, "repeated", false, "test");
}

static inline void judge(struct machine *m)
{
	struct gd_ctx ctx = { .probe = &gd_probe_rocm_override, .db = db, .host = m->host, .facts = m->facts };
	struct gd_err err = { "" };

	gd_facts_declare(m->facts, gd_probe_rocm_override.tables[0], "rocm_override");
	gd_facts_declare(m->facts, gd_probe_rocm_setting.tables[0], "rocm_setting");
	assert_int_equal(gd_probe_rocm_override.run(&ctx, &err), 0);
	assert_int_equal(gd_probe_rocm_setting.run(&ctx, &err), 0);
	gd_facts_close(m->facts);
}

/* One GPU, one unit, one value. */
static inline void begin_one(struct machine *m, const char *isa, const char *value)
{
	begin(m);
	add_gpu(m, "0000:03:00.0", 1, isa);
	add_scope(m, "unit a", "unit");
	set(m, "unit a", OVERRIDE, value);
}

static inline int set_up(void **state)
{
	(void)state;
	db = gd_gpudb_open();
	return 0;
}

static inline int tear_down(void **state)
{
	(void)state;
	gd_gpudb_free(db);
	return 0;
}

#endif
