/* SPDX-License-Identifier: MIT */
#include "cmd/session.h"

static int explain(struct gd_session *s, const struct gd_options *o, const char *name)
{
	const struct gd_rule *rule = gd_ruleset_find(s->rules, name);
	struct gd_explanation e = { .rule = rule, .show_private = o->show_private };
	gd_autobuf out = { 0 };
	struct gd_err err;

	if (!rule)
		return gd_fail(GD_EXIT_USAGE, "there is no rule \"%s\"; gpudoctor rules lists them", name);
	if (rule->broken)
		return gd_fail(GD_EXIT_DATA, "%s", rule->broken);
	if (gd_rule_eval(rule, s->store, &s->verdicts, &err) < 0)
		return gd_fail(GD_EXIT_DATA, "%s", err.text);
	e.verdicts = s->verdicts.items;
	e.verdict_count = s->verdicts.count;
	o->format->explain(&e, &o->view, &out);
	return gd_put_out(&out);
}

static int run(const struct gd_options *o, char **args, int count)
{
	struct gd_session s = { 0 };
	int status = gd_need_output(o, o->format->explain != NULL);

	(void)count;
	if (!status)
		status = gd_session_open(&s, o);
	if (!status)
		status = gd_session_probe(&s, o);
	if (!status)
		status = gd_session_store(&s, o, GD_STORE_FOR_RULES);
	if (!status)
		status = gd_session_rules(&s, o);
	if (!status)
		status = explain(&s, o, args[0]);
	gd_session_close(&s);
	return status;
}

const struct gd_command gd_command_explain = {
	.name = "explain",
	.help = "a rule, the facts it read here, and its verdict",
	.args = "RULE",
	.about = "Prints the rule as it is written, and for each thing it was asked of the verdict and every fact that "
		 "it read, with its source or the reason why it is unknown.",
	.options = GD_OPT_HOST | GD_OPT_FACTS | GD_OPT_FORMAT | GD_OPT_RULES | GD_OPT_PRIVATE,
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
