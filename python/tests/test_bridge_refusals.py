"""Every refusal of the bridge, in its sentence."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from bridge_models import N, X, Y, Graphs, data, mlp, of_graphs, passes, quiet
from thermograd.bridge.errors import BridgeError
from thermograd.bridge.parts import Asked
from thermograd.bridge.weights import Block


class Chance(torch.utils.data.Dataset):
    def __len__(self) -> int:
        return 4

    def __getitem__(self, k: int) -> tuple[torch.Tensor, int]:
        return torch.randn(6), 0


class Stream(torch.utils.data.IterableDataset):
    def __iter__(self) -> Any:
        return iter(zip(X, Y))


def noisy(z: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return F.cross_entropy(z + torch.randn_like(z), y)


class Broken(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.zeros(1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.detach() + self.w.detach()


REFUSED: dict[str, tuple[Any, str]] = {
    "dropout": (lambda: passes(nn.Sequential(mlp(), nn.Dropout(0.1)), F.cross_entropy, (X, Y)), r"'1' \(Dropout\) is in training mode.*model\.eval\(\)"),
    "batch statistics": (lambda: passes(nn.Sequential(nn.BatchNorm1d(6), mlp()), F.cross_entropy, (X, Y)), r"BatchNorm1d.*statistics of the batch"),
    "no running statistics": (lambda: passes(nn.Sequential(nn.BatchNorm1d(6, track_running_stats=False), mlp()).eval(), F.cross_entropy, (X, Y)), "keeps no running statistics|statistics of the batch"),
    "another reduction": (lambda: passes(mlp(), F.cross_entropy, (X, Y), reduction="sum"), "not their sum"),
    "weights of classes": (lambda: passes(mlp(), nn.CrossEntropyLoss(torch.tensor([1.0, 5.0, 9.0], dtype=torch.float64)), (X, Y)), "not their mean.*reduction='none'"),
    "one number where many were promised": (lambda: passes(mlp(), F.cross_entropy, (X, Y), reduction="none"), r"shape \[\].*one loss for each sample"),
    "many where one was promised": (lambda: passes(mlp(), lambda z, y: F.cross_entropy(z, y, reduction="none"), (X, Y)), "not their mean|promises one number"),
    "chance in the loss": (lambda: passes(mlp(), noisy, (X, Y)), "draws at random"),
    "chance in the data": (lambda: passes(mlp(), F.cross_entropy, Chance()), "augmentation"),
    "a stream": (lambda: passes(mlp(), F.cross_entropy, torch.utils.data.DataLoader(Stream())), "iterable"),
    "unequal lengths": (lambda: passes(mlp(), F.cross_entropy, (X, Y[:5])), r"\[13, 6\], \[5\]"),
    "no samples": (lambda: passes(mlp(), F.cross_entropy, []), "without samples"),
    "a number as data": (lambda: passes(mlp(), F.cross_entropy, 7), "got int"),
    "objects without collate": (lambda: passes(mlp(), of_graphs, [Graphs(list(zip(X, Y)))]), "collate="),
    "a dictionary for outputs": (lambda: passes(mlp(), lambda z, y: z.sum(), {"x": X, "y": Y}), r"def loss\(model, batch\)"),
    "no model": (lambda: passes("net", F.cross_entropy, (X, Y)), "has to be a torch.nn.Module; got str"),
    "no loss": (lambda: passes(mlp(), 3, (X, Y)), "has to be a function; got int"),
    "no data for outputs": (lambda: passes(mlp(), F.cross_entropy), r"loss\(model\)"),
    "no such reduction": (lambda: passes(mlp(), F.cross_entropy, (X, Y), reduction="avg"), "'mean', 'sum' or 'none'; got 'avg'"),
    "no such parameter": (lambda: passes(mlp(), F.cross_entropy, (X, Y), params="fc*"), r"matches no parameter.*0\.weight"),
    "half precision": (lambda: passes(mlp(), F.cross_entropy, (X, Y), dtype="float16"), "'float64' or 'float32'"),
    "a model without parameters": (lambda: passes(nn.ReLU(), F.mse_loss, (X, X)), "parameters"),
    "a loss without a gradient": (lambda: passes(Broken(), F.mse_loss, (X, X)), "does not depend on the parameters"),
    "NaN": (lambda: passes(mlp(), F.cross_entropy, (X * float("nan"), Y)), "loss of sample 0 .* is nan"),
    "a shape that never was": (lambda: passes(nn.Sequential(nn.LazyLinear(3)), F.cross_entropy, (X, Y)), "no shape yet"),
    "a batch of zero": (lambda: passes(mlp(), F.cross_entropy, (X, Y), batch_size=0), "batch_size is a whole number"),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("what", REFUSED)
def test_refuses_in_a_sentence(what: str) -> None:
    make, words = REFUSED[what]
    with pytest.raises(BridgeError, match=words) as found:
        make()
    assert str(found.value).endswith(".")


def test_a_parameter_that_has_grown_is_refused() -> None:
    net = mlp()
    p = passes(net, F.cross_entropy, (X, Y))
    net[2].weight.data = torch.zeros(4, 5)
    with pytest.raises(BridgeError, match=r"'2\.weight' had the shape \[3, 5\] and has \[4, 5\] now"):
        p.gradient(Asked(N, None, None), quiet)


def test_nan_along_a_line_names_the_displacement() -> None:
    p = passes(mlp(), F.cross_entropy, (X, Y))
    block = Block(p.weights, np.array([[0, 53]]))
    line = (block, np.ones(53), np.array([0.0, np.inf]))
    with pytest.raises(BridgeError, match="displacement inf along line 1"):
        p.losses([(block, np.ones(53), np.array([1.0])), line], Asked(N, None, None), quiet)


def test_a_loss_that_is_not_finite_names_the_sample() -> None:
    broken = X.clone()
    broken[3, 1] = float("nan")
    p = passes(mlp(), F.cross_entropy, (broken, Y))
    with pytest.raises(BridgeError, match="is nan: that of sample 3 is nan; look at its inputs"):
        p.gradient(Asked(N, None, None), quiet)
