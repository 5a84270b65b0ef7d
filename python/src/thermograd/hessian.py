"""The Hessian of a PyTorch model on a block of weights. docs/theory [S10]."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Optional, Union

import numpy as np

from .bridge.errors import BridgeError
from .bridge.loss import measuring
from .bridge.weights import Block
from .measured import Density, Eigenvalue, Measured
from .directions import directions_in
from .progress import Asked, Watch
from .spectra import Times, counted, density, largest, most_products, smoothed

if TYPE_CHECKING:
    from .point import At

#: Blocks up to this size are formed for a density, which then is exact; and up to the second one where a matrix is asked for.
SMALL, FORMED = 256, 3000


class Hessian:
    """
    The Hessian of the loss on a block, by products with vectors.

    Every call takes `progress`: True prints on stderr, a callable is given the share that is done, from above 0 to 1, and the name of the call.
    """

    def __init__(self, point: At, block: Block) -> None:
        self._at, self._block = point, block
        self.size = block.size

    def times(self, v: Any, *, progress: Asked = None) -> np.ndarray:
        """Returns H v for a vector, or for every row of a matrix."""
        rows = directions_in("hessian.times", v, self.size)
        watch = Watch("hessian.times", progress)
        out = self._times(rows, watch.share)
        watch.end()
        return out if np.ndim(v) == 2 else out[0]

    def top(self, count: int = 10, *, seed: int = 0, tolerance: float = 1e-5, progress: Asked = None) -> list[Eigenvalue]:
        """
        Finds the largest eigenvalues, in descending order, by Lanczos with full orthogonalisation: at most 4·count + 120 products.

        Raises BridgeError unless 1 ≤ count ≤ the size of the block.
        """
        self._check("hessian.top", count)
        watch = Watch("hessian.top", progress)
        found = largest(self._counted(watch, most_products(self.size, count)), self.size, count, seed=seed, tolerance=tolerance)
        watch.end()
        return found

    def smallest(self, *, seed: int = 0, tolerance: float = 1e-5, progress: Asked = None) -> Eigenvalue:
        """Finds the smallest eigenvalue, which is negative where the loss has a saddle; at most 124 products."""
        watch = Watch("hessian.smallest", progress)
        times = self._counted(watch, most_products(self.size, 1))
        (found,) = largest(lambda v: -times(v), self.size, 1, seed=seed, tolerance=tolerance)
        watch.end()
        return found._replace(value=-found.value)

    def trace(self, probes: int = 30, *, seed: int = 0, progress: Asked = None) -> Measured:
        """Estimates the trace by probes of random signs; exact, by unit vectors, where the block has no more weights than probes."""
        if not isinstance(probes, int) or probes < 2:
            raise BridgeError("bad-probes", f"hessian.trace: an error needs at least 2 probes; got {probes!r}.")
        watch = Watch("hessian.trace", progress)
        exact = self.size <= probes
        z = np.eye(self.size) if exact else np.random.default_rng(seed).choice([-1.0, 1.0], (probes, self.size))
        product = self._times(z, watch.share)
        watch.end()
        if exact:
            return Measured(float(np.trace(product)), 0.0, "sum of the diagonal")
        forms = np.einsum("ij,ij->i", z, product)
        return Measured(float(forms.mean()), float(forms.std(ddof=1) / np.sqrt(probes)), f"Hutchinson, {probes} probes")

    def density(
        self,
        probes: Optional[int] = None,
        steps: Optional[int] = None,
        *,
        width: Optional[float] = None,
        at: Any = None,
        seed: int = 0,
        progress: Asked = None,
    ) -> Density:
        """
        Estimates the density of all eigenvalues, smoothed by a Gaussian of standard deviation `width` (1/100 of their range), at the points `at`.

        A block of up to 256 weights has all of its eigenvalues computed unless `probes` or `steps` are given; a larger one costs 10 probes of 80
        products.
        """
        if self.size <= SMALL and probes is None and steps is None:
            watch = Watch("hessian.density", progress)
            values = np.linalg.eigvalsh(self._formed(watch))
            watch.end()
            return smoothed(self.size, [(values, np.full(self.size, 1 / self.size))], width, at, "all eigenvalues of the dense block")
        probes, steps = probes or 10, steps or 80
        if probes < 2 or steps < 1:
            raise BridgeError("bad-probes", f"hessian.density: it needs at least 2 probes of 1 product; got {probes} of {steps}.")
        watch = Watch("hessian.density", progress)
        times = self._counted(watch, probes * min(steps, self.size))
        found = density(times, self.size, probes=probes, steps=steps, width=width, at=at, seed=seed)
        watch.end()
        return found

    def along(self, directions: Any, *, progress: Asked = None) -> Union[Measured, list[Measured]]:
        """Computes vᵀ H v along one direction, or along every row of a matrix; they are brought to length 1."""
        v = directions_in("hessian.along", directions, self.size, unit=True)
        watch = Watch("hessian.along", progress)
        forms = np.einsum("ij,ij->i", v, self._times(v, watch.share))
        watch.end()
        found = [Measured(float(f), 0.0, "a product with the Hessian") for f in forms]
        return found if np.ndim(directions) == 2 else found[0]

    def matrix(self, *, progress: Asked = None) -> np.ndarray:
        """Forms H on the block, P_b×P_b, with a product for each weight. Raises BridgeError for a block of more than 3000 weights."""
        if self.size > FORMED:
            raise BridgeError(
                "block-too-large", f"hessian.matrix: only blocks of up to {FORMED} weights are formed as matrices; this one has {self.size}."
            )
        watch = Watch("hessian.matrix", progress)
        m = self._formed(watch)
        watch.end()
        return m

    def _formed(self, watch: Watch) -> np.ndarray:
        m = self._times(np.eye(self.size), watch.share)
        return (m + m.T) / 2

    def _times(self, rows: np.ndarray, between: Callable[[float], None]) -> np.ndarray:
        passes = self._at.passes
        with measuring(passes.problem):
            return passes.hessian_vectors(self._block, rows, self._at.asked(), between)

    def _counted(self, watch: Watch, most: int) -> Times:
        """Returns products of which at most so many will be asked for."""
        return counted(self._times, watch, most)

    def _check(self, call: str, count: int) -> None:
        if not isinstance(count, int) or not 1 <= count <= self.size:
            raise BridgeError("bad-count", f"{call}: the block has {self.size} eigenvalues; got {count!r}.")

    def __repr__(self) -> str:
        return f"Hessian({self.size} weights; ask for top(k), smallest(), trace(), density(), along(v), matrix() or times(v))"
