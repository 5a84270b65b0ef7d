"""Which BLAS a Python process computes with: version, core and file of every OpenBLAS that it has loaded.

NumPy's and SciPy's wheels bring one each, under prefixed names; a distribution's packages share the system's. Empty where the
libraries of the process cannot be listed (other systems than Linux) or where none is OpenBLAS.
"""
import ctypes
import os
import re

NAMES = (("", ""), ("scipy_", "64_"), ("scipy_", ""), ("", "64_"))


def blas_in_use():
    try:
        with open("/proc/self/maps") as maps:
            files = sorted(set(re.findall(r"/\S*(?:openblas|/libblas)\S*", maps.read())))
    except OSError:
        return []
    return [found for found in map(describe, files) if found]


def describe(path):
    library = ctypes.CDLL(path)
    for prefix, suffix in NAMES:
        texts = []
        for name in ("openblas_get_config", "openblas_get_corename"):
            call = getattr(library, prefix + name + suffix, None)
            if call is None:
                break
            call.restype = ctypes.c_char_p
            texts.append(call().decode())
        if len(texts) == 2:
            version = " ".join(texts[0].split()[:2])
            return {"library": os.path.basename(path), "version": version, "core": texts[1]}
    return None
