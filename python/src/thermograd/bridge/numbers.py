"""The precision of the passes, and the refusal of results that are not numbers."""

from __future__ import annotations

from typing import Any, Sequence

import numpy as np
import torch

from .errors import BridgeError
from .problem import Problem
from .weights import Block


def dtype_of(problem: Problem, device: torch.device, first: Any) -> torch.dtype:
    """Returns the precision of the passes: that which was asked for, or double precision wherever the device has it."""
    wanted = problem.dtype
    if wanted is None:
        own = first.dtype if first is not None else torch.float64
        return torch.float64 if device.type == "cpu" or own == torch.float64 else torch.float32
    known = {"float64": torch.float64, "float32": torch.float32, torch.float64: torch.float64, torch.float32: torch.float32}
    try:
        return known[wanted]
    except (KeyError, TypeError):
        raise BridgeError("input-problem", f"dtype is 'float64' or 'float32'; got {wanted!r}.") from None


def finite(values: np.ndarray, what: str, numbers: np.ndarray | None = None) -> np.ndarray:
    """Returns the values, and refuses those that are not finite; `numbers` are what their rows are called."""
    if not np.isfinite(values).all():
        k = int(np.argwhere(~np.isfinite(values))[0][0 if numbers is not None else -1])
        raise BridgeError("not-finite", f"{what} {int(numbers[k]) if numbers is not None else k} is not a finite number.")
    return values


def refuse_nan(values: np.ndarray, lines: Sequence[tuple[Block, np.ndarray, np.ndarray]]) -> None:
    """Refuses losses along lines that are NaN, and names the displacement and the line of the first."""
    bad = np.flatnonzero(np.isnan(values))
    if len(bad) == 0:
        return
    at = int(bad[0])
    for i, (_, _, displacements) in enumerate(lines):
        if at < len(displacements):
            raise BridgeError("not-finite", f"the loss is NaN at the displacement {displacements[at]:.6g} along line {i}.")
        at -= len(displacements)
