"""Writes decomposition.json: SciPy's answers for linear systems of exact binary fractions that the test builds from the same formulas.

Run with Debian 12's Python (numpy 1.24, scipy 1.10): /usr/bin/python3 test/oracles/decomposition.py
"""
import json
import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"
from pathlib import Path

import numpy as np
import scipy
import scipy.linalg as sl


def grid(n, f):
    return np.array([[f(i, j) for j in range(n)] for i in range(n)], dtype=float)


N = 9
noise = grid(N, lambda i, j: (6 if i == j else 0) + ((i * j * 3 + i + j) % 7 - 3) / 8)
systems = {
    "general": grid(N, lambda i, j: (5 if i == j else 0) + ((i * i * 5 + j * 11 + i * j) % 23 - 11) / 8),
    "symmetric": grid(N, lambda i, j: (9 if i == j else 0) + (((i + 1) * (j + 1) * 7 + i + j) % 19 - 9) / 8),
    "jordan": grid(N, lambda i, j: 2 if i == j else 1 if j == i + 1 else 0),
    "nonNormal": grid(N, lambda i, j: 1 + i / 8 if i == j else 4 if j > i else 0),
}
out = {"versions": {"numpy": np.__version__, "scipy": scipy.__version__}}
for name, f in systems.items():
    w = sl.solve_continuous_lyapunov(f, 2 * noise)
    u = np.linalg.inv(w)
    q = f @ w - noise
    sa = np.linalg.inv(noise + q)
    step = 1 / 64
    out[name] = {
        "w": w.tolist(),
        "u": u.tolist(),
        "q": q.tolist(),
        "s": ((sa + sa.T) / 2).tolist(),
        "a": ((sa - sa.T) / 2).tolist(),
        "discrete": sl.solve_discrete_lyapunov(np.eye(N) - step * f, 2 * step * noise, method="direct").tolist(),
        "entropyProductionRate": float(-np.trace(np.linalg.inv(noise) @ q @ u @ q)),
        "cycleFrequencies": sorted(abs(np.linalg.eigvals(q @ u).imag), reverse=True)[: N - 1 : 2],
        "vortexQ": sorted(abs(np.linalg.eigvals(np.linalg.solve(noise, q)).imag), reverse=True)[: N - 1 : 2],
    }
Path(__file__).with_suffix(".json").write_text(json.dumps(out) + "\n")
