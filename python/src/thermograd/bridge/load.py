"""Finds what `train.py:make` or `package.module:make` names, and makes the problem of it."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from types import ModuleType
from typing import Any

from .errors import BridgeError
from .problem import Problem, problem_from
from .where import line_of, sentence


def split(spec: str) -> tuple[str, str]:
    """Returns the file or module and the name in it; `make` when none is given."""
    head, colon, name = spec.rpartition(":")
    if not colon or os.sep in name:
        return spec, "make"
    return head, name


def load(spec: str) -> Problem:
    """
    Runs the user's file, calls the function that is named (or takes the attribute), and returns the problem.

    Raises BridgeError: for a missing file or name, and with the line of the user's code for whatever it raises.
    """
    where, name = split(spec)
    try:
        found: Any = _module(where)
        for part in name.split("."):
            if not hasattr(found, part):
                raise BridgeError("input-spec", f"{where} has no '{part}'; write a function make() that returns (model, loss, data).")
            found = getattr(found, part)
        made = found() if callable(found) and not isinstance(found, Problem) else found
    except BridgeError:
        raise
    except ModuleNotFoundError as error:
        hint = _missing(error)
        raise BridgeError("input-package" if hint else "input-raised", f"{spec} cannot be run: {hint or sentence(error)}{_at(error)}.") from error
    except BaseException as error:  # noqa: BLE001 - SystemExit of a script as well
        raise BridgeError("input-raised", f"{spec} raised {sentence(error)}{_at(error)}.") from error
    return problem_from(made, spec)


def _at(error: BaseException) -> str:
    line = line_of(error)
    return f" ({line})" if line else ""


def _missing(error: ModuleNotFoundError) -> str:
    if error.name in ("torch", "numpy"):
        package = {"torch": "PyTorch", "numpy": "NumPy"}[error.name]
        return f"{sys.executable} has no {package}; install it there, or name another Python with --python"
    return ""


def _module(where: str) -> ModuleType:
    if where.endswith(".py") or os.sep in where:
        if not os.path.isfile(where):
            raise BridgeError("input-spec", f"there is no file {where}.")
        sys.path.insert(0, os.path.dirname(os.path.abspath(where)))
        name = os.path.splitext(os.path.basename(where))[0]
        spec = importlib.util.spec_from_file_location(name, where)
        if spec is None or spec.loader is None:
            raise BridgeError("input-spec", f"{where} is no Python file.")
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
        return module
    sys.path.insert(0, os.getcwd())
    try:
        return importlib.import_module(where)
    except ModuleNotFoundError as error:
        if error.name and (where == error.name or where.startswith(error.name + ".")):
            raise BridgeError("input-spec", f"there is no module {where}; a file is named with its ending, {where}.py.") from error
        raise
