"""Writes fokker-planck.json: SciPy's sparse solutions of a jump process typed anew from the equations at the head of
src/theory/fokker-planck/rates.ts, for a model whose noise needs the offsets (1,0), (0,1) and (1,1) only.

Run with Debian 12's Python (numpy 1.24, scipy 1.10): /usr/bin/python3 test/oracles/fokker-planck.py
"""
import json
from pathlib import Path

import numpy as np
import scipy
import scipy.sparse as sp
import scipy.sparse.linalg as sl

NX, NY = 24, 20
X, Y = (-2.0, 2.2), (-1.8, 1.7)
HX, HY = (X[1] - X[0]) / NX, (Y[1] - Y[0]) / NY
SCALE = np.diag([1 / HX, 1 / HY])


def drift(x, y):
    return SCALE @ np.array([x - x**3 + 0.3 * y, -y - 0.2 * x])


def noise(x, y):
    return SCALE @ np.array([[0.3 + 0.05 * x * x, 0.1], [0.1, 0.25 + 0.02 * y * y]]) @ SCALE


def rho(k, x, y):
    d = noise(x, y)
    return [d[0, 0] - d[0, 1], d[1, 1] - d[0, 1], d[0, 1]][k]


def B(z):
    return z / np.expm1(z) if z != 0 else 1.0


n = NX * NY
place = lambda i, j: (X[0] + (i + 0.5) * HX, Y[0] + (j + 0.5) * HY)
inside = lambda i, j: 0 <= i < NX and 0 <= j < NY
border = lambda i, j: not inside(i + 1, j + 1) or not inside(i - 1, j - 1)
A = sp.lil_matrix((n, n))
for j in range(NY):
    for i in range(NX):
        for k, e in enumerate([(1, 0), (0, 1), (1, 1)]):
            i2, j2 = i + e[0], j + e[1]
            if not inside(i2, j2):
                continue
            p, r = place(i, j), place(i2, j2)
            m = ((p[0] + r[0]) / 2, (p[1] + r[1]) / 2)
            g = [np.array(e) @ np.linalg.solve(noise(*z), drift(*z)) for z in (p, m, r)]
            q = (g[0] + 4 * g[1] + g[2]) / 6
            u, v = rho(k, *p), rho(k, *r)
            if k < 2 and border(i, j) and border(i2, j2):
                u += np.linalg.eigvalsh(noise(*p))[0]
                v += np.linalg.eigvalsh(noise(*r))[0]
            a, b = i + NX * j, i2 + NX * j2
            A[b, a] += u * B(-q)
            A[a, a] -= u * B(-q)
            A[a, b] += v * B(q)
            A[b, b] -= v * B(q)
A = A.tocsc()

# stationary: replace one balance by the sum of probabilities
M = A.tolil()
M[0, :] = 1
b = np.zeros(n)
b[0] = 1
stationary = sl.spsolve(M.tocsc(), b)

start = np.zeros(n)
start[7 + NX * 11] = 1
one = sp.identity(n, format="csc")
euler = start
solve = sl.factorized((one - 0.05 * A).tocsc())
for _ in range(5):
    euler = solve(euler)
exact = sl.expm_multiply(A * 0.8, start)

target = np.array([place(a % NX, a // NX)[0] > 1 for a in range(n)])
free = np.flatnonzero(~target)
times = np.zeros(n)
times[free] = sl.spsolve(A[free][:, free].T.tocsc(), -np.ones(len(free)))
rate = -sl.eigs(A[free][:, free].tocsc(), k=1, sigma=0)[0][0].real

out = {
    "versions": {"numpy": np.__version__, "scipy": scipy.__version__},
    "stationary": stationary.tolist(),
    "euler": euler.tolist(),
    "exact": exact.tolist(),
    "times": times.tolist(),
    "rate": rate,
}
Path(__file__).with_suffix(".json").write_text(json.dumps(out) + "\n")
