#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Three-valued logic: an unknown fact never becomes an answer, whatever a rule's author wrote.

Then the exit status of check, which is the verdict over all rules.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests", "cli"))
import tap  # noqa: E402

# vram_mib is known, gtt_mib unknown, cu_count absent; the same for host.ram_mib, swap_mib and swap_free_mib.
FACTS = """
table host complete
row
  id = "host"
  kernel_release = "6.10"
  ram_mib = 64000
  swap_mib unknown denied "no"
  swap_free_mib absent
table kernel_arg complete
row
  position = 1
  name = "amdgpu"
  value absent
table module incomplete denied "no"
row
  name = "amdgpu"
  loaded = true
table drm_node complete
row
  name = "card1"
  kind = "card"
  device = "0000:03:00.0"
  driver = "amdgpu"
row
  name = "card2"
  kind = "card"
  device unknown denied "no"
  driver unknown denied "no"
table gpu complete
row
  id = "0000:03:00.0"
  isa = "gfx1201"
  driver unknown denied "no"
  compute = true
  integrated = false
  vram_mib = 16304
  gtt_mib unknown denied "no"
  cu_count absent @ "here"
  kernel_min = "6.12"
"""

PROBLEM, FINE, UNKNOWN, NOT = "problem", "fine", "unknown", "does not apply"

# The `problem` of a rule on gpu, what comes out, and the `when` where it has one.
LOGIC = [
    ("gpu.vram_mib > 1", PROBLEM),
    ("gpu.vram_mib < 1", FINE),
    ("gpu.gtt_mib > 1", UNKNOWN),
    ("NOT gpu.gtt_mib > 1", UNKNOWN),
    ("gpu.cu_count > 1", NOT),
    ("NOT gpu.cu_count > 1", NOT),
    ("gpu.vram_mib > 1 OR gpu.gtt_mib > 1", PROBLEM),
    ("gpu.gtt_mib > 1 OR gpu.vram_mib > 1", PROBLEM),
    ("gpu.vram_mib < 1 OR gpu.gtt_mib > 1", UNKNOWN),
    ("gpu.vram_mib < 1 AND gpu.gtt_mib > 1", FINE),
    ("gpu.vram_mib > 1 AND gpu.gtt_mib > 1", UNKNOWN),
    ("gpu.vram_mib > 1 AND gpu.cu_count > 1", NOT),
    ("gpu.vram_mib > 1 OR gpu.cu_count > 1", PROBLEM),
    ("gpu.gtt_mib > 1 OR gpu.cu_count > 1", UNKNOWN),
    ("gpu.isa IN ('gfx1201')", PROBLEM),
    ("gpu.isa NOT IN ('gfx1201')", FINE),
    ("gpu.driver IN ('amdgpu')", UNKNOWN),
    ("gpu.driver NOT IN ('amdgpu')", UNKNOWN),
    ("gpu.driver LIKE '%'", UNKNOWN),
    ("substr(gpu.driver, 1, 1) = 'a'", UNKNOWN),
    ("lower(gpu.driver) = 'amdgpu'", UNKNOWN),
    ("upper(gpu.isa) = 'GFX1201'", PROBLEM),
    ("gpu.gtt_mib + 1 > 0", UNKNOWN),
    ("gpu.gtt_mib BETWEEN 1 AND 2", UNKNOWN),
    ("max(gpu.gtt_mib, 5) > 1", UNKNOWN),
    ("min(gpu.vram_mib, 5) > 4", PROBLEM),
    ("length(gpu.driver) = 0", UNKNOWN),
    ("host.swap_mib > 1", UNKNOWN),
    ("host.swap_free_mib > 1", NOT),
    ("host.ram_mib > gpu.vram_mib", PROBLEM),
    ("nvidia_driver.present", UNKNOWN),
    ("gpu.vram_mib > 1", NOT, "NOT gpu.compute"),
    ("gpu.gtt_mib > 1", NOT, "NOT gpu.compute"),
    ("gpu.vram_mib > 1", UNKNOWN, "gpu.gtt_mib > 1"),
    ("gpu.vram_mib < 1", FINE, "gpu.gtt_mib > 1"),
    ("gpu.vram_mib > 1", NOT, "gpu.cu_count > 1"),
    ("gpu.gtt_mib > 1", NOT, "gpu.gtt_mib > 1 AND NOT gpu.compute"),
    ("gpu.cu_count > 1", UNKNOWN, "gpu.gtt_mib > 1"),
]

# What SQL would answer without a word: a WHERE, an aggregate or IN drops what is unknown.
TRAPS = [
    ("(SELECT count(*) FROM kernel_arg) = 0", FINE),
    ("(SELECT count(*) FROM kernel_arg AS k WHERE k.name = 'nomodeset') > 0", FINE),
    ("EXISTS (SELECT 1 FROM kernel_arg AS k WHERE k.name = 'amdgpu')", PROBLEM),
    ("NOT EXISTS (SELECT 1 FROM kernel_arg AS k WHERE k.name = 'nomodeset')", PROBLEM),
    ("(SELECT max(k.position) FROM kernel_arg AS k) > 0", PROBLEM),
    # An absent cell in another row is proved, so it may be left out.
    ("(SELECT count(k.value) FROM kernel_arg AS k) = 0", PROBLEM),
    # A table that is not listed in full, and one that nobody listed.
    ("(SELECT count(*) FROM module) = 1", UNKNOWN),
    ("(SELECT count(*) FROM module) = 0", UNKNOWN),
    ("EXISTS (SELECT 1 FROM module AS m WHERE m.name = 'nvidia')", UNKNOWN),
    ("NOT EXISTS (SELECT 1 FROM module AS m WHERE m.name = 'nvidia')", UNKNOWN),
    ("'nvidia' IN (SELECT m.name FROM module AS m)", UNKNOWN),
    ("'nvidia' NOT IN (SELECT m.name FROM module AS m)", UNKNOWN),
    ("(SELECT count(*) FROM pci_device) = 0", UNKNOWN),
    ("(SELECT count(*) FROM (SELECT m.name AS n FROM module AS m)) = 0", UNKNOWN),
    ("(SELECT count(*) FROM kernel_arg AS k, module AS m) = 0", UNKNOWN),
    # A column with an unknown cell.
    ("(SELECT count(*) FROM drm_node) = 2", PROBLEM),
    ("(SELECT count(*) FROM drm_node AS d WHERE d.kind = 'card') = 2", PROBLEM),
    ("(SELECT count(*) FROM drm_node AS d WHERE d.driver = 'amdgpu') = 1", UNKNOWN),
    ("(SELECT count(d.driver) FROM drm_node AS d) = 1", UNKNOWN),
    ("(SELECT min(d.driver) FROM drm_node AS d) = 'amdgpu'", UNKNOWN),
    ("(SELECT sum(d.driver = 'amdgpu') FROM drm_node AS d) = 1", UNKNOWN),
    ("EXISTS (SELECT 1 FROM drm_node AS d WHERE d.driver = 'amdgpu')", UNKNOWN),
    ("NOT EXISTS (SELECT 1 FROM drm_node AS d WHERE d.driver = 'xe')", UNKNOWN),
    ("'xe' NOT IN (SELECT d.driver FROM drm_node AS d)", UNKNOWN),
    ("(SELECT count(*) FROM drm_node AS d WHERE d.device = gpu.id) = 1", UNKNOWN),
    ("(SELECT count(*) FROM gpu AS g WHERE g.gtt_mib > 1) = 0", UNKNOWN),
    ("(SELECT count(*) FROM gpu AS g WHERE g.vram_mib > 1) = 1", PROBLEM),
]

# The row's own unknowns, and those of tables with one row, inside a subquery.
TRAPS += [
    ("(SELECT count(*) FROM host AS h WHERE h.swap_mib > 5) = 0", UNKNOWN),
    ("NOT EXISTS (SELECT 1 FROM host AS h WHERE h.swap_mib > 5)", UNKNOWN),
    ("(SELECT count(*) FROM host AS h WHERE h.ram_mib > 5) = 1", PROBLEM),
    ("NOT EXISTS (SELECT 1 FROM kernel_arg AS k WHERE k.name = gpu.driver)", UNKNOWN),
    ("(SELECT count(*) FROM kernel_arg AS k WHERE k.name = gpu.driver) = 0", UNKNOWN),
    ("(SELECT count(*) FROM kernel_arg AS k WHERE host.swap_mib > 5) = 0", UNKNOWN),
    ("(SELECT count(*) FROM kernel_arg AS k WHERE k.name = gpu.isa) = 0", PROBLEM),
]

# What would give an answer that rests on an unknown, and what the refusal says.
REFUSED = [
    ("count(gpu.gtt_mib) = 0", "put them into a subquery"),
    ("sum(gpu.gtt_mib) = 0", "put them into a subquery"),
    ("total(gpu.gtt_mib) = 0", "not authorized to use function: total"),
    ("printf('%d', gpu.gtt_mib) = '0'", "not authorized to use function: printf"),
    ("format('%s', gpu.driver) = ''", "not authorized to use function: format"),
    ("hex(gpu.driver) = ''", "not authorized to use function: hex"),
    ("max(gpu.gtt_mib) > 5", "max(…) with one argument folds rows: put it into a subquery"),
    ("min(gpu.gtt_mib) > 5", "min(…) with one argument folds rows: put it into a subquery"),
    ("5 < MAX(gpu.gtt_mib)", "max(…) with one argument folds rows: put it into a subquery"),
    ("gpu.driver || 'x' = 'x'", "|| makes text, and a condition is none"),
    ("(SELECT count(*) FROM module AS m WHERE m.name || '' = 'x') = 0", "|| makes text, and a condition is none"),
    ("(WITH w AS (SELECT m.name AS n FROM module AS m) SELECT count(*) FROM w) = 0",
     "WITH is refused in a rule: a subquery says the same"),
    ("lower(gpu.isa)", "lower(…) is text, which SQL takes for false; compare it with something"),
    ("NOT trim(gpu.driver)", "trim(…) is text, which SQL takes for false; compare it with something"),
    ("gpu.compute AND substr(gpu.isa, 1, 3)", "substr(…) is text, which SQL takes for false"),
    ("gpu.compute OR (upper(gpu.isa))", "upper(…) is text, which SQL takes for false"),
    ("lower(gpu.isa) = 5", "lower(…) is text and 5 is a number: SQL never finds them equal"),
    ("5 = replace(gpu.isa, 'g', 'h')", "5 is a number and replace(…) is text: SQL never finds them equal"),
    ("length(gpu.isa) = '7'", "length(…) is a number and '7' is text: SQL never finds them equal"),
    ("max(host.kernel_release, '6.10') = '6.10'", "host.kernel_release is a version: compare it directly"),
    ("lower(host.kernel_release) < '6.10'", "host.kernel_release is a version: compare it directly, as in "
     "host.kernel_release >= '6.10', or with version_compare(a, b)"),
    ("(SELECT max(g.kernel_min) FROM gpu AS g) > '6.10'", "g.kernel_min is a version: compare it directly"),
    ("(SELECT h.kernel_release FROM host AS h) < '6.10'", "h.kernel_release is a version: compare it directly"),
    ("(SELECT count(*) FROM this_gpu AS g WHERE g.gtt_mib > 0) = 0", 'there is no fact table "this_gpu"'),
    ("(SELECT count(*) FROM THIS_gpu AS g WHERE g.gtt_mib > 0) = 0", 'there is no fact table "THIS_gpu"'),
    ("(SELECT max(d.version) FROM nvidia_driver AS d) < '600'", "d.version is a version: compare it directly"),
    ("(SELECT max(gpu.kernel_release) FROM host AS gpu) < '6.9'",
     "gpu.kernel_release is a version: compare it directly"),
    ("NOT EXISTS (SELECT 1 FROM amdgpu AS x JOIN drm_node AS y USING (device))", "USING is refused in a rule"),
    ("(SELECT count(*) FROM gpu AS x NATURAL JOIN drm_node AS y) = 0", "NATURAL is refused in a rule"),
    ("gpu.driver NOT IN ()", "empty parentheses"),
    ("gpu.driver IN ( )", "empty parentheses"),
]

# Versions that stand beside the operator, or in a function made for them; 6.9 is before 6.10 and 6.12.
VERSIONS = [
    ("host.kernel_release >= '6.9'", PROBLEM),
    ("host.kernel_release < '6.9'", FINE),
    ("'6.9' < host.kernel_release", PROBLEM),
    ("host.kernel_release BETWEEN '6.9' AND '6.12'", PROBLEM),
    ("host.kernel_release NOT BETWEEN '6.9' AND '6.12'", FINE),
    ("host.kernel_release IN ('6.9', '6.10')", PROBLEM),
    ("host.kernel_release < gpu.kernel_min", PROBLEM),
    ("version_compare(host.kernel_release, '6.9') > 0", PROBLEM),
    ("version_compare(host.kernel_release, gpu.kernel_min) > 0", FINE),
    ("version_is(host.kernel_release, '6.1')", FINE),
    ("(SELECT count(*) FROM gpu AS g WHERE g.kernel_min > '6.9') = 1", PROBLEM),
]


def rule(problem, when=None, name="mine", on="gpu", severity="error"):
    return "[%s]\ntitle = %s\non = %s\n%sproblem = %s\nseverity = %s\nsays = x\n" % (
        name, name, on, "when = %s\n" % when if when else "", problem, severity)


def check_logic(t, folder):
    facts = tap.write(folder + "/facts", tap.facts_text(FACTS))

    def outcome(problem, when=None):
        file = tap.write(folder + "/my.rules", rule(problem, when))
        done = tap.run("explain", "mine", "--rules", file, "--facts", facts, "--format", "json")
        return tap.load(done)["verdicts"][0]["outcome"] if done.returncode == 0 else tap.describe(done)

    for problem, wanted, *when in LOGIC + TRAPS:
        t.equal(outcome(problem, *when), wanted, problem + (" when " + when[0] if when else ""))
    for problem, wanted in VERSIONS:
        t.equal(outcome(problem), wanted, problem)
    t.equal(outcome("gpu.vram_mib > 1", "(SELECT count(*) FROM module) = 0"), UNKNOWN, "a trap in `when`")
    t.equal(outcome("(SELECT count(*) FROM module) = 0", "NOT gpu.compute"), NOT, "a trap that is never asked")
    for problem, why in REFUSED:
        file = tap.write(folder + "/my.rules", rule(problem))
        t.status(tap.run("rules", "--check", file), 65, "refused: " + problem, "[mine] problem: ", why)


def check_tables(t, folder):
    """Rows and tables that are not all there."""
    def outcomes(facts, **more):
        file = tap.write(folder + "/my.rules", rule("gpu.vram_mib > 1", **more))
        done = tap.run("explain", "mine", "--rules", file, "--facts",
                       tap.write(folder + "/facts", tap.facts_text(facts)), "--format", "json")
        return [(v["key"],
                 v["outcome"]) for v in tap.load(done)["verdicts"]] if done.returncode == 0 else tap.describe(done)

    row = 'row\n  id = "%s"\n  vram_mib = %d\n'
    t.equal(outcomes("table gpu complete\n"), [], "no rows, nothing to say")
    t.equal(outcomes("table gpu complete\n" + row % ("a", 5) + row % ("b", 0)), [("a", PROBLEM), ("b", FINE)],
            "each row has its own verdict")
    got = outcomes("table gpu incomplete denied \"no\"\n" + row % ("a", 0))
    t.equal([o for _, o in got], [FINE, UNKNOWN], "the rest of an incomplete table is unknown")
    t.equal([o for _, o in outcomes("table host complete\n")], [UNKNOWN], "a table that nobody filled is unknown")
    # The line is that of the row that comes second, or that has no key.
    host = 'table host complete\nrow\n  id = "host"\n'
    for name, facts, line, why in (
            ("two rows in a table of one",
             host + 'row\n  id = "host"\n', 5, "a second row in a table of one row: host"),
            ("two rows with one key", "table gpu complete\n" + row % ("a", 5) + row % ("b", 1) + row % ("a", 0), 9,
             "a second row with the same key: a"),
            ("a table in two parts with one key", "table gpu complete\n" + row % ("a", 5) + host +
             "table gpu complete\n" + row % ("a", 0), 10, "a second row with the same key: a"),
            ("a row without its key", "table gpu complete\nrow\n  vram_mib = 5\n", 3, "a row without its key: id")):
        file = tap.write(folder + "/facts", tap.facts_text(facts))
        t.status(tap.run("check", "--facts", file), 65, name, "%s:%d: " % (file, line), why)
    both = "table gpu complete\n" + row % ("a", 5) + 'table pci_device complete\nrow\n  address = "a"\n'
    t.status(tap.run("facts", "--facts", tap.write(folder + "/facts", tap.facts_text(both))), 0,
             "one key in two tables is no matter")


HEALTHY = """
table host complete
row
  id = "host"
  os_id = "arch"
  kernel_release = "6.18.2-arch1-1"
  ram_mib = 63400
table platform complete
row
  id = "platform"
table kernel_arg complete
table cpu complete
row
  id = "cpu"
  cores = 6
  usable_cores = 6
  avx2 = true
table drm_node complete
row
  name = "renderD128"
  kind = "render"
  driver = "amdgpu"
  accessible = true
table drm_device complete
table device_node complete
table pci_device complete
table rocm_install complete
table kernel_library complete
table process_rocm complete
table gpu_rocm complete
table rocm_support complete
table gpu_code complete
table gpu_rocwmma complete
table rocm_override complete
table rocm_setting complete
table kfd complete
row
  id = "kfd"
  present = false
  topology_readable = false
  dev_present = false
  dev_accessible absent
table nvidia_driver complete
row
  id = "nvidia"
  present = false
  version absent
  proc_version absent
table library complete
row
  id = "vulkan"
  status = "ok"
  last_words absent
table vulkan_env complete
row
  id = "caller"
  chosen = false
  radv_force_family absent
table nvml_device complete
table rocm_override complete
table rocm_setting complete
table vulkan_icd complete
table hsa_env complete
row
  id = "caller"
  overridden = false
table vulkan complete
row
  id = "vulkan"
  device_count = 1
  gpu_count = 1
table vulkan_driver complete
row
  manifest = "/usr/share/vulkan/icd.d/radeon_icd.json"
  status = "ok"
table vulkan_device complete
row
  id = "vulkan0"
  driver = "radv"
  software = false
  isa = "gfx1201"
  pci_address = "0000:03:00.0"
table hsa_runtime complete
table hsa_agent complete
table gpu complete
row
  id = "0000:03:00.0"
  vendor = "AMD"
  name = "Radeon RX 9070 XT"
  isa = "gfx1201"
  isa_agrees = true
  generation = "RDNA4"
  compute = true
  integrated = false
  passthrough = false
  driver = "amdgpu"
  render_node = "renderD128"
  driver_bound = true
  resizable_bar = true
  vram_mib = 16304
  gtt_mib = 31700
  slot_width = 16
  slot_gtps = 16
  path_max_width = 16
  path_max_gtps = 16
  performance_level = "auto"
  kernel_min = "6.11"
  rocm = "yes"
  isa_kfd = "gfx1201"
  hsa_isa = "gfx1201"
"""


def check_exit_status(t, folder):
    def status(facts, rules="", *options):
        args = ["check", "--facts", tap.write(folder + "/facts", tap.facts_text(facts)), "--format", "json", *options]
        if rules:
            args += ["--rules", tap.write(folder + "/my.rules", rules)]
        done = tap.run(*args)
        said = tap.load(done) if done.returncode < 64 else {}
        return done.returncode, [f["severity"] for f in said.get("findings", [])]

    t.equal(status(HEALTHY), (0, []), "a healthy machine: 0 and no findings")
    always = "gpu.vram_mib > 1"
    for severity, wanted, narrow in (("error", 1, 1), ("warning", 1, 0), ("advice", 0, 0), ("info", 0, 0)):
        one = rule(always, severity=severity)
        t.equal(status(HEALTHY, one), (wanted, [severity]), "one %s: %d" % (severity, wanted))
        t.equal(status(HEALTHY, one, "--fail-on", "error"), (narrow, [severity]),
                "one %s with --fail-on error: %d" % (severity, narrow))
    mixed = "".join(rule(always, name=s, severity=s) for s in ("info", "advice", "warning", "error"))
    t.equal(status(HEALTHY, mixed), (1, ["error", "warning", "advice", "info"]), "the most severe comes first")

    # A rule that stayed open: what counts is whether it could have given an error for a GPU in use.
    t.equal(status(HEALTHY, rule("gpu.cu_count > 1")), (2, []), "an open error on a GPU in use: 2")
    for severity in ("warning", "advice", "info"):
        t.equal(status(HEALTHY, rule("gpu.cu_count > 1", severity=severity)), (0, []), "an open %s: 0" % severity)
    t.equal(status(HEALTHY, rule("gpu.cu_count > 1"), "--fail-on", "error"), (2, []), "--fail-on leaves 2 alone")
    t.equal(status(HEALTHY, rule("gpu.cu_count > 1") + rule(always, name="w", severity="warning")), (1, ["warning"]),
            "a problem outranks an open question")
    passed = HEALTHY.replace("passthrough = false", "passthrough = true").replace('"amdgpu"', '"vfio-pci"')
    t.equal(status(passed, rule("gpu.cu_count > 1")), (0, ["info"]), "an open error on a GPU of virtual machines: 0")
    display = HEALTHY.replace("compute = true", "compute = false")
    t.equal(status(display, rule("gpu.cu_count > 1")), (0, []), "an open error on a display chip: 0")
    no_gpu = HEALTHY[:HEALTHY.index("row\n  id = \"0000:03:00.0\"")]
    t.equal(status(no_gpu, rule("gpu.cu_count > 1")), (0, []), "no GPU, nothing open: 0")
    t.equal(status(no_gpu.replace("table gpu complete", "table gpu incomplete denied")), (2, []),
            "the GPUs could not be listed: 2")
    t.equal(status(HEALTHY.replace("driver_bound = true", "driver_bound unknown denied")), (2, []),
            "a shipped error that stays open: 2")
    t.equal(status(HEALTHY.replace("driver_bound = true", "driver_bound = false"))[0], 1, "a shipped error: 1")
    t.equal(status(HEALTHY, rule("host.swap_mib > 1", on="host")), (0, []),
            "an open error on something that is no GPU: 0")


def check_text(t, folder):
    """The first line and the last of the report for people, and that they count what the JSON counts."""
    def report(facts, rules):
        args = ["check", "--facts", tap.write(folder + "/facts", tap.facts_text(facts)),
                "--rules", tap.write(folder + "/my.rules", rules)]
        said = tap.run(*args).stdout.rstrip("\n").split("\n\n")
        return said[0].replace("\n", " "), said[-1].replace("\n", " "), tap.load(tap.run(*args, "--format", "json"))

    def closing(json, found):
        broken = len(json["broken_rules"])
        return "%s. Of %d rules %d were answered, %d could not be, %d do not apply%s." % (
            found, json["rules_total"], json["rules_asked"] - json["rules_open"], json["rules_open"],
            json["rules_total"] - json["rules_asked"], "; %d more cannot run" % broken if broken else "")

    always = "gpu.vram_mib > 1"
    first, last, json = report(HEALTHY, "")
    t.equal((first, last), ("No problem was found.", closing(json, "0 errors, 0 warnings, 0 advice, 0 info")),
            "the report of a healthy machine")
    t.equal(json["rules_open"], 0, "with every rule answered")
    total = json["rules_total"]
    first, last, json = report(HEALTHY, rule("gpu.vram_mb > 1"))
    t.equal((first, last), ("No problem was found; 1 rule cannot run.",
                            closing(json, "0 errors, 0 warnings, 0 advice, 0 info")), "one rule that cannot run")
    t.equal((json["rules_total"], json["broken_rules"] != []), (total, True), "is counted by itself")
    first, last, json = report(HEALTHY, rule("gpu.cu_count > 1", severity="advice"))
    t.equal((first, last), ("No problem was found; 1 check could not be made.",
                            closing(json, "0 errors, 0 warnings, 0 advice, 0 info")), "one open check")
    t.equal((json["rules_total"], json["rules_open"]), (total + 1, 1), "is one rule more, and that is open")
    two = rule("gpu.cu_count > 1", severity="info") + rule("gpu.cu_count > 2", name="other", severity="advice")
    first, last, json = report(HEALTHY, two + rule(always, name="hint", severity="advice"))
    t.equal((first, last), ("No problem was found; 2 checks could not be made. Advice: hint – "
                            "Radeon RX 9070 XT (0000:03:00.0)",
                            closing(json, "0 errors, 0 warnings, 1 advice, 0 info")), "open checks and an advice")
    first, last, json = report(HEALTHY, "".join(rule(always, name=s + n, severity=s) for n in ("-a", "-b")
                                                for s in ("error", "warning", "advice", "info")))
    t.equal((first, last), ("error: error-a – Radeon RX 9070 XT (0000:03:00.0)",
                            closing(json, "2 errors, 2 warnings, 2 advice, 2 info")), "two of each")
    first, last, json = report(HEALTHY, rule(always, severity="error") + rule(always, name="w", severity="warning"))
    t.equal(last, closing(json, "1 error, 1 warning, 0 advice, 0 info"), "one of each")
    first, last, after = report(HEALTHY, rule(always, when="NOT gpu.compute"))
    t.equal(after["rules_total"] - after["rules_asked"], total - (json["rules_asked"] - 2) + 1,
            "a rule that does not apply is counted as such")
    facts = HEALTHY.replace("table drm_node complete", 'table drm_node incomplete denied "d"') + """
table nvidia_gpu complete
row
  address = "0000:03:00.0"
  uuid = "GPU-SECRET"
"""
    counted = "{(SELECT count(*) FROM drm_node AS y)} nodes"
    hidden = "{(SELECT max(n.uuid) FROM nvidia_gpu AS n)} and {lower(nvidia_gpu.uuid)} and {nvidia_gpu.uuid}"
    for says, on, wanted in ((counted, "gpu", "unknown nodes"),
                             (hidden, "nvidia_gpu", "(private) and (private) and (private)")):
        problem = "%s = '0000:03:00.0'" % ("gpu.id" if on == "gpu" else "nvidia_gpu.address")
        *_, json = report(facts, rule(problem, on=on).replace("says = x", "says = " + says))
        t.equal([f["says"] for f in json["findings"] if f["rule"] == "mine"], [wanted], says)


def main():
    t = tap.Tap()
    folder = t.folder()
    check_logic(t, folder)
    check_tables(t, folder)
    check_exit_status(t, folder)
    check_text(t, folder)
    t.end()


main()
