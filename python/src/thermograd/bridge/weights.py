"""The parameters of a model as one flat vector that can be put in their place for the length of a pass, and taken out again."""

from __future__ import annotations

from contextlib import contextmanager
from fnmatch import fnmatchcase
from typing import Any, Iterator, NamedTuple, Sequence

import numpy as np
import torch

from ..flat import named_parameters, plain_name, unwrapped
from .errors import BridgeError


class Parameter(NamedTuple):
    """One tensor in the flat vector."""

    name: str
    shape: torch.Size
    dtype: str
    offset: int
    size: int


class Weights:
    """
    P numbers: the chosen parameters of a model, each row-major, in the order of `named_parameters()`.

    The model itself is never changed: `at` puts other tensors where the parameters are, for the length of a `with`. Parameters
    that are not chosen, and buffers, stand there in the same precision.
    """

    def __init__(self, model: torch.nn.Module, pattern: Any, dtype: torch.dtype, device: torch.device) -> None:
        self.model = unwrapped(model)
        self.dtype = dtype
        self.device = device
        for name, parameter in self.model.named_parameters():
            if isinstance(parameter, torch.nn.parameter.UninitializedParameter):
                raise BridgeError("input-model", f"the parameter '{name}' has no shape yet; pass one batch through the model in make().")
        try:
            named = named_parameters(model)
        except ValueError as error:
            raise BridgeError("input-model", str(error)) from None
        patterns = ["*"] if pattern is None else [pattern] if isinstance(pattern, str) else list(pattern)
        patterns = [part.strip() for p in patterns for part in str(p).split(",")]
        chosen = [n for n in named if any(fnmatchcase(n.name, p) for p in patterns)]
        if not chosen:
            names = ", ".join(n.name for n in named[:20])
            raise BridgeError("input-model", f"params={pattern!r} matches no parameter of the model; it has {names}.")
        self.parameters: list[Parameter] = []
        offset = 0
        for n in chosen:
            kind = str(n.parameter.dtype).replace("torch.", "")
            self.parameters.append(Parameter(n.name, n.parameter.shape, kind, offset, n.size))
            offset += n.size
        self.size = offset
        self._places = _places(self.model)
        self._chosen = [id(n.parameter) for n in chosen]
        self._sources = [n.parameter for n in chosen]
        taken = set(self._chosen)
        self._others = [
            (place, n.parameter.detach().to(device, dtype)) for n in named if id(n.parameter) not in taken for place in self._places[id(n.parameter)]
        ]
        self._buffers = [
            (m._buffers, name, b.detach().clone().to(device, dtype) if b.is_floating_point() else b.detach().clone().to(device))
            for m in self.model.modules()
            for name, b in m._buffers.items()
            if b is not None
        ]
        #: Buffers that belong to the state of the model, by plain name: their places in the list above.
        self.buffers = {
            plain_name(f"{prefix}.{name}" if prefix else name): next(i for i, (d, n, _) in enumerate(self._buffers) if d is m._buffers and n == name)
            for prefix, m in self.model.named_modules()
            for name, b in m._buffers.items()
            if b is not None and name not in m._non_persistent_buffers_set
        }
        self._recurrent = [m for m in self.model.modules() if isinstance(m, torch.nn.RNNBase)]

    def buffer(self, name: str) -> torch.Tensor:
        """Returns a buffer as it stands during passes."""
        return self._buffers[self.buffers[name]][2]

    def set_buffer(self, name: str, values: np.ndarray) -> None:
        """Sets a buffer for all passes to come; that of the model itself stays. Raises BridgeError for another name or shape."""
        if name not in self.buffers:
            raise BridgeError("bad-request", f"the model has no buffer '{name}'.")
        place, own, before = self._buffers[self.buffers[name]]
        if tuple(values.shape) != tuple(before.shape):
            raise BridgeError("input-buffers", f"the buffer '{name}' has the shape {list(before.shape)}; got {list(values.shape)}.")
        tensor = torch.from_numpy(np.array(values, np.float64)).to(before.device, before.dtype)
        self._buffers[self.buffers[name]] = (place, own, tensor)

    def own(self) -> np.ndarray:
        """Returns the weights as the model has them, float64, length P."""
        return np.concatenate([s.detach().to("cpu", torch.float64).reshape(-1).numpy() for s in self._sources])

    def tensor(self, flat: np.ndarray) -> torch.Tensor:
        """Returns numbers on the device in the precision of the model."""
        return torch.from_numpy(np.ascontiguousarray(flat)).to(self.device, self.dtype)

    def views(self, flat: torch.Tensor) -> list[torch.Tensor]:
        """Returns the parameters that a flat vector holds, as views of it."""
        return [flat[p.offset : p.offset + p.size].view(p.shape) for p in self.parameters]

    @contextmanager
    def at(self, tensors: Sequence[torch.Tensor]) -> Iterator[torch.nn.Module]:
        """
        Puts tensors where the chosen parameters are; everything is as before when the block ends, however it ends.

        Raises BridgeError when a parameter of the model has changed its shape meanwhile.
        """
        for p, source in zip(self.parameters, self._sources):
            if source.shape != p.shape:
                raise BridgeError("shape-changed", f"the parameter '{p.name}' had the shape {list(p.shape)} and has {list(source.shape)} now.")
        saved: list[tuple[dict[str, Any], str, Any]] = []
        try:
            for identity, tensor in zip(self._chosen, tensors):
                for place, name in self._places[identity]:
                    saved.append((place, name, place[name]))
                    place[name] = tensor
            for (place, name), tensor in self._others:
                saved.append((place, name, place[name]))
                place[name] = tensor
            for place, name, tensor in self._buffers:
                saved.append((place, name, place[name]))
                place[name] = tensor
            self._refresh()
            yield self.model
        finally:
            for place, name, tensor in reversed(saved):
                place[name] = tensor
            self._refresh()

    def _refresh(self) -> None:
        """Recurrent layers keep a list of their weights beside the parameters."""
        for module in self._recurrent:
            names = getattr(module, "_flat_weights_names", None)
            if names is not None:
                module.__dict__["_flat_weights"] = [getattr(module, n) for n in names]


def _places(model: torch.nn.Module) -> dict[int, list[tuple[dict[str, Any], str]]]:
    """Returns where every parameter stands; one that several modules share stands in several places."""
    out: dict[int, list[tuple[dict[str, Any], str]]] = {}
    for module in model.modules():
        for name, parameter in module._parameters.items():
            if parameter is not None:
                out.setdefault(id(parameter), []).append((module._parameters, name))
    return out


class Block:
    """
    Ranges of the flat vector that are measured together: P_b numbers.

    `parts` says for every parameter what it is made of: constant numbers of w alone, or numbers of b as well.
    """

    def __init__(self, weights: Weights, ranges: np.ndarray) -> None:
        self.weights = weights
        end = 0
        for offset, size in ranges.tolist():
            if offset < end or size < 1 or offset + size > weights.size:
                raise BridgeError("bad-request", f"the range {offset}+{size} of a block is out of order or outside the {weights.size} weights.")
            end = offset + size
        self.size = int(ranges[:, 1].sum())
        starts = np.concatenate([[0], np.cumsum(ranges[:, 1])])
        # pieces of a parameter: (from in w, from in b or -1, length)
        self._pieces: list[list[tuple[int, int, int]]] = []
        for p in weights.parameters:
            at, stop = p.offset, p.offset + p.size
            pieces: list[tuple[int, int, int]] = []
            for (offset, size), first in zip(ranges.tolist(), starts.tolist()):
                low, high = max(at, offset), min(stop, offset + size)
                if low >= high:
                    continue
                if low > at:
                    pieces.append((at, -1, low - at))
                pieces.append((low, first + low - offset, high - low))
                at = high
            if at < stop:
                pieces.append((at, -1, stop - at))
            self._pieces.append(pieces)
        self._gather = np.concatenate([np.arange(o, o + s) for o, s in ranges.tolist()]) if len(ranges) > 1 else None
        self._first = int(ranges[0, 0]) if len(ranges) else 0

    def of(self, flat: Any) -> Any:
        """Returns the numbers of a flat vector that belong to the block, a copy."""
        if self._gather is None:
            part = flat[self._first : self._first + self.size]
            return part.clone() if isinstance(part, torch.Tensor) else part.copy()
        index = torch.from_numpy(self._gather).to(flat.device) if isinstance(flat, torch.Tensor) else self._gather
        return flat[index]

    def whole(self) -> list[int] | None:
        """Returns the places of its parameters in their order, or None where it holds a part of one only."""
        if any(len(pieces) > 1 for pieces in self._pieces):
            return None
        return [i for i, pieces in enumerate(self._pieces) if pieces and pieces[0][1] >= 0]

    def tensors(self, w: Sequence[torch.Tensor], flat: torch.Tensor, b: torch.Tensor) -> list[torch.Tensor]:
        """Returns all parameters with b in the block and the numbers of `flat` (whose views are w) elsewhere."""
        out: list[torch.Tensor] = []
        for p, view, pieces in zip(self.weights.parameters, w, self._pieces):
            if len(pieces) == 1:
                _, start, length = pieces[0]
                out.append(view if start < 0 else b[start : start + length].view(p.shape))
            else:
                parts = [flat[a : a + n] if s < 0 else b[s : s + n] for a, s, n in pieces]
                out.append(torch.cat(parts).view(p.shape))
        return out
