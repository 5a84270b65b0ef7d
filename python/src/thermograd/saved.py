"""Puts the state that a recording ended with back into a model, buffers included."""

from __future__ import annotations

import os
from typing import TypeVar

import torch

from .flat import plain_name, unwrapped
from .folder import FINAL
from .safetensors import read_safetensors

_Model = TypeVar("_Model", bound=torch.nn.Module)


def restore(model: _Model, run: str | os.PathLike[str]) -> _Model:
    """
    Loads the parameters and buffers at the end of a recording into the model, and returns it.

    `run` is the folder of the recording, or a safetensors file. Buffers matter where the loss depends on them, as the
    running statistics of batch normalisation do. (`thermograd analyse --surface` does the same by itself.)

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
