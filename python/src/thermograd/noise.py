"""The covariance C1 of the gradient of one sample of a PyTorch model, on a block of weights. docs/theory [S1], [A1]."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Union

import numpy as np

from .bridge.errors import BridgeError
from .bridge.loss import measuring
from .bridge.weights import Block
from .hessian import FORMED
from .measured import Eigenvalue, Measured
from .directions import directions_in
from .progress import Asked, Watch
from .spectra import counted, largest, most_products

if TYPE_CHECKING:
    from .point import At


class Noise:
    """
    The covariance C1 = (1/N) Σ_k g_k g_kᵀ − g gᵀ of the gradient of one sample on a block. A minibatch of B samples has C1/B.

    Every call takes `progress`: True prints on stderr, a callable is given the share that is done, from above 0 to 1, and the name of the call.
    """

    def __init__(self, point: At, block: Block) -> None:
        self._at, self._block = point, block
        self.size = block.size

    def times(self, v: Any, *, progress: Asked = None) -> np.ndarray:
        """Returns C1 v for a vector, or for every row of a matrix, in one pass over the gradients of the samples; C1 is not formed."""
        rows = directions_in("noise.times", v, self.size)
        watch = Watch("noise.times", progress)
        out = self._times(rows, watch.share)
        watch.end()
        return out if np.ndim(v) == 2 else out[0]

    def along(self, directions: Any, *, progress: Asked = None) -> Union[Measured, list[Measured]]:
        """Measures vᵀ C1 v along one direction, or along every row of a matrix; they are brought to length 1."""
        d = self._slopes("noise.along", directions, progress)
        second, fourth = (d**2).mean(axis=0), (d**4).mean(axis=0)
        n = len(d)
        how = f"exact sum over {n} samples; error: these as a sample of their distribution"
        found = [Measured(float(a), float(np.sqrt(max(0.0, b - a * a) / n)), how) for a, b in zip(second, fourth)]
        return found if np.ndim(directions) == 2 else found[0]

    def between(self, directions: Any, *, progress: Asked = None) -> np.ndarray:
        """Measures V C1 Vᵀ, the covariance in the space of several directions, k×k."""
        d = self._slopes("noise.between", directions, progress)
        return np.asarray(d.T @ d / len(d))

    def top(self, count: int = 10, *, seed: int = 0, tolerance: float = 1e-5, progress: Asked = None) -> list[Eigenvalue]:
        """
        Finds the largest eigenvalues of C1, in descending order, for a block of any size: C1 is not formed. Costs some ten passes over the gradients
        of the samples.

        Raises BridgeError unless 1 ≤ count ≤ the size of the block.
        """
        if not isinstance(count, int) or not 1 <= count <= self.size:
            raise BridgeError("bad-count", f"noise.top: the block has {self.size} eigenvalues; got {count!r}.")
        width = min(count + 4, self.size)
        watch = Watch("noise.top", progress)
        times = counted(self._times, watch, most_products(self.size, count, width, 20 * width))
        found = largest(times, self.size, count, seed=seed, tolerance=tolerance, width=width, most=20 * width)
        watch.end()
        return found

    def trace(self, *, progress: Asked = None) -> Measured:
        """Measures Tr C1 over the samples as they are."""
        away, _, _ = self._away("noise.trace", progress)
        n = len(away)
        how = f"exact sum over {n} samples; error: these as a sample of their distribution"
        return Measured(float(away.mean()), float(away.std() / np.sqrt(n)), how)

    def scale(self, *, progress: Asked = None) -> Measured:
        """
        Measures the noise scale Tr C1/|g|², the batch size at which noise and gradient are equally large, in samples. docs/theory [A1].

        Trace and |g|² are those of the distribution that the samples were drawn from: the trace is multiplied by n/(n − 1), and the noise of g is
        taken from |g|². The error is that of the ratio to first order, with that of |g|² at a gradient of 0.
        """
        away, along, size = self._away("noise.scale", progress)
        n = len(away)
        if n < 2:
            raise BridgeError("too-few-samples", "noise.scale: a noise scale needs at least 2 samples.")
        trace = float(away.mean()) * n / (n - 1)
        signal = size - trace / n
        ratio = trace / signal
        moves = (away - away.mean()) / trace - 2 * along / signal
        error = abs(ratio) * np.sqrt(float((moves**2).sum()) / n**2 + 2 * (trace / n / signal) ** 2)
        return Measured(ratio, float(error), f"unbiased, {n} samples; error to first order")

    def matrix(self, *, progress: Asked = None) -> np.ndarray:
        """Forms C1, P_b×P_b. Raises BridgeError for a block of more than 3000 weights."""
        if self.size > FORMED:
            raise BridgeError(
                "block-too-large",
                f"noise.matrix: only blocks of up to {FORMED} weights are formed as matrices; this one has {self.size}: ask for top(k), trace() or along(v).",
            )
        watch = Watch("noise.matrix", progress)
        passes = self._at.passes
        with measuring(passes.problem):
            moment = passes.second_moment(self._block, self._at.asked(), watch.part(0, 0.8))
        g = self._gradient(watch.part(0.8, 1))
        watch.end()
        return np.asarray(moment - np.outer(g, g))

    def _times(self, rows: np.ndarray, between: Callable[[float], None]) -> np.ndarray:
        passes = self._at.passes
        with measuring(passes.problem):
            moment = passes.moment_vectors(self._block, rows, self._at.asked(), lambda share: between(0.8 * share))
        g = self._gradient(lambda share: between(0.8 + 0.2 * share))
        return np.asarray(moment - np.outer(rows @ g, g))

    def _gradient(self, between: Callable[[float], None]) -> np.ndarray:
        passes = self._at.passes
        with measuring(passes.problem):
            return np.asarray(self._block.of(passes.gradient(self._at.asked(), between)[1]))

    def _slopes(self, call: str, directions: Any, progress: Asked) -> np.ndarray:
        """Returns (g_k − g)·v for each sample and each direction of length 1."""
        v = directions_in(call, directions, self.size, unit=True)
        watch = Watch(call, progress)
        passes = self._at.passes
        with measuring(passes.problem):
            slopes = passes.projected(self._block, v, self._at.asked(), watch.share)
        watch.end()
        return np.asarray(slopes - slopes.mean(axis=0))

    def _away(self, call: str, progress: Asked) -> tuple[np.ndarray, np.ndarray, float]:
        """Returns |g_k − g|² and (g_k − g)·g of each sample, and |g|²."""
        watch = Watch(call, progress)
        passes = self._at.passes
        g = self._gradient(watch.part(0, 0.2))
        with measuring(passes.problem):
            norms = passes.squared_norms(self._block, self._at.asked(), watch.part(0.2, 0.7))
            along = passes.projected(self._block, g[None], self._at.asked(), watch.part(0.7, 1))[:, 0]
        watch.end()
        size = float(g @ g)
        return np.maximum(0, norms - 2 * along + size), along - size, size

    def __repr__(self) -> str:
        return f"Noise({self.size} weights; ask for along(v), between(V), top(k), trace(), scale(), matrix() or times(v))"
