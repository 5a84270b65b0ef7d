"""
Seeded sparse random projections y = R w, for blocks too large to be written at every step.

R is k x P with s entries +-1/sqrt(s) in every column, one in each of s bands of k/s rows; docs/reference/recording-format.md
says which, bit by bit. E |R x|^2 = |x|^2, with a relative standard deviation of at most sqrt(2/k).
"""

from __future__ import annotations

import numpy as np
import torch

_GAMMA = np.uint64(0x9E3779B97F4A7C15)


def _mix(z: np.ndarray) -> np.ndarray:
    """Returns the 64-bit finaliser of SplitMix64 for every number."""
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


class Projection:
    """
    The projection of `of` numbers to `size` numbers with `nonzeros` bands.

    Memory: 12 bytes for every number and band. Cost of a row: some 10 ns for each of them on a CPU, in float64.
    Raises ValueError unless nonzeros divides size, and for a seed outside 0 ... 2^64 - 1.
    """

    def __init__(self, of: int, size: int, nonzeros: int = 2, seed: int = 0) -> None:
        if size < 1 or nonzeros < 1 or size % nonzeros != 0:
            raise ValueError(f"a projection needs a size that its nonzeros divide; got {size} and {nonzeros}.")
        if not 0 <= seed < 2**64:
            raise ValueError(f"the seed of a projection must be a whole number from 0 to 2^64 - 1; got {seed}.")
        self.of, self.size, self.nonzeros, self.seed = of, size, nonzeros, seed
        band = np.uint64(size // nonzeros)
        start = _mix(np.array([seed], np.uint64))
        self._bands: list[tuple[np.ndarray, np.ndarray]] = []
        for f in range(nonzeros):
            j = np.arange(f * of + 1, (f + 1) * of + 1, dtype=np.uint64)
            h = _mix(start + j * _GAMMA)
            rows = ((h >> np.uint64(32)) * band) >> np.uint64(32)
            signs = np.where(h & np.uint64(1), -1.0, 1.0) / np.sqrt(nonzeros)
            self._bands.append((rows.astype(np.int64), signs.astype(np.float64)))
        self._on_device: list[tuple[torch.Tensor, torch.Tensor]] = []

    def facts(self) -> dict[str, object]:
        """Returns what the header says of it."""
        return {"kind": "sparse signs", "size": self.size, "nonzeros": self.nonzeros, "seed": self.seed}

    def apply(self, weights: np.ndarray) -> np.ndarray:
        """Returns y for one row of weights, summed in float64."""
        band = self.size // self.nonzeros
        parts = [np.bincount(rows, weights=signs * weights, minlength=band) for rows, signs in self._bands]
        return np.concatenate(parts)

    def apply_on_device(self, weights: torch.Tensor) -> torch.Tensor:
        """Returns y for weights that lie on an accelerator, of which then only `size` numbers need to be fetched."""
        if not self._on_device or self._on_device[0][0].device != weights.device:
            self._on_device = [
                (torch.from_numpy(rows).to(weights.device), torch.from_numpy(signs).to(weights.device))
                for rows, signs in self._bands
            ]
        band = self.size // self.nonzeros
        out = torch.zeros(self.size, dtype=torch.float64, device=weights.device)
        for f, (rows, signs) in enumerate(self._on_device):
            out[f * band : (f + 1) * band].index_add_(0, rows, signs * weights.to(torch.float64))
        return out
