"""SciPy on the tasks of bench/linalg.mjs, one thread. Arguments: order of the large problem, number of vectors."""
import json
import os
import sys
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
import numpy as np
import scipy
import scipy.linalg as sl

big, steps = int(sys.argv[1]), int(sys.argv[2])
rng = np.random.default_rng(1)


def best(repeats, job):
    seconds, cpu, result = np.inf, np.inf, None
    for _ in range(repeats):
        start, used = time.perf_counter(), time.process_time()
        result = job()
        seconds, cpu = min(seconds, time.perf_counter() - start), min(cpu, time.process_time() - used)
    return (seconds, cpu), result


def report(task, flops, times, error=None):
    seconds, cpu = times
    line = {"task": task, "provider": f"SciPy {scipy.__version__}, 1 thread", "seconds": float(f"{seconds:.3g}"),
            "cpu": float(f"{cpu:.3g}"), "gflops": float(f"{flops / cpu / 1e9:.3g}")}
    if error is not None:
        line["error"] = float(f"{error:.2g}")
    print(json.dumps(line, ensure_ascii=False), flush=True)


def residual(a, w, v):
    return np.linalg.norm(a @ v - v * w) / np.linalg.norm(a)


def symmetric(n):
    a = rng.uniform(-1, 1, (n, n))
    return np.triu(a) + np.triu(a, 1).T


a, b = rng.uniform(-1, 1, (1000, 1000)), rng.uniform(-1, 1, (1000, 1000))
report("gemm 1000", 2e9, best(5, lambda: a @ b)[0])
s = symmetric(1000)
t, (w, v) = best(3, lambda: sl.eigh(s, driver="evd"))
report("eigh 1000", 4e9, t, residual(s, w, v))
report("svd 1000", 22e9, best(2, lambda: sl.svd(a, full_matrices=False))[0])
spd = np.full((1000, 1000), 1e-3) + np.eye(1000) * (2 - 1e-3)
report("cholesky+solve 1000", 1e9 / 3 + 2e9, best(3, lambda: sl.cho_solve(sl.cho_factor(spd, lower=True), b))[0])
report("lu inverse 1000", 8e9 / 3, best(3, lambda: sl.inv(a))[0])

report("schur 1000", 25e9, best(1, lambda: sl.schur(a))[0])
f = rng.uniform(-1, 1, (1000, 1000)) + 30 * np.eye(1000)


def lyapunov(f, q):
    t, x = best(1, lambda: sl.solve_continuous_lyapunov(f, q))
    r = np.linalg.norm(f @ x + x @ f.T - q)
    return t, r / (2 * np.linalg.norm(f) * np.linalg.norm(x) + np.linalg.norm(q))


report("lyapunov 1000", 32e9, *lyapunov(f, spd))
report("lyapunov 300", 0.86e9, *lyapunov(f[:300, :300], np.ones((300, 300))))

chunk = rng.random((500, big), dtype=np.float32)


def covariance():
    c, mean, count = np.zeros((big, big), order="F"), np.zeros(big), 0
    for _ in range(steps // 500):
        x = chunk.astype(np.float64)
        m = x.mean(axis=0)
        x -= m
        c = sl.blas.dsyrk(1.0, x.T, beta=1.0, c=c, overwrite_c=1)
        d = m - mean
        f = count * 500 / (count + 500)
        c = sl.blas.dsyr(f, d, a=c, overwrite_a=1) if f else c
        mean += d * 500 / (count + 500)
        count += 500
    c = np.triu(c)
    return (c + np.triu(c, 1).T) / (steps - 1)


report(f"covariance {steps}×{big} float32 streamed", steps * big * big, best(1, covariance)[0])
s = symmetric(big)
t, (w, v) = best(1, lambda: sl.eigh(s, driver="evd"))
report(f"eigh {big}", 4 * big**3, t, residual(s, w, v))
