"""What a recording says of the training beside its weights: the optimiser, the minibatches, the wrappers around both."""

from __future__ import annotations

import math
import os
from typing import Any

import torch

#: Where the optimisers of PyTorch keep the running mean of squared gradients.
_SECOND_MOMENTS = ("max_exp_avg_sq", "exp_avg_sq", "square_avg", "sum")


def json_value(value: Any) -> Any:
    """Returns a value as JSON can hold it: numbers that are not finite become None, other objects their text."""
    if isinstance(value, torch.Tensor) and value.numel() == 1:
        value = value.item()
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, (list, tuple)):
        return [json_value(v) for v in value]
    if isinstance(value, dict):
        return {str(k): json_value(v) for k, v in value.items()}
    try:
        return json_value(float(value))
    except (TypeError, ValueError):
        return str(value)


class Hyperparameters:
    """
    The numbers in the groups of an optimiser, read again at every step.

    They are looked up in `optimizer.param_groups` each time, because `load_state_dict` and schedulers replace what is there.
    """

    def __init__(self, optimizer: Any) -> None:
        self._optimizer = optimizer
        self._places: list[tuple[int, str, int]] = []
        self.columns: list[str] = []
        for g, group in enumerate(optimizer.param_groups):
            for key, value in group.items():
                # a scheduler's memory of where it began is no hyperparameter
                if key == "params" or key.startswith("initial_"):
                    continue
                entries = list(enumerate(value)) if isinstance(value, (tuple, list)) else [(-1, value)]
                for index, entry in entries:
                    if not _is_number(entry):
                        continue
                    self._places.append((g, key, index))
                    self.columns.append(f"{g}.{key}" if index < 0 else f"{g}.{key}.{index}")

    def values(self) -> list[float]:
        """Returns what is in force now, in the order of `columns`; NaN where a group has lost a number."""
        groups = self._optimizer.param_groups
        try:
            return [float(groups[g][k] if i < 0 else groups[g][k][i]) for g, k, i in self._places]
        except (KeyError, IndexError, TypeError, ValueError):
            return [_number_at(groups, place) for place in self._places]


def _is_number(value: Any) -> bool:
    if isinstance(value, torch.Tensor):
        return value.numel() == 1
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _number_at(groups: Any, place: tuple[int, str, int]) -> float:
    g, key, index = place
    try:
        return float(groups[g][key] if index < 0 else groups[g][key][index])
    except (KeyError, IndexError, TypeError, ValueError):
        return math.nan


def optimizer_facts(optimizer: Any, names: dict[int, str], columns: list[str]) -> dict[str, Any]:
    """Returns what the header says of the optimiser; `names` are those of parameters by their identity."""
    groups = []
    for group in optimizer.param_groups:
        facts = {k: json_value(v) for k, v in group.items() if k != "params"}
        facts["parameters"] = [names[id(p)] for p in group["params"] if id(p) in names]
        groups.append(facts)
    kind = type(optimizer)
    return {
        "class": f"{kind.__module__}.{kind.__qualname__}",
        "groups": groups,
        "columns": columns,
        "scheduled": [],
        "secondMoment": None,
    }


def group_of(optimizer: Any, parameters: list[Any]) -> int | None:
    """Returns the index of the group that holds all the parameters, or None."""
    wanted = {id(p) for p in parameters}
    for g, group in enumerate(optimizer.param_groups):
        if wanted <= {id(p) for p in group["params"]}:
            return g
    return None


def second_moments(optimizer: Any, parameters: list[tuple[str, Any]]) -> tuple[str, int | None, dict[str, Any]] | None:
    """
    Returns where an adaptive optimiser keeps its second moments, its count of steps, and their square roots by name.

    None for an optimiser that has none, or none yet.
    """
    state = getattr(optimizer, "state", None)
    if not isinstance(state, dict):
        return None
    key, count, roots = "", None, {}
    for name, parameter in parameters:
        own = state.get(parameter)
        if not isinstance(own, dict):
            continue
        found = next((k for k in _SECOND_MOMENTS if isinstance(own.get(k), torch.Tensor)), None)
        if found is None or own[found].shape != parameter.shape:
            continue
        key = key or found
        if own.get("step") is not None:
            count = int(own["step"])
        roots[f"{name}.sqrt_v"] = own[found].detach().float().sqrt()
    return (key, count, roots) if roots else None


def loader_facts(loader: Any) -> dict[str, Any]:
    """Returns size and sampling of the minibatches of a `torch.utils.data.DataLoader`."""
    sampler = getattr(loader, "sampler", None)
    dataset = getattr(loader, "dataset", None)
    batch = getattr(loader, "batch_size", None)
    try:
        samples = len(dataset) if dataset is not None else None
    except TypeError:
        samples = None
    name = type(sampler).__name__ if sampler is not None else None
    shuffled = {"RandomSampler": True, "SequentialSampler": False}.get(name or "", getattr(sampler, "shuffle", None))
    return {
        "size": batch if isinstance(batch, int) else None,
        "sampling": {
            "sampler": name,
            "shuffle": json_value(shuffled),
            "replacement": json_value(getattr(sampler, "replacement", None)),
            "dropLast": json_value(getattr(loader, "drop_last", None)),
            "samples": samples,
        },
    }


def distributed_facts() -> dict[str, int] | None:
    """Returns rank and number of processes of a distributed training, or None outside of one."""
    distributed = torch.distributed
    if distributed.is_available() and distributed.is_initialized():
        rank, size = distributed.get_rank(), distributed.get_world_size()
    elif "TORCHELASTIC_RUN_ID" in os.environ:
        rank, size = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
    else:
        return None
    return {"rank": rank, "worldSize": size} if size > 1 else None
