"""Whom long calls tell how far they are: `progress=True`, or a callable that takes the share that is done and what is being done."""

from __future__ import annotations

import re
import sys
import time
from typing import Any, Callable, Optional, Union

#: Takes the share that is done, from 0 to 1, or None where it is not known, and what is being done.
Told = Callable[[Optional[float], str], Any]
#: What a call takes as `progress`: True prints on stderr, False and None say nothing.
Asked = Union[bool, Told, None]

#: Seconds between two words on a terminal, and elsewhere.
_OFTEN, _SELDOM = 0.1, 9.0


def told_of(call: str, progress: Asked) -> Optional[Told]:
    """Returns whom a call tells; None for nobody. Raises TypeError for anything that is neither a truth value nor a callable."""
    if progress is None or progress is False:
        return None
    if progress is True:
        return _Printed()
    if not callable(progress):
        raise TypeError(f"{call}: progress must be True, False or a callable that takes a share and a text; got {progress!r}.")
    return progress


class Watch:
    """Tells of one call by shares that rise from above 0 to 1; the last one comes at its end alone. What the callable raises ends the call."""

    def __init__(self, call: str, progress: Asked) -> None:
        self._call, self._told, self._last = call, told_of(call, progress), 0.0

    def share(self, done: float) -> None:
        """Tells that a share is done, where it is more than was told before."""
        if self._told is not None and self._last < done < 1:
            self._last = done
            self._told(done, self._call)

    def part(self, first: float, last: float) -> Callable[[float], None]:
        """Returns what takes the share of one part of the call, which goes from `first` to `last`."""
        return lambda share: self.share(first + (last - first) * share)

    def end(self) -> None:
        """Tells that all is done."""
        if self._told is not None:
            self._told(1.0, self._call)


class _Printed:
    """Prints on stderr: a line that is rewritten on a terminal, a line now and then elsewhere, and how long it took."""

    def __init__(self) -> None:
        self._begin = time.monotonic()
        self._next = self._begin
        self._shown = ""

    def __call__(self, share: Optional[float], text: str) -> None:
        now, tty = time.monotonic(), sys.stderr.isatty()
        if share == 1:
            self._print(f"{text}  done in {now - self._begin:.1f} s", tty, True)
        elif share is not None and now >= self._next:
            self._next = now + (_OFTEN if tty else _SELDOM)
            self._print(f"{text}  {int(100 * share):3d} %", tty, not tty)

    def _print(self, line: str, tty: bool, ends: bool) -> None:
        start = f"\r{' ' * len(self._shown)}\r" if tty else ""
        sys.stderr.write(start + line + ("\n" if ends else ""))
        sys.stderr.flush()
        self._shown = "" if ends else line


#: Lines of the program: a stage with its share, and the end of a stage.
_SHARE, _DONE = re.compile(r"\S.*?\s(\d+) %(?:\s|$)"), re.compile(r"\S+\s+done in [\d.]+ ")


def share_in(line: str) -> Optional[float]:
    """Returns the share of its stage that a line of the program states; None for other words."""
    if _DONE.match(line):
        return 1.0
    found = _SHARE.match(line)
    return min(1.0, int(found[1]) / 100) if found else None
