"""Fits with error bars, `thermograd.fit.power_law(x, y)` and `thermograd.fit.line(x, y)`; computed by the program in Node."""

from __future__ import annotations

from typing import Any, Mapping, Optional

from .door import Result, ask, numbers


def power_law(
    x: Any,
    y: Any,
    *,
    method: Optional[str] = None,
    errors: Optional[Mapping[str, Any]] = None,
    replicates: Optional[int] = None,
    block_length: Optional[int] = None,
    seed: Optional[int] = None,
) -> Result:
    """
    Fits y = prefactor · x^exponent by a straight line through the logarithms, with errors from a moving-block bootstrap.

    `method` is 'orthogonal' (equal scatter in both), 'least-squares' (x is exact) or 'york', with the standard errors of log10 x and log10 y in
    `errors={"x": …, "y": …}`. The result has `exponent`, `intercept` (log10), `range`, `points`, `scatter`, `r2` and `bracket`. Raises AnalysisError
    with the program's sentence.
    """
    given = [numbers("fit.power_law", name, v, 1).tolist() for name, v in (("x", x), ("y", y))]
    own = errors and {name: numbers("fit.power_law", f"errors {name}", v, 1).tolist() for name, v in errors.items()}
    options = {"method": method, "errors": own, "replicates": replicates, "block_length": block_length, "seed": seed}
    return ask("fit.powerLaw", given, options)


def line(x: Any, y: Any, *, replicates: Optional[int] = None, block_length: Optional[int] = None, seed: Optional[int] = None) -> Result:
    """
    Fits a straight line by least squares of y on x, with errors from a moving-block bootstrap.

    The result has `slope`, `intercept` and `points`. Raises AnalysisError with the program's sentence.
    """
    given = [numbers("fit.line", name, v, 1).tolist() for name, v in (("x", x), ("y", y))]
    return ask("fit.line", given, {"replicates": replicates, "block_length": block_length, "seed": seed})
