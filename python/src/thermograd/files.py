"""Files that are written whole or not at all, and one clear sentence when that fails."""

from __future__ import annotations

import errno
import json
import os
import socket
from collections.abc import Iterable
from typing import Any

_serial = 0

_SENTENCES = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "the system allows no file of that size here",
    errno.EACCES: "this user may not write there",
    errno.EPERM: "this user may not write there",
    errno.EROFS: "the file system is mounted read-only",
    errno.ENOENT: "the folder does not exist any more",
    errno.EIO: "the disk reports an error",
    errno.EMFILE: "this process has too many open files",
}


def sentence_of(error: OSError, path: str) -> str:
    """Returns what went wrong with `path`, as the part of a sentence."""
    return f"{path} cannot be written: {_SENTENCES.get(error.errno or 0, error.strerror or str(error))}"


def temporary_beside(path: str) -> str:
    """Returns a file name in the folder of `path` that no other process uses."""
    global _serial
    _serial += 1
    return f"{path}.{socket.gethostname()}-{os.getpid()}-{_serial}.tmp"


def write_all(file: int, parts: Iterable[Any]) -> None:
    """Writes every byte of the buffers `parts` to an open file, or raises OSError."""
    for part in parts:
        view = memoryview(part).cast("B")
        while len(view) > 0:
            view = view[os.write(file, view) :]


def write_whole(path: str, parts: Iterable[Any], flush: bool = True) -> None:
    """
    Writes a file so that a reader finds the old bytes or all the new ones: a temporary file beside it, renamed.

    With `flush` it is on the disk when this returns. Raises OSError; the temporary file is then removed.
    """
    temporary = temporary_beside(path)
    try:
        file = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o666)
        try:
            write_all(file, parts)
            if flush:
                os.fsync(file)
        finally:
            os.close(file)
        os.replace(temporary, path)
    except BaseException:
        try:
            os.unlink(temporary)
        except OSError:
            pass
        raise


def write_json(path: str, value: Any, flush: bool = True) -> None:
    """Writes a JSON document whole; a number that is not finite is refused by ValueError."""
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    write_whole(path, [f"{text}\n".encode("utf-8", "replace")], flush)
