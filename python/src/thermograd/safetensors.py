"""Writes and reads safetensors files, so that no pickle and no further package is needed."""

from __future__ import annotations

import json
import mmap
import os
from collections.abc import Mapping

import torch

from .files import write_whole

_TYPES = {
    torch.float64: "F64",
    torch.float32: "F32",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.int64: "I64",
    torch.int32: "I32",
    torch.int16: "I16",
    torch.int8: "I8",
    torch.uint8: "U8",
    torch.bool: "BOOL",
}
_DTYPES = {kind: dtype for dtype, kind in _TYPES.items()}


def write_safetensors(
    path: str, tensors: Mapping[str, torch.Tensor], metadata: Mapping[str, str], flush: bool = True
) -> list[str]:
    """
    Writes the tensors whole, in the order given. Memory: one tensor beside the model.

    Returns the names of those left out because the format has no type for their numbers (complex, quantised, sparse).
    Raises OSError.
    """
    header: dict[str, object] = {"__metadata__": {"format": "pt", **metadata}}
    kept: list[torch.Tensor] = []
    left_out: list[str] = []
    end = 0
    for name, tensor in tensors.items():
        kind = _TYPES.get(tensor.dtype)
        if kind is None or tensor.layout != torch.strided:
            left_out.append(name)
            continue
        size = tensor.numel() * tensor.element_size()
        header[name] = {"dtype": kind, "shape": list(tensor.shape), "data_offsets": [end, end + size]}
        end += size
        kept.append(tensor)
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    text += b" " * (-len(text) % 8)
    write_whole(path, [len(text).to_bytes(8, "little"), text, *_Bytes(kept)], flush)
    return left_out


class _Bytes:
    """The bytes of tensors, one after another."""

    def __init__(self, tensors: list[torch.Tensor]) -> None:
        self._tensors = tensors

    def __iter__(self):  # type: ignore[no-untyped-def]
        for tensor in self._tensors:
            flat = tensor.detach().to("cpu").contiguous().reshape(-1)
            if flat.numel() > 0:
                yield flat.view(torch.uint8).numpy()


def read_safetensors(path: str) -> dict[str, torch.Tensor]:
    """
    Reads all tensors of a safetensors file into memory.

    Raises ValueError for a file that is not one or is cut short.
    """
    with open(path, "rb") as file:
        if os.fstat(file.fileno()).st_size < 8:
            raise ValueError(f"{path} is no safetensors file: it has less than 8 bytes.")
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            length = int.from_bytes(data[:8], "little")
            if length > len(data) - 8:
                raise ValueError(f"{path} is no safetensors file, or is cut short: its header would have {length} bytes.")
            header = json.loads(data[8 : 8 + length])
            header.pop("__metadata__", None)
            out: dict[str, torch.Tensor] = {}
            for name, entry in header.items():
                first, last = (8 + length + offset for offset in entry["data_offsets"])
                if last > len(data) or last < first:
                    raise ValueError(f"{path} is cut short: {name} would end at byte {last} of {len(data)}.")
                if entry["dtype"] not in _DTYPES:
                    raise ValueError(f"{path}: {name} has the type {entry['dtype']}, which is not read here.")
                flat = torch.frombuffer(bytearray(data[first:last]), dtype=_DTYPES[entry["dtype"]]) if last > first else torch.empty(0)
                out[name] = flat.reshape(entry["shape"])
            return out
