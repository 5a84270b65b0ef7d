"""The folder of a recording: who may write to it, and what lies in it."""

from __future__ import annotations

import os
import shutil
from typing import Any

from .files import sentence_of

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

HEADER = "recording.json"
INITIAL = "initial.safetensors"
FINAL = "final.safetensors"
OPTIMIZER_FIRST = "optimizer-first.safetensors"
OPTIMIZER_LAST = "optimizer-last.safetensors"
LOCK = "recording.lock"
STREAMS = "streams"
BLOCKS = "blocks"
_ENTRIES = (HEADER, INITIAL, FINAL, OPTIMIZER_FIRST, OPTIMIZER_LAST, STREAMS, BLOCKS, "zarr.json")


def take_folder(path: str, overwrite: bool) -> Any:
    """
    Makes the folder of a new recording and returns the lock on it, which `release` gives back.

    Raises ValueError when another recorder is writing there, when there is a recording or a run already, and when the
    folder cannot be written.
    """
    try:
        os.makedirs(path, exist_ok=True)
        lock = open(os.path.join(path, LOCK), "a")
    except OSError as error:
        raise ValueError(f"{sentence_of(error, path)}; choose another folder with out=.") from None
    try:
        _lock(lock, path)
        _make_room(path, overwrite)
    except BaseException:
        lock.close()
        raise
    return lock


def release(lock: Any, path: str) -> None:
    """Gives the lock back and removes its file."""
    try:
        os.unlink(os.path.join(path, LOCK))
    except OSError:
        pass
    lock.close()


def _lock(lock: Any, path: str) -> None:
    if fcntl is None:
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # the file may have been removed by its owner between opening and locking
        taken = os.fstat(lock.fileno()).st_ino != os.stat(os.path.join(path, LOCK)).st_ino
    except (BlockingIOError, FileNotFoundError):
        taken = True
    except OSError:
        return  # a file system without locks
    if taken:
        raise ValueError(
            f"another thermograd.Recorder is recording into {path}; close it first, or choose another folder with out=."
        )


def _make_room(path: str, overwrite: bool) -> None:
    if os.path.exists(os.path.join(path, "run.json")):
        raise ValueError(f"{path} is the folder of a run of thermograd; choose another folder with out=.")
    there = [e for e in _ENTRIES if os.path.lexists(os.path.join(path, e))]
    if not there:
        return
    if not overwrite:
        raise ValueError(
            f"there is a recording in {path} already ({there[0]}); choose another folder with out=, or replace it with overwrite=True."
        )
    if HEADER not in there:
        raise ValueError(f"{path} holds {there[0]} but no recording; overwrite=True replaces recordings only.")
    for entry in reversed(there):
        whole = os.path.join(path, entry)
        if os.path.isdir(whole) and not os.path.islink(whole):
            shutil.rmtree(whole)
        else:
            os.unlink(whole)
