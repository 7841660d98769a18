/* SPDX-License-Identifier: MIT */
/* Who sets which variable: scopes, the value that holds, where it is to be changed, and which scope is told of it. */
#include "tree_fixture.h"

#include "host/recorder.h"
#include "probe_machine.h"
#include "probes/homes.h"
#include "probes/setting.h"

extern const struct gd_probe gd_probe_setting;

/* The probe on a door, which the machine takes over. */
static void look(struct machine *m, struct gd_host *h)
{
	struct gd_ctx ctx = { .probe = &gd_probe_setting };
	struct gd_err err = { "" };

	machine_free(m);
	m->host = h;
	m->facts = gd_facts_new();
	ctx.host = h;
	ctx.facts = m->facts;
	for (const struct gd_table *const *t = gd_probe_setting.tables; *t; t++)
		gd_facts_declare(m->facts, *t, gd_probe_setting.name);
	assert_int_equal(gd_probe_setting.run(&ctx, &err), 0);
	gd_facts_close(m->facts);
}

static bool has_row(const struct machine *m, const char *table, const char *key)
{
	return gd_facts_find(m->facts, table, key) != NULL;
}

#define UNIT "/etc/systemd/system/ollama.service"
#define DROP_IN "/etc/systemd/system/ollama.service.d/override.conf"

static void put_process(const char *pid, const char *comm, const char *block, size_t len, const char *cgroup)
{
	gd_autofree comm_path = gd_xasprintf("/proc/%s/comm", pid);
	gd_autofree environ_path = gd_xasprintf("/proc/%s/environ", pid);
	gd_autofree cmdline_path = gd_xasprintf("/proc/%s/cmdline", pid);
	gd_autofree cgroup_path = gd_xasprintf("/proc/%s/cgroup", pid);

	put(comm_path, comm);
	put_n(environ_path, block, len);
	put(cmdline_path, "/usr/bin/ollama");
	put(cgroup_path, cgroup);
}

#define ENVIRON(text) (text), sizeof(text) - 1

/* A service that runs, and a process that it started, have what the unit sets: that is one thing to change. */
static void test_service(void **state)
{
	automachine m = { 0 };

	(void)state;
	put(UNIT, "[Service]\nExecStart=/usr/bin/ollama serve\nEnvironment=HSA_XNACK=0 TOKEN=abc\n");
	put(DROP_IN, "[Service]\nEnvironment=HSA_XNACK=1\n");
	put_process("812", "ollama\n", ENVIRON("HSA_XNACK=1\0TOKEN=abc\0"), "0::/system.slice/ollama.service\n");
	put_process("900", "ollama\n", ENVIRON("HSA_XNACK=1\0OLLAMA_X=5\0"), "0::/system.slice/ollama.service\n");
	look(&m, open_tree());
	assert_text(&m, "scope", "unit ollama.service", "kind", "unit");
	assert_text(&m, "scope", "unit ollama.service", "engine", "ollama");
	assert_text(&m, "scope", "unit ollama.service", "file", UNIT);
	assert_int(&m, "scope", "unit ollama.service", "running", 1);
	assert_int(&m, "scope", "unit ollama.service", "masked", 0);
	assert_text(&m, "scope", "process 812", "unit", "unit ollama.service");
	assert_int(&m, "scope", "process 812", "container", 0);
	assert_text(&m, "setting", "unit ollama.service HSA_XNACK", "value", "1");
	assert_int(&m, "setting", "unit ollama.service HSA_XNACK", "line", 2);
	assert_text(&m, "setting", "unit ollama.service HSA_XNACK", "overruled", UNIT ":3 (0)");
	assert_text(&m, "setting", "process 812 HSA_XNACK", "place", DROP_IN ":2");
	assert_text(&m, "setting", "process 812 HSA_XNACK", "change",
		    "take HSA_XNACK out at " DROP_IN
		    ":2; then: sudo systemctl daemon-reload && sudo systemctl try-restart ollama.service");
	/* One of the three is told of. */
	assert_int(&m, "setting", "process 812 HSA_XNACK", "repeated", 0);
	assert_text(&m, "setting", "unit ollama.service HSA_XNACK", "repeats", "process 812");
	assert_text(&m, "setting", "process 900 HSA_XNACK", "repeats", "process 812");
	/* What only the child has is its own. */
	assert_text(&m, "setting", "process 900 OLLAMA_X", "place", "/proc/900/environ");
	assert_text(&m, "setting", "process 900 OLLAMA_X", "change",
		    "start ollama (process 900) without OLLAMA_X; ollama.service does not set it so, or not any more: "
		    "sudo systemctl restart ollama.service");
	assert_false(has_row(&m, "setting", "process 812 TOKEN"));
	assert_false(has_row(&m, "setting", "unit ollama.service TOKEN"));
}

/* The file of a process in a virtual environment is the machine's Python. */
static void test_python(void **state)
{
	automachine m = { 0 };

	(void)state;
	put_process("812", "python3\n", ENVIRON("HSA_XNACK=1\0"), "0::/system.slice/a.service\n");
	put_n("/proc/812/cmdline", ENVIRON("/opt/venv/bin/python\0/opt/venv/bin/vllm\0serve\0"));
	put_link("/proc/812/exe", "/usr/bin/python3.12");
	put_process("813", "python3\n", ENVIRON(""), "0::/system.slice/a.service\n");
	put_n("/proc/813/cmdline", ENVIRON("python\0/opt/venv/bin/vllm\0serve\0"));
	look(&m, open_tree());
	assert_text(&m, "scope", "process 812", "program", "/usr/bin/python3.12");
	assert_text(&m, "scope", "process 812", "called", "/opt/venv/bin/python");
	assert_text(&m, "scope", "process 812", "engine", "vllm");
	assert_text(&m, "scope", "process 813", "called", "/opt/venv/bin/vllm");
}

/* The unit was changed, and what runs was started before. */
static void test_not_restarted(void **state)
{
	automachine m = { 0 };

	(void)state;
	put(UNIT, "[Service]\nExecStart=/usr/bin/ollama serve\nEnvironment=HSA_XNACK=0\n");
	put_process("812", "ollama\n", ENVIRON("HSA_XNACK=1\0"), "0::/system.slice/ollama.service\n");
	look(&m, open_tree());
	assert_text(&m, "setting", "process 812 HSA_XNACK", "place", "/proc/812/environ");
	assert_int(&m, "setting", "process 812 HSA_XNACK", "repeated", 0);
	assert_int(&m, "setting", "unit ollama.service HSA_XNACK", "repeated", 0);
}

/* A package's file would come back; a template is changed for all its instances. */
static void test_changes(void **state)
{
	automachine m = { 0 };

	(void)state;
	put("/usr/lib/systemd/system/ollama.service",
	    "[Service]\nExecStart=/usr/bin/ollama serve\nEnvironment=HSA_XNACK=0\n");
	put("/etc/systemd/system/vllm@.service", "[Service]\nExecStart=/opt/vllm serve %i\nEnvironment=HSA_XNACK=0\n");
	put("/etc/profile.d/rocm.sh", "# ROCm\nexport HSA_XNACK=1\n");
	put("/etc/environment", "ROCM_PATH=/opt/rocm\n");
	look(&m, open_tree());
	assert_text(&m, "setting", "unit ollama.service HSA_XNACK", "change",
		    "run: sudo systemctl edit ollama.service; write UnsetEnvironment=HSA_XNACK below a line [Service] "
		    "there; then: sudo systemctl try-restart ollama.service");
	assert_text(&m, "setting", "unit vllm@.service HSA_XNACK", "change",
		    "take HSA_XNACK out at /etc/systemd/system/vllm@.service:3; then: sudo systemctl daemon-reload && "
		    "sudo systemctl try-restart 'vllm@*.service'");
	assert_text(&m, "setting", "login HSA_XNACK", "change",
		    "take HSA_XNACK out at /etc/profile.d/rocm.sh:2, log in again, and start what uses ROCm anew");
	assert_text(&m, "setting", "login ROCM_PATH", "place", "/etc/environment:1");
	/* /etc/security/pam_env.conf is not in this tree, and may set it too. */
	expect_gap(&m, "setting", "login HSA_XNACK", "value", GD_GAP_NOT_CAPTURED);
	assert_false(is_complete(&m, "setting"));
}

/* What runs in a container has other files, and other logins. */
static void test_container(void **state)
{
	automachine m = { 0 };

	(void)state;
	put("/etc/environment", "ROCBLAS_TENSILE_LIBPATH=/srv/kernels\n");
	put("/srv/kernels/TensileLibrary_lazy_gfx1100.dat", "x");
	put_process("70", "ollama\n", ENVIRON("ROCBLAS_TENSILE_LIBPATH=/srv/kernels\0"),
		    "0::/system.slice/docker-0123abcd.scope\n");
	put_process("71", "ollama\n", ENVIRON("ROCBLAS_TENSILE_LIBPATH=/srv/kernels\0"),
		    "0::/user.slice/user-1000.slice/session-3.scope\n");
	put_process("72", "ollama\n", ENVIRON(""), "0::/system.slice/docker.service\n");
	look(&m, open_tree());
	assert_int(&m, "scope", "process 70", "container", 1);
	assert_int(&m, "scope", "process 71", "container", 0);
	assert_int(&m, "scope", "process 72", "container", 0);
	assert_text(&m, "setting", "process 70 ROCBLAS_TENSILE_LIBPATH", "place", "/proc/70/environ");
	expect_gap(&m, "setting", "process 70 ROCBLAS_TENSILE_LIBPATH", "folder", GD_GAP_NO_SOURCE);
	assert_text(&m, "setting", "process 71 ROCBLAS_TENSILE_LIBPATH", "place", "/etc/environment:1");
	assert_text(&m, "setting", "process 71 ROCBLAS_TENSILE_LIBPATH", "folder", "files");
}

#define PROCESS "dir /proc\n|812\nfile /proc/812/comm\n|ollama\nfile /proc/812/cmdline\n|ollama\n" \
		"file /proc/812/cgroup\n|0::/\nfile /proc/812/environ\n"

/* On a live machine, what is not there is not there. */
static void test_folders(void **state)
{
	static const struct {
		const char *entries;
		const char *folder; /* NULL: unknown */
	} cases[] = {
		{ PROCESS "|ROCBLAS_TENSILE_LIBPATH=/k\\x00\\\nabsent /k\n", "missing" },
		{ PROCESS "|ROCBLAS_TENSILE_LIBPATH=/k\\x00\\\nfile /k\n|x\n", "not-a-folder" },
		{ PROCESS "|ROCBLAS_TENSILE_LIBPATH=/k\\x00\\\ndir /k\n", "empty" },
		{ PROCESS "|ROCBLAS_TENSILE_LIBPATH=/k\\x00\\\ndir /k\n|x\n", "files" },
		{ PROCESS "|ROCBLAS_TENSILE_LIBPATH=/k\\x00\\\nerror dir /k EACCES\n", NULL },
		{ PROCESS "|ROCBLAS_TENSILE_LIBPATH=k\\x00\\\n", NULL },
	};

	(void)state;
	for (size_t i = 0; i < GD_COUNT(cases); i++) {
		automachine m = { 0 };
		const struct gd_row *row;

		run(&m, &gd_probe_setting, cases[i].entries);
		row = row_of(&m, "setting", "process 812 ROCBLAS_TENSILE_LIBPATH");
		assert_string_equal(gd_get_text(row, "folder", "(unknown)"),
				    cases[i].folder ? cases[i].folder : "(unknown)");
	}
}

/* An environment that may not be read is unknown, and there may be settings that nobody saw. */
static void test_denied(void **state)
{
	automachine m = { 0 };

	(void)state;
	run(&m, &gd_probe_setting,
	    "dir /proc\n|812\nfile /proc/812/comm\n|ollama\nfile /proc/812/cmdline\n|ollama\n"
	    "file /proc/812/cgroup\n|0::/\nerror file /proc/812/environ EACCES\n");
	expect_gap(&m, "scope", "process 812", "whole", GD_GAP_DENIED);
	assert_false(is_complete(&m, "setting"));
}

static void test_masked(void **state)
{
	automachine m = { 0 };

	(void)state;
	put("/usr/lib/systemd/system/ollama.service",
	    "[Service]\nExecStart=/usr/bin/ollama serve\nEnvironment=HSA_XNACK=0\n");
	put_link("/etc/systemd/system/ollama.service", "/dev/null");
	put("/etc/systemd/system/mine.service", "[Service]\nExecStart=/bin/x\nEnvironment=HSA_XNACK=0\n");
	put_link("/etc/systemd/system/alias.service", "mine.service");
	put("/etc/systemd/system/other.service", "[Service]\nExecStart=/bin/x\nEnvironment=SECRET=0\n");
	look(&m, open_tree());
	assert_int(&m, "scope", "unit ollama.service", "masked", 1);
	assert_false(has_row(&m, "setting", "unit ollama.service HSA_XNACK"));
	assert_text(&m, "setting", "unit mine.service HSA_XNACK", "value", "0");
	assert_false(has_row(&m, "scope", "unit alias.service"));
	assert_false(has_row(&m, "scope", "unit other.service"));
}

/* What is set for all services is a place of its own, and told with the unit that runs an engine. */
static void test_manager(void **state)
{
	automachine m = { 0 };

	(void)state;
	put("/etc/systemd/system.conf", "[Manager]\nDefaultEnvironment=HSA_XNACK=1 GGML_A=1\n");
	put(UNIT, "[Service]\nExecStart=/usr/bin/ollama serve\nEnvironment=\nEnvironment=GGML_A=2\n");
	look(&m, open_tree());
	assert_text(&m, "setting", "unit ollama.service HSA_XNACK", "place", "/etc/systemd/system.conf:2");
	assert_text(&m, "setting", "unit ollama.service HSA_XNACK", "change",
		    "take HSA_XNACK out at /etc/systemd/system.conf:2; then: sudo systemctl daemon-reexec && "
		    "sudo systemctl try-restart ollama.service");
	assert_text(&m, "setting", "unit ollama.service GGML_A", "value", "2");
	assert_text(&m, "setting", "system manager HSA_XNACK", "repeats", "unit ollama.service");
	assert_int(&m, "setting", "system manager GGML_A", "repeated", 0);
	assert_text(&m, "scope", "system manager", "kind", "manager");
}

/* Units of users get what environment.d sets; what is replaced there is not known. */
static void test_users(void **state)
{
	automachine m = { 0 };

	(void)state;
	put("/home/joe/.config/systemd/user/llama-server.service",
	    "[Service]\nExecStart=/home/joe/llama-server\nEnvironment=GGML_A=unit\n");
	put("/home/joe/.config/environment.d/10.conf", "HSA_XNACK=1\nGGML_A=manager\nLD_LIBRARY_PATH=$HOME/lib\n");
	put("/home/joe/.bashrc", "export ROCM_PATH=/opt/rocm\nexport HIP_PATH=$ROCM_PATH/hip\n");
	look(&m, open_tree());
	assert_text(&m, "setting", "user unit llama-server.service GGML_A", "value", "unit");
	assert_text(&m, "setting", "user unit llama-server.service GGML_A", "overruled",
		    "/home/joe/.config/environment.d/10.conf:2 (manager)");
	assert_text(&m, "setting", "user unit llama-server.service HSA_XNACK", "place",
		    "/home/joe/.config/environment.d/10.conf:1");
	expect_gap(&m, "setting", "user unit llama-server.service LD_LIBRARY_PATH", "value", GD_GAP_NO_SOURCE);
	assert_text(&m, "setting", "user manager of /home/joe HSA_XNACK", "repeats", "user unit llama-server.service");
	assert_text(&m, "setting", "login /home/joe ROCM_PATH", "value", "/opt/rocm");
	expect_gap(&m, "setting", "login /home/joe HIP_PATH", "value", GD_GAP_NO_SOURCE);
}

/* Of root, who is nobody in /home, too; and of so many that not all are looked into. */
static void test_homes(void **state)
{
	automachine m = { 0 };

	(void)state;
	put("/root/.bashrc", "export ROCM_PATH=/opt/rocm\n");
	put("/home/joe/.bashrc", "export ROCM_PATH=/opt/rocm\n");
	put("/home/.joe/.bashrc", "export ROCM_PATH=/opt/rocm\n");
	look(&m, open_tree());
	assert_text(&m, "setting", "login /root ROCM_PATH", "value", "/opt/rocm");
	assert_text(&m, "setting", "login /home/joe ROCM_PATH", "value", "/opt/rocm");
	assert_null(gd_facts_find(m.facts, "setting", "login /home/.joe ROCM_PATH"));
	for (int i = 0; i < GD_HOMES_MAX; i++) {
		gd_autofree path = gd_xasprintf("/home/u%d/.bashrc", i);

		put(path, "");
	}
	look(&m, open_tree());
	assert_false(gd_facts_table_peek(m.facts, "scope")->complete);
	assert_string_equal(gd_facts_table_peek(m.facts, "scope")->detail, "/home: Argument list too long");
}

/* The files of a login are read one after the other, and a later one may take back what an earlier one set. */
static void test_taken_back(void **state)
{
	automachine m = { 0 };

	(void)state;
	put("/home/joe/.profile", "export HSA_XNACK=1\nexport ROCM_PATH=/opt/rocm\nexport HIP_PATH=/opt/hip\n");
	put("/home/joe/.bashrc", "unset HSA_XNACK\nif true; then unset ROCM_PATH GGML_A; fi\n");
	look(&m, open_tree());
	assert_false(has_row(&m, "setting", "login /home/joe HSA_XNACK"));
	expect_gap(&m, "setting", "login /home/joe ROCM_PATH", "value", GD_GAP_NO_SOURCE);
	assert_text(&m, "setting", "login /home/joe ROCM_PATH", "place", "/home/joe/.bashrc:2");
	assert_text(&m, "setting", "login /home/joe HIP_PATH", "value", "/opt/hip");
	assert_false(has_row(&m, "setting", "login /home/joe GGML_A"));
}

/* What many people have in their homes is told once. */
static void test_homes_alike(void **state)
{
	automachine m = { 0 };

	(void)state;
	for (int i = 0; i < 5; i++) {
		gd_autofree path = gd_xasprintf("/home/u%d/.bashrc", i);

		put(path, i < 4 ? "\nexport HSA_XNACK=1\n" : "export HSA_XNACK=0\n");
	}
	look(&m, open_tree());
	assert_int(&m, "setting", "login /home/u0 HSA_XNACK", "repeated", 0);
	assert_text(&m, "setting", "login /home/u0 HSA_XNACK", "change",
		    "take HSA_XNACK out at /home/u0/.bashrc:2 (and in 3 other homes), log in again, and start what "
		    "uses ROCm anew");
	assert_text(&m, "setting", "login /home/u1 HSA_XNACK", "repeats", "login /home/u0");
	assert_text(&m, "setting", "login /home/u3 HSA_XNACK", "repeats", "login /home/u0");
	assert_int(&m, "setting", "login /home/u4 HSA_XNACK", "repeated", 0);
}

/* A recording of the tree, and the same probe on that. Owned. */
static char *record(struct machine *m)
{
	struct gd_host *tree = open_tree();
	struct gd_host *recorder = gd_recorder_new(tree);
	struct gd_capture *capture = NULL;
	struct gd_err err = { "" };
	gd_autobuf text = { 0 };

	look(m, recorder);
	gd_recorder_print(recorder, NULL, &text);
	if (gd_capture_parse("test", text.data, text.len, &capture, &err) < 0)
		fail_msg("%s", err.text);
	look(m, gd_capture_host(capture));
	gd_host_close(tree);
	return gd_buf_take(&text);
}

/* Units of others are in a capture by their names at most; a replay knows the same of the rest. */
static void test_record(void **state)
{
	static const char *const hidden[] = { "/opt/acme", "/etc/acme", "hush", "alice", "smith" };
	automachine m = { 0 };
	gd_autofree text = NULL;

	(void)state;
	put("/etc/systemd/system/acme-payroll.service",
	    "[Service]\nExecStart=/opt/acme/bin/payroll --token=hush\nEnvironment=DB_PASSWORD=hush\n"
	    "EnvironmentFile=/etc/acme/env\n");
	put("/etc/acme/env", "TOKEN=hush\n");
	put("/etc/systemd/system/acme-payroll.service.d/x.conf", "[Service]\nExecStart=\nExecStart=/opt/acme/x\n");
	/* All services share it; what comes later is of interest. */
	put("/etc/systemd/system/service.d/all.conf", "[Service]\nUnsetEnvironment=HIP_PATH\n");
	put(UNIT, "[Service]\nExecStart=/usr/bin/ollama serve\nEnvironment=HSA_XNACK=1 HIP_PATH=/x\n"
		  "EnvironmentFile=/etc/default/ollama\n");
	put("/etc/default/ollama", "GGML_A=1\n");
	put("/home/alice.smith/.bashrc", "export LD_LIBRARY_PATH=/home/alice.smith/lib\n");
	put("/home/alice.smith/.config/systemd/user/llama.service",
	    "[Service]\nExecStart=/home/alice.smith/llama-server\nEnvironment=GGML_B=/home/alice.smith/x\n");
	put_process("812", "llama-server\n", ENVIRON("GGML_C=/home/alice.smith/y\0"),
		    "0::/user.slice/user-1000.slice/user@1000.service/app.slice/llama.service\n");
	text = record(&m);
	for (size_t i = 0; i < GD_COUNT(hidden); i++)
		if (strstr(text, hidden[i]))
			fail_msg("\"%s\" is in the capture:\n%s", hidden[i], text);
	assert_non_null(strstr(text, "acme-payroll.service"));
	assert_text(&m, "setting", "unit ollama.service HSA_XNACK", "value", "1");
	assert_text(&m, "setting", "unit ollama.service GGML_A", "value", "1");
	assert_false(has_row(&m, "setting", "unit ollama.service HIP_PATH"));
	assert_false(has_row(&m, "scope", "unit acme-payroll.service"));
	assert_int(&m, "scope", "unit ollama.service", "whole", 1);
}

static void test_cgroups(void **state)
{
	static const struct {
		const char *text;
		const char *unit;
		bool user;
	} cases[] = {
		{ "0::/system.slice/ollama.service\n", "ollama.service", false },
		{ "0::/system.slice/system-vllm.slice/vllm@a.service\n", "vllm@a.service", false },
		{ "0::/user.slice/user-1000.slice/user@1000.service/app.slice/x.service\n", "x.service", true },
		{ "0::/user.slice/user-1000.slice/user@1000.service/app.slice/run.scope\n", NULL, true },
		{ "0::/user.slice/user-1000.slice/session-3.scope\n", NULL, false },
		{ "12:memory:/\n1:name=systemd:/system.slice/a.service\n0::/\n", "a.service", false },
		{ "0::/\n", NULL, false },
		{ "garbage", NULL, false },
		{ "", NULL, false },
	};

	(void)state;
	for (size_t i = 0; i < GD_COUNT(cases); i++) {
		bool user = false;
		gd_autofree unit = gd_unit_of_cgroup(cases[i].text, &user);

		assert_string_equal(unit ? unit : "(none)", cases[i].unit ? cases[i].unit : "(none)");
		assert_int_equal(user, cases[i].user);
	}
}

#define TREE_TEST(f) cmocka_unit_test_setup_teardown(f, make_root, remove_root)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TREE_TEST(test_service),
		TREE_TEST(test_python),
		TREE_TEST(test_not_restarted),
		TREE_TEST(test_changes),
		TREE_TEST(test_container),
		cmocka_unit_test(test_folders),
		cmocka_unit_test(test_denied),
		TREE_TEST(test_manager),
		TREE_TEST(test_masked),
		TREE_TEST(test_users),
		TREE_TEST(test_homes),
		TREE_TEST(test_homes_alike),
		TREE_TEST(test_record),
		TREE_TEST(test_taken_back),
		cmocka_unit_test(test_cgroups),
	};

	return cmocka_run_group_tests_name("the probe setting", tests, NULL, NULL);
}
