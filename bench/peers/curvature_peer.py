"""Exact gradient covariance and Hessian block of a 50×50 layer in NumPy float64, one thread: the peer of bench/curvature.mjs.

Reads a folder written by the bench: h.bin (N×n), delta.bin (N×m), p.bin (N×c), all float64, and above.bin (c×m), the weight of the
last layer; writes c1.bin and hessian.bin (P×P). Both sums are Σ_k (G_k) ⊗ (h_k h_kᵀ) with symmetric factors, so the fastest way found
in NumPy is one matrix product of the distinct entries, (N × m(m+1)/2)ᵀ (N × n(n+1)/2), in chunks (half the flops of the N×P
Gram matrix, which is measured too). Arguments: folder, repeats."""
import json
import os
import resource
import sys
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
import numpy as np

folder, repeats = sys.argv[1], int(sys.argv[2])
n, m, c = 50, 50, 10
h = np.fromfile(f"{folder}/h.bin").reshape(-1, n)
delta = np.fromfile(f"{folder}/delta.bin").reshape(-1, m)
p = np.fromfile(f"{folder}/p.bin").reshape(-1, c)
above = np.fromfile(f"{folder}/above.bin").reshape(c, m)
N, CHUNK = len(h), 2000
SIZE = m * (m + 1) // 2


def offsets(k):
    return np.concatenate([[0], np.cumsum(np.arange(k, 0, -1))])


def pairs(x, out):
    """Products x_i x_j, i ≤ j, written block by block: five times faster than indexing with two index arrays."""
    at = offsets(x.shape[1])
    for i in range(x.shape[1]):
        np.multiply(x[:, i:i + 1], x[:, i:], out=out[:, at[i]:at[i + 1]])
    return out


UPPER = np.flatnonzero(np.triu(np.ones((m, m))).ravel())


def middle(part, out):
    """Distinct entries of Jᵀ(diag p − p pᵀ)J for J = above·diag(active)."""
    q, active = p[part], delta[part] != 0
    f = np.sqrt(q)[:, :, None] * (above[None] - (q @ above)[:, None, :]) * active[:, None, :]
    g = np.matmul(f.transpose(0, 2, 1), f).reshape(-1, m * m)
    return np.take(g, UPPER, axis=1, out=out)


def unfold(s):
    """(pairs of outputs × pairs of inputs) to P×P in PyTorch's order."""
    def index(k):
        i, j = np.triu_indices(k)
        full = np.empty((k, k), int)
        full[i, j] = full[j, i] = np.arange(len(i))
        return full
    a, b = index(m), index(n)
    return s[a[:, None, :, None], b[None, :, None, :]].reshape(m * n, m * n)


def total(left):
    s = np.zeros((SIZE, SIZE))
    x, y = np.empty((CHUNK, SIZE)), np.empty((CHUNK, SIZE))
    for first in range(0, N, CHUNK):
        part = slice(first, min(first + CHUNK, N))
        k = part.stop - part.start
        s += left(part, x[:k]).T @ pairs(h[part], y[:k])
    return s / N


def c1():
    mean = (delta.T @ h / N).ravel()
    return unfold(total(lambda part, out: pairs(delta[part], out))) - np.outer(mean, mean)


def hessian():
    return unfold(total(middle))


def gram():
    """The N×P way, for comparison: numpy calls syrk for X.T @ X."""
    s, mean = np.zeros((m * n, m * n)), (delta.T @ h / N).ravel()
    for first in range(0, N, CHUNK):
        g = (delta[first:first + CHUNK, :, None] * h[first:first + CHUNK, None, :]).reshape(-1, m * n)
        s += g.T @ g
    return s / N - np.outer(mean, mean)


def measure(name, job):
    seconds, cpu, result = np.inf, np.inf, None
    for _ in range(repeats):
        start, used = time.perf_counter(), time.process_time()
        result = job()
        seconds, cpu = min(seconds, time.perf_counter() - start), min(cpu, time.process_time() - used)
    line = {"task": name, "provider": f"NumPy {np.__version__}, 1 thread", "seconds": round(float(seconds), 3),
            "cpu": round(float(cpu), 3), "peakMB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}
    print(json.dumps(line), flush=True)
    return result


measure("C1", c1).tofile(f"{folder}/c1.bin")
measure("Hessian block", hessian).tofile(f"{folder}/hessian.bin")
if len(sys.argv) > 3:
    measure("C1 as a Gram matrix of gradients", gram)
