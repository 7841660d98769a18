/* SPDX-License-Identifier: MIT */
/* Facts of any kind through store, shipped rules, report and every output format. */
#include <jansson.h>
#include <string.h>

#include "fact/text.h"
#include "probe/probe.h"
#include "render/render.h"
#include "tests/fuzz/fuzz.h"

static const char *const seeds[] = { "tests/fuzz/seeds/facts/*", NULL };
static const char *const words[] = {
	" absent @ \"/x\"", " unknown asleep \"d\" fix \"f\"", " = ", "true", "false", "row\n", "1e300",
	"-1e300", "\"\"", "\"\\x1b[31m\"", "\"amdgpu\"", "\"gfx1103\"", NULL,
};
const struct gd_fuzz_target gd_fuzz_target = { .name = "report", .seeds = seeds, .words = words, .runs = 500 };

static void print_json(const struct gd_report *r, const struct gd_view *view)
{
	for (size_t i = 0; gd_formats[i]; i++) {
		gd_autobuf out = { 0 };
		json_error_t error;
		json_t *json;

		if (!gd_formats[i]->report)
			continue; /* a format for other things */
		gd_formats[i]->report(r, view, &out);
		FUZZ_ASSERT(out.len, "%s prints nothing", gd_formats[i]->name);
		if (strcmp(gd_formats[i]->name, "json"))
			continue;
		json = json_loadb(out.data, out.len, 0, &error);
		FUZZ_ASSERT(json, "%s: %s", error.text, out.data);
		json_decref(json);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	GD_CLEANUP(gd_facts_freep) struct gd_facts *facts = gd_facts_new();
	GD_CLEANUP(gd_store_closep) struct gd_store *store = NULL;
	GD_CLEANUP(gd_ruleset_freep) struct gd_ruleset *rules = gd_ruleset_new();
	GD_CLEANUP(gd_report_freep) struct gd_report *report = NULL;
	GD_CLEANUP(gd_verdicts_free) struct gd_verdicts verdicts = { 0 };
	const struct gd_report_options options = { .fail_on = GD_WARNING };
	const struct gd_view view = { .width = 80, .verbosity = 1 };
	struct gd_err err = { "" };
	int r;

	gd_probes_declare(facts);
	if (gd_text_parse(facts, "input", (const char *)data, size, &err) < 0)
		FUZZ_ASSERT(err.text[0], "a refusal says why");
	gd_facts_close(facts);
	r = gd_store_open(facts, false, &store, &err);
	FUZZ_ASSERT(r == 0, "%s", err.text);
	r = gd_store_lock(store, &err);
	FUZZ_ASSERT(r == 0, "%s", err.text);
	gd_ruleset_add_shipped(rules);
	gd_ruleset_eval(rules, store, &verdicts);
	for (size_t i = 0; i < rules->count; i++)
		FUZZ_ASSERT(!rules->rules[i]->broken, "%s", rules->rules[i]->broken);
	report = gd_report_new(facts, rules, &verdicts, &options);
	print_json(report, &view);
	return 0;
}
