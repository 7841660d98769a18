#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Lays out /sys/class/kfd below a folder: node 0 is the processor, node 1 a GPU.

    kfd_topology.py FOLDER GFX_TARGET_VERSION GPU_ID [DEVICE_ID] [UNITS] [MEMORY_BYTES]

All numbers are decimal, as the kernel writes them. Files and keys as in
kfd_topology.c of Linux 6.12.
"""
import os
import sys

sys.dont_write_bytecode = True

CPU = {"cpu_cores_count": 2, "mem_banks_count": 1, "io_links_count": 1, "max_engine_clk_ccompute": 3000}
GPU = {"mem_banks_count": 1, "caches_count": 1, "io_links_count": 1, "simd_id_base": 2147487744,
       "max_waves_per_simd": 16, "lds_size_in_kb": 64, "num_gws": 64, "wave_front_size": 32, "array_count": 2,
       "simd_arrays_per_engine": 2, "cu_per_simd_array": 6, "simd_per_cu": 2, "max_slots_scratch_cu": 32,
       "vendor_id": 4098, "location_id": 1024, "drm_render_minor": 128, "num_sdma_engines": 1,
       "num_sdma_queues_per_engine": 6, "num_cp_queues": 8, "max_engine_clk_fcompute": 2700, "fw_version": 35,
       "capability": 671588992, "debug_prop": 1495, "sdma_fw_version": 18, "num_xcc": 1,
       "max_engine_clk_ccompute": 3000}
KEYS = """cpu_cores_count simd_count mem_banks_count caches_count io_links_count p2p_links_count cpu_core_id_base
    simd_id_base max_waves_per_simd lds_size_in_kb gds_size_in_kb num_gws wave_front_size array_count
    simd_arrays_per_engine cu_per_simd_array simd_per_cu max_slots_scratch_cu gfx_target_version vendor_id device_id
    location_id domain drm_render_minor hive_id num_sdma_engines num_sdma_xgmi_engines num_sdma_queues_per_engine
    num_cp_queues max_engine_clk_fcompute local_mem_size fw_version capability debug_prop sdma_fw_version unique_id
    num_xcc max_engine_clk_ccompute""".split()


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="ascii") as f:
        f.write(text)


def lines(**values):
    return "".join("%s %d\n" % item for item in values.items())


def lay_out_node(folder, gpu_id, name, properties, bank, link):
    write(folder + "/gpu_id", "%d\n" % gpu_id)
    write(folder + "/name", name + "\n")
    write(folder + "/properties", "".join("%s %d\n" % (key, properties.get(key, 0)) for key in KEYS))
    write(folder + "/mem_banks/0/properties", lines(**bank))
    write(folder + "/io_links/0/properties", lines(**link))


def lay_out(root, gfx, gpu_id, device_id=0x15bf, units=12, memory=4 << 30):
    """What the kernel shows of one GPU; `root` becomes what / is."""
    kfd = root + "/sys/devices/virtual/kfd/kfd"
    nodes = kfd + "/topology/nodes"
    link = dict(type=2, version_major=0, version_minor=0, node_from=0, node_to=1, weight=20, min_latency=0,
                max_latency=0, min_bandwidth=0, max_bandwidth=0, recommended_transfer_size=0, flags=1)
    lay_out_node(nodes + "/0", 0, "", CPU,
                 dict(heap_type=0, size_in_bytes=25000000000, flags=0, width=64, mem_clk_max=2800), link)
    gpu = dict(GPU, simd_count=units * 2, gfx_target_version=gfx, device_id=device_id)
    lay_out_node(nodes + "/1", gpu_id, "ip discovery", gpu,
                 dict(heap_type=1, size_in_bytes=memory, flags=0, width=128, mem_clk_max=2800),
                 dict(link, node_from=1, node_to=0))
    write(nodes + "/1/caches/0/properties",
          lines(processor_id_low=2147487744, level=2, size=2048, cache_line_size=128, cache_lines_per_tag=1,
                association=16, latency=0, type=9, sibling_map=1))
    write(kfd + "/topology/generation_id", "2\n")
    write(kfd + "/topology/system_properties", lines(platform_oem=0, platform_id=0, platform_rev=0))
    write(root + "/sys/module/amdgpu/initstate", "live\n")
    os.makedirs(root + "/sys/class/kfd", exist_ok=True)
    os.symlink("../../devices/virtual/kfd/kfd", root + "/sys/class/kfd/kfd")


if __name__ == "__main__":
    lay_out(sys.argv[1], *map(int, sys.argv[2:]))
