"""Eigenvalues of symmetric matrices that are known by products with vectors alone. docs/theory [S10]."""

from __future__ import annotations

from typing import Callable

import numpy as np

from .measured import Density, Eigenvalue, Measured
from .progress import Watch

#: Multiplies every row of a matrix.
Times = Callable[[np.ndarray], np.ndarray]


def most_products(size: int, count: int, width: int = 1, most: int | None = None) -> int:
    """Returns how many products `largest` asks for at most."""
    return min(size, max(count, most or 4 * count + 120 * width))


def counted(times: Callable[[np.ndarray, Callable[[float], None]], np.ndarray], watch: Watch, most: int) -> Times:
    """Returns products that tell how many of the most that will be asked for are done."""
    done = 0

    def product(rows: np.ndarray) -> np.ndarray:
        nonlocal done
        first, done = done, done + len(rows)
        return times(rows, watch.part(first / most, done / most))

    return product


def largest(times: Times, size: int, count: int, *, seed: int, tolerance: float, width: int = 1, most: int | None = None) -> list[Eigenvalue]:
    """
    Finds the largest eigenvalues, in descending order, by block Lanczos with full orthogonalisation.

    `width` vectors are multiplied at once: one costs the fewest products, several the fewest rounds. `most` products are asked for at most, 4·count +
    120 by default. The error of each value is the norm of its residual.
    """
    random = np.random.default_rng(seed)
    most = most_products(size, count, width, most)
    basis = np.zeros((0, size))
    image = np.zeros((0, size))
    block = random.standard_normal((min(width, size), size))
    while True:
        block = _orthonormal(block, basis)
        if len(block) == 0:  # an invariant subspace: begin anew outside it
            block = _orthonormal(random.standard_normal((1, size)), basis)
        block = block[: most - len(basis)]
        product = times(block)
        basis, image = np.concatenate([basis, block]), np.concatenate([image, product])
        block = product
        k = len(basis)
        if k < count or (width == 1 and k < most and k % 5 != 0 and k != count):
            continue
        t = basis @ image.T
        values, y = np.linalg.eigh((t + t.T) / 2)
        chosen = np.argsort(values)[::-1][:count]
        vectors = y[:, chosen].T @ basis
        residuals = np.linalg.norm(y[:, chosen].T @ image - values[chosen, None] * vectors, axis=1)
        if k >= most or residuals.max() <= tolerance * np.abs(values).max():
            how = f"Lanczos, {k} products"
            return [Eigenvalue(float(values[c]), float(r), v, how) for c, r, v in zip(chosen, residuals, vectors)]


def density(times: Times, size: int, *, probes: int, steps: int, width: float | None, at: np.ndarray | None, seed: int) -> Density:
    """Estimates the density of all eigenvalues by stochastic Lanczos quadrature: `steps` products for each of `probes` random vectors."""
    random = np.random.default_rng(seed)
    quadratures = [_quadrature(times, random.choice([-1.0, 1.0], size) / np.sqrt(size), min(steps, size)) for _ in range(probes)]
    return smoothed(size, quadratures, width, at, f"stochastic Lanczos quadrature, {probes} probes of {min(steps, size)} products")


def smoothed(size: int, quadratures: list[tuple[np.ndarray, np.ndarray]], width: float | None, at: np.ndarray | None, method: str) -> Density:
    """Makes a density from the eigenvalues and shares of each probe; one probe is all eigenvalues, without an error."""
    low, high = min(n.min() for n, _ in quadratures), max(n.max() for n, _ in quadratures)
    sigma = width or (high - low) / 100 or max(abs(high), 1e-300) / 100
    points = np.linspace(low - 3 * sigma, high + 3 * sigma, 200) if at is None else np.asarray(at, dtype=np.float64)
    curves = np.array([np.exp(-(((points[:, None] - n) / sigma) ** 2) / 2) @ s / (sigma * np.sqrt(2 * np.pi)) for n, s in quadratures])
    traces = np.array([size * float(n @ s) for n, s in quadratures])
    k = len(quadratures)
    spread = (lambda x: x.std(axis=0, ddof=1) / np.sqrt(k)) if k > 1 else (lambda x: 0 * x[0])
    nodes = np.concatenate([n for n, _ in quadratures])
    shares = np.concatenate([s for _, s in quadratures]) / k
    order = np.argsort(nodes)
    trace = Measured(float(traces.mean()), float(spread(traces)), method)
    return Density(points, curves.mean(axis=0), spread(curves), float(sigma), trace, nodes[order], shares[order], method)


def _quadrature(times: Times, start: np.ndarray, steps: int) -> tuple[np.ndarray, np.ndarray]:
    basis = np.zeros((steps, len(start)))
    alpha, beta = np.zeros(steps), np.zeros(steps)
    q = start
    for k in range(steps):
        basis[k] = q
        w = times(q[None])[0]
        before = np.linalg.norm(w)
        alpha[k] = w @ q
        for _ in range(2):
            w = w - basis[: k + 1].T @ (basis[: k + 1] @ w)
        beta[k] = np.linalg.norm(w)
        if beta[k] <= 1e-12 * max(before, abs(alpha[0])):
            break
        q = w / beta[k]
    m = k + 1
    values, vectors = np.linalg.eigh(np.diag(alpha[:m]) + np.diag(beta[: m - 1], 1) + np.diag(beta[: m - 1], -1))
    return values, vectors[0] ** 2


def _orthonormal(block: np.ndarray, basis: np.ndarray) -> np.ndarray:
    """Makes rows orthonormal, to the basis too; rows of which nothing is left are dropped."""
    kept: list[np.ndarray] = []
    scale = float(np.abs(block).max()) or 1.0
    for x in block:
        for _ in range(2):
            x = x - basis.T @ (basis @ x)
            for u in kept:
                x = x - (u @ x) * u
        length = float(np.linalg.norm(x))
        if length > 1e-12 * scale:
            kept.append(x / length)
    return np.array(kept).reshape(len(kept), block.shape[1])
