"""
A PyTorch model at its weights, over its samples, as a thing to measure:

    at = thermograd.at(model, torch.nn.CrossEntropyLoss(), (inputs, labels))
    at.hessian("fc1").top(3)        # [Eigenvalue(value, error, vector, method), …]
    at.hessian().trace()            # Measured(value, error, method)
    at.noise("fc1").along(v)        # vᵀ C1 v, per sample
    at.flatness("fc1", v)           # the width of the valley along v

Everything runs in this process with the passes of the bridge; no Node is needed. docs/theory [S1], [S10], [F1].
"""

from __future__ import annotations

import fnmatch
from typing import Any, Optional, Union

import numpy as np

from .bridge.errors import BridgeError
from .bridge.loss import measuring
from .bridge.parts import Asked
from .bridge.passes import Passes
from .bridge.problem import Problem, problem_from
from .bridge.weights import Block
from .directions import directions_in
from .hessian import Hessian
from .measured import Flatness
from .noise import Noise
from .progress import Asked as Progress
from .progress import Watch
from .valley import width_of


def at(model: Any, loss: Any = None, data: Any = None, **options: Any) -> At:
    """
    Returns the model at its weights. The arguments are those of `Problem`; a `Problem` alone will do as well.

    Raises BridgeError for a model, a loss or data that cannot be measured.
    """
    return At(model if isinstance(model, Problem) else Problem(model, loss, data, **options))


class At:
    """
    A model at one point of its weights.

    Every call that measures takes `progress`: True prints on stderr, a callable is given the share that is done, from above 0 to 1, and the name of
    the call. What it raises ends the call.
    """

    def __init__(self, problem: Problem) -> None:
        self.passes = Passes(problem_from(problem, "thermograd.at"))
        #: The names of the parameters.
        self.blocks = [p.name for p in self.passes.weights.parameters]
        self.samples = self.passes.samples.count

    def loss(self, *, progress: Progress = None) -> float:
        """Returns the loss over all samples."""
        return self._gradient("at.loss", progress)[0]

    def gradient(self, block: Optional[str] = None, *, progress: Progress = None) -> np.ndarray:
        """Computes the gradient on a block, in the order of its weights."""
        place = self._block("at.gradient", block)
        return np.asarray(place.of(self._gradient("at.gradient", progress)[1]))

    def hessian(self, block: Optional[str] = None) -> Hessian:
        """Returns the Hessian on a parameter (`fc1.weight`), a layer (`fc1`: its weight), a pattern (`fc*`), or all weights."""
        return Hessian(self, self._block("at.hessian", block))

    def noise(self, block: Optional[str] = None) -> Noise:
        """Returns the covariance C1 of the gradient of one sample on a block."""
        return Noise(self, self._block("at.noise", block))

    def flatness(
        self,
        block: Optional[str],
        directions: Any,
        *,
        factor: float = float(np.e),
        tolerance: float = 1e-4,
        reach: float = 10.0,
        progress: Progress = None,
    ) -> Union[Flatness, list[Flatness]]:
        """
        Measures the width of the loss valley along one direction of a block, or along every row of a matrix: the distance between the nearest points
        at which the loss is `factor` times that of the centre. Directions are brought to length 1.

        `tolerance` is the relative one of each end, `reach` the farthest displacement in units of the norm of the block's weights. Costs a product
        with the Hessian and about twenty losses for each direction. Raises BridgeError where the loss of the centre is not above 0, and for a factor
        that is not above 1.
        """
        if not (factor > 1 and tolerance > 0 and reach > 0):
            raise BridgeError("bad-option", f"at.flatness: factor is above 1, tolerance and reach above 0; got {factor!r}, {tolerance!r}, {reach!r}.")
        place = self._block("at.flatness", block)
        v = directions_in("at.flatness", directions, place.size, unit=True)
        passes, asked, watch = self.passes, self.asked(), Watch("at.flatness", progress)
        # a direction takes a product and about twenty losses; how many is not known before
        begun, each = 0.1, 0.9 / len(v)
        with measuring(passes.problem):
            centre, gradient = passes.gradient(asked, watch.part(0, begun / 4))
            if not centre > 0:
                raise BridgeError("bad-loss", f"at.flatness: a level of {factor:.4g} times the loss needs a loss above 0 at the centre; it is {centre}.")
            slopes = v @ place.of(gradient)
            curvatures = np.einsum("ij,ij->i", v, passes.hessian_vectors(place, v, asked, watch.part(begun / 4, begun)))
            own, whole = (float(np.linalg.norm(x)) for x in (place.of(passes.weights.own()), passes.weights.own()))
            found = [
                width_of(
                    lambda at, p=p, k=k: self._along(place, p, at, watch, begun + each * k),
                    centre,
                    float(slope),
                    float(curvature),
                    factor=factor,
                    tolerance=tolerance,
                    cap=reach * (own or whole or 1.0),
                    n=self.samples,
                )
                for k, (p, slope, curvature) in enumerate(zip(v, slopes, curvatures))
            ]
        watch.end()
        return found if np.ndim(directions) == 2 else found[0]

    def _gradient(self, call: str, progress: Progress) -> tuple[float, np.ndarray]:
        watch = Watch(call, progress)
        with measuring(self.passes.problem):
            found = self.passes.gradient(self.asked(), watch.share)
        watch.end()
        return found

    def _along(self, place: Block, p: np.ndarray, at: Any, watch: Watch, done: float) -> np.ndarray:
        """Returns losses along a direction, at a share of the call that is done."""
        return self.passes.losses([(place, p, np.array(at))], self.asked(), lambda _: watch.share(done))[0]

    def __repr__(self) -> str:
        return f"At({self.passes.weights.size} weights, {self.samples} samples; {', '.join(self.blocks[:6])}{', …' if len(self.blocks) > 6 else ''})"

    def asked(self) -> Asked:
        """Returns the request for all samples."""
        return Asked(self.samples, None, None)

    def _block(self, call: str, name: Optional[str]) -> Block:
        parameters = self.passes.weights.parameters
        pattern = "*" if name is None else name
        found = [p for p in parameters if p.name in (pattern, f"{pattern}.weight")][:1]
        found = found or [p for p in parameters if fnmatch.fnmatchcase(p.name, pattern)]
        if not found:
            raise BridgeError("no-parameter", f"{call}: the model has no parameter named {name!r}; it has {', '.join(self.blocks[:12])}.")
        return Block(self.passes.weights, np.array([(p.offset, p.size) for p in found], np.int64))
