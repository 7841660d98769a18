/* SPDX-License-Identifier: MIT */
#ifndef GD_SESSION_H
#define GD_SESSION_H
/* What most commands need: the machine, its facts, the store, the rules. */
#include "cmd/cmd.h"
#include "probe/probe.h"

struct gd_session {
	struct gd_host *host;
	struct gd_gpudb *db;
	struct gd_facts *facts;
	struct gd_store *store;
	struct gd_ruleset *rules;
	struct gd_verdicts verdicts;
};

/* Opens the door that the options name. Returns 0 or an exit status, with a message. */
int gd_session_open(struct gd_session *s, const struct gd_options *o);
/* Runs the probes, or reads the facts of --facts. Returns 0 or an exit status, with a message. */
int gd_session_probe(struct gd_session *s, const struct gd_options *o);
enum gd_store_use {
	GD_STORE_FOR_RULES,
	GD_STORE_FOR_PEOPLE, /* with sources and gaps; private values hidden unless asked for */
};

int gd_session_store(struct gd_session *s, const struct gd_options *o, enum gd_store_use use);
/* Loads the rules: shipped, the administrator's, and those of --rules. */
int gd_session_rules(struct gd_session *s, const struct gd_options *o);
void gd_session_close(struct gd_session *s);

#endif
