"""The width of the loss valley of a PyTorch model along a direction. docs/theory [F1]."""

from __future__ import annotations

from typing import Callable, Optional

import numpy as np

from .measured import Flatness

#: Losses at displacements along the direction.
Losses = Callable[[list[float]], np.ndarray]
_MOST = 200


def width_of(losses: Losses, centre: float, slope: float, curvature: float, *, factor: float, tolerance: float, cap: float, n: int) -> Flatness:
    """Finds the crossings of factor·centre nearest to 0 on both sides, within `cap`, each to the relative tolerance."""
    level = factor * centre
    ends = [_crossing(losses, sign, level, centre, slope, curvature, tolerance, cap) for sign in (-1.0, 1.0)]
    left, right = ends
    method = f"distance of the points with {factor:.4g} times the loss of the centre, {n} samples"
    width = np.nan if left is None or right is None else right - left
    return Flatness(float(width), float(tolerance * width), left, right, centre, slope, curvature, method)


def _crossing(
    losses: Losses, sign: float, level: float, centre: float, slope: float, curvature: float, tolerance: float, cap: float
) -> Optional[float]:
    # half of where the parabola of slope and curvature would cross: a valley that is steeper is not stepped over
    s, rise = sign * slope, level - centre
    root = s + np.sqrt(s * s + 2 * curvature * rise) if curvature > 0 else s
    guess = (2 if curvature > 0 else 1) * rise / root if root > 0 else np.inf
    step = min(guess, cap / 4) / 2
    inside, below = 0.0, centre - level
    x = step
    for _ in range(_MOST):
        here = float(losses([sign * x])[0]) - level
        if not here < 0:  # a loss that is not a number counts as above
            break
        if x >= cap:
            return None
        inside, below = x, here
        x = min(cap, x + step if x < 2.6 * step else 1.5 * x)
    outside, above = x, here
    # false position with the weight of an end that stays halved (Illinois), which keeps a bracket
    held = 0
    for _ in range(_MOST):
        if outside - inside <= tolerance * outside:
            break
        middle = (inside + outside) / 2
        if np.isfinite(above) and above > below:
            middle = inside - below * (outside - inside) / (above - below)
            # a guess at an end would not shrink the bracket
            margin = tolerance * outside / 4
            middle = min(max(middle, inside + margin), outside - margin)
        here = float(losses([sign * middle])[0]) - level
        if here < 0:
            inside, below = middle, here
            above, held = (above / 2 if held < 0 else above), -1
        else:
            outside, above = middle, here
            below, held = (below / 2 if held > 0 else below), 1
    return sign * (inside + outside) / 2
