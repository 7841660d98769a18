/* SPDX-License-Identifier: MIT */
/* The child's side of library.h: loading a library, and what it means where that fails. */
#include <dlfcn.h>
#include <link.h>
#include <string.h>

#include "base/alloc.h"
#include "probe/library.h"

static bool is_word_of(const char *text, size_t len, const char *word)
{
	return strlen(word) == len && !memcmp(text, word, len);
}

/* "NAME: cannot open shared object file: No such file or directory" */
static enum gd_library_end not_opened(const char *library, const char *error, char **ret_missing)
{
	size_t n = strcspn(error, ":");

	/* Too many open files, a loop of links, a disk that fails: it may well be there. */
	if (!strstr(error, "No such file or directory"))
		return GD_LIBRARY_FAILED;
	if (is_word_of(error, n, library))
		return GD_LIBRARY_MISSING;
	*ret_missing = gd_xstrndup(error, n);
	return GD_LIBRARY_UNRESOLVED;
}

/* What stands behind `before`, up to one of `end`. */
static char *word_after(const char *error, const char *before, const char *end)
{
	const char *p = strstr(error, before) + strlen(before);

	return gd_xstrndup(p, strcspn(p, end));
}

enum gd_library_end gd_library_fault(const char *library, const char *error, char **ret_missing)
{
	*ret_missing = NULL;
	if (strstr(error, "Permission denied"))
		return GD_LIBRARY_DENIED;
	if (strstr(error, "cannot open shared object file"))
		return not_opened(library, error, ret_missing);
	if (strstr(error, "version `")) {
		*ret_missing = word_after(error, "version `", "'");
		return GD_LIBRARY_UNRESOLVED;
	}
	if (strstr(error, "undefined symbol: ")) {
		*ret_missing = word_after(error, "undefined symbol: ", " ,");
		return GD_LIBRARY_UNRESOLVED;
	}
	/* musl names the library that is missing, and behind it the one that needs it. */
	if (strstr(error, "Error loading shared library ")) {
		*ret_missing = word_after(error, "Error loading shared library ", ":");
		if (strcmp(*ret_missing, library))
			return GD_LIBRARY_UNRESOLVED;
		free(*ret_missing);
		*ret_missing = NULL;
		return GD_LIBRARY_MISSING;
	}
	if (strstr(error, "invalid ELF header") || strstr(error, "file too short"))
		return GD_LIBRARY_GARBAGE;
	return GD_LIBRARY_FAILED;
}

static void *load(struct gd_answer *a, const char *name, struct gd_loaded *ret)
{
	gd_autofree step = gd_xasprintf("loading %s", name);
	struct link_map *map = NULL;
	const char *error;
	void *library;

	*ret = (struct gd_loaded){ 0 };
	gd_answer_step(a, step);
	/* As programs and the Vulkan loader do it: what is never called need not be there. */
	library = dlopen(name, RTLD_LAZY | RTLD_LOCAL);
	if (library) {
		if (!dlinfo(library, RTLD_DI_LINKMAP, &map) && map->l_name[0])
			ret->file = gd_xstrdup(map->l_name);
		return library;
	}
	error = dlerror();
	ret->error = gd_xstrdup(error ? error : "the dynamic linker does not say why");
	ret->end = gd_library_fault(name, ret->error, &ret->missing);
	ret->foreign = strstr(ret->error, "wrong ELF class") != NULL;
	return NULL;
}

void gd_loaded_free(struct gd_loaded *l)
{
	free(l->file);
	free(l->missing);
	free(l->error);
}

void gd_answer_load_other(struct gd_answer *a, const char *name, struct gd_loaded *ret)
{
	(void)load(a, name, ret);
}

void *gd_answer_load(struct gd_answer *a, const char *name)
{
	GD_CLEANUP(gd_loaded_free) struct gd_loaded l;
	void *library = load(a, name, &l);

	if (library) {
		if (l.file)
			gd_set_text(a->library, "file", l.file, "dlopen");
		return library;
	}
	gd_answer_end(a, l.end, l.error);
	if (l.missing)
		gd_set_text(a->library, "missing", l.missing, "dlopen");
	/* Nobody else can use it either, so it has nothing to tell of. */
	if (l.end == GD_LIBRARY_MISSING || l.end == GD_LIBRARY_UNRESOLVED)
		gd_answer_complete(a);
	return NULL;
}

void *gd_answer_symbol(struct gd_answer *a, void *library, const char *name)
{
	void *symbol = dlsym(library, name);
	gd_autofree detail = NULL;

	if (symbol)
		return symbol;
	detail = gd_xasprintf("it has no function %s", name);
	gd_answer_end(a, GD_LIBRARY_TOO_OLD, detail);
	gd_set_text(a->library, "missing", name, "dlsym");
	return NULL;
}
