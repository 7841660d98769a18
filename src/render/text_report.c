/* SPDX-License-Identifier: MIT */
/*
 * The report for people: the most important sentence, the machine, each GPU in
 * two or three lines, the findings, and what could not be checked.
 */
#include "render/text_report.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "render/term.h"

static enum gd_style style_of(enum gd_severity s)
{
	static const enum gd_style styles[] = {
		[GD_ERROR] = GD_RED, [GD_WARNING] = GD_YELLOW, [GD_ADVICE] = GD_CYAN, [GD_INFO] = GD_PLAIN,
	};

	return styles[s];
}

/* Adds ", " between the pieces of a sentence. */
static void comma(struct gd_buf *b)
{
	if (b->len)
		gd_buf_puts(b, ", ");
}

static void add_size(struct gd_buf *b, int64_t mib)
{
	if (mib >= 1024)
		gd_buf_printf(b, "%.1f GiB", (double)mib / 1024);
	else
		gd_buf_printf(b, "%lld MiB", (long long)mib);
}

static void put_line(struct gd_buf *out, const struct gd_view *view, const char *label, const struct gd_buf *text)
{
	gd_autofree first = gd_xasprintf("%-8s ", label);

	if (text->len)
		gd_paragraph(out, view, first, text->data);
}

static void put_system(const struct gd_report_machine *m, const struct gd_view *view, struct gd_buf *out)
{
	gd_autobuf s = { 0 };

	if (m->product)
		gd_buf_puts(&s, m->product);
	if (m->os) {
		comma(&s);
		gd_buf_puts(&s, m->os);
	}
	if (m->kernel) {
		comma(&s);
		gd_buf_printf(&s, "Linux %s", m->kernel);
	}
	if (m->container) {
		comma(&s);
		gd_buf_printf(&s, "in a container (%s)", m->container);
	}
	if (m->virtual_machine) {
		comma(&s);
		gd_buf_printf(&s, "virtual machine (%s)", m->virtual_machine);
	}
	if (!s.len)
		gd_buf_puts(&s, "not known");
	put_line(out, view, "Machine", &s);
}

static void put_cpu(const struct gd_report_machine *m, const struct gd_view *view, struct gd_buf *out)
{
	gd_autobuf s = { 0 };

	if (m->cpu)
		gd_buf_puts(&s, m->cpu);
	if (m->sockets > 1) {
		comma(&s);
		gd_buf_printf(&s, "%lld sockets", (long long)m->sockets);
	}
	if (m->cores > 0) {
		comma(&s);
		gd_buf_printf(&s, "%lld cores", (long long)m->cores);
		if (m->performance_cores > 0 && m->efficiency_cores > 0)
			gd_buf_printf(&s, " (%lld performance, %lld efficiency)", (long long)m->performance_cores,
				      (long long)m->efficiency_cores);
	}
	if (m->threads > 0) {
		comma(&s);
		gd_buf_printf(&s, "%lld threads", (long long)m->threads);
	}
	if (m->usable_cores > 0 && m->cores > 0 && m->usable_cores < m->cores)
		gd_buf_printf(&s, " (%lld cores usable here)", (long long)m->usable_cores);
	if (m->cpu_build) {
		comma(&s);
		gd_buf_puts(&s, m->cpu_build);
	}
	put_line(out, view, "CPU", &s);
	gd_buf_clear(&s);
	if (m->ram_mib >= 0)
		add_size(&s, m->ram_mib);
	if (m->ram_mib >= 0 && m->ram_available_mib >= 0) {
		gd_buf_puts(&s, " (");
		add_size(&s, m->ram_available_mib);
		gd_buf_puts(&s, " available)");
	}
	if (s.len && m->cpu_bandwidth_gbps > 0)
		gd_buf_printf(&s, ", up to %.0f GB/s", m->cpu_bandwidth_gbps);
	if (!s.len)
		gd_buf_puts(&s, "not known");
	put_line(out, view, "Memory", &s);
}

static void gpu_title(const struct gd_report_gpu *g, struct gd_buf *s)
{
	gd_buf_puts(s, g->name ? g->name : "a device of unknown name");
	gd_buf_puts(s, " (");
	if (g->isa)
		gd_buf_printf(s, "%s, ", g->isa);
	if (g->integrated >= 0)
		gd_buf_printf(s, "%s, ", g->integrated ? "integrated" : "discrete");
	if (g->cu_count > 0)
		gd_buf_printf(s, "%lld CUs, ", (long long)g->cu_count);
	if (g->partitions > 1)
		gd_buf_printf(s, "%lld partitions, ", (long long)g->partitions);
	gd_buf_printf(s, "%s)", g->id);
}

static void gpu_memory(const struct gd_report_gpu *g, struct gd_buf *s)
{
	if (g->vram_mib >= 0) {
		add_size(s, g->vram_mib);
		gd_buf_puts(s, g->integrated == 1 ? " carve-out" : " VRAM");
		if (g->vram_is_nominal)
			gd_buf_puts(s, " (by its data sheet)");
	}
	if (g->integrated == 1 && g->gtt_mib >= 0) {
		if (s->len)
			gd_buf_puts(s, " + ");
		add_size(s, g->gtt_mib);
		gd_buf_puts(s, " of system memory (GTT)");
	}
	if (g->memory_type) {
		comma(s);
		gd_buf_puts(s, g->memory_type);
	}
	if (g->bandwidth_gbps > 0) {
		comma(s);
		gd_buf_printf(s, "up to %.0f GB/s", g->bandwidth_gbps);
	}
}

static void gpu_driver(const struct gd_report_gpu *g, struct gd_buf *s)
{
	if (g->passthrough)
		gd_buf_printf(s, "handed to virtual machines (%s)", g->driver ? g->driver : "");
	else if (g->driver)
		gd_buf_printf(s, "%s%s", *g->driver ? "driver " : "no driver bound", g->driver);
	else
		gd_buf_puts(s, "driver not known");
	if (g->link_gtps > 0 && g->link_width > 0 && g->integrated == 0) {
		comma(s);
		gd_buf_printf(s, "PCIe %g GT/s x%lld now", g->link_gtps, (long long)g->link_width);
	}
	if (g->asleep && !strcmp(g->asleep, "yes"))
		gd_buf_puts(s, ", asleep (not woken)");
}

/* The ways by which programs reach it. */
static void gpu_interfaces(const struct gd_report_gpu *g, struct gd_buf *s)
{
	if (g->cuda_version)
		gd_buf_printf(s, "CUDA %s", g->cuda_version);
	if (g->hsa_isa) {
		comma(s);
		gd_buf_puts(s, "ROCm");
		if (g->isa && strcmp(g->isa, g->hsa_isa))
			gd_buf_printf(s, " (as %s)", g->hsa_isa);
	}
	if (!g->vulkan_driver)
		return;
	comma(s);
	gd_buf_printf(s, "Vulkan (%s%s%s)", g->vulkan_driver, g->mesa_version ? ", Mesa " : "",
		      g->mesa_version ? g->mesa_version : "");
}

static void put_gpu(const struct gd_report_gpu *g, const struct gd_view *view, struct gd_buf *out)
{
	gd_autobuf title = { 0 };
	gd_autobuf memory = { 0 };
	gd_autobuf driver = { 0 };
	gd_autobuf interfaces = { 0 };

	if (!g->compute) {
		if (view->verbosity < GD_VERBOSE)
			return;
		gd_buf_printf(&title, "%s (%s): for the screen only", g->name ? g->name : "a display device", g->id);
		put_line(out, view, "Display", &title);
		return;
	}
	gpu_title(g, &title);
	put_line(out, view, "GPU", &title);
	gpu_memory(g, &memory);
	put_line(out, view, "", &memory);
	gpu_driver(g, &driver);
	put_line(out, view, "", &driver);
	gpu_interfaces(g, &interfaces);
	if (interfaces.len)
		put_line(out, view, "", &interfaces);
}

static void put_gpus(const struct gd_report *r, const struct gd_view *view, struct gd_buf *out)
{
	const struct gd_report_gpu *display = NULL;
	gd_autobuf s = { 0 };
	bool any = false;

	for (size_t i = 0; i < r->gpu_count; i++) {
		put_gpu(&r->gpus[i], view, out);
		any |= r->gpus[i].compute;
		if (!r->gpus[i].compute)
			display = &r->gpus[i];
	}
	if (!r->gpus_complete)
		gd_buf_printf(&s, "%s not known: %s", any ? "whether there are more is" : "", r->gpus_why);
	else if (!any && display && display->name)
		gd_buf_printf(&s, "none for compute (%s is for the screen only)", display->name);
	else if (!any)
		gd_buf_puts(&s, r->gpus_of_drivers > 0 ? "none in /sys" : "none for compute");
	put_line(out, view, "GPU", &s);
}

static void put_evidence(const struct gd_finding *f, const struct gd_view *view, struct gd_buf *out)
{
	const char *label = "    seen in    ";

	for (size_t i = 0; i < f->evidence_count; i++) {
		const struct gd_evidence *e = &f->evidence[i];
		gd_autofree text = NULL;

		/* What only says that the rule applies would drown what it found. */
		if (!e->decides && view->verbosity < GD_VERBOSE)
			continue;
		if (e->value && e->source)
			text = gd_xasprintf("%s = %s (%s)", e->fact, e->value, e->source);
		else if (e->value)
			text = gd_xasprintf("%s of %s", e->fact, e->value);
		else
			text = gd_xasprintf("%s is %s (%s)", e->fact, e->state, e->reason ? e->reason : e->source);
		gd_paragraph(out, view, label, text);
		label = "               ";
	}
}

static void put_finding(const struct gd_finding *f, const struct gd_view *view, struct gd_buf *out)
{
	gd_autofree label = gd_xasprintf("%s  ", gd_severity_name_peek(f->severity));
	gd_autofree title = gd_xasprintf("%s%s%s", f->rule->title, *f->subject ? " – " : "", f->subject);

	gd_buf_putc(out, '\n');
	gd_paragraph_styled(out, view, style_of(f->severity), label, GD_BOLD, title);
	gd_paragraph(out, view, "    ", f->says);
	if (view->verbosity == GD_QUIET)
		return;
	if (f->rule->because)
		gd_paragraph(out, view, "    why        ", f->rule->because);
	put_evidence(f, view, out);
	for (size_t i = 0; i < f->fix_count; i++) {
		gd_autofree text = gd_xasprintf("%s: %s", gd_fix_kind_text_peek(f->fixes[i].kind), f->fixes[i].text);

		gd_paragraph(out, view, i ? "    or         " : "    to do      ", text);
	}
	if (view->verbosity < GD_VERBOSE)
		return;
	for (size_t i = 0; i < f->rule->see.count; i++)
		gd_paragraph(out, view, "    see        ", f->rule->see.items[i]);
	gd_buf_printf(out, "    rule       %s\n", f->rule->name);
}

/* What could at most have been a note would only teach people to skip this part. */
static bool is_shown(const struct gd_open_question *q, const struct gd_view *view)
{
	return !q->minor || view->verbosity == GD_VERBOSE;
}

static void put_question(const struct gd_open_question *q, const struct gd_view *view, struct gd_buf *out)
{
	gd_autofree facts = gd_strv_join(&q->facts, ", ");
	gd_autofree rules = gd_strv_join(&q->rules, "; ");
	gd_autofree head = gd_xasprintf("%s (%zu check%s)", gd_gap_text_peek(q->gap), q->rules.count,
					q->rules.count == 1 ? "" : "s");

	gd_paragraph(out, view, "  - ", head);
	gd_paragraph(out, view, "    for example  ", q->detail);
	if (q->remedy)
		gd_paragraph(out, view, "    to know it   ", q->remedy);
	if (view->verbosity < GD_VERBOSE)
		return;
	gd_paragraph(out, view, "    facts        ", facts);
	gd_paragraph(out, view, "    checks       ", rules);
}

static void put_open(const struct gd_report *r, const struct gd_view *view, struct gd_buf *out)
{
	bool any = r->failed_probes.count > 0;
	size_t minor = 0;

	any |= r->open_count > 0;
	if (any) {
		gd_buf_putc(out, '\n');
		gd_styled(out, view, GD_BOLD, "Could not be checked");
		gd_buf_putc(out, '\n');
	}
	for (size_t i = 0; i < r->open_count; i++)
		if (is_shown(&r->open[i], view))
			put_question(&r->open[i], view, out);
		else
			minor += r->open[i].rules.count;
	if (minor) {
		gd_autofree text = gd_xasprintf("%zu of little weight (--verbose tells which)", minor);

		gd_paragraph(out, view, "  - ", text);
	}
	for (size_t i = 0; i < r->failed_probes.count; i++)
		gd_paragraph(out, view, "  - the probe ", r->failed_probes.items[i]);
}

static void put_broken(const struct gd_report *r, const struct gd_view *view, struct gd_buf *out)
{
	if (!r->broken_rules.count)
		return;
	gd_buf_putc(out, '\n');
	gd_styled(out, view, GD_BOLD, "Rules that cannot run");
	gd_buf_putc(out, '\n');
	for (size_t i = 0; i < r->broken_rules.count; i++)
		gd_paragraph(out, view, "  - ", r->broken_rules.items[i]);
}

static void put_counts(const struct gd_report *r, const struct gd_view *view, struct gd_buf *out)
{
	static const char *const plural[] = {
		[GD_ERROR] = "errors", [GD_WARNING] = "warnings", [GD_ADVICE] = "advice", [GD_INFO] = "info",
	};
	gd_autobuf s = { 0 };

	for (int i = 0; i < GD_SEVERITY_COUNT; i++)
		gd_buf_printf(&s, "%s%zu %s", i ? ", " : "", r->by_severity[i],
			      r->by_severity[i] == 1 ? gd_severity_name_peek((enum gd_severity)i) : plural[i]);
	gd_buf_printf(&s, ". Of %zu rules %zu were answered, %zu could not be, %zu do not apply", r->rules_total,
		      r->rules_asked - r->rules_open, r->rules_open, r->rules_total - r->rules_asked);
	if (r->broken_rules.count)
		gd_buf_printf(&s, "; %zu more cannot run", r->broken_rules.count);
	gd_buf_putc(&s, '.');
	gd_buf_putc(out, '\n');
	gd_paragraph(out, view, "", s.data);
}

void gd_text_report(const struct gd_report *r, const struct gd_view *view, struct gd_buf *out)
{
	enum gd_style style = r->finding_count && r->findings[0].severity <= GD_WARNING
				      ? style_of(r->findings[0].severity)
				      : GD_BOLD;

	gd_paragraph_styled(out, view, GD_PLAIN, "", style, r->headline);
	if (view->verbosity > GD_QUIET) {
		gd_buf_putc(out, '\n');
		put_system(&r->machine, view, out);
		put_cpu(&r->machine, view, out);
		put_gpus(r, view, out);
		gd_text_rocm(r, view, out);
	}
	for (size_t i = 0; i < r->finding_count; i++)
		if (view->verbosity > GD_QUIET || r->findings[i].severity <= GD_WARNING)
			put_finding(&r->findings[i], view, out);
	put_broken(r, view, out);
	if (view->verbosity > GD_QUIET) {
		put_open(r, view, out);
		put_counts(r, view, out);
		if (r->hint)
			gd_paragraph(out, view, "", r->hint);
	}
}
