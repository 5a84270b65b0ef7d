"""Records the weights of any PyTorch model while it trains, and measures the statistical physics of SGD in them."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from .bridge.problem import Problem as Problem
    from .recorder import Recorder as Recorder

#: Public names and the modules that hold them; a module is imported at the first use of its name, since PyTorch takes seconds.
_NAMES = {
    "Problem": "bridge.problem",
    "Recorder": "recorder",
}

__all__ = ["Problem", "Recorder", "__version__"]


def __getattr__(name: str) -> Any:
    if name not in _NAMES:
        raise AttributeError(f"module 'thermograd' has no attribute '{name}'")
    return getattr(importlib.import_module(f".{_NAMES[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_NAMES})
