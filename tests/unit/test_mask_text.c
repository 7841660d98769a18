/* SPDX-License-Identifier: MIT */
/* Secrets, and what holds for any text. */
#include "mask_fixture.h"

static void test_variables(void **state)
{
	static const char unit[] = "/etc/systemd/system/ollama.service.d/override.conf";

	(void)state;
	content(unit, "Environment=\"HF_TOKEN=hf_a b\" \"OLLAMA_KEEP_ALIVE=5m\" MY_SECRET='a b' api_key=abc x\n",
		"Environment=\"HF_TOKEN=masked\" \"OLLAMA_KEEP_ALIVE=5m\" MY_SECRET='masked' api_key=masked x\n");
	CONTENT_BYTES("/proc/9/environ", "DB_PASS=a b\0AWS_SECRET_ACCESS_KEY=q=1\nr\0PWD=/srv\0OLDPWD=/",
		      "DB_PASS=masked\0AWS_SECRET_ACCESS_KEY=masked\0PWD=/srv\0OLDPWD=/");
	content("/root/.bashrc", "export ROOT_PWD=abc PASS=x Session_Cookie=\"a\\\"b c\" auth=z\n",
		"export ROOT_PWD=masked PASS=masked Session_Cookie=\"masked\" auth=masked\n");
	content("/opt/app/.env", "OPENAI_API_KEY=sk-abc\nDEBUG=1\n", "OPENAI_API_KEY=masked\nDEBUG=1\n");
	content("/etc/app.toml", "api_key = \"abc def\"\ntoken: \"x\"\n", "api_key = \"masked\"\ntoken: \"masked\"\n");
	content("/etc/machine-info", "PRETTY_HOSTNAME=\"The White Rabbit\"\n", "PRETTY_HOSTNAME=\"masked\"\n");
	content("/cmd/x", "token hf_AbCdEfGhIjKlMnOpQrStUv012345 end", "token masked end");
	content("/etc/x", "author: Jane\nauthorization: x\n", "author: Jane\nauthorization: masked\n");
	unchanged("/etc/vconsole.conf", "KEYMAP=de-latin1\nKEYTABLE=us\nXKBMODEL=pc105\n");
	unchanged("/proc/cmdline", "ro vconsole.keymap=de rd.vconsole.keymap=us amdgpu.gpu_recovery=1 quiet\n");
	unchanged(unit, "Environment=\"HSA_OVERRIDE_GFX_VERSION=11.0.0\" PWD=/x MAX_TOKENS=4096 "
			"TOKENIZERS_PARALLELISM=false\n");
	unchanged("/sys/devices/x/input/input3/uevent",
		  "KEY=10000 0 0 0\nMODALIAS=input:b0019v0000-e0,1,k74,ramlsfw\n");
	unchanged("/cmd/llama.txt",
		  "print_info: EOS token        = 151645 '<|im_end|>'\n0.17 ms per token, 5.9 tokens per second\n");
	unchanged("/boot/config-6.8.0", "CONFIG_KEYS=y\nCONFIG_HSA_AMD=y\nCONFIG_CRYPTO_AUTHENC=m\n");
}

static void test_options(void **state)
{
	(void)state;
	CONTENT_BYTES("/proc/9/cmdline", "llama-server\0--api-key\0a b\0--port\0008080\0--hf-token=xyz\0",
		      "llama-server\0--api-key\0masked\0--port\0008080\0--hf-token=masked\0");
	content("/etc/systemd/system/x.service", "ExecStart=/bin/x --api-key abc --token=def --password 'a b' -m q\n",
		"ExecStart=/bin/x --api-key masked --token=masked --password 'masked' -m q\n");
	content("/etc/x.json", "[\"--api-key\", \"abc\"]", "[\"--api-key\", \"masked\"]");
	unchanged("/etc/systemd/system/x.service",
		  "ExecStart=/bin/x --no-kv-offload -ctk q8_0 --ctk f16 --no-auth -m x --max-tokens 512\n");
	unchanged("/etc/x", "--api-key\n--token --verbose\n");
}

static void test_json_and_urls(void **state)
{
	(void)state;
	content("/cmd/config.json", "{\"api_key\": \"va lue\",\"x\":{\"auth\":{\"Token\":\"t\"}},\"n\":1}",
		"{\"api_key\": \"masked\",\"x\":{\"auth\":{\"Token\":\"masked\"}},\"n\":1}");
	content("/cmd/x", "Authorization: Bearer abc.def\ncurl -H \"Authorization: Bearer q\" x\n",
		"Authorization: masked\ncurl -H \"Authorization: masked\" x\n");
	content("/etc/environment", "http_proxy=http://al:p@ss@proxy.example.org:3128/a@b\n",
		"http_proxy=http://masked@proxy.example.org:3128/a@b\n");
	content("/cmd/smi.txt",
		"Serial Number                         : 1322621046782\nSerialNumber: "
		"ABC\n<serial>07</serial><serial>12345</serial>\n",
		"Serial Number                         : masked\nSerialNumber: "
		"masked\n<serial>07</serial><serial>masked</serial>\n");
	content("/run/udev/data/b8:0", "E:ID_SERIAL=WDC_X_123\nE:KEY=10000 0\n", "E:ID_SERIAL=masked\nE:KEY=10000 0\n");
	content("/sys/class/power_supply/BAT0/uevent", "POWER_SUPPLY_SERIAL_NUMBER=12345\nPOWER_SUPPLY_TYPE=Mains\n",
		"POWER_SUPPLY_SERIAL_NUMBER=masked\nPOWER_SUPPLY_TYPE=Mains\n");
	unchanged("/cmd/x",
		  "https://example.org/a@b serial: <superuser required> Serial Number : N/A\nSerialNumber=3\n");
	unchanged("/cmd/udevadm.txt", "E: KEY=10000000000000 0\n");
	unchanged("/cmd/rocminfo.txt", "  Uuid:                    CPU-XX\n");
	unchanged("/cmd/vulkaninfo.txt", "\tVK_KHR_win32_keyed_mutex : extension revision 1\n");
}

static uint32_t seed = 1;

static uint32_t pick(uint32_t below)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % below;
}

static void add_pieces(struct gd_buf *b)
{
	static const char *const pieces[] = {
		"alice", "ubuntu", "john.doe", "zephyr-7", "/home/", "/by-id/", "/by-uuid/", UUID_A,
		UUID_B, "GPU-", "MIG-", "a1b2c3d4e5f60718", "d8:43:ae:12:34:56", "192.168.1.5",
		"10.0.0.1", "fe80::1", "::", "2a00:1450::7", "HF_TOKEN", "--api-key", "PASSWORD",
		"Serial Number", "UUID", "://", "@", "Bearer ", "\"", "'", "=", ":", " ", "\n", ",", "-",
		".", "/", "<", ">", "[", "]", "{", "}", "\\", "\\x2d", "x", "0", "1", "user", "user2",
		"masked", "masked-1", "host", "-part1", "nvme-", "hf_AbCdEfGhIjKlMnOpQrStUv012345",
		"version ", "_", "\t", "\xc3\xa9", "true", "enx0a1b2c3d4e5f",
	};

	gd_buf_clear(b);
	for (uint32_t n = pick(14) + 1; n; n--) {
		uint32_t i = pick(GD_COUNT(pieces) + 1);

		gd_buf_add(b, i < GD_COUNT(pieces) ? pieces[i] : "", i < GD_COUNT(pieces) ? strlen(pieces[i]) : 1);
	}
}

static void expect_same(const char *path, const struct gd_buf *in, const struct gd_buf *a, const struct gd_buf *b)
{
	gd_autobuf text = { 0 };

	if (a->len == b->len && memcmp(gd_buf_peek(a), gd_buf_peek(b), a->len) == 0)
		return;
	gd_capture_escape(&text, gd_buf_peek(in), in->len);
	gd_buf_puts(&text, "> once <");
	gd_capture_escape(&text, gd_buf_peek(a), a->len);
	gd_buf_puts(&text, "> twice <");
	gd_capture_escape(&text, gd_buf_peek(b), b->len);
	fail_msg("%s: in <%s>", path, gd_buf_peek(&text));
}

/* Any text, masked once, is left alone by the same mask and by one made from the masked machine. */
static void test_masking_twice_changes_nothing(void **state)
{
	static const char *const paths[] = { "/cmd/x",
					     "/proc/9/environ",
					     "/etc/passwd",
					     "/etc/group",
					     "/sys/x/uevent",
					     "/usr/x",
					     "/sys/class/dmi/id/product_serial",
					     "/sys/x/unique_id",
					     "/run/udev/data/x",
					     "/etc/hostname" };
	struct gd_mask *second = new_mask("gpudoctor-capture 1\norigin live\nfile /etc/hostname\n|host\n"
					  "dir /home\n|user\n|user2\n|user3\n|user4\nend 2\n");
	gd_autobuf in = { 0 };

	(void)state;
	for (int i = 0; i < 30000; i++) {
		const char *path = paths[pick(GD_COUNT(paths))];
		gd_autobuf once = { 0 };
		gd_autobuf again = { 0 };
		gd_autobuf other = { 0 };

		add_pieces(&in);
		gd_mask_content(mask, path, in.data, in.len, &once);
		gd_mask_content(mask, path, gd_buf_peek(&once), once.len, &again);
		gd_mask_content(second, path, gd_buf_peek(&once), once.len, &other);
		expect_same(path, &in, &once, &again);
		expect_same(path, &in, &once, &other);
	}
	gd_mask_free(second);
}

/* Each of these would take minutes were a rule to look ahead without bound. */
static void test_large_files(void **state)
{
	static const char *const pieces[] = { "a",	"-",  "aa:",   "KEY={",	  "\"KEY=", "UUID=GPU-", "SERIAL=<",
					      "://",	"a.", "1.",    "::",	  "/home/", "--key ",	 "KEY=\"",
					      "token ", "\\", "fe80:", "/by-id/", "KEY=[",  " " };
	enum { SIZE = 1024 * 1024 };

	(void)state;
	for (size_t i = 0; i < GD_COUNT(pieces); i++) {
		gd_autobuf in = { 0 };
		gd_autobuf out = { 0 };
		gd_autobuf again = { 0 };

		while (in.len < SIZE)
			gd_buf_puts(&in, pieces[i]);
		gd_mask_content(mask, "/cmd/x", in.data, in.len, &out);
		gd_mask_content(mask, "/cmd/x", gd_buf_peek(&out), out.len, &again);
		assert_int_equal(again.len, out.len);
		assert_memory_equal(again.data, out.data, out.len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_variables, setup, teardown),
		cmocka_unit_test_setup_teardown(test_options, setup, teardown),
		cmocka_unit_test_setup_teardown(test_json_and_urls, setup, teardown),
		cmocka_unit_test_setup_teardown(test_masking_twice_changes_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_large_files, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
