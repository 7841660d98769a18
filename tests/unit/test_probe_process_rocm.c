/* SPDX-License-Identifier: MIT */
/*
 * What engines that run have loaded: of one release or of several, from one file
 * or two, and what cannot be known; and which copies of ROCm that leads to.
 */
#include "tree_fixture.h"

#include "probe_machine.h"

extern const struct gd_probe gd_probe_setting;
extern const struct gd_probe gd_probe_process_rocm;
extern const struct gd_probe gd_probe_host;
extern const struct gd_probe gd_probe_kfd;
extern const struct gd_probe gd_probe_rocm;
extern const struct gd_probe gd_probe_rocm_kernels;

static void run_one(struct machine *m, const struct gd_probe *probe)
{
	struct gd_ctx ctx = { .probe = probe, .host = m->host, .facts = m->facts };
	struct gd_err err = { "" };

	for (const struct gd_table *const *t = probe->tables; *t; t++)
		gd_facts_declare(m->facts, *t, probe->name);
	assert_int_equal(probe->run(&ctx, &err), 0);
}

/* Takes the door. */
static void look(struct machine *m, struct gd_host *h)
{
	machine_free(m);
	m->host = h;
	m->facts = gd_facts_new();
	run_one(m, &gd_probe_kfd);
	run_one(m, &gd_probe_setting);
	run_one(m, &gd_probe_process_rocm);
	run_one(m, &gd_probe_host);
	run_one(m, &gd_probe_rocm);
	run_one(m, &gd_probe_rocm_kernels);
	gd_facts_close(m->facts);
}

static void look_at_capture(struct machine *m, const char *body)
{
	gd_autofree text = gd_xasprintf("gpudoctor-capture 1\norigin live\n%send %u\n", body, count_entries(body));
	struct gd_capture *capture = NULL;
	struct gd_err err = { "" };

	if (gd_capture_parse("test", text, strlen(text), &capture, &err) < 0)
		fail_msg("%s", err.text);
	look(m, gd_capture_host(capture));
}

#define MAP(path) "7f2a40000000-7f2a40200000 r--p 00000000 fd:01 7001    " path "\n"
#define RESTART "run: sudo systemctl restart llama.service"

/* A server that a unit started; `block` is its environment. */
static void put_server(const char *maps, const char *block, size_t len)
{
	put("/etc/systemd/system/llama.service", "[Service]\nExecStart=/opt/l/llama-server\n"
						 "Environment=LD_LIBRARY_PATH=/opt/rocm-6.4.4/lib:/opt/rocm/lib\n");
	put("/proc/70/comm", "llama-server\n");
	put("/proc/70/cmdline", "/opt/l/llama-server");
	put("/proc/70/cgroup", "0::/system.slice/llama.service\n");
	put_n("/proc/70/environ", block, len);
	put("/proc/70/maps", maps);
}

static void test_one_release(void **state)
{
	automachine m = { 0 };

	(void)state;
	put_server(MAP("/opt/l/llama-server") MAP("/opt/l/libggml-hip.so.0.10.2") MAP("/opt/l/libggml-vulkan.so")
		   MAP("/opt/rocm-7.2.1/lib/libamdhip64.so.7.2.70201")
		   MAP("/opt/rocm-7.2.1/lib/libamdhip64.so.7.2.70201")
		   MAP("/opt/rocm-7.2.1/lib/librocblas.so.5.2.70201") MAP("/usr/lib/libhipblas.so.3.2")
		   MAP("/usr/lib/libvulkan.so.1"), "", 0);
	look(&m, open_tree());
	assert_text(&m, "process_library", "process 70 /opt/l/libggml-hip.so.0.10.2", "library", "libggml-hip");
	assert_absent(&m, "process_library", "process 70 /opt/l/libggml-hip.so.0.10.2", "release_number");
	assert_text(&m, "process_library", "process 70 /opt/l/libggml-vulkan.so", "folder", "/opt/l");
	assert_int(&m, "process_library", "process 70 /opt/rocm-7.2.1/lib/librocblas.so.5.2.70201", "release_number",
		   70201);
	assert_int(&m, "process_library", "process 70 /opt/rocm-7.2.1/lib/librocblas.so.5.2.70201", "deleted", 0);
	assert_int_equal(gd_facts_table_peek(m.facts, "process_library")->count, 5);
	assert_text(&m, "process_rocm", "process 70", "engine", "llama.cpp");
	assert_text(&m, "process_rocm", "process 70", "libraries",
		    "libamdhip64 libggml-hip libggml-vulkan libhipblas librocblas");
	assert_text(&m, "process_rocm", "process 70", "folders", "/opt/rocm-7.2.1/lib, /usr/lib");
	assert_text(&m, "process_rocm", "process 70", "release_numbers", "70201");
	assert_int(&m, "process_rocm", "process 70", "runs_rocm", 1);
	assert_int(&m, "process_rocm", "process 70", "mixed", 0);
	assert_int(&m, "process_rocm", "process 70", "deleted_count", 0);
	assert_int(&m, "process_rocm", "process 70", "container", 0);
	assert_text(&m, "process_rocm", "process 70", "restart", RESTART);
	assert_absent(&m, "process_rocm", "process 70", "twice");
	assert_absent(&m, "process_rocm", "process 70", "mixture");
	assert_absent(&m, "process_rocm", "process 70", "change");
}

#define ENVIRON(text) (text), sizeof(text) - 1

/* Two releases, of which one has a copy of the other's library; the unit's variable leads to both. */
static void test_mixed(void **state)
{
	static const char variable[] = "LD_LIBRARY_PATH=/opt/rocm-6.4.4/lib:/opt/rocm/lib\0";
	automachine m = { 0 };

	(void)state;
	put_server(MAP("/opt/rocm-6.4.4/lib/libamdhip64.so.6.4.60404") MAP("/opt/rocm/lib/libamdhip64.so.7.2.70201")
		   MAP("/opt/rocm/lib/librocblas.so.5.2.70201"), ENVIRON(variable));
	look(&m, open_tree());
	assert_int(&m, "process_rocm", "process 70", "mixed", 1);
	assert_text(&m, "process_rocm", "process 70", "release_numbers", "60404 70201");
	assert_text(&m, "process_rocm", "process 70", "twice", "libamdhip64");
	assert_text(&m, "process_rocm", "process 70", "mixture",
		    "libraries of ROCm 6.4.4 and 7.2.1; libamdhip64 from /opt/rocm-6.4.4/lib/libamdhip64.so.6.4.60404 "
		    "and /opt/rocm/lib/libamdhip64.so.7.2.70201");
	assert_text(&m, "process_rocm", "process 70", "change",
		    "let LD_LIBRARY_PATH, set at /etc/systemd/system/llama.service:3, lead to one of "
		    "/opt/rocm-6.4.4/lib, /opt/rocm/lib only; then " RESTART);
	/* Without the variable it is the loader's own search. */
	put("/proc/70/environ", "");
	look(&m, open_tree());
	assert_text(&m, "process_rocm", "process 70", "change",
		    "let the loader find one of /opt/rocm-6.4.4/lib, /opt/rocm/lib only: see RUNPATH of "
		    "/opt/l/llama-server and its libraries, and /etc/ld.so.conf.d; then " RESTART);
	/* Two back ends of an engine are not two ROCms. */
	put("/proc/70/maps", MAP("/opt/a/libggml-hip.so") MAP("/opt/b/libggml-hip.so"));
	look(&m, open_tree());
	assert_int(&m, "process_rocm", "process 70", "mixed", 0);
	assert_int(&m, "process_rocm", "process 70", "runs_rocm", 1);
	assert_absent(&m, "process_rocm", "process 70", "folders");
}

/* The files were replaced since; what is loaded anew comes from the new ones. */
static void test_deleted(void **state)
{
	automachine m = { 0 };

	(void)state;
	put_server(MAP("/usr/lib/libamdhip64.so.7.2.70200 (deleted)") MAP("/usr/lib/librocblas.so.5 (deleted)")
		   MAP("/usr/lib/librocblas.so.5"), "", 0);
	look(&m, open_tree());
	assert_int(&m, "process_library", "process 70 /usr/lib/librocblas.so.5 (deleted)", "deleted", 1);
	assert_int(&m, "process_library", "process 70 /usr/lib/librocblas.so.5", "deleted", 0);
	assert_text(&m, "process_library", "process 70 /usr/lib/librocblas.so.5 (deleted)", "file",
		    "/usr/lib/librocblas.so.5");
	assert_int(&m, "process_rocm", "process 70", "deleted_count", 2);
	assert_text(&m, "process_rocm", "process 70", "deleted",
		    "/usr/lib/libamdhip64.so.7.2.70200, /usr/lib/librocblas.so.5");
	assert_int(&m, "process_rocm", "process 70", "mixed", 0);
	/* Where that mixes releases, a start is all it takes. */
	put("/proc/70/maps",
	    MAP("/usr/lib/libamdhip64.so.7.2.70200 (deleted)") MAP("/usr/lib/librocblas.so.5.2.70201"));
	look(&m, open_tree());
	assert_int(&m, "process_rocm", "process 70", "mixed", 1);
	assert_text(&m, "process_rocm", "process 70", "change", RESTART);
}

static void test_others(void **state)
{
	automachine m = { 0 };

	(void)state;
	put_server(MAP("/usr/lib/libc.so.6") MAP("/usr/lib/librocblasx.so") MAP("/usr/lib/libggml-cuda.sox"), "", 0);
	look(&m, open_tree());
	assert_absent(&m, "process_rocm", "process 70", "libraries");
	assert_int(&m, "process_rocm", "process 70", "runs_rocm", 0);
	/* In a container: the same, and said so. */
	put("/proc/70/cgroup", "0::/machine.slice/libpod-12ab.scope\n");
	put("/proc/70/maps", MAP("/opt/rocm/lib/libamdhip64.so.7.2.70201"));
	look(&m, open_tree());
	assert_int(&m, "process_rocm", "process 70", "container", 1);
	assert_int(&m, "process_library", "process 70 /opt/rocm/lib/libamdhip64.so.7.2.70201", "container", 1);
	assert_text(&m, "process_rocm", "process 70", "restart",
		    "start the container of llama-server (process 70) anew");
	/* No library at all: it says nothing. */
	put("/proc/70/maps", "");
	look(&m, open_tree());
	expect_gap(&m, "process_rocm", "process 70", "libraries", GD_GAP_NO_SOURCE);
	expect_gap(&m, "process_rocm", "process 70", "mixed", GD_GAP_NO_SOURCE);
	assert_false(is_complete(&m, "process_library"));
}

/* One program cannot have so many of them, and one that has would fill the report. */
static void test_many(void **state)
{
	automachine m = { 0 };
	gd_autobuf maps = { 0 };

	(void)state;
	for (int i = 0; i < 300; i++)
		gd_buf_printf(&maps, "1-2 r--p 0 0:0 1 /opt/%d/librocblas.so\n", i);
	put_server(maps.data, "", 0);
	look(&m, open_tree());
	expect_gap(&m, "process_rocm", "process 70", "mixed", GD_GAP_GARBAGE);
	assert_int_equal(gd_facts_table_peek(m.facts, "process_library")->count, 0);
}

#define PROCESSES \
	"dir /proc\n|70\n|71\n" \
	"file /proc/70/comm\n|llama-server\nfile /proc/70/cmdline\n|/opt/l/llama-server\\x00\\\n" \
	"file /proc/70/cgroup\n|0::/system.slice/llama.service\nfile /proc/70/environ\n" \
	"processes engines\n|70\n|71\n" \
	"file /proc/71/comm\n|ollama\nerror file /proc/71/maps ENOENT\n"

/* The process of another user, and one that has ended meanwhile. */
static void test_denied(void **state)
{
	automachine m = { 0 };

	(void)state;
	look_at_capture(&m, PROCESSES "error file /proc/70/maps EACCES\n");
	expect_gap(&m, "process_rocm", "process 70", "libraries", GD_GAP_DENIED);
	expect_gap(&m, "process_rocm", "process 70", "runs_rocm", GD_GAP_DENIED);
	expect_gap(&m, "process_rocm", "process 70", "mixed", GD_GAP_DENIED);
	expect_gap(&m, "process_rocm", "process 70", "deleted_count", GD_GAP_DENIED);
	assert_null(gd_facts_find(m.facts, "process_rocm", "process 71"));
	assert_false(is_complete(&m, "process_library"));
	assert_int_equal(gd_facts_table_peek(m.facts, "process_library")->gap, GD_GAP_DENIED);
	look_at_capture(&m, PROCESSES "file /proc/70/maps\n|1-2 r--p 0 0:0 1 /opt/rocm/lib/libamdhip64.so.7\n");
	assert_int(&m, "process_rocm", "process 70", "runs_rocm", 1);
	look_at_capture(&m, PROCESSES);
	expect_gap(&m, "process_rocm", "process 70", "libraries", GD_GAP_NOT_CAPTURED);
}

/* A machine that ROCm cannot run on has nobody who runs it, whatever is closed to the caller. */
static void test_without_kfd(void **state)
{
	static const char closed[] = "error file /proc/70/environ EACCES\nerror file /proc/70/maps EACCES\n"
				     "dir /proc\n|70\nprocesses engines\n|70\nfile /proc/70/comm\n|ollama\n";
	gd_autofree without = gd_xasprintf("%sabsent /sys/class/kfd\n", closed);
	automachine m = { 0 };

	(void)state;
	look_at_capture(&m, without);
	assert_int_equal(gd_facts_table_peek(m.facts, "process_rocm")->count, 0);
	assert_true(is_complete(&m, "process_rocm"));
	assert_false(is_complete(&m, "process_library"));
	/* Otherwise that process may be one; there is no other, though its variables are not known. */
	look_at_capture(&m, closed);
	expect_gap(&m, "process_rocm", "process 70", "runs_rocm", GD_GAP_DENIED);
	assert_false(is_complete(&m, "scope"));
	assert_true(is_complete(&m, "process_rocm"));
}

/* More than other files may have: a program with as many mappings as Linux allows. */
static void test_long(void **state)
{
	automachine m = { 0 };
	gd_autobuf maps = { 0 };

	(void)state;
	for (int i = 0; i < 30000; i++)
		gd_buf_puts(&maps, "7f2a40000000-7f2a40200000 rw-p 00000000 00:00 0 \n");
	gd_buf_puts(&maps, MAP("/opt/rocm/lib/libamdhip64.so.7"));
	assert_true(maps.len > GD_READ_MAX_BYTES);
	put_server(maps.data, "", 0);
	look(&m, open_tree());
	assert_text(&m, "process_rocm", "process 70", "libraries", "libamdhip64");
}

/* -------------------------------------------------------------------- search -- */

static bool has_install(const struct machine *m, const char *folder)
{
	return gd_facts_find(m->facts, "rocm_install", folder) != NULL;
}

/* Folders that nobody would look into but for what runs. */
static void test_search(void **state)
{
	automachine m = { 0 };

	(void)state;
	put("/srv/rocm/lib/librocblas.so.5", "");
	put("/srv/l/libggml-hip.so", "");
	put("/srv/l/libamdhip64.so.7", "");
	put("/srv/gone/libamdhip64.so.7", "");
	put("/opt/rocm/lib/libamdhip64.so.7", "");
	put_server(MAP("/srv/rocm/lib/librocblas.so.5") MAP("/srv/l/libamdhip64.so.7") MAP("/srv/l/libggml-hip.so")
		   MAP("/srv/nowhere/libamdhip64.so.7"), "", 0);
	look(&m, open_tree());
	assert_text(&m, "rocm_install", "/srv/rocm/lib", "found_by", "process");
	assert_text(&m, "rocm_install", "/srv/rocm/lib", "kind", "other");
	assert_text(&m, "rocm_install", "/srv/rocm/lib", "loaded_by", "llama.cpp");
	assert_absent(&m, "rocm_install", "/srv/rocm/lib", "engine");
	/* What lies beside an engine's library is that engine's. */
	assert_text(&m, "rocm_install", "/srv/l", "kind", "engine");
	assert_text(&m, "rocm_install", "/srv/l", "engine", "llama.cpp");
	assert_text(&m, "rocm_file", "/srv/l/libggml-hip.so", "engine", "llama.cpp");
	assert_false(has_install(&m, "/srv/gone"));
	assert_absent(&m, "rocm_install", "/opt/rocm/lib", "loaded_by");
	/* A container's paths are not the machine's, and neither are those that may be. */
	put("/proc/70/cgroup", "0::/machine.slice/libpod-12ab.scope\n");
	look(&m, open_tree());
	assert_false(has_install(&m, "/srv/rocm/lib"));
	put("/proc/70/cgroup", "");
	look(&m, open_tree());
	assert_false(has_install(&m, "/srv/rocm/lib"));
}

/* The variables of what runs in a container lead elsewhere, too. */
static void test_container_variables(void **state)
{
	automachine m = { 0 };

	(void)state;
	put("/srv/rocm/lib/librocblas.so.5", "");
	put("/srv/kernels/TensileLibrary_lazy_gfx1100.dat", "");
	put_server("", ENVIRON("ROCM_PATH=/srv/rocm\0ROCBLAS_TENSILE_LIBPATH=/srv/kernels\0"));
	look(&m, open_tree());
	assert_non_null(gd_facts_find(m.facts, "kernel_library", "/srv/kernels"));
	assert_text(&m, "rocm_install", "/srv/rocm/lib", "found_by", "ROCM_PATH");
	put("/proc/70/cgroup", "0::/machine.slice/libpod-12ab.scope\n");
	look(&m, open_tree());
	assert_false(has_install(&m, "/srv/rocm/lib"));
	assert_null(gd_facts_find(m.facts, "kernel_library", "/srv/kernels"));
}

#define LIBRARIES \
	"dir /srv/l/lib\n|libamdhip64.so.7\nstat /srv/l/lib/libamdhip64.so.7 file 0644 0:0 0:0 r\n" \
	"dir /srv/r\n|librocblas.so.5\nstat /srv/r/librocblas.so.5 file 0644 0:0 0:0 r\n" \
	"dir /srv/x\n|librocblas.so.5\nstat /srv/x/librocblas.so.5 file 0644 0:0 0:0 r\n"

/* Where the memory is closed, the program's file says where its libraries are looked for. */
static void test_runpath(void **state)
{
	static const char object[] = "link /proc/70/exe -> /srv/l/bin/llama-server\n" LIBRARIES
				     "object /srv/l/bin/llama-server\n|kind elf\n|size 7\n"
				     "|runpath ${ORIGIN}/../lib:$ORIGIN:/srv/r:/srv/$LIB:lib\n";
	gd_autofree closed = gd_xasprintf("%s%s", PROCESSES "error file /proc/70/maps EACCES\n", object);
	gd_autofree open = gd_xasprintf(
		"%s%s", PROCESSES "file /proc/70/maps\n|1-2 r--p 0 0:0 1 /srv/x/librocblas.so.5\n", object);
	automachine m = { 0 };

	(void)state;
	look_at_capture(&m, closed);
	assert_text(&m, "scope", "process 70", "program", "/srv/l/bin/llama-server");
	assert_text(&m, "rocm_install", "/srv/l/lib", "found_by", "RUNPATH");
	assert_text(&m, "rocm_install", "/srv/r", "found_by", "RUNPATH");
	expect_gap(&m, "rocm_install", "/srv/r", "loaded_by", GD_GAP_DENIED);
	assert_false(has_install(&m, "/srv/x"));
	/* Where it is open, it has the last word. */
	look_at_capture(&m, open);
	assert_text(&m, "rocm_install", "/srv/x", "found_by", "process");
	assert_text(&m, "rocm_install", "/srv/x", "loaded_by", "llama.cpp");
	assert_false(has_install(&m, "/srv/r"));
	/* What a unit would start may load it; RPATH is older and means the same. */
	look_at_capture(&m, "dir /etc/systemd/system\n|ollama.service\n"
			    "file /etc/systemd/system/ollama.service\n|[Service]\n|ExecStart=/srv/l/ollama serve\n"
			    "object /srv/l/ollama\n|kind elf\n|size 7\n|rpath $ORIGIN/lib\n" LIBRARIES);
	assert_text(&m, "rocm_install", "/srv/l/lib", "found_by", "RUNPATH");
	/* A program that may not be read may lead anywhere. */
	look_at_capture(&m, "dir /etc/systemd/system\n|ollama.service\n"
			    "file /etc/systemd/system/ollama.service\n|[Service]\n|ExecStart=/srv/l/ollama serve\n"
			    "error object /srv/l/ollama EACCES\n");
	assert_int_equal(gd_facts_table_peek(m.facts, "rocm_install")->gap, GD_GAP_DENIED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_one_release, make_root, remove_root),
		cmocka_unit_test_setup_teardown(test_mixed, make_root, remove_root),
		cmocka_unit_test_setup_teardown(test_deleted, make_root, remove_root),
		cmocka_unit_test_setup_teardown(test_others, make_root, remove_root),
		cmocka_unit_test_setup_teardown(test_many, make_root, remove_root),
		cmocka_unit_test(test_denied),
		cmocka_unit_test(test_without_kfd),
		cmocka_unit_test_setup_teardown(test_long, make_root, remove_root),
		cmocka_unit_test_setup_teardown(test_search, make_root, remove_root),
		cmocka_unit_test_setup_teardown(test_container_variables, make_root, remove_root),
		cmocka_unit_test(test_runpath),
	};

	return cmocka_run_group_tests_name("process_rocm", tests, NULL, NULL);
}
