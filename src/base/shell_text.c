/* SPDX-License-Identifier: MIT */
/* The part of a shell's grammar that decides which commands are run in any case: POSIX, and what bash and zsh add. */
#include "base/shell_text.h"

#include <string.h>

#include "base/alloc.h"
#include "base/parse.h"
#include "base/shell_words.h"
#include "base/strv.h"

/* People nest a few levels; what is deeper is not read. */
enum { FRAMES_MAX = 64 };

enum frame { IN_GROUP, IN_SUBSHELL, IN_IF, IN_LOOP, IN_CASE };

struct shell {
	struct gd_shell_cursor at;
	struct gd_assignments *out;
	struct gd_assignments unexported;
	struct gd_shell_word *words; /* of the command at hand */
	size_t word_count;
	size_t word_cap;
	enum frame frames[FRAMES_MAX];
	size_t depth;
	bool conditional; /* "&&" or "||" stands before the command */
	bool piped;
	bool operator_open; /* nothing has followed it yet, and a line's end does not end the list */
	bool over;
	struct gd_strv documents; /* here-documents that start behind this line: "-" or " ", and what ends it */
};

static char peek(const struct shell *sh)
{
	return gd_shell_peek(&sh->at);
}

static char peek_next(const struct shell *sh)
{
	return sh->at.s + 1 < sh->at.end ? sh->at.s[1] : '\0';
}

static char take(struct shell *sh)
{
	return gd_shell_take(&sh->at);
}

static void skip_to(struct shell *sh, char close)
{
	gd_shell_skip_nested(&sh->at, close, 0);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static void skip_blanks(struct shell *sh)
{
	while (is_blank(peek(sh)))
		take(sh);
}

static void drop_words(struct shell *sh)
{
	for (size_t i = 0; i < sh->word_count; i++)
		free(sh->words[i].text);
	sh->word_count = 0;
}

/* -------------------------------------------------------------- commands -- */

static void add(struct gd_assignments *a, const char *name, size_t name_len, const struct gd_shell_word *w,
		const char *value)
{
	if (gd_is_variable_name(name, name_len) && (!value || gd_is_utf8(value, strlen(value))))
		gd_assignments_add(a, name, name_len, value, w->line);
}

static const struct gd_assignment *last_of(const struct gd_assignments *a, const char *name, size_t len)
{
	for (size_t i = a->count; i > 0; i--)
		if (strlen(a->items[i - 1].name) == len && !strncmp(a->items[i - 1].name, name, len))
			return &a->items[i - 1];
	return NULL;
}

static bool is_exported(const struct shell *sh, const char *name, size_t len)
{
	const struct gd_assignment *last = last_of(sh->out, name, len);

	return last && last->change == GD_CHANGE_SET;
}

/* The length of the name before "=" or "+=", or 0 where the word is no assignment. */
static size_t name_of(const struct gd_shell_word *w, bool *ret_adds)
{
	size_t n = strcspn(w->text, "=");

	*ret_adds = n && w->text[n] && w->text[n - 1] == '+';
	n -= *ret_adds;
	return w->text[n] && gd_is_variable_name(w->text, n) ? n : 0;
}

/* "NAME=VALUE" as a command of its own reaches others only where NAME is exported. */
static void assign(struct shell *sh, const struct gd_shell_word *w, bool exports, bool sure)
{
	bool adds;
	size_t n = name_of(w, &adds);
	const char *value = sure && !adds && !w->computed ? w->text + n + 1 : NULL;

	if (n)
		add(exports || is_exported(sh, w->text, n) ? sh->out : &sh->unexported, w->text, n, w, value);
}

static void export_name(struct shell *sh, const struct gd_shell_word *w, bool sure)
{
	size_t n = strlen(w->text);
	const struct gd_assignment *known = last_of(&sh->unexported, w->text, n);

	if (known && !is_exported(sh, w->text, n))
		add(sh->out, w->text, n, w, sure ? known->value : NULL);
}

static void unset(struct shell *sh, const struct gd_shell_word *w, bool sure)
{
	size_t n = strcspn(w->text, "=");

	if (!gd_is_variable_name(w->text, n))
		return;
	gd_assignments_add(sh->out, w->text, n, NULL, w->line);
	sh->out->items[sh->out->count - 1].change = sure ? GD_CHANGE_UNSET : GD_CHANGE_PERHAPS_UNSET;
}

static void run_export(struct shell *sh, size_t first, bool sure)
{
	bool takes_back = false;

	for (size_t i = first; i < sh->word_count; i++) {
		const struct gd_shell_word *w = &sh->words[i];

		if (*w->text == '-') {
			takes_back |= strchr(w->text, 'n') != NULL;
			if (strchr(w->text, 'f'))
				return;
		} else if (takes_back) {
			unset(sh, w, sure);
		} else if (strchr(w->text, '=')) {
			assign(sh, w, true, sure);
		} else {
			export_name(sh, w, sure);
		}
	}
}

static void run_unset(struct shell *sh, bool sure)
{
	for (size_t i = 1; i < sh->word_count; i++) {
		if (*sh->words[i].text != '-')
			unset(sh, &sh->words[i], sure);
		else if (strchr(sh->words[i].text, 'f'))
			return;
	}
}

static void run_assignments(struct shell *sh, bool sure)
{
	bool adds;

	/* In front of a command they are for that alone. */
	for (size_t i = 0; i < sh->word_count; i++)
		if (!name_of(&sh->words[i], &adds))
			return;
	for (size_t i = 0; i < sh->word_count; i++)
		assign(sh, &sh->words[i], false, sure);
}

static bool is_in_subshell(const struct shell *sh)
{
	for (size_t i = 0; i < sh->depth; i++)
		if (sh->frames[i] == IN_SUBSHELL)
			return true;
	return false;
}

/* A condition before "return" asks for a shell that a person uses, and such a shell goes on. */
static void run_command(struct shell *sh, bool in_background)
{
	const char *name = sh->word_count ? sh->words[0].text : "";
	bool sure = !sh->depth && !sh->conditional;

	if (!*name || in_background || sh->piped || is_in_subshell(sh))
		return;
	if (!strcmp(name, "export"))
		run_export(sh, 1, sure);
	else if ((!strcmp(name, "declare") || !strcmp(name, "typeset")) && sh->word_count > 1 &&
		 !strcmp(sh->words[1].text, "-x"))
		run_export(sh, 2, sure);
	else if (!strcmp(name, "unset"))
		run_unset(sh, sure);
	else if (!strcmp(name, "return") || !strcmp(name, "exit") || (!strcmp(name, "exec") && sh->word_count > 1))
		sh->over = sure;
	else
		run_assignments(sh, sure);
}

/* --------------------------------------------------------------- grammar -- */

static void push(struct shell *sh, enum frame frame)
{
	sh->operator_open = false;
	if (sh->depth == FRAMES_MAX)
		sh->over = true;
	else
		sh->frames[sh->depth++] = frame;
}

static void pop(struct shell *sh, enum frame frame)
{
	if (sh->depth && sh->frames[sh->depth - 1] == frame)
		sh->depth--;
}

/* Ends a command; "&&", "||" and "|" go on with the list. */
static void end_command(struct shell *sh, const char *operator)
{
	bool pipe = !strcmp(operator, "|");
	bool list = !strcmp(operator, "&&") || !strcmp(operator, "||");

	sh->piped |= pipe;
	run_command(sh, !strcmp(operator, "&"));
	drop_words(sh);
	if (!strcmp(operator, "\n") && sh->operator_open)
		return;
	sh->piped = pipe;
	sh->conditional = list || (pipe && sh->conditional);
	sh->operator_open = list || pipe;
}

/* The pattern of a case, up to its ")"; "esac" is none. */
static void skip_pattern(struct shell *sh)
{
	while (is_blank(peek(sh)) || peek(sh) == '\n' || peek(sh) == '#')
		if (peek(sh) == '#')
			while (peek(sh) && peek(sh) != '\n')
				take(sh);
		else
			take(sh);
	if (sh->at.end - sh->at.s >= 4 && !strncmp(sh->at.s, "esac", 4))
		return;
	if (peek(sh) == '(')
		take(sh);
	skip_to(sh, ')');
}

static void skip_documents(struct shell *sh)
{
	for (size_t i = 0; i < sh->documents.count; i++) {
		const char *mark = sh->documents.items[i];
		bool found = false;

		while (peek(sh) && !found) {
			const char *start = sh->at.s;
			size_t n;

			while (peek(sh) && peek(sh) != '\n')
				take(sh);
			while (*mark == '-' && start < sh->at.s && *start == '\t')
				start++;
			n = (size_t)(sh->at.s - start);
			found = n == strlen(mark + 1) && !memcmp(start, mark + 1, n);
			take(sh);
		}
	}
	gd_strv_free(&sh->documents);
}

/* "2>" is one operator. */
static void drop_descriptor(struct shell *sh)
{
	const char *word = sh->word_count ? sh->words[sh->word_count - 1].text : "";

	if (!*word || word[strspn(word, "0123456789")] || is_blank(sh->at.s[-1]))
		return;
	free(sh->words[--sh->word_count].text);
}

/* "<", ">" and what they start with; their targets are no words of the command. */
static void take_redirection(struct shell *sh)
{
	bool document = peek(sh) == '<' && peek_next(sh) == '<';
	gd_autofree mark = NULL;
	struct gd_shell_word target;

	drop_descriptor(sh);
	while (peek(sh) && strchr("<>&|", peek(sh)))
		if (take(sh) == '<' && document && peek(sh) == '<' && peek_next(sh) == '<')
			document = false;
	mark = document && peek(sh) == '-' ? gd_xstrdup("-") : gd_xstrdup(" ");
	if (*mark == '-')
		take(sh);
	skip_blanks(sh);
	if (peek(sh) == '(') {
		take(sh);
		skip_to(sh, ')');
		return;
	}
	target = gd_shell_take_word(&sh->at);
	if (document) {
		gd_autofree entry = gd_xasprintf("%s%s", mark, target.text);

		gd_strv_add(&sh->documents, entry);
	}
	free(target.text);
}

/* A word that is no command but part of the grammar; true where it was one. */
static bool take_keyword(struct shell *sh, const char *word)
{
	static const struct {
		const char *word;
		int opens; /* a frame, or -1 */
		int closes;
	} keywords[] = {
		{ "if", IN_IF, -1 },	  { "fi", -1, IN_IF },	    { "while", IN_LOOP, -1 }, { "until", IN_LOOP, -1 },
		{ "done", -1, IN_LOOP },  { "esac", -1, IN_CASE },  { "{", IN_GROUP, -1 },    { "}", -1, IN_GROUP },
		{ "then", -1, -1 },	  { "else", -1, -1 },	    { "elif", -1, -1 },	      { "do", -1, -1 },
		{ "!", -1, -1 },	  { "time", -1, -1 },
	};

	for (size_t i = 0; i < GD_COUNT(keywords); i++) {
		if (strcmp(word, keywords[i].word) != 0)
			continue;
		if (keywords[i].opens >= 0)
			push(sh, (enum frame)keywords[i].opens);
		if (keywords[i].closes >= 0)
			pop(sh, (enum frame)keywords[i].closes);
		return true;
	}
	return false;
}

static void add_word(struct shell *sh, struct gd_shell_word w)
{
	GD_GROW(sh->words, sh->word_count, sh->word_cap);
	sh->words[sh->word_count++] = w;
	sh->operator_open = false;
}

/* The words that open what has words of its own before a command may stand again. */
static void take_head(struct shell *sh, const struct gd_shell_word *w)
{
	bool first = sh->word_count == 1 && !w->quoted;

	if (first && (!strcmp(w->text, "for") || !strcmp(w->text, "select"))) {
		push(sh, IN_LOOP);
	} else if (first && !strcmp(w->text, "case")) {
		push(sh, IN_CASE);
	} else if (sh->word_count == 3 && !strcmp(sh->words[0].text, "case") && !strcmp(w->text, "in")) {
		drop_words(sh);
		skip_pattern(sh);
	} else if (sh->word_count == 2 && !strcmp(sh->words[0].text, "function")) {
		drop_words(sh);
		skip_blanks(sh);
		if (peek(sh) == '(') {
			take(sh);
			skip_to(sh, ')');
		}
	}
}

static void take_next_word(struct shell *sh)
{
	struct gd_shell_word w = gd_shell_take_word(&sh->at);

	if (!sh->word_count && !w.quoted && take_keyword(sh, w.text)) {
		free(w.text);
		return;
	}
	add_word(sh, w);
	take_head(sh, &sh->words[sh->word_count - 1]);
}

/* A subshell, arithmetic, a function's "()", or an array or pattern that belongs to a word. */
static void take_parenthesis(struct shell *sh)
{
	const char *word = sh->word_count ? sh->words[sh->word_count - 1].text : "";

	take(sh);
	if (!sh->word_count && peek(sh) != '(') {
		push(sh, IN_SUBSHELL);
		return;
	}
	skip_blanks(sh);
	if (sh->word_count == 1 && peek(sh) == ')' && !strchr(word, '=')) {
		drop_words(sh);
		take(sh);
		return;
	}
	if (sh->word_count)
		sh->words[sh->word_count - 1].computed = true;
	skip_to(sh, ')');
}

static void take_semicolon(struct shell *sh)
{
	end_command(sh, ";");
	take(sh);
	if (peek(sh) != ';' && peek(sh) != '&')
		return;
	while (peek(sh) == ';' || peek(sh) == '&')
		take(sh);
	if (sh->depth && sh->frames[sh->depth - 1] == IN_CASE)
		skip_pattern(sh);
}

static void take_operator(struct shell *sh)
{
	char c = peek(sh);
	bool twice = peek_next(sh) == c;

	if (c == '&' && peek_next(sh) == '>') {
		take_redirection(sh);
		return;
	}
	end_command(sh, c == '|' ? (twice ? "||" : "|") : twice ? "&&" : "&");
	take(sh);
	if (twice || (c == '|' && peek(sh) == '&'))
		take(sh);
}

static void take_any(struct shell *sh)
{
	char c = peek(sh);

	if (is_blank(c) || (c == '\\' && peek_next(sh) == '\n')) {
		take(sh);
		if (c == '\\')
			take(sh);
	} else if (c == '\n') {
		end_command(sh, "\n");
		take(sh);
		skip_documents(sh);
	} else if (c == '#') {
		while (peek(sh) && peek(sh) != '\n')
			take(sh);
	} else if (c == ';') {
		take_semicolon(sh);
	} else if (c == '&' || c == '|') {
		take_operator(sh);
	} else if (c == '<' || c == '>') {
		take_redirection(sh);
	} else if (c == '(') {
		take_parenthesis(sh);
	} else if (c == ')') {
		end_command(sh, ";");
		take(sh);
		pop(sh, IN_SUBSHELL);
	} else {
		take_next_word(sh);
	}
}

void gd_shell_parse(struct gd_assignments *a, const char *text, size_t len)
{
	struct shell sh = { .at = { .s = text, .end = text + strnlen(text, len), .line = 1 }, .out = a };

	while (peek(&sh) && !sh.over)
		take_any(&sh);
	if (!sh.over)
		end_command(&sh, "\n");
	drop_words(&sh);
	free(sh.words);
	gd_strv_free(&sh.documents);
	gd_assignments_free(&sh.unexported);
}
