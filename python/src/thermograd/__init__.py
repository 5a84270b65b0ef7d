"""Records the weights of any PyTorch model while it trains, and measures the statistical physics of SGD in them."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from . import fit as fit
    from . import plot as plot
    from .analysis import AnalysisError as AnalysisError
    from .analysis import analyse as analyse
    from .bridge.problem import Problem as Problem
    from .point import At as At
    from .point import at as at
    from .recorder import Recorder as Recorder
    from .report import Report as Report
    from .report import open_report as open
    from .saved import restore as restore
    from .tables import decompose as decompose
    from .tables import pca as pca
    from .training import train as train

#: Public names and the modules that hold them; a module is imported at the first use of its name, since PyTorch takes seconds.
_NAMES = {
    "AnalysisError": ("analysis", "AnalysisError"),
    "At": ("point", "At"),
    "Problem": ("bridge.problem", "Problem"),
    "Recorder": ("recorder", "Recorder"),
    "Report": ("report", "Report"),
    "analyse": ("analysis", "analyse"),
    "at": ("point", "at"),
    "decompose": ("tables", "decompose"),
    "fit": ("fit", ""),
    "open": ("report", "open_report"),
    "pca": ("tables", "pca"),
    "plot": ("plot", ""),
    "restore": ("saved", "restore"),
    "train": ("training", "train"),
}

__all__ = [
    "AnalysisError",
    "At",
    "Problem",
    "Recorder",
    "Report",
    "__version__",
    "analyse",
    "at",
    "decompose",
    "fit",
    "open",
    "pca",
    "plot",
    "restore",
    "train",
]


def __getattr__(name: str) -> Any:
    if name not in _NAMES:
        raise AttributeError(f"module 'thermograd' has no attribute '{name}'")
    module, attribute = _NAMES[name]
    found = importlib.import_module(f".{module}", __name__)
    return getattr(found, attribute) if attribute else found


def __dir__() -> list[str]:
    return sorted({*globals(), *_NAMES})
