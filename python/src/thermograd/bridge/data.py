"""The samples of a problem in a fixed order: any part of them as one batch, on the device and in the precision of the model."""

from __future__ import annotations

from typing import Any, Callable, Optional

import numpy as np
import torch

from .errors import BridgeError

#: Bytes of collated samples that are kept so that they are read only once.
KEPT_BYTES = 2 * 1024**3


def _tree(value: Any, change: Callable[[torch.Tensor], Any]) -> Any:
    """Returns a copy of nested tuples, lists and dictionaries with every tensor changed."""
    if isinstance(value, torch.Tensor):
        return change(value)
    if isinstance(value, np.ndarray):
        return change(torch.as_tensor(value))
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(_tree(v, change) for v in value))
    if isinstance(value, (tuple, list)):
        return tuple(_tree(v, change) for v in value)
    if isinstance(value, dict):
        return {k: _tree(v, change) for k, v in value.items()}
    return value


def tensors_of(value: Any) -> list[torch.Tensor]:
    """Returns all tensors of nested tuples, lists and dictionaries."""
    out: list[torch.Tensor] = []
    _tree(value, out.append)
    return out


class Samples:
    """
    N samples. `batch(indices)` returns them collated, in that order, on `device`, floating numbers as `dtype`.

    An object of another kind in a batch is moved by its own method `to(device)` and keeps its precision.
    """

    def __init__(self, data: Any, collate: Optional[Callable[[list[Any]], Any]], dtype: torch.dtype, device: torch.device) -> None:
        self.notes: list[str] = []
        self.dtype = dtype
        self.device = device
        self.stacked: Any = None
        self._collate = collate
        self._items: Any = None
        if data is None:
            self.count = 1
            return
        if isinstance(data, torch.utils.data.DataLoader):
            data = self._unpacked(data)
        if isinstance(data, torch.utils.data.TensorDataset):
            data = tuple(data.tensors)
        if _stacked(data):
            self._stack(data)
        else:
            self._list(data)

    def batch(self, indices: np.ndarray) -> Any:
        """Returns the samples of these numbers as one batch; None when the problem has no data."""
        if self.stacked is not None:
            first, last = int(indices[0]), int(indices[-1])
            if last - first == len(indices) - 1 and (len(indices) < 3 or bool(np.all(np.diff(indices) == 1))):
                return _tree(self.stacked, lambda t: self._moved(t[first : last + 1]))
            chosen = torch.from_numpy(indices.astype(np.int64))
            return _tree(self.stacked, lambda t: self._moved(t[chosen.to(t.device)]))
        if self._items is None:
            return None
        return self._placed(self._collated([self._items[int(i)] for i in indices]))

    def _moved(self, tensor: torch.Tensor) -> torch.Tensor:
        if tensor.is_floating_point():
            return tensor.to(self.device, self.dtype)
        return tensor.to(self.device)

    def _placed(self, batch: Any) -> Any:
        if not isinstance(batch, (tuple, list, dict, torch.Tensor)) and callable(getattr(batch, "to", None)):
            return batch.to(self.device)
        return _tree(batch, self._moved)

    def _collated(self, items: list[Any]) -> Any:
        collate = self._collate or torch.utils.data._utils.collate.default_collate
        try:
            return collate(items)
        except TypeError as error:
            if self._collate is not None:
                raise
            raise BridgeError(
                "input-data",
                f"samples of type {type(items[0]).__name__} cannot be put into one batch; give "
                "Problem(…, collate=function of a list of samples).",
            ) from error

    def _unpacked(self, loader: Any) -> Any:
        """Returns the data set of a loader, whose own order counts."""
        data = loader.dataset
        if isinstance(data, torch.utils.data.IterableDataset):
            raise BridgeError(
                "input-data",
                "a loader of an iterable data set has no samples by number; give a data set with __len__ and __getitem__, or a tuple of tensors.",
            )
        sampler = getattr(loader, "sampler", None)
        if sampler is not None and not isinstance(sampler, torch.utils.data.SequentialSampler):
            self.notes.append(
                f"the loader draws samples by {type(sampler).__name__}; they are taken in the order of its data set instead, each once."
            )
        default = torch.utils.data._utils.collate.default_collate
        if self._collate is None and loader.collate_fn is not None and loader.collate_fn is not default:
            self._collate = loader.collate_fn
        if self._collate is not None and isinstance(data, torch.utils.data.TensorDataset):
            return [data[i] for i in range(len(data))]
        return data

    def _stack(self, data: Any) -> None:
        tensors = tensors_of(data)
        counts = {t.shape[0] if t.dim() else 0 for t in tensors}
        if len(counts) != 1 or 0 in counts:
            shapes = ", ".join(str(list(t.shape)) for t in tensors)
            raise BridgeError("input-data", f"all tensors of the data need the same first dimension, the samples; got shapes {shapes}.")
        self.count = counts.pop()
        self._keep(_tree(data, lambda t: t.detach()))

    def _keep(self, data: Any) -> None:
        """Keeps stacked samples, in their final precision where that fits."""
        width = torch.finfo(self.dtype).bits // 8
        final = sum(t.numel() * (width if t.is_floating_point() else t.element_size()) for t in tensors_of(data))
        self.stacked = _tree(data, self._moved) if final <= KEPT_BYTES else data

    def _list(self, data: Any) -> None:
        try:
            self.count = len(data)
            data[0]
        except (TypeError, IndexError, KeyError, AttributeError):
            raise BridgeError(
                "input-data",
                f"the data have to be tensors, a Dataset, a DataLoader or a sequence of samples; got {type(data).__name__}"
                + (" without samples." if hasattr(data, "__len__") and len(data) == 0 else "."),
            ) from None
        self._items = data
        self._refuse_chance()
        if self._collate is None:
            self._read_once()

    def _refuse_chance(self) -> None:
        for i in range(min(3, self.count)):
            once, again = tensors_of(self._items[i]), tensors_of(self._items[i])
            if len(once) != len(again) or not all(a.shape == b.shape and bool(torch.equal(a, b)) for a, b in zip(once, again)):
                raise BridgeError(
                    "input-data",
                    f"sample {i} of the data is another one when it is read again; leave random augmentation out of the data set that is measured.",
                )

    def _read_once(self) -> None:
        """Collates all samples into tensors when they have equal shapes and fit; otherwise they are read at every pass."""
        width = max(torch.finfo(self.dtype).bits // 8, 1)
        first = tensors_of(self._collated([self._items[0]]))
        if sum(t.numel() for t in first) * width * self.count > KEPT_BYTES:
            return
        parts = []
        try:
            for start in range(0, self.count, 1024):
                parts.append(self._collated([self._items[i] for i in range(start, min(start + 1024, self.count))]))
        except (RuntimeError, ValueError):
            return  # samples of unequal shapes: a batch size of 1 may still do
        joined = _joined(parts)
        if joined is not None and _stacked(joined):
            self._keep(joined)


def _stacked(data: Any) -> bool:
    """Says whether data are tensors whose first dimension counts the samples."""
    if isinstance(data, (torch.Tensor, np.ndarray)):
        return True
    if isinstance(data, dict):
        return len(data) > 0 and all(isinstance(v, (torch.Tensor, np.ndarray)) for v in data.values())
    return isinstance(data, tuple) and len(data) > 0 and all(isinstance(v, (torch.Tensor, np.ndarray)) for v in data)


def _joined(parts: list[Any]) -> Any:
    first = parts[0]
    try:
        if isinstance(first, torch.Tensor):
            return torch.cat(parts)
        if isinstance(first, dict):
            return {k: torch.cat([p[k] for p in parts]) for k in first}
        if isinstance(first, (tuple, list)):
            return tuple(torch.cat([p[i] for p in parts]) for i in range(len(first)))
    except (TypeError, RuntimeError):
        return None
    return None
