"""
A PyTorch model at its weights, over its samples, as a thing to measure:

    at = thermograd.at(model, torch.nn.CrossEntropyLoss(), (inputs, labels))
    at.hessian("fc1").top(3)        # [Eigenvalue(value, error, vector, method), …]
    at.hessian().trace()            # Measured(value, error, method)
    at.noise("fc1").along(v)        # vᵀ C1 v, per sample

Everything runs in this process with the passes of the bridge; no Node is needed. docs/theory [S1], [S10].
"""

from __future__ import annotations

import fnmatch
from typing import Any, NamedTuple, Optional, Union

import numpy as np

from .bridge.errors import BridgeError
from .bridge.loss import measuring
from .bridge.parts import Asked
from .bridge.passes import Passes
from .bridge.problem import Problem, problem_from
from .bridge.weights import Block


class Measured(NamedTuple):
    """A number with its error and how both were obtained."""

    value: float
    #: One standard error over probes or samples; for an eigenvalue the bound by its residual.
    error: float
    method: str

    def __str__(self) -> str:
        return f"{self.value:.6g} ± {self.error:.2g}"


class Eigenvalue(NamedTuple):
    """An eigenvalue, the bound of its error ‖H v − λ v‖, and its eigenvector of length 1."""

    value: float
    error: float
    vector: np.ndarray
    method: str

    def __str__(self) -> str:
        return f"{self.value:.6g} ± {self.error:.2g}"


def at(model: Any, loss: Any = None, data: Any = None, **options: Any) -> At:
    """
    Returns the model at its weights. The arguments are those of `Problem`; a `Problem` alone will do as well.

    Raises BridgeError for a model, a loss or data that cannot be measured.
    """
    return At(model if isinstance(model, Problem) else Problem(model, loss, data, **options))


class At:
    """A model at one point of its weights."""

    def __init__(self, problem: Problem) -> None:
        self.passes = Passes(problem_from(problem, "thermograd.at"))
        #: The names of the parameters.
        self.blocks = [p.name for p in self.passes.weights.parameters]
        self.samples = self.passes.samples.count

    def loss(self) -> float:
        """Returns the loss over all samples."""
        with measuring(self.passes.problem):
            return self.passes.gradient(self._all(), _quiet)[0]

    def hessian(self, block: Optional[str] = None) -> Hessian:
        """Returns the Hessian on a parameter (`fc1.weight`), a layer (`fc1`: its weight), a pattern (`fc*`), or all weights."""
        return Hessian(self, self._block("at.hessian", block))

    def noise(self, block: Optional[str] = None) -> Noise:
        """Returns the covariance C1 of the gradient of one sample on a block."""
        return Noise(self, self._block("at.noise", block))

    def __repr__(self) -> str:
        return f"At({self.passes.weights.size} weights, {self.samples} samples; {', '.join(self.blocks[:6])}{', …' if len(self.blocks) > 6 else ''})"

    def _all(self) -> Asked:
        return Asked(self.samples, None, None)

    def _block(self, call: str, name: Optional[str]) -> Block:
        parameters = self.passes.weights.parameters
        pattern = "*" if name is None else name
        found = [p for p in parameters if p.name in (pattern, f"{pattern}.weight")][:1]
        found = found or [p for p in parameters if fnmatch.fnmatchcase(p.name, pattern)]
        if not found:
            raise BridgeError("no-parameter", f"{call}: the model has no parameter named {name!r}; it has {', '.join(self.blocks[:12])}.")
        return Block(self.passes.weights, np.array([(p.offset, p.size) for p in found], np.int64))


class Hessian:
    """The Hessian of the loss on a block, by products with vectors alone."""

    def __init__(self, point: At, block: Block) -> None:
        self._at, self._block = point, block
        self.size = block.size

    def times(self, v: Any) -> np.ndarray:
        """Returns H v for a vector, or for every row of a matrix."""
        rows = _rows("hessian.times", v, self.size)
        passes = self._at.passes
        with measuring(passes.problem):
            out = passes.hessian_vectors(self._block, rows, self._at._all(), _quiet)
        return out if np.ndim(v) == 2 else out[0]

    def top(self, count: int = 10, *, seed: int = 0, tolerance: float = 1e-5) -> list[Eigenvalue]:
        """
        Finds the largest eigenvalues, in descending order, by Lanczos with full orthogonalisation: at most 4·count + 120 products.

        Raises BridgeError unless 1 ≤ count ≤ the size of the block.
        """
        if not isinstance(count, int) or not 1 <= count <= self.size:
            raise BridgeError("bad-count", f"hessian.top: the block has {self.size} eigenvalues; got {count!r}.")
        most = min(self.size, 4 * count + 120)
        q = np.random.default_rng(seed).standard_normal(self.size)
        basis = np.zeros((most, self.size))
        image = np.zeros((most, self.size))
        for k in range(most):
            for _ in range(2):
                q -= basis[:k].T @ (basis[:k] @ q)
            length = float(np.linalg.norm(q))
            if k > 0 and length <= 1e-12 * max(1e-300, float(np.abs(image[:k]).max())):
                q = np.random.default_rng(seed + k).standard_normal(self.size)  # an invariant subspace: start anew
                for _ in range(2):
                    q -= basis[:k].T @ (basis[:k] @ q)
                length = float(np.linalg.norm(q))
            basis[k] = q / length
            image[k] = self.times(basis[k])
            q = image[k].copy()
            if k + 1 < count or ((k + 1) % 5 != 0 and k + 1 < most):
                continue
            t = basis[: k + 1] @ image[: k + 1].T
            values, y = np.linalg.eigh((t + t.T) / 2)
            chosen = np.argsort(values)[::-1][:count]
            vectors = y[:, chosen].T @ basis[: k + 1]
            residuals = np.linalg.norm(y[:, chosen].T @ image[: k + 1] - values[chosen, None] * vectors, axis=1)
            if residuals.max() <= tolerance * np.abs(values).max():
                break
        how = f"Lanczos, {k + 1} products"
        return [Eigenvalue(float(values[c]), float(r), v, how) for c, r, v in zip(chosen, residuals, vectors)]

    def trace(self, probes: int = 30, *, seed: int = 0) -> Measured:
        """Estimates the trace by probes of random signs; exact, by unit vectors, where the block has no more weights than probes."""
        if not isinstance(probes, int) or probes < 2:
            raise BridgeError("bad-probes", f"hessian.trace: an error needs at least 2 probes; got {probes!r}.")
        if self.size <= probes:
            return Measured(float(np.trace(self.times(np.eye(self.size)))), 0.0, "sum of the diagonal")
        z = np.random.default_rng(seed).choice([-1.0, 1.0], (probes, self.size))
        forms = np.einsum("ij,ij->i", z, self.times(z))
        return Measured(float(forms.mean()), float(forms.std(ddof=1) / np.sqrt(probes)), f"Hutchinson, {probes} probes")

    def __repr__(self) -> str:
        return f"Hessian({self.size} weights; ask for top(k), trace() or times(v))"


class Noise:
    """The covariance C1 = (1/N) Σ_k g_k g_kᵀ − g gᵀ of the gradient of one sample on a block."""

    def __init__(self, point: At, block: Block) -> None:
        self._at, self._block = point, block
        self.size = block.size

    def along(self, directions: Any) -> Union[Measured, list[Measured]]:
        """Measures vᵀ C1 v along one direction, or along every row of a matrix; they are brought to length 1."""
        v = _rows("noise.along", directions, self.size)
        lengths = np.linalg.norm(v, axis=1)
        if not (np.isfinite(lengths) & (lengths > 0)).all():
            raise BridgeError("no-direction", "noise.along: a direction has a finite length above 0.")
        passes = self._at.passes
        with measuring(passes.problem):
            slopes = passes.projected(self._block, v / lengths[:, None], self._at._all(), _quiet)
        d = slopes - slopes.mean(axis=0)
        second, fourth = (d**2).mean(axis=0), (d**4).mean(axis=0)
        n = len(slopes)
        how = f"exact sum over {n} samples; error: these as a sample of their distribution"
        found = [Measured(float(a), float(np.sqrt(max(0.0, b - a * a) / n)), how) for a, b in zip(second, fourth)]
        return found if np.ndim(directions) == 2 else found[0]

    def matrix(self) -> np.ndarray:
        """Forms C1, P_b×P_b. Raises BridgeError for a block of more than 3000 weights."""
        if self.size > 3000:
            raise BridgeError("block-too-large", f"noise.matrix: only blocks of up to 3000 weights are formed as matrices; this one has {self.size}.")
        passes = self._at.passes
        with measuring(passes.problem):
            moment = passes.second_moment(self._block, self._at._all(), _quiet)
            g = self._block.of(passes.gradient(self._at._all(), _quiet)[1])
        return np.asarray(moment - np.outer(g, g))

    def __repr__(self) -> str:
        return f"Noise({self.size} weights; ask for along(v) or matrix())"


def _rows(call: str, v: Any, size: int) -> np.ndarray:
    rows = np.atleast_2d(np.asarray(v, dtype=np.float64))
    if rows.ndim != 2 or rows.shape[1] != size or len(rows) == 0:
        raise BridgeError("bad-vector", f"{call}: a direction in this block has {size} numbers; got the shape {list(np.shape(v))}.")
    return rows


def _quiet(_: float) -> None:
    pass
