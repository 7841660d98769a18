# SPDX-License-Identifier: MIT
GPUDB_FILES = \
	data/gpu-db/isa.csv \
	data/gpu-db/pci.csv \
	data/gpu-db/not-gpu.csv \
	data/gpu-db/link-quirks.csv \
	data/gpu-db/cpu-memory.csv \
	data/gpu-db/hsa-override.csv \
	data/gpu-db/radv-names.csv \
	data/gpu-db/rocm-releases.csv \
	data/gpu-db/vulkan-drivers.csv \
	data/gpu-db/amdgpu-driver.csv
EXTRA_DIST += $(GPUDB_FILES) data/gpu-db/README.md data/gpu-db/validate.sh $(DEMO_CAPTURE)
dist_pkgdata_DATA += data/report.schema.json

DEMO_CAPTURE = data/demo.capture

src/fact/embedded_gpudb.c: $(GPUDB_FILES) tools/embed.awk data/local.mk data/gpu-db/validate.sh
	$(AM_V_GEN)$(MKDIR_P) $(@D) && cd $(srcdir) && $(SHELL) data/gpu-db/validate.sh data/gpu-db && \
	$(AWK) -v list=gd_embedded_gpudb -f tools/embed.awk $(GPUDB_FILES) >$(abs_builddir)/$@

src/cmd/embedded_demo.c: $(DEMO_CAPTURE) tools/embed.awk
	$(AM_V_GEN)$(MKDIR_P) $(@D) && cd $(srcdir) && \
	$(AWK) -v list=gd_embedded_demo -f tools/embed.awk $(DEMO_CAPTURE) >$(abs_builddir)/$@
