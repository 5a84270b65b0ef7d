"""SuperLU through SciPy on the matrices of bench/fokker-planck.mjs, one thread.

Arguments: a file of rates (float64: all rows, all columns, all rates), its cells per axis, a step in time, and the file of the small
case with a high barrier. Stationary states with one cell pinned (the likeliest), in SuperLU's two best orderings; I - step*A
factorised, and one solution with it.
"""
import json
import os
import sys
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
import numpy as np
import scipy
import scipy.sparse as sp
import scipy.sparse.linalg as sl

n, step = int(sys.argv[2]), float(sys.argv[3])
size = n * n


def generator(file, size):
    rows, cols, rates = np.fromfile(file).reshape(3, -1)
    A = sp.coo_matrix((rates, (rows.astype(int), cols.astype(int))), (size, size)).tocsc()
    return (A - sp.diags(np.asarray(A.sum(axis=0)).ravel())).tocsc()


def best(job, repeats):
    seconds, cpu = np.inf, np.inf
    for _ in range(repeats):
        start, used = time.perf_counter(), time.process_time()
        result = job()
        seconds, cpu = min(seconds, time.perf_counter() - start), min(cpu, time.process_time() - used)
    return seconds, cpu, result


def report(task, seconds, cpu, n=n, **more):
    short = lambda v: float(f"{v:.3g}")
    line = {"task": f"{task} {n}x{n}", "provider": f"SciPy {scipy.__version__} SuperLU, 1 thread", "seconds": short(seconds), "cpu": short(cpu)}
    print(json.dumps({**line, **{k: v if isinstance(v, str) else short(v) for k, v in more.items()}}), flush=True)


def boltzmann(n, half_x, half_y, noise):
    x, y = [((np.arange(n) + 0.5) * 2 / n - 1) * half for half in (half_x, half_y)]
    exact = np.exp(-(((x**2 - 1) ** 2 / 4)[None, :] + (y**2 / 2)[:, None]) / noise).ravel()
    return exact / exact.sum()


def stationary(task, A, exact, n):
    pinned = int(np.argmax(exact))
    rest = np.delete(np.arange(n * n), pinned)
    B, b = A[rest][:, rest].tocsc(), -A[rest][:, [pinned]].toarray().ravel()
    for order, symmetric in (("COLAMD", False), ("MMD_AT_PLUS_A", True)):
        options = dict(permc_spec=order, diag_pivot_thresh=0.0 if symmetric else 1.0, options={"SymmetricMode": symmetric})
        seconds, cpu, p = best(lambda: sl.splu(B, **options).solve(b), 2)
        p = np.insert(p, pinned, 1.0)
        p /= p.sum()
        more = {"ordering": order, "relativeError": abs(p / exact - 1).max(), "totalVariation": abs(p - exact).sum() / 2}
        report(task, seconds, cpu, n, smallest=p.min(), **more)


A, exact = generator(sys.argv[1], size), boltzmann(n, 3.6, 6, 1)
stationary("stationary", A, exact, n)
stationary("stationary, barrier of 50", generator(sys.argv[4], 10000), boltzmann(100, 1.8, 0.8, 0.005), 100)
M = (sp.identity(size) - step * A).tocsc()
seconds, cpu, lu = best(lambda: sl.splu(M, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True}), 2)
report("factorisation", seconds, cpu, ordering="MMD_AT_PLUS_A")
seconds, cpu, _ = best(lambda: lu.solve(exact), 5)
report("implicit step", seconds, cpu)
