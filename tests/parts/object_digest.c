/* SPDX-License-Identifier: MIT */
/*
 * object_digest [--root DIR | --capture FILE] [--record] PATH…: what the door
 * tells of binary files, as text. With --record, as a capture.
 */
#include <stdio.h>
#include <string.h>

#include "host/host.h"
#include "host/recorder.h"

static int open_door(char ***args, struct gd_host **ret)
{
	struct gd_err err = { "" };
	int r;

	if (**args && !strcmp(**args, "--root") && (*args)[1])
		r = gd_host_open_tree(*(*args += 1), ret, &err);
	else if (**args && !strcmp(**args, "--capture") && (*args)[1])
		r = gd_host_open_capture(*(*args += 1), ret, &err);
	else
		return gd_host_open_live(ret, &err);
	*args += 1;
	if (r < 0)
		fprintf(stderr, "%s\n", err.text);
	return r;
}

/* True where it was read and is not damaged. */
static bool show(struct gd_host *h, const char *path, bool quiet)
{
	gd_autoobject o = { 0 };
	gd_autobuf text = { 0 };
	int r = gd_host_object(h, path, &o);

	if (r < 0)
		gd_buf_printf(&text, "error %s\n", gd_host_strerror_peek(r));
	else
		gd_object_print(&o, &text);
	if (!quiet)
		printf("== %s\n%s", path, text.data);
	return r == 0 && !o.fault;
}

int main(int argc, char **argv)
{
	char **args = argv + (argc > 0);
	struct gd_host *recorder = NULL;
	gd_autobuf text = { 0 };
	struct gd_host *h;
	bool whole = true;

	if (open_door(&args, &h) < 0)
		return 66;
	if (*args && !strcmp(*args, "--record")) {
		recorder = gd_recorder_new(h);
		args++;
	}
	while (*args)
		whole &= show(recorder ? recorder : h, *args++, recorder != NULL);
	if (recorder)
		gd_recorder_print(recorder, NULL, &text);
	fputs(gd_buf_peek(&text), stdout);
	gd_host_close(recorder);
	gd_host_close(h);
	return whole ? 0 : 1;
}
