# SPDX-License-Identifier: MIT
# Everything but main() is in one library, which the unit tests link too.
noinst_LIBRARIES += libgpudoctor.a

# A list of files src/X/PREFIX_NAME.c, each defining gd_X_NAME, becomes one array.
REGISTRY = $(SHELL) $(top_srcdir)/tools/registry.sh

# One word here adds a command.
COMMAND_SOURCES = \
	src/cmd/cmd_check.c \
	src/cmd/cmd_facts.c \
	src/cmd/cmd_query.c \
	src/cmd/cmd_rules.c \
	src/cmd/cmd_explain.c \
	src/cmd/cmd_record.c

# One word here adds an output format.
FORMAT_SOURCES = \
	src/render/format_text.c \
	src/render/format_json.c \
	src/render/format_mdoc.c

libgpudoctor_a_SOURCES = \
	src/base/alloc.c src/base/alloc.h \
	src/base/buf.c src/base/buf.h \
	src/base/csv.c src/base/csv.h \
	src/base/defs.h \
	src/base/env_text.c src/base/env_text.h \
	src/base/shell_text.c src/base/shell_text.h \
	src/base/shell_words.c src/base/shell_words.h \
	src/base/err.c src/base/err.h \
	src/base/file.c src/base/file.h \
	src/base/parse.c src/base/parse.h \
	src/base/strv.c src/base/strv.h \
	src/base/unit_text.c src/base/unit_text.h \
	src/base/version.c src/base/version.h \
	src/object/bundle.c \
	src/object/elf.c \
	src/object/fatbin.c \
	src/object/kpack.c \
	src/object/msgpack.c src/object/msgpack.h \
	src/object/object.c src/object/object.h \
	src/object/object_parts.h \
	src/object/object_text.c \
	src/object/stream.c src/object/stream.h \
	src/object/work.h \
	src/object/target.c src/object/target.h \
	src/object/tensile.c \
	src/host/capture.c src/host/capture.h \
	src/host/capture_text.c \
	src/host/capture_words.c src/host/capture_words.h \
	src/host/child.c src/host/child.h \
	src/host/host.c src/host/host.h \
	src/host/mask.c \
	src/host/mask.h \
	src/host/mask_names.c \
	src/host/mask_names.h \
	src/host/mask_pool.c \
	src/host/mask_pool.h \
	src/host/mask_put.c \
	src/host/mask_scan.c \
	src/host/mask_scan.h \
	src/host/mask_secret.c \
	src/host/mask_shape.c \
	src/host/mask_shape.h \
	src/host/recorder.c src/host/recorder.h \
	src/host/resolve.c src/host/resolve.h \
	src/host/sandbox.c src/host/sandbox.h \
	src/host/sandbox_calls.c \
	src/host/sandbox_files.c \
	src/host/sandbox_parts.h \
	src/host/standin.c src/host/standin.h \
	src/host/tree.c \
	src/host/variables.c src/host/variables.h \
	src/fact/embedded.h \
	src/fact/fact.c src/fact/fact.h \
	src/fact/gpudb.c src/fact/gpudb.h \
	src/fact/store.c src/fact/store.h \
	src/fact/store_extras.c \
	src/fact/table.h \
	src/fact/text.c src/fact/text.h \
	src/probe/answer.c \
	src/probe/library.c src/probe/library.h \
	src/probe/library_parts.h \
	src/probe/library_table.c \
	src/probe/load.c \
	src/probe/probe.h \
	src/probe/runner.c \
	src/probe/take.c \
	src/rule/compile.c src/rule/compile.h \
	src/rule/eval.c \
	src/rule/guard.c src/rule/guard.h \
	src/rule/guard_text.c \
	src/rule/parse.c \
	src/rule/rule.h \
	src/rule/set.c \
	src/rule/token.c src/rule/token.h \
	src/plan/findings.c \
	src/plan/open_questions.c \
	src/plan/report.c src/plan/report.h \
	src/plan/report_parts.h \
	src/plan/report_rocm.c \
	src/render/render.c src/render/render.h \
	src/render/text_report.c src/render/text_report.h \
	src/render/text_rocm.c \
	src/render/term.c src/render/term.h \
	$(FORMAT_SOURCES) \
	src/cmd/cmd.h \
	src/cmd/options.c \
	src/cmd/session.c src/cmd/session.h \
	$(COMMAND_SOURCES) \
	$(PROBE_SOURCES) \
	$(PROBE_PARTS)
nodist_libgpudoctor_a_SOURCES = \
	src/cmd/registry.c \
	src/render/registry.c \
	probes/registry.c \
	src/fact/embedded_gpudb.c \
	src/rule/embedded_rules.c \
	src/cmd/embedded_demo.c
BUILT_SOURCES += $(nodist_libgpudoctor_a_SOURCES)
CLEANFILES += $(nodist_libgpudoctor_a_SOURCES)
EXTRA_DIST += tools/embed.awk tools/registry.sh

GD_LIBS = libgpudoctor.a $(SQLITE_LIBS) $(PCI_LIBS) $(JANSSON_LIBS) $(SMARTCOLS_LIBS) $(INIH_LIBS) \
	$(ELF_LIBS) $(ZSTD_LIBS) $(ZLIB_LIBS) -lm

bin_PROGRAMS += gpudoctor
gpudoctor_SOURCES = src/cmd/main.c
gpudoctor_LDADD = $(GD_LIBS)

src/cmd/registry.c: src/local.mk tools/registry.sh
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(REGISTRY) cmd/cmd.h gd_command gd_commands cmd_ $(COMMAND_SOURCES) >$@

src/render/registry.c: src/local.mk tools/registry.sh
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(REGISTRY) render/render.h gd_format gd_formats format_ $(FORMAT_SOURCES) >$@
