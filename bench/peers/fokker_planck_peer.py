"""SuperLU through SciPy on the matrices of bench/fokker-planck.mjs, one thread.

Arguments: the file of rates (float64: all rows, all columns, all rates), cells per axis, step in time. The stationary state with one
cell pinned, in SuperLU's two best orderings; I - step*A factorised, and one solution with it.
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

rows, cols, rates = np.fromfile(sys.argv[1]).reshape(3, -1)
n, step = int(sys.argv[2]), float(sys.argv[3])
size = n * n
A = sp.coo_matrix((rates, (rows.astype(int), cols.astype(int))), (size, size)).tocsc()
A = (A - sp.diags(np.asarray(A.sum(axis=0)).ravel())).tocsc()


def best(job, repeats):
    seconds, cpu = np.inf, np.inf
    for _ in range(repeats):
        start, used = time.perf_counter(), time.process_time()
        result = job()
        seconds, cpu = min(seconds, time.perf_counter() - start), min(cpu, time.process_time() - used)
    return seconds, cpu, result


def report(task, seconds, cpu, **more):
    short = lambda v: float(f"{v:.3g}")
    line = {"task": f"{task} {n}x{n}", "provider": f"SciPy {scipy.__version__} SuperLU, 1 thread", "seconds": short(seconds), "cpu": short(cpu)}
    print(json.dumps({**line, **{k: v if isinstance(v, str) else short(v) for k, v in more.items()}}), flush=True)


pinned = (n // 2) * n + n // 2
rest = np.delete(np.arange(size), pinned)
B, b = A[rest][:, rest].tocsc(), -A[rest][:, [pinned]].toarray().ravel()
x, y = (np.arange(n) + 0.5) * 7.2 / n - 3.6, (np.arange(n) + 0.5) * 12 / n - 6
exact = np.exp(-(((x**2 - 1) ** 2 / 4)[None, :] + (y**2 / 2)[:, None])).ravel()
exact /= exact.sum()
for order in ("COLAMD", "MMD_AT_PLUS_A"):
    options = {"SymmetricMode": True} if order == "MMD_AT_PLUS_A" else {}
    threshold = 0.0 if options else 1.0
    solve = lambda: sl.splu(B, permc_spec=order, diag_pivot_thresh=threshold, options=options).solve(b)
    seconds, cpu, p = best(solve, 2)
    p = np.insert(p, pinned, 1.0)
    p /= p.sum()
    report("stationary", seconds, cpu, ordering=order, relativeError=abs(p / exact - 1).max(), smallest=p.min())
M = (sp.identity(size) - step * A).tocsc()
seconds, cpu, lu = best(lambda: sl.splu(M, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True}), 2)
report("factorisation", seconds, cpu, ordering="MMD_AT_PLUS_A")
seconds, cpu, _ = best(lambda: lu.solve(exact), 5)
report("implicit step", seconds, cpu)
