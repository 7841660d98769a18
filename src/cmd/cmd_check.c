/* SPDX-License-Identifier: MIT */
#include "cmd/session.h"

static int report(struct gd_session *s, const struct gd_options *o)
{
	struct gd_report_options options = { .fail_on = o->fail_on, .show_private = o->show_private,
					     .live = !o->facts && gd_host_is_live(s->host) };
	gd_autobuf out = { 0 };
	struct gd_report *r;
	int status;

	gd_ruleset_eval(s->rules, s->store, &s->verdicts);
	r = gd_report_new(s->facts, s->rules, &s->verdicts, &options);
	o->format->report(r, &o->view, &out);
	status = r->exit_status;
	gd_report_free(r);
	return gd_put_out(&out) ? GD_EXIT_IO : status;
}

static int run(const struct gd_options *o, char **args, int count)
{
	struct gd_session s = { 0 };
	int status = gd_need_output(o, o->format->report != NULL);

	(void)args;
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
		status = report(&s, o);
	gd_session_close(&s);
	return status;
}

const struct gd_command gd_command_check = {
	.name = "check",
	.help = "look at the machine: findings and advice",
	.args = "",
	.about = "Looks at this machine, or at the one named, and says what is wrong, how that is known, and what to "
		 "do. Nothing is written, no device is woken, and no privilege is needed. The exit status is the "
		 "verdict: 0 healthy, 1 at least one error or warning, 2 no problem found but a check that could have "
		 "given an error stayed open, 64 and above for a fault of usage or input.",
	.options = GD_OPT_HOST | GD_OPT_FACTS | GD_OPT_FORMAT | GD_OPT_VERBOSITY | GD_OPT_FAIL_ON | GD_OPT_RULES |
		   GD_OPT_PRIVATE,
	.run = run,
};
