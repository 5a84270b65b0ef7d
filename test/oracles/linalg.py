"""Writes linalg.json: SciPy's answers for matrices of exact binary fractions that the test builds from the same formulas.

Run with Debian 12's Python (numpy 1.24, scipy 1.10): /usr/bin/python3 test/oracles/linalg.py
"""
import json
import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"
from pathlib import Path

import numpy as np
import scipy
import scipy.linalg as sl


def grid(m, n, f):
    return np.array([[f(i, j) for j in range(n)] for i in range(m)], dtype=float)


sym = grid(40, 40, lambda i, j: (((i + 1) * (j + 1) * 7 + i + j) % 19 - 9) / 8)
rect = grid(30, 20, lambda i, j: ((i * 7 + j * 13) % 17 - 8) / 16)
hilbert = sl.hilbert(12)
general = grid(20, 20, lambda i, j: ((i * i * 5 + j * 11 + i * j) % 23 - 11) / 8)
# dominated diagonal: every eigenvalue to the right of the imaginary axis
stable = grid(24, 24, lambda i, j: (24 if i == j else 0) + ((i * i * 5 + j * 11 + i * j) % 23 - 11) / 8)
noise = grid(24, 24, lambda i, j: (8 if i == j else 0) + ((i * j * 3 + i + j) % 7 - 3) / 8)
sign, logdet = np.linalg.slogdet(general)
eigenvalues = sorted(np.linalg.eigvals(general), key=lambda z: (round(z.real, 9), z.imag))
out = {
    "versions": {"numpy": np.__version__, "scipy": scipy.__version__},
    "symEigenvalues": sl.eigvalsh(sym).tolist(),
    "rectSingularValues": sl.svdvals(rect).tolist(),
    "hilbertSingularValues": sl.svdvals(hilbert).tolist(),
    "generalDeterminant": {"sign": float(sign), "logAbs": float(logdet)},
    "generalInverseRow0": np.linalg.inv(general)[0].tolist(),
    "generalEigenvalues": [[z.real, z.imag] for z in eigenvalues],
    "lyapunovRow0": sl.solve_continuous_lyapunov(stable, noise)[0].tolist(),
    "discreteRow0": sl.solve_discrete_lyapunov(stable / 64, noise)[0].tolist(),
    "sylvesterRow0": sl.solve_sylvester(stable, general / 4, grid(24, 20, lambda i, j: (i * 3 + j * 5) % 11 - 5))[0].tolist(),
}
Path(__file__).with_suffix(".json").write_text(json.dumps(out, indent=1) + "\n")
