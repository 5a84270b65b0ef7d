"""Figures of reports, as files for papers and slides: SVG and PDF as vectors, PNG as pixels, CSV as the numbers of the marks."""

from __future__ import annotations

import os
import subprocess
from typing import Callable, Optional, Union

from . import program
from .analysis import AnalysisError
from .report import Report

Drawn = Union[str, bytes]


def figure(report: Report | str | os.PathLike[str], name: str, *, format: str = "svg", width: Optional[float] = None) -> Drawn:
    """
    Returns a figure of a report by its name, as `thermograd figure` writes it.

    - `report` is a Report or a folder of results; `report.figures` lists the names.
    - `format` is `svg` or `csv` (text), `png` or `pdf` (bytes); `width` is in pixels, of 1/96 inch on a page.

    Raises AnalysisError with the program's sentence, such as for a name that the report does not have.
    """
    folder = report.folder if isinstance(report, Report) else os.fspath(report)
    arguments = [*program.command(), "figure", folder, name, "--format", format, "--out", "-"]
    if width is not None:
        arguments += ["--width", str(width)]
    done = subprocess.run(arguments, stdin=subprocess.DEVNULL, capture_output=True)
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip()
        raise AnalysisError(said.split("\n")[0].replace("thermograd: ", "", 1) or "figure failed", "figure")
    return done.stdout if format in ("png", "pdf") else done.stdout.decode("utf-8")


def _named(name: str) -> Callable[..., Drawn]:
    def draw(report: Report | str | os.PathLike[str], *, format: str = "svg", width: Optional[float] = None) -> Drawn:
        return figure(report, name, format=format, width=width)

    draw.__doc__ = f"Returns the figure {name} of a report of a run; see `figure`."
    return draw


variance_flatness = _named("variance-flatness")
training_loss = _named("training-loss")
training_errors = _named("training-errors")
ranked_variances = _named("variances")
cumulated_variance = _named("cumulated-variance")
displacement = _named("msd")
loss_profiles = _named("loss-profiles")
loss_plane = _named("loss-plane")
flatness_by_rank = _named("flatness")
curvature_by_flatness = _named("curvature")
exponent_by_range = _named("exponent-by-range")
correlation_times = _named("correlation-time")
