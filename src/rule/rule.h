/* SPDX-License-Identifier: MIT */
#ifndef GD_RULE_H
#define GD_RULE_H
/*
 * Rules: sections of text files, compiled to SQL over the fact store.
 *
 *   [gtt-below-half-of-ram]
 *   title    = one line
 *   on       = the fact table; the rule is asked once for each of its rows
 *   when     = SQL: does the rule apply to this row? (left out: always)
 *   problem  = SQL: is it a problem?
 *   severity = error | warning | advice | info
 *   says     = what is so, with {SQL} filled in
 *   because  = why it matters
 *   fix      = KIND TEXT, with {SQL} filled in; may stand several times
 *   valid    = kernel >= 6.10, kernel < 7.0  (versions outside: does not apply)
 *   see      = a reference; may stand several times
 *
 * Both conditions are projected, never a WHERE, and follow SQL's three-valued
 * logic: what rests on an unknown fact is unknown, whatever the rule's author
 * forgot. gpudoctor-rules(5) says what is refused, and why.
 */
#include "base/err.h"
#include "base/strv.h"
#include "fact/store.h"

enum gd_severity { GD_ERROR, GD_WARNING, GD_ADVICE, GD_INFO, GD_SEVERITY_COUNT };

/* Where a rule came from; a later origin overrides an earlier one by name. */
enum gd_origin { GD_SHIPPED, GD_ADMIN, GD_USER };

/* What a fix asks for, and so who can do it. */
enum gd_fix_kind {
	GD_FIX_KERNEL_ARG, /* on the kernel command line; needs a reboot */
	GD_FIX_MODULE_OPTION, /* in modprobe.d; needs the module reloaded */
	GD_FIX_ENV, /* NAME=VALUE in the engine's environment */
	GD_FIX_UNSET_ENV,
	GD_FIX_FIRMWARE_SETUP, /* in the BIOS menus, by hand */
	GD_FIX_HARDWARE, /* with a screwdriver */
	GD_FIX_PACKAGE, /* install, upgrade or remove software */
	GD_FIX_COMMAND, /* a command to run, as it can be pasted into a shell */
	GD_FIX_ACTION, /* something to do by hand */
	GD_FIX_CHOICE, /* use something else, such as another back end */
	GD_FIX_KIND_COUNT,
};

struct gd_fix {
	enum gd_fix_kind kind;
	char *text; /* a template in a rule, filled in in a verdict */
};

struct gd_rule {
	char *name;
	char *file;
	unsigned line; /* of its section */
	enum gd_origin origin;
	char *title;
	char *on;
	char *when; /* NULL: always */
	char *problem;
	enum gd_severity severity;
	char *says;
	char *because; /* NULL where left out */
	char *valid; /* NULL where left out */
	struct gd_fix *fixes;
	size_t fix_count;
	size_t fix_cap;
	struct gd_strv see;
	char *broken; /* why the rule cannot run, with file and line; NULL where it can */
	struct gd_rule
		*overridden; /* the rule of this name and an earlier origin, which takes over if this one is broken */
};

struct gd_ruleset {
	struct gd_rule **rules;
	size_t count;
	size_t cap;
	struct gd_strv errors; /* of files and sections that are no rules, with file and line */
};

const char *gd_severity_name_peek(enum gd_severity s);
const char *gd_fix_kind_name_peek(enum gd_fix_kind k);
/* A few words for people: "kernel command line" …; borrowed. */
const char *gd_fix_kind_text_peek(enum gd_fix_kind k);

struct gd_ruleset *gd_ruleset_new(void);
void gd_ruleset_free(struct gd_ruleset *set);
static inline void gd_ruleset_freep(struct gd_ruleset **set)
{
	gd_ruleset_free(*set);
}
void gd_rule_free(struct gd_rule *r);
const struct gd_rule *gd_ruleset_find(const struct gd_ruleset *set, const char *name);

/* Adds the sections of a file. What is wrong with them is kept in the set. */
void gd_ruleset_add_text(struct gd_ruleset *set, const char *file, enum gd_origin origin, const char *text,
			 size_t len);
/* The rules built into the program. */
void gd_ruleset_add_shipped(struct gd_ruleset *set);
/* A rule file, or every *.rules file of a folder in order; a folder that is absent is no error. */
int gd_ruleset_add_path(struct gd_ruleset *set, const char *path, enum gd_origin origin,
			struct gd_err *err) GD_MUST_CHECK;

/*
 * Compiles each rule of this or a later origin against the store, and marks those
 * that fail as broken.
 */
void gd_ruleset_check(struct gd_ruleset *set, struct gd_store *store, enum gd_origin from);

enum gd_outcome {
	GD_NOT_APPLICABLE,
	GD_FINE,
	GD_PROBLEM,
	GD_UNDECIDED, /* a fact that it needs is unknown */
};

/* A fact that a verdict rests on. */
struct gd_input {
	const struct gd_rows *table;
	const struct gd_row *row; /* NULL: all rows, read by a subquery */
	size_t column;
	bool decides; /* `problem` reads it; else only `when` or `valid` does */
};

struct gd_verdict {
	const struct gd_rule *rule;
	const struct gd_row *row; /* what it is about; NULL: the rest of an incomplete table */
	enum gd_outcome outcome;
	struct gd_input *inputs; /* in the order they were named */
	size_t input_count;
	/* Of a problem, filled in: */
	char *says;
	struct gd_fix *fixes;
	size_t fix_count;
};

struct gd_verdicts {
	struct gd_verdict *items;
	size_t count;
	size_t cap;
};

/* Asks one rule of every row it is on. Fails only where the rule itself cannot run. */
int gd_rule_eval(const struct gd_rule *rule, struct gd_store *store, struct gd_verdicts *out,
		 struct gd_err *err) GD_MUST_CHECK;
/* Asks all rules. One that cannot run is marked as broken, and the others go on. */
void gd_ruleset_eval(struct gd_ruleset *set, struct gd_store *store, struct gd_verdicts *out);
void gd_verdicts_free(struct gd_verdicts *v);

/* True where this input is the reason, or one of the reasons, for an undecided verdict. */
bool gd_input_is_unknown(const struct gd_input *in);

#endif
