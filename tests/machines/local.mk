# SPDX-License-Identifier: MIT
# One capture is one machine: NAME.capture, its report NAME.report, and, where
# somebody has read the files, NAME.facts with what they say.
MACHINES = \
	arc-a380-i915 \
	arc-a380-xe \
	cpu-i7-1165g7 \
	h200-vm \
	hd7870-radeon-driver \
	intel-cometlake-i915 \
	intel-hybrid-cpu \
	mi300x-cpx \
	phoenix-thinkpad-780m \
	poweredge-r910-cpu-only \
	r9-280-gigabyte \
	rtx4080-msi \
	rx5700xt-sapphire \
	rx580-sapphire \
	rx6600xt-xfx \
	rx6700xt-override-w2155 \
	rx6900xt-sapphire \
	rx7700s-framework16 \
	rx7900xtx-kfd-node \
	rx7900xtx-sapphire \
	rx9070xt-powercolor \
	ryzen-7940hs-780m-rocblas \
	seed-780m-sles \
	seed-mi50 \
	seed-rtx3070-laptop \
	seed-rx9070xt-arch \
	seed-strixhalo-bosgame \
	seed-strixhalo-framework \
	seed-strixhalo-framework-after \
	seed-xeon-e5-1650v3 \
	strix-halo-axb35-wrong-gtt \
	strix-halo-crow-gtt124 \
	vega10-old-kfd \
	vega56-procfs

MACHINE_TESTS = tests/machines/test_facts.py tests/machines/test_reports.py
if HAVE_PYTHON3
TESTS += $(MACHINE_TESTS)
endif
EXTRA_DIST += $(MACHINE_TESTS) tests/machines/README.md \
	$(MACHINES:%=tests/machines/%.capture) $(MACHINES:%=tests/machines/%.facts) $(MACHINES:%=tests/machines/%.report)

# Writes the reports as they are now; read the diff before it is committed.
accept: gpudoctor$(EXEEXT)
	GPUDOCTOR=$(abs_top_builddir)/gpudoctor$(EXEEXT) TOP_SRCDIR=$(abs_top_srcdir) $(PYTHON3) \
		$(srcdir)/tests/machines/test_reports.py --accept
.PHONY: accept
