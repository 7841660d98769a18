/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "cmd/session.h"

/* The tables without rows: rules compile against them as against any machine. */
static int open_empty(struct gd_session *s, const struct gd_options *o)
{
	s->facts = gd_facts_new();
	gd_probes_declare(s->facts);
	return gd_session_store(s, o, GD_STORE_FOR_RULES);
}

static int check_file(struct gd_session *s, const char *file)
{
	struct gd_err err;
	size_t faults = 0;
	int r;

	s->rules = gd_ruleset_new();
	r = gd_ruleset_add_path(s->rules, file, GD_USER, &err);
	if (r < 0)
		return gd_fail(gd_status_of(r), "%s", err.text);
	gd_ruleset_check(s->rules, s->store, GD_SHIPPED);
	for (size_t i = 0; i < s->rules->errors.count; i++, faults++)
		fprintf(stderr, "%s\n", s->rules->errors.items[i]);
	for (size_t i = 0; i < s->rules->count; i++) {
		if (!s->rules->rules[i]->broken)
			continue;
		fprintf(stderr, "%s\n", s->rules->rules[i]->broken);
		faults++;
	}
	printf("%zu rule%s, %zu fault%s\n", s->rules->count, s->rules->count == 1 ? "" : "s", faults,
	       faults == 1 ? "" : "s");
	return faults ? GD_EXIT_DATA : 0;
}

static int list(struct gd_session *s, const struct gd_options *o)
{
	gd_autobuf out = { 0 };
	int status = gd_session_rules(s, o);

	if (status)
		return status;
	o->format->rules(s->rules, &o->view, &out);
	for (size_t i = 0; i < s->rules->errors.count; i++)
		gd_fail(0, "%s", s->rules->errors.items[i]);
	for (size_t i = 0; i < s->rules->count; i++)
		if (s->rules->rules[i]->broken)
			gd_fail(0, "%s", s->rules->rules[i]->broken);
	return gd_put_out(&out);
}

static int run(const struct gd_options *o, char **args, int count)
{
	struct gd_session s = { 0 };
	int status = gd_need_output(o, o->format->rules != NULL);

	(void)args;
	(void)count;
	if (!status)
		status = open_empty(&s, o);
	if (!status)
		status = o->check_file ? check_file(&s, o->check_file) : list(&s, o);
	gd_session_close(&s);
	return status;
}

const struct gd_command gd_command_rules = {
	.name = "rules",
	.help = "list the rules, or check a rule file",
	.args = "",
	.about = "Lists every rule: those that come with the program, those in /etc/gpudoctor/rules.d and those of "
		 "--rules. With --check, says what is wrong with a rule file, with file and line. See "
		 "gpudoctor-rules(5).",
	.options = GD_OPT_FORMAT | GD_OPT_RULES | GD_OPT_CHECK,
	.run = run,
};
