"""Subsets of the samples cut into batches that never cross a stratum, with the factor by which each counts. docs/theory [F5]."""

from __future__ import annotations

from typing import Iterator, NamedTuple, Optional

import numpy as np

from .errors import BridgeError


class Part(NamedTuple):
    """A batch: the numbers of its samples, c_k of each of them, its stratum, and its place among all asked samples."""

    indices: np.ndarray
    factor: float
    stratum: int
    first: int


class Asked:
    """The samples of a request: all of them, or a stratified subset."""

    def __init__(self, count: int, samples: Optional[np.ndarray], strata: Optional[np.ndarray]) -> None:
        self.subset = samples is not None
        if samples is None or strata is None:
            self.samples = np.arange(count)
            self.strata = [(count, count)]
        else:
            self.samples = samples.astype(np.int64)
            self.strata = [(int(c), int(of)) for c, of in strata]
        self.count = len(self.samples)
        if (
            self.count == 0
            or int(self.samples.max()) >= count
            or sum(c for c, _ in self.strata) != self.count
            or any(c < 1 or c > of for c, of in self.strata)
        ):
            raise BridgeError("bad-request", f"the subset of {self.count} samples does not fit its strata or the {count} samples.")
        self.all = sum(of for _, of in self.strata)

    def parts(self, size: int) -> Iterator[Part]:
        """Cuts the samples into batches of at most `size`."""
        first = 0
        for h, (count, of) in enumerate(self.strata):
            for start in range(first, first + count, size):
                end = min(start + size, first + count)
                yield Part(self.samples[start:end], of / self.all / count, h, start)
            first += count

    def number(self, size: int) -> int:
        """Returns how many batches `parts` gives."""
        return sum(-(-count // size) for count, _ in self.strata)


class Spread:
    """
    Standard errors of stratified means, from batches: √(Σ_h (N_h/N)² (1 − n_h/N_h) s_h²/n_h) for each of m quantities.

    Means and sums of squares are merged batch by batch, so that no difference of large numbers is taken.
    """

    def __init__(self, asked: Asked, quantities: int) -> None:
        self._asked = asked
        self._mean = np.zeros((len(asked.strata), quantities))
        self._squares = np.zeros((len(asked.strata), quantities))

    def add(self, stratum: int, quantity: int, values: np.ndarray, seen: int) -> None:
        """Adds the values of a batch, after `seen` earlier ones of the stratum."""
        n = len(values)
        mean = values.mean()
        difference = mean - self._mean[stratum, quantity]
        self._mean[stratum, quantity] += difference * n / (seen + n)
        self._squares[stratum, quantity] += ((values - mean) ** 2).sum() + difference**2 * seen * n / (seen + n)

    def errors(self) -> np.ndarray:
        """Returns the standard errors; NaN where a stratum has one sample of several."""
        total = np.zeros(self._mean.shape[1])
        for h, (count, of) in enumerate(self._asked.strata):
            if count == of:
                continue
            spread = self._squares[h] / (count - 1) if count > 1 else np.full_like(total, np.nan)
            total += (of / self._asked.all) ** 2 * (1 - count / of) * spread / count
        return np.sqrt(total)
