/* SPDX-License-Identifier: MIT */
#include "plan/report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "plan/report_parts.h"

static const struct gd_row *first_row(const struct gd_facts *facts, const char *table)
{
	const struct gd_rows *t = gd_facts_table_peek(facts, table);

	return t && t->count ? t->rows[0] : NULL;
}

const char *gd_report_text(struct gd_report *r, const struct gd_row *row, const char *column)
{
	const char *s = row ? gd_get_text(row, column, NULL) : NULL;

	return s ? gd_arena_strdup(&r->arena, s) : NULL;
}

static const char *text_unless(struct gd_report *r, const struct gd_row *row, const char *column, const char *none)
{
	const char *s = gd_report_text(r, row, column);

	return s && strcmp(s, none) ? s : NULL;
}

static int64_t number(const struct gd_row *row, const char *column)
{
	return row ? gd_get_int(row, column, -1) : -1;
}

static double real(const struct gd_row *row, const char *column)
{
	return row ? gd_get_real(row, column, -1) : -1;
}

const char *gd_report_keep(struct gd_report *r, char *owned)
{
	const char *kept = gd_arena_strdup(&r->arena, owned);

	free(owned);
	return kept;
}

/* The widest instruction set, in words that builds of llama.cpp use. */
static const char *cpu_build(const struct gd_row *cpu)
{
	static const struct {
		const char *column;
		const char *name;
	} sets[] = {
		{ "amx_int8", "AMX" }, { "avx512f", "AVX-512" }, { "avx2", "AVX2" }, { "avx", "AVX" },
		{ "sse42", "SSE4.2" }, { "sve", "SVE" },	 { "i8mm", "NEON with i8mm" },
		{ "dotprod", "NEON with dot products" },	 { "neon", "NEON" },
	};

	for (size_t i = 0; cpu && i < GD_COUNT(sets); i++)
		if (gd_get_int(cpu, sets[i].column, 0) == 1)
			return sets[i].name;
	return NULL;
}

static void fill_machine(struct gd_report *r, const struct gd_facts *facts)
{
	struct gd_report_machine *m = &r->machine;
	const struct gd_row *host = first_row(facts, "host");
	const struct gd_row *platform = first_row(facts, "platform");
	const struct gd_row *cpu = first_row(facts, "cpu");
	const char *vendor = gd_report_text(r, platform, "vendor");
	const char *product = gd_report_text(r, platform, "product");
	bool hybrid = cpu && gd_get_int(cpu, "hybrid", 0) == 1;

	if (product && vendor && strncasecmp(product, vendor, strlen(vendor)))
		m->product = gd_report_keep(r, gd_xasprintf("%s %s", vendor, product));
	else
		m->product = product ? product : vendor;
	m->os = gd_report_text(r, host, "os_name");
	m->kernel = gd_report_text(r, host, "kernel_release");
	m->container = text_unless(r, platform, "container", "none");
	m->virtual_machine = text_unless(r, platform, "virtual_machine", "none");
	m->cpu = gd_report_text(r, cpu, "model");
	m->cpu_build = cpu_build(cpu);
	m->sockets = number(cpu, "sockets");
	m->cores = number(cpu, "cores");
	m->threads = number(cpu, "threads");
	m->performance_cores = hybrid ? number(cpu, "performance_cores") : -1;
	m->efficiency_cores = hybrid ? number(cpu, "efficiency_cores") : -1;
	m->usable_cores = number(cpu, "usable_cores");
	m->ram_mib = number(host, "ram_mib");
	m->ram_available_mib = number(host, "ram_available_mib");
	/* The fact is that of one socket. */
	m->cpu_bandwidth_gbps = real(cpu, "memory_bandwidth_gbps") * (double)(m->sockets > 1 ? m->sockets : 1);
	if (!isfinite(m->cpu_bandwidth_gbps))
		m->cpu_bandwidth_gbps = 0;
}

/* What the database says of the product, not what was read on this machine. */
static bool is_nominal(const struct gd_cell *c)
{
	return c->state == GD_KNOWN && c->source && !strncmp(c->source, "data/gpu-db/", 12);
}

static void fill_gpu(struct gd_report *r, struct gd_report_gpu *g, const struct gd_row *row)
{
	bool slot = gd_is_known(row, "slot_gtps") && gd_is_known(row, "slot_width");
	/* Registers that are known to read low are worse than none. */
	bool link = slot || gd_get_int(row, "link_reliable", 1) == 1;
	int64_t asleep = number(row, "asleep");

	*g = (struct gd_report_gpu){
		.id = gd_report_text(r, row, "id"),
		.name = gd_report_text(r, row, "name"),
		.vendor = gd_report_text(r, row, "vendor"),
		.isa = gd_report_text(r, row, "isa"),
		.driver = gd_is_absent(row, "driver") ? "" : gd_report_text(r, row, "driver"),
		.vulkan_driver = gd_report_text(r, row, "vulkan_driver"),
		.mesa_version = gd_report_text(r, row, "mesa_version"),
		.hsa_isa = gd_report_text(r, row, "hsa_isa"),
		.cuda_version = gd_report_text(r, row, "cuda_version"),
		.memory_type = gd_report_text(r, row, "memory_type"),
		.asleep = asleep < 0 ? NULL : asleep ? "yes" : "no",
		.integrated = (int)number(row, "integrated"),
		.compute = number(row, "compute") != 0,
		.passthrough = number(row, "passthrough") == 1,
		.cu_count = number(row, "cu_count"),
		.partitions = number(row, "partitions"),
		.vram_mib = number(row, "vram_mib"),
		.vram_is_nominal = is_nominal(gd_get(row, "vram_mib")),
		.gtt_mib = number(row, "gtt_mib"),
		.bandwidth_gbps = real(row, "bandwidth_gbps"),
		.link_gtps = link ? real(row, slot ? "slot_gtps" : "link_gtps") : -1,
		.link_width = link ? number(row, slot ? "slot_width" : "link_width") : -1,
	};
}

static void fill_gpus(struct gd_report *r, const struct gd_facts *facts)
{
	const struct gd_rows *gpus = gd_facts_table_peek(facts, "gpu");

	r->gpus = gd_xcalloc(gpus->count, sizeof(*r->gpus));
	for (size_t i = 0; i < gpus->count; i++)
		fill_gpu(r, &r->gpus[r->gpu_count++], gpus->rows[i]);
	r->gpus_of_drivers = number(first_row(facts, "vulkan"), "gpu_count");
	if (number(first_row(facts, "nvml"), "device_count") > r->gpus_of_drivers)
		r->gpus_of_drivers = number(first_row(facts, "nvml"), "device_count");
	r->gpus_complete = gpus->complete;
	if (!gpus->complete)
		r->gpus_why = gd_arena_strdup(&r->arena, gpus->detail ? gpus->detail : gd_gap_text_peek(gpus->gap));
}

static void fill_probes(struct gd_report *r, const struct gd_facts *facts)
{
	const struct gd_rows *probes = gd_facts_table_peek(facts, "probe");

	for (size_t i = 0; i < probes->count; i++) {
		const struct gd_row *row = probes->rows[i];
		gd_autofree line = NULL;

		if (strcmp(gd_get_text(row, "status", "ok"), "failed"))
			continue;
		line = gd_xasprintf("%s: %s", gd_get_text(row, "name", ""), gd_get_text(row, "detail", ""));
		gd_strv_add(&r->failed_probes, line);
	}
}

/* Verdicts come rule by rule: counts each rule once. */
static void count_rules(struct gd_report *r, const struct gd_verdicts *verdicts)
{
	const struct gd_rule *asked = NULL;
	const struct gd_rule *open = NULL;

	for (size_t i = 0; i < verdicts->count; i++) {
		const struct gd_verdict *v = &verdicts->items[i];

		if (v->outcome == GD_NOT_APPLICABLE)
			continue;
		r->rules_asked += v->rule != asked;
		asked = v->rule;
		if (v->outcome != GD_UNDECIDED)
			continue;
		r->rules_open += v->rule != open;
		open = v->rule;
	}
}

static void fill_rules(struct gd_report *r, const struct gd_ruleset *rules, const struct gd_verdicts *verdicts)
{
	for (size_t i = 0; i < rules->errors.count; i++)
		gd_strv_add(&r->broken_rules, rules->errors.items[i]);
	for (size_t i = 0; i < rules->count; i++)
		if (rules->rules[i]->broken)
			gd_strv_add(&r->broken_rules, rules->rules[i]->broken);
		else
			r->rules_total++;
	count_rules(r, verdicts);
}

static int64_t compute_gpus(const struct gd_report *r)
{
	int64_t n = 0;

	for (size_t i = 0; i < r->gpu_count; i++)
		n += r->gpus[i].compute && !r->gpus[i].passthrough;
	return n;
}

/* What a machine without a GPU can expect. */
static void add_cpu_headline(const struct gd_report *r, struct gd_buf *s)
{
	const struct gd_report_machine *m = &r->machine;

	gd_buf_puts(s, "No GPU for compute here: models run on the CPU");
	if (m->cores > 0)
		gd_buf_printf(s, ", %lld cores", (long long)m->cores);
	if (m->cpu_build)
		gd_buf_printf(s, " with %s", m->cpu_build);
	if (m->cpu_bandwidth_gbps > 0)
		gd_buf_printf(s, ", memory up to %.0f GB/s", m->cpu_bandwidth_gbps);
	gd_buf_putc(s, '.');
}

/* A machine without errors and warnings: what is left to say of it. */
static const char *quiet_headline(struct gd_report *r, const struct gd_finding *first)
{
	size_t more = r->by_severity[GD_ADVICE] > 1 ? r->by_severity[GD_ADVICE] - 1 : 0;
	gd_autobuf s = { 0 };

	if (!r->gpu_count && !r->gpus_complete)
		gd_buf_puts(&s, "The GPUs of this machine could not be listed.");
	else if (!compute_gpus(r) && r->gpus_of_drivers > 0)
		gd_buf_puts(&s, "Drivers list a GPU that /sys does not show; gpudoctor facts has what they say of it.");
	else if (!compute_gpus(r))
		add_cpu_headline(r, &s);
	else if (r->rules_open)
		gd_buf_printf(&s, "No problem was found; %zu check%s could not be made.", r->rules_open,
			      r->rules_open == 1 ? "" : "s");
	else if (!r->broken_rules.count)
		gd_buf_puts(&s, "No problem was found.");
	else
		gd_buf_printf(&s, "No problem was found; %zu rule%s cannot run.", r->broken_rules.count,
			      r->broken_rules.count == 1 ? "" : "s");
	if (first && first->severity == GD_ADVICE)
		gd_buf_printf(&s, " Advice: %s%s%s", first->rule->title, *first->subject ? " – " : "", first->subject);
	if (more)
		gd_buf_printf(&s, ", and %zu more", more);
	return gd_report_keep(r, gd_buf_take(&s));
}

static const char *headline(struct gd_report *r)
{
	const struct gd_finding *first = r->finding_count ? &r->findings[0] : NULL;

	if (!first || first->severity > GD_WARNING)
		return quiet_headline(r, first);
	return gd_report_keep(r, gd_xasprintf("%s: %s%s%s", gd_severity_name_peek(first->severity), first->rule->title,
					      *first->subject ? " – " : "", first->subject));
}

static int exit_status(const struct gd_report *r, enum gd_severity fail_on)
{
	for (int s = 0; s <= (int)fail_on; s++)
		if (r->by_severity[s])
			return 1;
	/* A rule that cannot run might have found something: a gate must not turn green. */
	if (r->broken_rules.count)
		return 2;
	for (size_t i = 0; i < r->open_count; i++)
		if (r->open[i].could_be_error)
			return 2;
	return 0;
}

struct gd_report *gd_report_new(const struct gd_facts *facts, const struct gd_ruleset *rules,
				const struct gd_verdicts *verdicts, const struct gd_report_options *options)
{
	struct gd_report *r = gd_xcalloc(1, sizeof(*r));

	fill_machine(r, facts);
	fill_gpus(r, facts);
	gd_report_fill_rocm(r, facts);
	fill_probes(r, facts);
	fill_rules(r, rules, verdicts);
	gd_report_fill_findings(r, verdicts, options->show_private);
	gd_report_fill_open(r, facts, verdicts);
	r->exit_status = exit_status(r, options->fail_on);
	r->headline = headline(r);
	if (options->live && r->gpus_complete && !compute_gpus(r) && r->gpus_of_drivers < 1)
		r->hint = "gpudoctor check --demo shows the report of a machine with a GPU";
	return r;
}

void gd_report_free(struct gd_report *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->open_count; i++) {
		gd_strv_free(&r->open[i].rules);
		gd_strv_free(&r->open[i].facts);
	}
	for (size_t i = 0; i < r->finding_count; i++)
		free(r->findings[i].evidence);
	for (size_t i = 0; i < r->rocm_count; i++)
		free(r->rocm[i].kernels);
	free(r->rocm);
	free(r->open);
	free(r->findings);
	free(r->gpus);
	gd_strv_free(&r->failed_probes);
	gd_strv_free(&r->broken_rules);
	gd_arena_free(&r->arena);
	free(r);
}
