"""SciPy on the systems of bench/decompose.mjs, one thread: solve_continuous_lyapunov and two inverses, nothing checked.

Argument: the largest order. "by eigh" is the best that can be written for a symmetric F.
"""
import json
import os
import sys
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
import numpy as np
import scipy
import scipy.linalg as sl

largest = int(sys.argv[1])
rng = np.random.default_rng(1)


def general(n):
    return rng.uniform(-1, 1, (n, n)) + 1.2 * np.sqrt(n) * np.eye(n)


def positive(n):
    r = rng.uniform(-1, 1, (n, n))
    return r @ r.T / n + 0.1 * np.eye(n)


def rest(f, d, w):
    q = f @ w - d
    sa = sl.inv(d + q)
    return w, sl.inv(w), q, (sa + sa.T) / 2, (sa - sa.T) / 2


def by_lyapunov(f, d):
    return rest(f, d, sl.solve_continuous_lyapunov(f, 2 * d))


def by_eigh(f, d):
    l, v = sl.eigh(f, driver="evd")
    return rest(f, d, v @ (2 * (v.T @ d @ v) / np.add.outer(l, l)) @ v.T)


def report(task, job, f, d, repeats):
    seconds, cpu = np.inf, np.inf
    for _ in range(repeats):
        start, used = time.perf_counter(), time.process_time()
        w, _, q, _, _ = job(f, d)
        seconds, cpu = min(seconds, time.perf_counter() - start), min(cpu, time.process_time() - used)
    residual = np.linalg.norm(f @ w + w @ f.T - 2 * d) / np.linalg.norm(2 * d)
    line = {"task": task, "provider": f"SciPy {scipy.__version__}, 1 thread", "seconds": float(f"{seconds:.3g}"),
            "cpu": float(f"{cpu:.3g}"), "residual": float(f"{residual:.2g}")}
    print(json.dumps(line), flush=True)


for n, repeats in ((300, 4), (1000, 2)):
    if n > largest:
        continue
    f, d = general(n), positive(n)
    report(f"Lyapunov and inverses {n} general", by_lyapunov, f, d, repeats)
    f = positive(n)
    report(f"Lyapunov and inverses {n} symmetric", by_lyapunov, f, d, repeats)
    report(f"Lyapunov and inverses {n} symmetric, by eigh", by_eigh, f, d, repeats)
