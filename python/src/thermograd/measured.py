"""Numbers with their errors, as the nouns return them."""

from __future__ import annotations

from typing import NamedTuple, Optional

import numpy as np


class Measured(NamedTuple):
    """A number with its error and how both were obtained."""

    value: float
    #: One standard error over probes or samples; for an eigenvalue or a width the bound of the computation.
    error: float
    method: str

    def __str__(self) -> str:
        return f"{self.value:.6g} ± {self.error:.2g}"


class Eigenvalue(NamedTuple):
    """An eigenvalue, the bound of its error ‖A v − λ v‖, and its eigenvector of length 1."""

    value: float
    error: float
    vector: np.ndarray
    method: str

    def __str__(self) -> str:
        return f"{self.value:.6g} ± {self.error:.2g}"


class Density(NamedTuple):
    """The density of the eigenvalues of a Hessian, smoothed by a Gaussian of standard deviation `width`; its integral is 1."""

    at: np.ndarray
    density: np.ndarray
    #: One standard error over the probes; 0 where all eigenvalues were computed.
    error: np.ndarray
    width: float
    trace: Measured
    #: Eigenvalues that stand for all of them, ascending, and the share of each.
    nodes: np.ndarray
    shares: np.ndarray
    method: str

    def above(self, x: float) -> float:
        """Returns the share of the eigenvalues above x."""
        return float(self.shares[self.nodes > x].sum())

    def quantile(self, share: float) -> float:
        """Returns the eigenvalue that a share of them, from 0 to 1, does not exceed."""
        found = int(np.searchsorted(np.cumsum(self.shares), share * (1 - 1e-12)))
        return float(self.nodes[min(found, len(self.nodes) - 1)])


class Flatness(NamedTuple):
    """The width F = right − left of the loss valley along a direction, in units of the weights; NaN where a side is open."""

    value: float
    error: float
    #: Where the loss crosses the level, negative and positive; None where it stays below it within reach.
    left: Optional[float]
    right: Optional[float]
    #: Loss at the centre, and its slope and curvature there along the direction.
    loss: float
    slope: float
    curvature: float
    method: str

    def __str__(self) -> str:
        sides = [name for name, at in (("left", self.left), ("right", self.right)) if at is None]
        return f"open on {'both sides' if len(sides) == 2 else f'the {sides[0]}'}" if sides else f"{self.value:.6g} ± {self.error:.2g}"
