/* SPDX-License-Identifier: MIT */
/* Rule files: read, compiled, and asked of a store without rows and of one with a row. */
#include "fact/text.h"
#include "probe/probe.h"
#include "rule/rule.h"
#include "tests/fuzz/fuzz.h"

static const char *const seeds[] = { "tests/fuzz/seeds/rules/*", "rules/*.rules", NULL };
static const char *const words[] = {
	"[", "]\n", "title = ", "on = gpu\n", "when = ", "problem = ", "severity = error\n", "says = ",
	"fix = ", "valid = kernel >= 6.10\n", "see = ", "gpu.vram_mib", "host.ram_mib", "gpu.vendor",
	"EXISTS (SELECT 1 FROM gpu AS g WHERE g.id = gpu.id)", "SELECT", "CASE", "COALESCE", " IN ", " NOT ",
	" AND ", " OR ", "(", ")", "--", ";", "/*", "{", "}", "{{", "}}", "NULL", "COUNT(*)", "'",
	"sqlite_master", NULL,
};
const struct gd_fuzz_target gd_fuzz_target = { .name = "rules", .seeds = seeds, .words = words, .runs = 2000 };

static const char one_gpu[] = "gpudoctor-facts 1\n"
			      "table gpu complete\n"
			      "row\n"
			      "  id = \"0000:01:00.0\" @ \"x\"\n"
			      "  vendor = \"AMD\" @ \"x\"\n"
			      "  vram_mib = 16368 @ \"x\"\n"
			      "table host complete\n"
			      "row\n"
			      "  ram_mib = 64000 @ \"x\"\n"
			      "  kernel_release = \"6.10.3\" @ \"x\"\n"
			      "end\n";

struct machine {
	struct gd_facts *facts;
	struct gd_store *store;
};

static void open_machine(struct machine *m, const char *text)
{
	struct gd_err err = { "" };
	int r;

	m->facts = gd_facts_new();
	gd_probes_declare(m->facts);
	r = text ? gd_text_parse(m->facts, "one_gpu", text, sizeof(one_gpu) - 1, &err) : 0;
	FUZZ_ASSERT(r == 0, "%s", err.text);
	gd_facts_close(m->facts);
	r = gd_store_open(m->facts, false, &m->store, &err);
	FUZZ_ASSERT(r == 0, "%s", err.text);
	r = gd_store_lock(m->store, &err);
	FUZZ_ASSERT(r == 0, "%s", err.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct machine empty;
	static struct machine full;
	GD_CLEANUP(gd_ruleset_freep) struct gd_ruleset *rules = gd_ruleset_new();
	GD_CLEANUP(gd_verdicts_free) struct gd_verdicts verdicts = { 0 };

	if (!empty.facts) {
		open_machine(&empty, NULL);
		open_machine(&full, one_gpu);
	}
	gd_ruleset_add_text(rules, "input", GD_USER, (const char *)data, size);
	gd_ruleset_check(rules, empty.store, GD_SHIPPED);
	gd_ruleset_eval(rules, full.store, &verdicts);
	for (size_t i = 0; i < verdicts.count; i++) {
		const struct gd_verdict *v = &verdicts.items[i];

		FUZZ_ASSERT(!v->rule->broken, "a broken rule has no verdict: %s", v->rule->broken);
		FUZZ_ASSERT(v->outcome != GD_PROBLEM || v->says, "[%s] says nothing", v->rule->name);
	}
	return 0;
}
