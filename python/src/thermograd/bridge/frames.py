"""
Frames: the messages between the program and a model in Python, over two pipes. docs/reference/bridge-protocol.md is the contract.

A frame is 24 bytes, a JSON header of at most 64 KiB, and raw little-endian arrays. Nothing in it is code, and sizes are checked
before memory is taken. This module needs the standard library alone, so that a missing NumPy can still be reported in a frame.
"""

from __future__ import annotations

import json
import os
import struct
import threading
from typing import Any, NamedTuple, Sequence, Tuple

#: Version of the protocol; the other side refuses any other.
PROTOCOL = 1
MAGIC = b"thgr"
_HEAD = struct.Struct("<4sBBHIIQ")
#: Bytes of the longest header, and of the largest payload that is accepted.
LONGEST_HEADER = 64 * 1024
LARGEST_PAYLOAD = 4 * 1024**3

VERBS = {
    "hello": 1,
    "losses": 2,
    "gradient": 3,
    "hessianVectors": 4,
    "sampleLosses": 5,
    "projectedSampleGradients": 6,
    "secondMoment": 7,
    "squaredNorms": 8,
    "fisher": 9,
    "buffers": 10,
    "logits": 11,
    "trueFisher": 12,
    "cancel": 30,
    "close": 31,
    "result": 64,
    "progress": 65,
    "error": 66,
    "heartbeat": 67,
}
_NAMES = {code: name for name, code in VERBS.items()}
#: Bytes of one number of every type that may cross.
ITEM_BYTES = {"float64": 8, "float32": 4, "uint32": 4, "uint8": 1}


class FrameError(Exception):
    """The bytes are no frame of this protocol; the stream cannot be read any further."""


class Array(NamedTuple):
    """A named array: `data` is a contiguous buffer of little-endian numbers in row-major order."""

    name: str
    dtype: str
    shape: Tuple[int, ...]
    data: Any

    @property
    def bytes(self) -> int:
        return _bytes_of(self.dtype, self.shape)


class Frame(NamedTuple):
    """One message."""

    verb: str
    id: int
    header: dict[str, Any]
    arrays: dict[str, Array]


def _bytes_of(dtype: str, shape: Sequence[int]) -> int:
    count = ITEM_BYTES[dtype]
    for n in shape:
        count *= n
    return count


def _padded(count: int) -> int:
    return (count + 7) // 8 * 8


def encode(verb: str, id: int, header: dict[str, Any] | None = None, arrays: Sequence[Array] = ()) -> list[Any]:
    """Returns the pieces of a frame in their order; the data of arrays are not copied."""
    listed = [{"name": a.name, "dtype": a.dtype, "shape": list(a.shape), "order": "C"} for a in arrays]
    text = json.dumps({**(header or {}), "arrays": listed}, allow_nan=False, separators=(",", ":")).encode()
    if len(text) > LONGEST_HEADER:
        raise FrameError(f"a header of {len(text)} bytes is longer than {LONGEST_HEADER}.")
    pieces: list[Any] = []
    length = 0
    for array in arrays:
        view = memoryview(array.data).cast("B") if array.bytes else memoryview(b"")
        if view.nbytes != array.bytes:
            raise FrameError(f"the array '{array.name}' has {view.nbytes} bytes where its shape says {array.bytes}.")
        pieces.append(view)
        pieces.append(bytes(_padded(view.nbytes) - view.nbytes))
        length += _padded(view.nbytes)
    return [_HEAD.pack(MAGIC, PROTOCOL, VERBS[verb], 0, id, len(text), length) + text, *pieces]


def _listed(header: dict[str, Any], length: int) -> list[tuple[str, str, tuple[int, ...]]]:
    """Returns names, types and shapes of the arrays of a header, after checking that they fill the payload exactly."""
    out: list[tuple[str, str, tuple[int, ...]]] = []
    total = 0
    listed = header.get("arrays", [])
    if not isinstance(listed, list):
        raise FrameError("a header whose 'arrays' is no list.")
    for entry in listed:
        if not isinstance(entry, dict):
            raise FrameError("a header with an array that is no object.")
        name, dtype, shape = entry.get("name"), entry.get("dtype"), entry.get("shape")
        if not isinstance(name, str) or dtype not in ITEM_BYTES or entry.get("order", "C") != "C":
            raise FrameError(f"an array of unknown name, type or order: {str(entry)[:120]}.")
        if not isinstance(shape, list) or not all(type(n) is int and 0 <= n < 2**40 for n in shape) or len(shape) > 8:
            raise FrameError(f"the array '{name}' with an impossible shape.")
        if any(name == n for n, _, _ in out):
            raise FrameError(f"two arrays of the name '{name}'.")
        out.append((name, dtype, tuple(shape)))
        total += _padded(_bytes_of(dtype, shape))
    if total != length:
        raise FrameError(f"arrays of {total} bytes in a payload of {length}.")
    return out


class Pipes:
    """
    The two ends of one side: frames are read from one file descriptor and written to another.

    Several threads may write; one reads.
    """

    def __init__(self, read: int, write: int) -> None:
        self._read = read
        self._write = write
        self._lock = threading.Lock()

    def receive(self) -> Frame | None:
        """
        Returns the next frame, waiting for it; None when the other side has closed the pipe.

        Raises FrameError for bytes that are no frame.
        """
        head = self._exactly(_HEAD.size, or_none=True)
        if head is None:
            return None
        magic, version, verb, zero, id, header_length, length = _HEAD.unpack(head)
        if magic != MAGIC or zero != 0:
            raise FrameError("bytes that do not begin with a frame.")
        if version != PROTOCOL:
            raise FrameError(f"protocol version {version}, where this thermograd speaks version {PROTOCOL}; install the same version of both.")
        if verb not in _NAMES or header_length > LONGEST_HEADER or length > LARGEST_PAYLOAD:
            raise FrameError(f"a frame with verb {verb}, {header_length} bytes of header and {length} of payload.")
        try:
            header = json.loads(bytes(self._exactly(header_length)).decode("utf-8"))
        except ValueError:
            raise FrameError("a header that is no JSON.") from None
        if not isinstance(header, dict):
            raise FrameError("a header that is no JSON object.")
        listed = _listed(header, length)
        payload = memoryview(self._exactly(length))
        arrays: dict[str, Array] = {}
        at = 0
        for name, dtype, shape in listed:
            size = _bytes_of(dtype, shape)
            arrays[name] = Array(name, dtype, shape, payload[at : at + size])
            at += _padded(size)
        return Frame(_NAMES[verb], id, header, arrays)

    def send(self, verb: str, id: int, header: dict[str, Any] | None = None, arrays: Sequence[Array] = ()) -> None:
        """Writes one frame as a whole. Raises OSError when nobody reads."""
        pieces = encode(verb, id, header, arrays)
        with self._lock:
            for piece in pieces:
                view = memoryview(piece)
                while view.nbytes:
                    view = view[os.write(self._write, view[: 1 << 20]) :]

    def close(self) -> None:
        """Closes both ends."""
        for fd in {self._read, self._write}:
            try:
                os.close(fd)
            except OSError:
                pass

    def _exactly(self, count: int, or_none: bool = False) -> Any:
        buffer = bytearray(count)
        view = memoryview(buffer)
        at = 0
        while at < count:
            got = os.readv(self._read, [view[at : at + (1 << 20)]])
            if got == 0:
                if or_none and at == 0:
                    return None
                raise FrameError("the stream ended within a frame.")
            at += got
        return buffer
