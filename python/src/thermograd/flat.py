"""A model as one flat vector: the order and the names of its parameters, and the hash by which two vectors are compared."""

from __future__ import annotations

import hashlib
from typing import Any, NamedTuple

import numpy as np
import torch

#: Parts of names that wrappers add, wherever they stand.
_WRAPPERS = ("_orig_mod.", "_fsdp_wrapped_module.", "_checkpoint_wrapped_module.")


class Named(NamedTuple):
    """One parameter of a model: its place in the flat vector is `offset` to `offset` + `size`."""

    name: str
    parameter: torch.nn.Parameter
    offset: int

    @property
    def size(self) -> int:
        return self.parameter.numel()


def unwrapped(model: torch.nn.Module) -> torch.nn.Module:
    """Returns the model inside data-parallel wrappers and `torch.compile`."""
    inner: Any = model
    while True:
        if isinstance(inner, (torch.nn.DataParallel, torch.nn.parallel.DistributedDataParallel)):
            inner = inner.module
        elif isinstance(getattr(inner, "_orig_mod", None), torch.nn.Module):
            inner = inner._orig_mod
        else:
            return inner


def plain_name(name: str) -> str:
    """Returns the name of a parameter without the parts that wrappers add."""
    for wrapper in _WRAPPERS:
        name = name.replace(wrapper, "")
    return name


def named_parameters(model: torch.nn.Module) -> list[Named]:
    """
    Lists all parameters in the order of `named_parameters()`, each once, with their plain names.

    Raises ValueError for a model without parameters, for two parameters of one plain name, and for parameters of which
    this process holds a part only.
    """
    out: list[Named] = []
    offset = 0
    for name, parameter in unwrapped(model).named_parameters():
        if hasattr(parameter, "device_mesh") or parameter.device.type == "meta":
            raise ValueError(
                f"thermograd needs whole parameters, but '{name}' is sharded or on the meta device; "
                "record an unsharded copy of the model instead."
            )
        out.append(Named(plain_name(name), parameter, offset))
        offset += parameter.numel()
    if not out:
        raise ValueError(f"thermograd needs a model with parameters; {type(model).__name__} has none.")
    names = [n.name for n in out]
    twice = next((n for n in names if names.count(n) > 1), None) if len(set(names)) < len(names) else None
    if twice is not None:
        raise ValueError(f"two parameters of the model have the name '{twice}' once wrappers are removed; rename one.")
    return out


def flat_weights(model: torch.nn.Module) -> np.ndarray:
    """Returns a copy of all parameters as one float32 vector, each row-major, in the order of `named_parameters()`."""
    parts = [n.parameter.detach().to("cpu", torch.float32).reshape(-1).numpy() for n in named_parameters(model)]
    return np.concatenate(parts)


def sha256_of(model: torch.nn.Module) -> str:
    """
    Returns the SHA-256 of `flat_weights`, little-endian, as 64 hexadecimal digits.

    A model keeps it when it is converted from float32 to float64. Memory: one parameter.
    """
    digest = hashlib.sha256()
    for named in named_parameters(model):
        numbers = named.parameter.detach().to("cpu", torch.float32).contiguous().numpy()
        digest.update(numbers.astype("<f4", copy=False).tobytes())
    return digest.hexdigest()


def state_tensors(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    """Returns what `state_dict()` holds of numbers, under plain names: `load_state_dict` of the unwrapped model reads it."""
    state: dict[str, Any] = unwrapped(model).state_dict()
    return {plain_name(name): value for name, value in state.items() if isinstance(value, torch.Tensor)}
