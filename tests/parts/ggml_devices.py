# SPDX-License-Identifier: MIT
"""usage: ggml_devices.py FOLDER: the devices that ggml's back ends in FOLDER see, as JSON."""
import ctypes
import glob
import json
import sys


def main(folder):
    base = ctypes.CDLL(folder + "/libggml-base.so", mode=ctypes.RTLD_GLOBAL)
    # The registry's file name holds a version.
    registry = ctypes.CDLL(glob.glob(folder + "/libggml.*.so*")[0], mode=ctypes.RTLD_GLOBAL)
    registry.ggml_backend_load_all_from_path.argtypes = [ctypes.c_char_p]
    registry.ggml_backend_load_all_from_path(folder.encode())
    registry.ggml_backend_dev_count.restype = ctypes.c_size_t
    registry.ggml_backend_dev_get.argtypes = [ctypes.c_size_t]
    registry.ggml_backend_dev_get.restype = ctypes.c_void_p
    base.ggml_backend_dev_memory.argtypes = [ctypes.c_void_p] + [ctypes.POINTER(ctypes.c_size_t)] * 2
    for function in (base.ggml_backend_dev_name, base.ggml_backend_dev_description):
        function.argtypes = [ctypes.c_void_p]
        function.restype = ctypes.c_char_p
    devices = []
    for i in range(registry.ggml_backend_dev_count()):
        device = registry.ggml_backend_dev_get(i)
        free, total = ctypes.c_size_t(), ctypes.c_size_t()
        base.ggml_backend_dev_memory(device, ctypes.byref(free), ctypes.byref(total))
        devices.append({"name": base.ggml_backend_dev_name(device).decode(),
                        "description": base.ggml_backend_dev_description(device).decode(), "total_bytes": total.value})
    print(json.dumps(devices))


main(sys.argv[1])
