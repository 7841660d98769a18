/* SPDX-License-Identifier: MIT */
/* In the child: loads one runtime, starts it, and says how that went. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/parse.h"
#include "base/version.h"
#include "probes/hsa.h"

#define KFD "/dev/kfd"

/* No build calls itself by a longer name. */
enum { BUILD_BYTES = 256 };

static const char source[] = "gpudoctor";

char *gd_hsa_status_name(gd_hsa_status status)
{
	static const struct {
		gd_hsa_status status;
		const char *name;
	} known[] = {
		{ GD_HSA_SUCCESS, "HSA_STATUS_SUCCESS" },
		{ GD_HSA_INFO_BREAK, "HSA_STATUS_INFO_BREAK" },
		{ GD_HSA_ERROR, "HSA_STATUS_ERROR" },
		{ GD_HSA_ERROR_INVALID_ARGUMENT, "HSA_STATUS_ERROR_INVALID_ARGUMENT" },
		{ GD_HSA_ERROR_INVALID_AGENT, "HSA_STATUS_ERROR_INVALID_AGENT" },
		{ GD_HSA_ERROR_OUT_OF_RESOURCES, "HSA_STATUS_ERROR_OUT_OF_RESOURCES" },
		{ GD_HSA_ERROR_NOT_INITIALIZED, "HSA_STATUS_ERROR_NOT_INITIALIZED" },
		{ GD_HSA_ERROR_REFCOUNT_OVERFLOW, "HSA_STATUS_ERROR_REFCOUNT_OVERFLOW" },
		{ GD_HSA_ERROR_INCOMPATIBLE_ARGUMENTS, "HSA_STATUS_ERROR_INCOMPATIBLE_ARGUMENTS" },
		{ GD_HSA_ERROR_EXCEPTION, "HSA_STATUS_ERROR_EXCEPTION" },
		{ GD_HSA_ERROR_INVALID_RUNTIME_STATE, "HSA_STATUS_ERROR_INVALID_RUNTIME_STATE" },
		{ GD_HSA_ERROR_FATAL, "HSA_STATUS_ERROR_FATAL" },
	};

	for (size_t i = 0; i < GD_COUNT(known); i++)
		if (known[i].status == status)
			return gd_xstrdup(known[i].name);
	return gd_xasprintf("status 0x%x", status);
}

static void set_or_absent(struct gd_row *row, const char *column, const char *text, const char *from)
{
	gd_set_text_or_absent(row, column, text, from);
}

static void remove_overrides(void)
{
	unsetenv(GD_HSA_OVERRIDE);
	for (int n = 0; n < GD_HSA_NODES; n++) {
		gd_autofree name = gd_xasprintf(GD_HSA_OVERRIDE "_%d", n);

		unsetenv(name);
	}
}

static struct gd_row *add_runtime(struct gd_answer *a, const char *file, const char *found_in)
{
	const struct gd_hsa_errand *e = a->arg;
	struct gd_row *row = gd_facts_add(a->facts, "hsa_runtime");
	gd_autofree override = e->without_override ? NULL : gd_hsa_overrides_text(e->overrides);

	gd_set_text(row, "id", e->id, source);
	gd_set_text(row, "file", file, source);
	gd_set_text(row, "found_in", found_in, source);
	gd_set_bool(row, "without_override", e->without_override, source);
	gd_set_bool(row, "overridden", override != NULL, "the caller's environment");
	set_or_absent(row, "override", override, "the caller's environment");
	if (e->left_out) {
		gd_autofree detail = gd_xasprintf("%zu more copies of it are here, and were not asked", e->left_out);

		gd_facts_incomplete(a->facts, "hsa_runtime", GD_GAP_ERROR, detail, NULL);
		gd_facts_incomplete(a->facts, "hsa_agent", GD_GAP_ERROR, detail, NULL);
	} else {
		gd_facts_complete(a->facts, "hsa_runtime");
	}
	return row;
}

/* It offers nothing, and all that it offers is known. */
static void close_empty(struct gd_answer *a, struct gd_row *row, const char *from)
{
	static const char *const columns[] = { "hsa_version", "build", "init_status", "init_detail", "agent_count" };
	const struct gd_hsa_errand *e = a->arg;

	for (size_t i = 0; i < GD_COUNT(columns); i++)
		if (gd_get(row, columns[i])->state == GD_UNSET)
			gd_set_absent(row, columns[i], from);
	gd_set_int(row, "gpu_agent_count", 0, from);
	if (gd_get(a->library, "version")->state == GD_UNSET)
		gd_set_absent(a->library, "version", from);
	if (!e->left_out)
		gd_facts_complete(a->facts, "hsa_agent");
}

/* ---------------------------------------------------------------- loading -- */

/* The file behind what was loaded, with every link in it resolved; owned, or NULL. */
static char *real_file(void *library)
{
	struct link_map *map = NULL;
	char *path;
	char *copy;

	if (dlinfo(library, RTLD_DI_LINKMAP, &map) || !map->l_name[0])
		return NULL;
	path = realpath(map->l_name, NULL);
	copy = path ? gd_xstrdup(path) : NULL;
	free(path);
	return copy;
}

/* As if nothing had been tried to load yet. */
static void forget_load(struct gd_answer *a)
{
	static const char *const columns[] = { "detail", "missing", "file" };

	gd_answer_end(a, GD_LIBRARY_OK, NULL);
	for (size_t i = 0; i < GD_COUNT(columns); i++)
		if (gd_get(a->library, columns[i])->state != GD_UNSET)
			gd_set_absent(a->library, columns[i], source);
	gd_facts_incomplete(a->facts, "hsa_agent", GD_GAP_NOT_PROBED, NULL, NULL);
}

/*
 * By its name where the loader should find it, by its path where it does not:
 * a cache from before it was installed is seen that way.
 */
static void *load(struct gd_answer *a, const struct gd_hsa_place *place, const char **ret_found_in)
{
	gd_autofree real = NULL;
	void *library;

	*ret_found_in = place ? place->found_in : "loader";
	if (place && strcmp(place->found_in, "loader") != 0)
		return gd_answer_load(a, place->path);
	library = gd_answer_load(a, GD_HSA_NAME);
	real = library ? real_file(library) : NULL;
	if (!place || (real && !strcmp(real, place->real)))
		return library;
	/* Another file, or none; a file that was found and could not be loaded is no matter of the list. */
	if (library || !strcmp(gd_get_text(a->library, "status", ""), "missing"))
		*ret_found_in = "unlisted";
	if (library)
		dlclose(library);
	forget_load(a);
	return gd_answer_load(a, place->path);
}

static bool resolve(struct gd_answer *a, void *library, struct gd_hsa_calls *ret)
{
	struct {
		const char *name;
		void *into;
	} wanted[] = {
		{ "hsa_init", &ret->init },
		{ "hsa_status_string", &ret->status_string },
		{ "hsa_system_get_info", &ret->system_get_info },
		{ "hsa_iterate_agents", &ret->iterate_agents },
		{ "hsa_agent_get_info", &ret->agent_get_info },
		{ "hsa_agent_iterate_isas", &ret->agent_iterate_isas },
		{ "hsa_isa_get_info_alt", &ret->isa_get_info_alt },
		{ "hsa_amd_agent_iterate_memory_pools", &ret->agent_iterate_pools },
		{ "hsa_amd_memory_pool_get_info", &ret->pool_get_info },
	};

	for (size_t i = 0; i < GD_COUNT(wanted); i++) {
		void *symbol = gd_answer_symbol(a, library, wanted[i].name);

		if (!symbol)
			return false;
		/* ISO C knows no conversion of a data pointer to a function's. */
		memcpy(wanted[i].into, &symbol, sizeof(symbol));
	}
	return true;
}

/* --------------------------------------------------------------- starting -- */

/* The errno of opening a device as the runtime does, or 0. */
static int try_open(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

/* True where this device may not be opened, and the end says so. */
static bool is_denied(struct gd_answer *a, const char *path)
{
	int error = try_open(path);
	gd_autofree detail = NULL;

	if (error != EACCES && error != EPERM)
		return false;
	detail = gd_xasprintf("%s may not be opened: %s", path, strerror(error));
	gd_answer_end(a, GD_LIBRARY_DENIED, detail);
	gd_set_text(a->library, "denied_node", path, "open");
	return true;
}

static bool is_any_denied(struct gd_answer *a)
{
	const struct gd_hsa_errand *e = a->arg;

	if (is_denied(a, KFD))
		return true;
	for (size_t i = 0; i < e->render_count; i++) {
		gd_autofree node = gd_xasprintf("/dev/dri/renderD%lld", (long long)e->render_minors[i]);

		if (is_denied(a, node))
			return true;
	}
	return false;
}

static void explain_failure(struct gd_answer *a, struct gd_row *row, const char *name)
{
	const char *meaning = gd_get_text(row, "init_detail", "");
	gd_autofree detail = gd_xasprintf("hsa_init: %s", *meaning ? meaning : name);
	int error = try_open(KFD);

	if (error == ENOENT || error == ENXIO || error == ENODEV)
		gd_answer_end(a, GD_LIBRARY_NO_DEVICE, "there is no compute device (" KFD ")");
	else if (!is_any_denied(a))
		gd_answer_end(a, GD_LIBRARY_FAILED, detail);
}

/* What the runtime itself says that a status means: "NAME: sentence". */
static void set_status(struct gd_row *row, const struct gd_hsa_calls *calls, gd_hsa_status status)
{
	gd_autofree name = gd_hsa_status_name(status);
	const char *text = NULL;
	size_t len;

	gd_set_text(row, "init_status", name, "hsa_init");
	if (calls->status_string(status, &text) != GD_HSA_SUCCESS || !text) {
		gd_set_absent(row, "init_detail", "hsa_status_string");
		return;
	}
	len = strnlen(text, GD_TEXT_MAX_BYTES);
	if (len == GD_TEXT_MAX_BYTES || !gd_is_text(text, len))
		gd_take_garbage(row, "init_detail", "hsa_status_string", "");
	else
		gd_set_text(row, "init_detail", text, "hsa_status_string");
}

/* Many builds have quotes around it. */
static void set_build(struct gd_answer *a, struct gd_row *row, const char *text, size_t len)
{
	static const char from[] = "hsa_system_get_info";
	gd_autofree bare = NULL;

	if (len == BUILD_BYTES || !gd_is_text(text, len)) {
		gd_take_garbage(row, "build", from, "");
		return;
	}
	if (len > 1 && text[0] == '"' && text[len - 1] == '"') {
		text++;
		len -= 2;
	}
	bare = gd_xstrndup(text, len);
	gd_set_text_or_absent(row, "build", bare, from);
	if (gd_version_is_valid(bare))
		gd_set_text(a->library, "version", bare, from);
}

static void take_versions(struct gd_answer *a, const struct gd_hsa_calls *calls, struct gd_row *row)
{
	static const char from[] = "hsa_system_get_info";
	uint16_t major[32] = { 0 };
	uint16_t minor[32] = { 0 };
	/* One pointer is what it takes; a runtime of the future may take more. */
	const char *build[8] = { NULL };
	gd_autofree version = NULL;

	gd_answer_step(a, from);
	if (calls->system_get_info(GD_HSA_SYSTEM_VERSION_MAJOR, major) == GD_HSA_SUCCESS &&
	    calls->system_get_info(GD_HSA_SYSTEM_VERSION_MINOR, minor) == GD_HSA_SUCCESS) {
		version = gd_xasprintf("%u.%u", major[0], minor[0]);
		gd_set_text(row, "hsa_version", version, from);
	} else {
		gd_set_absent(row, "hsa_version", from);
	}
	if (calls->system_get_info(GD_HSA_SYSTEM_BUILD_VERSION, build) == GD_HSA_SUCCESS && build[0])
		set_build(a, row, build[0], strnlen(build[0], BUILD_BYTES));
	else
		gd_set_absent(row, "build", from);
	if (gd_get(a->library, "version")->state == GD_UNSET)
		gd_set_absent(a->library, "version", from);
}

/* A GPU whose render node may not be opened is left out without a word. */
static void take_all(struct gd_answer *a, const struct gd_hsa_calls *calls, struct gd_row *row)
{
	const struct gd_hsa_errand *e = a->arg;

	take_versions(a, calls, row);
	if (!gd_hsa_take_agents(a, calls, row))
		return;
	if (!e->left_out)
		gd_facts_complete(a->facts, "hsa_agent");
	if (!gd_get_int(row, "gpu_agent_count", 0))
		is_any_denied(a);
}

static void start(struct gd_answer *a, void *library, struct gd_row *row)
{
	struct gd_hsa_calls calls;
	gd_autofree name = NULL;
	gd_hsa_status status;

	if (!resolve(a, library, &calls)) {
		close_empty(a, row, "dlsym");
		return;
	}
	gd_answer_tell(a);
	gd_answer_step(a, "hsa_init");
	status = calls.init();
	set_status(row, &calls, status);
	if (status == GD_HSA_SUCCESS) {
		take_all(a, &calls, row);
		return;
	}
	name = gd_hsa_status_name(status);
	explain_failure(a, row, name);
	close_empty(a, row, "hsa_init");
}

static void say_no_device(struct gd_answer *a, const struct gd_hsa_place *place)
{
	gd_set_text(a->library, "file", place->path, place->path);
	gd_set_absent(a->library, "version", source);
	gd_answer_end(a, GD_LIBRARY_NO_DEVICE, "it was not loaded: there is no compute device (" KFD ")");
	close_empty(a, add_runtime(a, place->path, place->found_in), KFD);
}

void gd_hsa_ask(struct gd_answer *a)
{
	const struct gd_hsa_errand *e = a->arg;
	const char *found_in;
	const char *file;
	void *library;

	if (e->no_device) {
		say_no_device(a, e->place);
		return;
	}
	if (e->without_override)
		remove_overrides();
	library = load(a, e->place, &found_in);
	file = gd_get_text(a->library, "file", e->place ? e->place->path : NULL);
	if (library && e->asleep)
		gd_answer_end(a, GD_LIBRARY_NOT_ASKED, e->asleep);
	else if (library && file)
		start(a, library, add_runtime(a, file, found_in));
	else if (file)
		close_empty(a, add_runtime(a, file, found_in), "dlopen");
}
