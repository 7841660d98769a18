# SPDX-License-Identifier: MIT
dist_man_MANS += doc/gpudoctor.1 doc/gpudoctor-rules.5 doc/gpudoctor-facts.7
dist_doc_DATA += NEWS doc/HACKING.md
EXTRA_DIST += doc/completion/gpudoctor.bash scripts/start.sh
MAINTAINERCLEANFILES = doc/gpudoctor-facts.7

# Comes with the tarball, so that a build for another machine need not run the program.
doc/gpudoctor-facts.7: $(PROBE_SOURCES) src/probe/runner.c src/probe/library_table.c src/render/format_mdoc.c | gpudoctor$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) $(@D) && ./gpudoctor$(EXEEXT) facts --describe --format mdoc >$@.tmp && mv $@.tmp $@

# bash looks for a file that is called like the command.
bashcompletiondir = $(datadir)/bash-completion/completions
install-data-local:
	$(MKDIR_P) "$(DESTDIR)$(bashcompletiondir)"
	$(INSTALL_DATA) $(srcdir)/doc/completion/gpudoctor.bash "$(DESTDIR)$(bashcompletiondir)/gpudoctor"
uninstall-local:
	rm -f "$(DESTDIR)$(bashcompletiondir)/gpudoctor"

# Examples of README.md and the manual pages are outputs of the program.
EXAMPLE_FILES = README.md doc/gpudoctor.1
update-readme: gpudoctor$(EXEEXT)
	GPUDOCTOR=$(abs_builddir)/gpudoctor$(EXEEXT) TOP_SRCDIR=$(abs_srcdir) $(PYTHON3) -B $(srcdir)/doc/examples.py $(EXAMPLE_FILES)
.PHONY: update-readme

EXTRA_DIST += doc/examples.py doc/test_docs.py doc/test_schema.py
if HAVE_PYTHON3
TESTS += doc/test_docs.py doc/test_schema.py
endif
