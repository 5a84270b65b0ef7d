"""Which line of the user's own code an error came from, or is running now."""

from __future__ import annotations

import os
import sys
import traceback
from types import FrameType, TracebackType
from typing import Iterable, Optional, Tuple

#: Folders of code that is not the user's.
_OURS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_LIBRARY = os.path.dirname(os.path.abspath(os.__file__))

Place = Tuple[str, int, str]


def _is_users(file: str) -> bool:
    if file.startswith("<"):
        # a cell of a notebook, but nothing that Python froze or made
        return file.startswith("<ipython")
    path = os.path.abspath(file)
    if path.startswith((_OURS + os.sep, _LIBRARY + os.sep)):
        return False
    return not any(f"{os.sep}{part}{os.sep}" in path for part in ("site-packages", "dist-packages"))


def _last_of_users(places: Iterable[Place]) -> Optional[Place]:
    found = [p for p in places if _is_users(p[0])]
    return found[-1] if found else None


def _said(place: Optional[Place]) -> str:
    if place is None:
        return ""
    file, line, function = place
    short = os.path.relpath(file) if not file.startswith("<") else file
    if short.startswith(os.pardir):
        short = os.path.basename(file)
    return f"{short}, line {line}" + (f", in {function}" if function not in ("<module>", "") else "")


def line_of(error: BaseException) -> str:
    """Returns `train.py, line 12, in forward`: the deepest line of the user's code in the traceback, or an empty text."""
    if isinstance(error, SyntaxError) and error.filename and error.lineno and _is_users(error.filename):
        return _said((error.filename, error.lineno, ""))
    tb: Optional[TracebackType] = error.__traceback__
    return _said(_last_of_users((f.filename, f.lineno or 0, f.name) for f in traceback.extract_tb(tb)))


def line_now(thread: int) -> str:
    """Returns the line of the user's code that a thread is running, or an empty text."""
    frame: Optional[FrameType] = sys._current_frames().get(thread)
    places: list[Place] = []
    while frame is not None:
        places.append((frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name))
        frame = frame.f_back
    return _said(_last_of_users(reversed(places)))


def sentence(error: BaseException) -> str:
    """Returns the type and the first line of the message of an error."""
    text = str(error).strip().split("\n")[0]
    name = type(error).__name__
    return f"{name}: {text[:400]}" if text else name
