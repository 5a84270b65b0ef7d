"""Directions in a block of weights, as a user gives them."""

from __future__ import annotations

from typing import Any

import numpy as np

from .bridge.errors import BridgeError


def directions_in(call: str, v: Any, size: int, *, unit: bool = False) -> np.ndarray:
    """Returns vectors of a block as rows of float64, of length 1 where `unit` says so. Raises BridgeError for any other shape, and for the length 0."""
    rows = np.atleast_2d(np.asarray(v, dtype=np.float64))
    if rows.ndim != 2 or rows.shape[1] != size or len(rows) == 0:
        raise BridgeError("bad-vector", f"{call}: a direction in this block has {size} numbers; got the shape {list(np.shape(v))}.")
    if not unit:
        return rows
    lengths = np.linalg.norm(rows, axis=1)
    if not (np.isfinite(lengths) & (lengths > 0)).all():
        raise BridgeError("no-direction", f"{call}: a direction has a finite length above 0.")
    return np.asarray(rows / lengths[:, None])
