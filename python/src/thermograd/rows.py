"""
Groups of Zarr v3 arrays that grow by rows and can be read at any time, without a Zarr library.

A chunk is a file of its own, preallocated with `write` (so a full disk is an error here, and not a SIGBUS in the
middle of training) and filled through a memory map: what a step has written is there even when the process is killed.
The array `step` is written last in every row, and a row counts when its step is not -1.
"""

from __future__ import annotations

import mmap
import os
from typing import Any, NamedTuple

import numpy as np

from .files import write_json, write_whole

#: Numbers that are written at once while a chunk is preallocated: 128 kB stay in the cache, 4 MB take three times as long.
_PIECE = 1 << 15
#: Chunks of the big array for which all arrays are lengthened at once.
CHUNKS = 16


class Column(NamedTuple):
    """One array of a group: its name, its numbers, what "not recorded" looks like, and what it is."""

    name: str
    dtype: str
    fill: float
    description: str
    unit: str
    #: Numbers of a row, or None for an array of one dimension.
    width: int | None = None
    #: What the numbers of a row count.
    axis: str = "column"
    #: More attributes, for JSON.
    attributes: dict[str, Any] | None = None


def write_group(path: str, attributes: dict[str, Any] | None = None) -> None:
    """Makes the folder `path` a Zarr v3 group."""
    os.makedirs(path, exist_ok=True)
    write_json(
        os.path.join(path, "zarr.json"),
        {"zarr_format": 3, "node_type": "group", "attributes": attributes or {}},
        flush=False,
    )


class RowGroup:
    """
    Writes the arrays of one group row by row.

    For each row call `make_room()` when `room` is 0, fill `arrays[name][at]` and `big[big_at]`, and then `commit(step)`. One
    array may be big: its chunks have `chunk_rows` rows. The chunks of the others, and the lengths of all, grow by `CHUNKS`
    times as many. Cost of a row: the copy of its numbers, and for every chunk of the big array one new file.
    """

    def __init__(
        self, path: str, columns: list[Column], chunk_rows: int, attributes: dict[str, Any], big: str | None = None
    ) -> None:
        self.path = path
        #: Rows that count.
        self.rows = 0
        #: The open chunks of all arrays but the big one, and that of the big one.
        self.arrays: dict[str, np.ndarray] = {}
        self.big: np.ndarray = np.empty(0)
        self._big = next((c for c in columns if c.name == big), None)
        self._columns = [c for c in columns if c.name != "step"] + [c for c in columns if c.name == "step"]
        self._big_rows = chunk_rows
        self._rows = chunk_rows if self._big is None else CHUNKS * chunk_rows
        #: Rows that can be written before `make_room` is needed again, and the places of the next one.
        self.room = self.at = self.big_at = 0
        self._end = 0
        write_group(path, attributes)
        for column in self._columns:
            os.makedirs(os.path.join(path, column.name, "c"), exist_ok=True)
            self._write_metadata(column, 0)

    def make_room(self) -> None:
        """Opens new chunks where they are full. Raises OSError, and then nothing has changed for a reader."""
        rows = self.rows
        if self._big is not None and rows % self._big_rows == 0:
            self.big = self._new_chunk(self._big, rows // self._big_rows)
            self.big_at = 0
        if rows == self._end:
            opened = {c.name: self._new_chunk(c, rows // self._rows) for c in self._columns if c is not self._big}
            for column in self._columns:
                self._write_metadata(column, rows + self._rows)
            self.arrays, self.at = opened, 0
            self._end = rows + self._rows
        self.room = self._big_rows

    def commit(self, step: int) -> None:
        """Makes the row count. Nothing of it may be written afterwards."""
        self.arrays["step"][self.at] = step
        self.at += 1
        self.big_at += 1
        self.rows += 1
        self.room -= 1

    def close(self) -> None:
        """Shortens all arrays to the rows that count, `step` first. No row can be added afterwards."""
        self.arrays, self.big, self.room = {}, np.empty(0), 0
        for column in reversed(self._columns):
            self._write_metadata(column, self.rows)

    def _new_chunk(self, column: Column, chunk: int) -> np.ndarray:
        """Makes the file of one chunk, full of "not recorded", and maps it into memory."""
        path = os.path.join(self.path, column.name, "c", str(chunk))
        if column.width is not None:
            os.makedirs(path, exist_ok=True)
            path = os.path.join(path, "0")
        rows = self._chunk_rows(column)
        count = rows * (1 if column.width is None else column.width)
        piece = np.full(min(count, _PIECE), column.fill, column.dtype)
        write_whole(path, (piece[: min(len(piece), count - at)] for at in range(0, count, len(piece))), flush=False)
        with open(path, "r+b") as file:
            mapped = mmap.mmap(file.fileno(), 0)
        numbers = np.frombuffer(mapped, column.dtype)
        return numbers if column.width is None else numbers.reshape(rows, column.width)

    def _chunk_rows(self, column: Column) -> int:
        return self._big_rows if column is self._big else self._rows

    def _write_metadata(self, column: Column, rows: int) -> None:
        wide = column.width is not None
        tail = [column.width] if wide else []
        dtype = np.dtype(column.dtype)
        write_json(
            os.path.join(self.path, column.name, "zarr.json"),
            {
                "zarr_format": 3,
                "node_type": "array",
                "shape": [rows, *tail],
                "data_type": dtype.name,
                "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [self._chunk_rows(column), *tail]}},
                "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
                "fill_value": "NaN" if dtype.kind == "f" else int(column.fill),
                "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}],
                "dimension_names": ["step", column.axis] if wide else ["step"],
                "attributes": {"description": column.description, "unit": column.unit, **(column.attributes or {})},
            },
            flush=False,
        )
