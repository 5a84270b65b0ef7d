"""Puts the state that a recording ended with back into a model, buffers included."""

from __future__ import annotations

import json
import mmap
import os
from typing import TypeVar

import torch

from .flat import plain_name, unwrapped
from .folder import FINAL
from .safetensors import _TYPES

_Model = TypeVar("_Model", bound=torch.nn.Module)
_DTYPES = {kind: dtype for dtype, kind in _TYPES.items()}


def restore(model: _Model, run: str | os.PathLike[str]) -> _Model:
    """
    Loads the parameters and buffers at the end of a recording into the model, and returns it.

    `run` is the folder of the recording, or a safetensors file. Buffers matter where the loss depends on them, as the
    running statistics of batch normalisation do: `analyse --surface` sets parameters and no buffers.

    Raises FileNotFoundError where the recording was not closed, and ValueError for names or shapes that are not the model's.
    """
    path = os.fspath(run)
    if os.path.isdir(path):
        path = os.path.join(path, FINAL)
    if not os.path.exists(path):
        raise FileNotFoundError(f"restore needs {path}, which the recorder writes when it is closed; there is no such file.")
    saved = read_safetensors(path)
    own = {plain_name(name): tensor for name, tensor in unwrapped(model).state_dict(keep_vars=True).items()}
    missing = [name for name in own if name not in saved]
    if missing:
        raise ValueError(f"{path} has no {missing[0]}, which the model has ({len(missing)} missing of {len(own)}).")
    for name, tensor in own.items():
        if tensor.shape != saved[name].shape:
            raise ValueError(f"{name} has the shape {list(saved[name].shape)} in {path} and {list(tensor.shape)} in the model.")
    with torch.no_grad():
        for name, tensor in own.items():
            tensor.copy_(saved[name])
    return model


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
