/* SPDX-License-Identifier: MIT */
#include "cmd/session.h"

/* Every table must exist; a misspelt one is told. */
static int check_tables(const struct gd_session *s, char **tables, int count)
{
	for (int i = 0; i < count; i++)
		if (!gd_facts_table_peek(s->facts, tables[i]))
			return gd_fail(GD_EXIT_USAGE,
				       "there is no fact table \"%s\"; gpudoctor facts --describe lists them",
				       tables[i]);
	return 0;
}

static int describe(struct gd_session *s, const struct gd_options *o, char **args, int count, struct gd_buf *out)
{
	struct gd_facts *wanted;
	int status;

	s->facts = gd_facts_new();
	gd_probes_declare(s->facts);
	status = check_tables(s, args, count);
	if (status)
		return status;
	wanted = gd_facts_new();
	for (int i = 0; i < count; i++) {
		const struct gd_rows *t = gd_facts_table_peek(s->facts, args[i]);

		if (!gd_facts_table_peek(wanted, args[i]))
			gd_facts_declare(wanted, t->table, t->probe);
	}
	o->format->describe(count ? wanted : s->facts, &o->view, out);
	gd_facts_free(wanted);
	return 0;
}

static int show(struct gd_session *s, const struct gd_options *o, char **args, int count, struct gd_buf *out)
{
	struct gd_text_options text = { .show_private = o->show_private };
	const char **tables;
	int status = gd_session_probe(s, o);

	if (!status)
		status = check_tables(s, args, count);
	if (status)
		return status;
	tables = gd_xcalloc((size_t)count + 1, sizeof(*tables));
	for (int i = 0; i < count; i++)
		tables[i] = args[i];
	text.tables = tables;
	o->format->facts(s->facts, &text, out);
	free(tables);
	return 0;
}

static int run(const struct gd_options *o, char **args, int count)
{
	struct gd_session s = { 0 };
	gd_autobuf out = { 0 };
	int status = gd_need_output(o, o->describe ? o->format->describe != NULL : o->format->facts != NULL);

	/* The declarations are the program's own: no machine is needed for them. */
	if (!status && !o->describe)
		status = gd_session_open(&s, o);
	if (!status && o->describe)
		status = describe(&s, o, args, count, &out);
	else if (!status)
		status = show(&s, o, args, count, &out);
	gd_session_close(&s);
	return status ? status : gd_put_out(&out);
}

const struct gd_command gd_command_facts = {
	.name = "facts",
	.help = "what is known of the machine, and where from",
	.args = "[TABLE…]",
	.about = "Prints every fact with its source, what is proved absent, and what is unknown with the reason and "
		 "what would make it known. With names of tables, only those. See gpudoctor-facts(7).",
	.options = GD_OPT_HOST | GD_OPT_FACTS | GD_OPT_FORMAT | GD_OPT_PRIVATE | GD_OPT_DESCRIBE,
	.max_args = -1,
	.run = run,
};
