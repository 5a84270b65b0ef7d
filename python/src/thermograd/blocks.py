"""Blocks of weights: which parameters of a model belong together, chosen by patterns, and how a row of them is taken."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, Union

import numpy as np
import torch

from .flat import Named
from .projection import Projection

#: One pattern, a list of them (a block each), or named blocks of one pattern or several.
Patterns = Union[str, Sequence[str], Mapping[str, Union[str, Sequence[str]]]]


class ShapeChanged(Exception):
    """A parameter has not the shape any more with which its recording began."""


class Block:
    """
    Some parameters of a model, one after another in the order of the model, as one row of `size` numbers.

    `dtype` is that of the row: float64 when all parameters have it, float32 otherwise.
    """

    def __init__(self, name: str, patterns: list[str], parameters: list[Named]) -> None:
        self.name = name
        self.patterns = patterns
        self.parameters = parameters
        self.size = sum(p.size for p in parameters)
        double = all(p.parameter.dtype == torch.float64 for p in parameters)
        self.dtype = "float64" if double else "float32"
        self.projection: Projection | None = None
        self._shapes = [p.parameter.shape for p in parameters]
        self._offsets = np.cumsum([0, *(p.size for p in parameters)]).tolist()
        #: For every parameter that NumPy can look at in place: itself, size, address, numbers, and where they go in a row.
        #: Empty unless this is so for all of them.
        self._in_place: list[tuple[Any, int, int, np.ndarray, int, int]] = []

    @property
    def width(self) -> int:
        """Numbers of a recorded row."""
        return self.size if self.projection is None else self.projection.size

    def take(self, row: np.ndarray) -> None:
        """
        Copies the weights as they are now into `row`, or their projection.

        Raises ShapeChanged. Cost: one copy; from an accelerator also one transfer and the wait for it.
        """
        if self.projection is not None:
            self._take_projected(row)
            return
        for parameter, size, address, view, start, end in self._in_place:
            if parameter.data_ptr() != address or parameter.numel() != size:
                break
            row[start:end] = view
        else:
            if self._in_place:
                return
        self._take_anew(row)

    def gradient(self, row: np.ndarray) -> bool:
        """Copies the gradient of the block into `row`; returns False when a parameter has none."""
        for k, named in enumerate(self.parameters):
            gradient = named.parameter.grad
            if gradient is None or gradient.layout != torch.strided:
                return False
            row[self._offsets[k] : self._offsets[k + 1]] = _numbers(gradient).reshape(-1)
        return True

    def facts(self) -> list[dict[str, Any]]:
        """Returns what the header says of the parameters."""
        return [
            {
                "name": p.name,
                "shape": list(shape),
                "dtype": str(p.parameter.dtype).replace("torch.", ""),
                "offset": offset,
                "size": p.size,
                "modelOffset": p.offset,
            }
            for p, shape, offset in zip(self.parameters, self._shapes, self._offsets)
        ]

    def layer_shape(self) -> list[int]:
        """Returns outputs x inputs of a single matrix, and 1 x P for anything else."""
        shape = self._shapes[0]
        return list(shape) if len(self._shapes) == 1 and len(shape) == 2 else [1, self.size]

    def _device(self) -> torch.device | None:
        """Returns the accelerator that holds the whole block, or None."""
        device = self.parameters[0].parameter.device
        if device.type == "cpu" or any(p.parameter.device != device for p in self.parameters):
            return None
        return device

    def _checked(self) -> list[Named]:
        for k, named in enumerate(self.parameters):
            if named.parameter.shape != self._shapes[k]:
                raise ShapeChanged(
                    f"the parameter '{named.name}' had the shape {list(self._shapes[k])} when recording began and has "
                    f"{list(named.parameter.shape)} now"
                )
        return self.parameters

    def _take_projected(self, row: np.ndarray) -> None:
        assert self.projection is not None
        device = self._device()
        if device is not None and device.type == "cuda":
            flat = torch.cat([p.parameter.detach().reshape(-1) for p in self._checked()])
            row[:] = self.projection.apply_on_device(flat).cpu().numpy()
            return
        weights = np.empty(self.size, self.dtype)
        self._take_anew(weights)
        row[:] = self.projection.apply(weights)

    def _take_anew(self, row: np.ndarray) -> None:
        """Copies the weights, and remembers where they lie if they can be read in place from now on."""
        parameters, places = self._checked(), list(zip(self._offsets, self._offsets[1:]))
        self._in_place = []
        if self._device() is not None:
            # one transfer instead of one for every parameter
            kind = getattr(torch, self.dtype)
            row[:] = torch.cat([p.parameter.detach().reshape(-1).to(kind) for p in parameters]).cpu().numpy()
            return
        found = []
        for named, (start, end) in zip(parameters, places):
            parameter, numbers = named.parameter, _numbers(named.parameter)
            row[start:end] = numbers.reshape(-1)
            kept = parameter.device.type == "cpu" and parameter.dtype in (torch.float32, torch.float64)
            if kept and numbers.flags.c_contiguous:
                # the array looks at the memory of the parameter for as long as that stays where it is
                found.append((parameter, named.size, parameter.data_ptr(), numbers.reshape(-1), start, end))
        if len(found) == len(parameters):
            self._in_place = found


def _numbers(tensor: torch.Tensor) -> np.ndarray:
    """Returns the numbers of a tensor for NumPy, in place where that is possible."""
    tensor = tensor.detach()
    if tensor.dtype not in (torch.float32, torch.float64):
        tensor = tensor.to(torch.float32)
    return tensor.cpu().numpy()


def choose_blocks(parameters: list[Named], patterns: Patterns) -> list[Block]:
    """
    Returns the blocks that the patterns name. A pattern takes all trainable parameters whose names it matches.

    Raises ValueError for a pattern that matches nothing, and for two blocks of one name.
    """
    if isinstance(patterns, str):
        patterns = [patterns]
    listed: list[tuple[str, Any]] = (
        list(patterns.items()) if isinstance(patterns, Mapping) else [(p, p) for p in patterns]
    )
    wanted: list[tuple[str, list[Any]]] = [(n, list(p) if isinstance(p, (list, tuple)) else [p]) for n, p in listed]
    if not wanted or not all(
        isinstance(n, str) and parts and all(isinstance(p, str) for p in parts) for n, parts in wanted
    ):
        raise ValueError(
            f"params must be a pattern such as 'fc2.*', a list of patterns, or a dictionary; got {patterns!r}."
        )
    wanted = [(name_of(n), parts) for n, parts in wanted]
    names = [name for name, _ in wanted]
    if len({n.lower() for n in names}) < len(names):
        raise ValueError(
            f"every block needs a name of its own; got {', '.join(names)}. Name them: params={{'a': '…', 'b': '…'}}."
        )
    return [Block(name, parts, _matching(parameters, parts)) for name, parts in wanted]


def one_for_each_module(parameters: list[Named]) -> dict[str, list[str]]:
    """Returns patterns by which the trainable parameters of every module, such as weight and bias, are one block."""
    out: dict[str, list[str]] = {}
    for named in parameters:
        if named.parameter.requires_grad:
            out.setdefault(named.name.rpartition(".")[0] or named.name, []).append(_escaped(named.name))
    return out


def name_of(pattern: str) -> str:
    """Returns the name of a block: `fc2` for `fc2.*`, `all` for `*`; letters that no file name should have become `_`."""
    stem = re.sub(r"[^A-Za-z0-9._-]", "_", re.sub(r"(\.?\*)+$", "", pattern)).strip(".")
    return stem or "all"


def _escaped(name: str) -> str:
    return re.sub(r"([*?[])", r"[\1]", name)


def _matching(parameters: list[Named], patterns: list[str]) -> list[Named]:
    for pattern in patterns:
        found = [n for n in parameters if fnmatchcase(n.name, pattern)]
        if any(n.parameter.requires_grad for n in found):
            continue
        if found:
            raise ValueError(
                f"params={pattern!r} matches only frozen parameters, such as '{found[0].name}'; they do not move."
            )
        names = [n.name for n in parameters]
        shown = ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")
        raise ValueError(f"params={pattern!r} matches no parameter of the model; it has {shown}.")
    return [n for n in parameters if n.parameter.requires_grad and any(fnmatchcase(n.name, p) for p in patterns)]
