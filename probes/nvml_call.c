/* SPDX-License-Identifier: MIT */
/* Calls of NVML: from what one returned to one cell. */
#include <dlfcn.h>
#include <inttypes.h>
#include <string.h>

#include "base/parse.h"
#include "probes/nvml.h"

/* Longer than any text that NVML promises to write. */
enum { TEXT_BYTES = 256, ERROR_TEXT_BYTES = 200 };

bool gd_nvml_find(struct gd_nvml *n, const char *function, void *ret)
{
	void *symbol = dlsym(n->library, function);

	if (!symbol)
		return false;
	gd_answer_step(n->answer, function);
	/* ISO C knows no way from one kind of pointer to the other, POSIX says that they look alike. */
	memcpy(ret, &symbol, sizeof(symbol));
	return true;
}

char *gd_nvml_error_text(struct gd_nvml *n, int error)
{
	const char *(*error_string)(int);
	const char *text = NULL;
	char *copy;

	if (gd_nvml_find(n, "nvmlErrorString", &error_string))
		text = error_string(error);
	if (!text || !*text)
		return gd_nvml_return_word(error);
	copy = gd_xstrndup(text, strnlen(text, ERROR_TEXT_BYTES));
	gd_repair_text(copy);
	return copy;
}

void gd_nvml_set_no_function(struct gd_row *row, const char *column, const char *function)
{
	gd_autofree detail = gd_xasprintf("this " GD_NVML_LIBRARY " has no %s", function);

	gd_set_unknown(row, column, GD_GAP_NO_SOURCE, detail, "install a newer driver");
}

bool gd_nvml_went_well(struct gd_nvml *n, struct gd_nvml_gpu *g, struct gd_row *row, const char *column,
		       const char *function, int error)
{
	gd_autofree text = NULL;
	gd_autofree detail = NULL;

	if (error == NVML_OK)
		return true;
	if (error == NVML_NOT_SUPPORTED) {
		gd_set_absent(row, column, function);
		return false;
	}
	if (error == NVML_FUNCTION_NOT_FOUND) {
		gd_nvml_set_no_function(row, column, function);
		return false;
	}
	if (error == NVML_GPU_IS_LOST && g)
		g->status = error;
	text = gd_nvml_error_text(n, error);
	detail = gd_xasprintf("%s: %s", function, text);
	gd_set_unknown(row, column, error == NVML_NO_PERMISSION ? GD_GAP_DENIED : GD_GAP_ERROR, detail, NULL);
	return false;
}

void gd_nvml_set_number(struct gd_row *row, const char *column, uint64_t value, uint64_t most, const char *function)
{
	gd_autofree text = NULL;

	if (value <= most) {
		gd_set_int(row, column, (int64_t)value, function);
		return;
	}
	text = gd_xasprintf("%" PRIu64, value);
	gd_take_garbage(row, column, function, text);
}

void gd_nvml_set_mib(struct gd_row *row, const char *column, uint64_t bytes, const char *function)
{
	gd_nvml_set_number(row, column, bytes >> 20, (uint64_t)1 << 26, function);
}

void gd_nvml_take_text(struct gd_nvml *n, struct gd_nvml_gpu *g, struct gd_row *row, nvml_device device,
		       const char *column, const char *function)
{
	int (*get)(nvml_device, char *, unsigned);
	char text[TEXT_BYTES + 1] = "";

	if (!gd_nvml_find(n, function, &get)) {
		gd_nvml_set_no_function(row, column, function);
		return;
	}
	if (!gd_nvml_went_well(n, g, row, column, function, get(device, text, TEXT_BYTES)))
		return;
	/* It promises a NUL; this one does not rest on that. */
	text[TEXT_BYTES] = '\0';
	gd_set_text_or_absent(row, column, text, function);
}
