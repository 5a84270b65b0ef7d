"""What a Python compares with: versions, the BLAS of each library with its core, and the rate of a product, as one line of JSON.

One thread, set by whoever calls. A library that is not installed is left out, and so are those not named where arguments name some.
"""
import importlib
import importlib.metadata
import json
import os
import platform
import subprocess
import sys
import time

from blas_in_use import blas_in_use

DISTRIBUTIONS = {"curvlinops": "curvlinops-for-pytorch", "hessian_eigenthings": "hessian-eigenthings", "pyhessian": "PyHessian",
                 "backpack": "backpack-for-pytorch"}
ORDER = 768


def version(name):
    try:
        return importlib.metadata.version(DISTRIBUTIONS.get(name, name))
    except importlib.metadata.PackageNotFoundError:
        return None


def loaded(module):
    if sys.argv[1:] and module.split(".")[0] not in sys.argv[1:]:
        return None
    try:
        return importlib.import_module(module)
    except (ImportError, OSError):
        return None


def rate(multiply):
    """GFLOP/s of processor time, the best of a few."""
    multiply()
    best = float("inf")
    for _ in range(5):
        used = time.process_time()
        multiply()
        best = min(best, time.process_time() - used)
    return round(2 * ORDER**3 / max(best, 1e-9) / 1e9, 1)


def main():
    packages, blas, rates, answer = {}, {}, {}, {"python": platform.python_version()}
    numpy = loaded("numpy")
    if numpy:
        packages["numpy"] = numpy.__version__
        blas["numpy"] = blas_in_use()
        arrays = {f"float{bits}": numpy.random.default_rng(1).random((ORDER, ORDER)).astype(f"float{bits}") for bits in (32, 64)}
        rates["numpy"] = {name: rate(lambda a=a: a @ a) for name, a in arrays.items()}
    if loaded("scipy.linalg"):
        packages["scipy"] = loaded("scipy").__version__
        now = blas_in_use()
        blas["scipy"] = [b for b in now if b not in blas.get("numpy", [])] or now
    before = blas_in_use()
    torch = loaded("torch")
    if torch:
        packages["torch"] = torch.__version__
        torch.set_num_threads(1)
        answer["cpu"] = getattr(torch.backends, "cpu", None) and torch.backends.cpu.get_cpu_capability()
        tensors = {name: torch.rand(ORDER, ORDER, dtype=getattr(torch, name)) for name in ("float32", "float64")}
        rates["torch"] = {name: rate(lambda a=a: a @ a) for name, a in tensors.items()}
        if "BLAS_INFO=mkl" in torch.__config__.show():
            code = "import torch; a = torch.ones(8, 8); a @ a"
            told = subprocess.run([sys.executable, "-c", code], env={**os.environ, "MKL_VERBOSE": "1"}, capture_output=True, text=True)
            answer["mkl"] = told.stdout.split("\n")[0]
        else:
            now = blas_in_use()
            blas["torch"] = [b for b in now if b not in before] or now
    for name in ("jax", *DISTRIBUTIONS):
        if version(name):
            packages[name] = version(name)
    print(json.dumps({**answer, "packages": packages, "blas": blas, "rates": rates}))


if __name__ == "__main__":
    main()
