"""Principal directions of a table of weights, and the decomposition of a linear system; computed by the program in Node."""

from __future__ import annotations

import os
from typing import Any, Optional, Union

from .door import Result, ask, numbers
from .progress import Asked


def pca(
    rows: Any,
    *,
    components: Union[int, str, None] = None,
    method: Optional[str] = None,
    tolerance: Optional[float] = None,
    first: Optional[int] = None,
    last: Optional[int] = None,
    seed: Optional[int] = None,
    progress: Asked = None,
) -> Result:
    """
    Finds the principal directions of T rows of P weights. docs/theory [P3].

    `rows` is an array, or the path of a recording. The result has `variances`, `errors`, `explained`, `components` (k×P, unit rows), `mean`,
    `total_variance`, `resolution`, `method` and `converged`. `components` is how many (20) or 'all'; `method` is 'exact' or 'subspace'; the rows
    are `first` to `last`, which is left out. `progress`: True prints on stderr, a callable is given the share that is done, from above 0 to 1, and
    the name of the call. Raises AnalysisError with the program's sentence.
    """
    given = os.fspath(rows) if isinstance(rows, (str, os.PathLike)) else numbers("pca", "rows", rows, 2)
    options = {"components": components, "method": method, "tolerance": tolerance, "from": first, "to": last, "seed": seed}
    return ask("pca", [given], options, progress)


def decompose(F: Any, D: Any, *, noise_strength: Optional[float] = None, unstable: Optional[bool] = None) -> Result:  # noqa: N803
    """
    Decomposes x' = −F·x + ζ with ⟨ζ ζᵀ⟩ = 2·ε·D·δ into potential, circulation and friction. docs/theory [D1]–[D3].

    The result has `covariance` (None where there is none), `potential`, `circulation`, `friction`, `transverse`, `entropy_production`,
    `cycle_frequencies`, `accuracy`, `stationary` and `warnings`. Raises AnalysisError with the program's sentence.
    """
    given = [numbers("decompose", name, m, 2).tolist() for name, m in (("F", F), ("D", D))]
    return ask("decompose", given, {"noise_strength": noise_strength, "unstable": unstable})
