/* SPDX-License-Identifier: MIT */
#include "probes/process_maps.h"

#include <errno.h>
#include <string.h>

#include "base/alloc.h"
#include "base/parse.h"
#include "probes/rocm.h"

struct list {
	struct gd_loaded *items;
	size_t count;
	size_t cap;
};

void gd_process_maps_free(struct gd_loaded *items, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(items[i].file);
		free(items[i].name);
	}
	free(items);
}

/* Back ends of llama.cpp and PyTorch that are of no interest on disk. */
static size_t other_backend_len(const char *name)
{
	static const char *const backends[] = { "libggml-vulkan", "libggml-cuda", "libggml-sycl", "libtorch_cuda" };

	for (size_t i = 0; i < GD_COUNT(backends); i++) {
		size_t n = strlen(backends[i]);

		if (!strncmp(name, backends[i], n) && !strncmp(name + n, ".so", 3) &&
		    (!name[n + 3] || name[n + 3] == '.'))
			return n;
	}
	return 0;
}

/* One line of what gd_settings_strip() leaves of the maps. */
static int take_line(struct list *list, const char *line)
{
	static const char mark[] = " (deleted)";
	const char *path = strchr(line, '/');
	gd_autofree file = gd_xstrdup(path ? path : "");
	size_t len = strlen(file);
	bool deleted = len > strlen(mark) && !strcmp(file + len - strlen(mark), mark);
	const char *base;
	size_t known;
	size_t n;

	if (deleted)
		file[len - strlen(mark)] = '\0';
	gd_repair_text(file);
	base = gd_rocm_base_peek(file);
	known = gd_rocm_library_len(base);
	n = known ? known : other_backend_len(base);
	if (!n)
		return 0;
	if (list->count == GD_LOADED_MAX)
		return -EFBIG;
	GD_GROW(list->items, list->count, list->cap);
	list->items[list->count++] = (struct gd_loaded){
		.name = gd_xstrndup(base, n),
		.rocm = known && !gd_rocm_is_of_engine(base),
		.deleted = deleted,
		.release = known ? gd_rocm_release_number(base) : 0,
		.file = GD_STEAL(file),
	};
	return 0;
}

int gd_process_maps_read(struct gd_host *h, const char *path, struct gd_loaded **ret, size_t *ret_count)
{
	struct list list = { 0 };
	gd_autobuf text = { 0 };
	gd_autostrv lines = { 0 };
	int r = gd_host_read_settings(h, path, GD_SETTINGS_MAPS, &text);

	gd_strv_split(&lines, gd_buf_peek(&text), "\n");
	if (r >= 0 && !lines.count)
		return -ENODATA;
	for (size_t i = 0; r >= 0 && i < lines.count; i++)
		r = take_line(&list, lines.items[i]);
	if (r < 0) {
		gd_process_maps_free(list.items, list.count);
		return r;
	}
	*ret = list.items;
	*ret_count = list.count;
	return 0;
}
