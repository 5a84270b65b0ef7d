"""Small models, data and passes of the bridge that its tests share."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from thermograd.bridge.passes import Passes
from thermograd.bridge.problem import Problem, problem_from

N = 13
torch.set_num_threads(1)


def quiet(_: float) -> None:
    pass


def passes(*arguments: Any, **named: Any) -> Passes:
    return Passes(problem_from(Problem(*arguments, **named), "train.py:make"))


def data(n: int = N, inputs: int = 6, classes: int = 3) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(n, inputs, generator=generator), torch.randint(0, classes, (n,), generator=generator)


def mlp() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 3))


class Pairs(torch.utils.data.Dataset):
    """Samples that are dictionaries of Python numbers and tensors."""

    def __init__(self) -> None:
        self.x, self.y = data()

    def __len__(self) -> int:
        return N

    def __getitem__(self, k: int) -> dict[str, Any]:
        return {"x": self.x[k], "y": int(self.y[k])}


class Graphs:
    """A batch of a kind that PyTorch knows nothing of."""

    def __init__(self, items: list[tuple[torch.Tensor, torch.Tensor]]) -> None:
        self.x = torch.stack([x for x, _ in items])
        self.y = torch.stack([y for _, y in items])

    def to(self, device: torch.device) -> "Graphs":
        return self


def by_model(model: nn.Module, batch: Any) -> torch.Tensor:
    return F.cross_entropy(model(batch["x"]), batch["y"])


def of_graphs(model: nn.Module, batch: Graphs) -> torch.Tensor:
    return F.cross_entropy(model(batch.x.double()), batch.y)


X, Y = data()
