"""
The network of Feng & Tu (2021), trained by PyTorch and recorded: 784-50-50-10 without biases on MNIST. As in the preset `standard` of
`thermograd reproduce ivf2021`, the window is the ten epochs after the first one that ends without a training error.

    python examples/pytorch/mlp.py --out mlp
    npx thermograd analyse mlp --surface python:examples/pytorch/mlp.py:make
"""

from __future__ import annotations

import torch
from images import training_images
from torch import nn
from training import limit_of, train_and_record

import thermograd


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc1 = nn.Linear(784, 50, bias=False)
        self.fc2 = nn.Linear(50, 50, bias=False)
        self.fc3 = nn.Linear(50, 10, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fc3(torch.relu(self.fc2(torch.relu(self.fc1(x.flatten(1))))))


def make() -> thermograd.Problem:
    """What `--surface python:…:make` measures: the model, its loss, and the data in a fixed order."""
    data = training_images("mnist", limit_of(60_000))
    return thermograd.Problem(Net(), nn.CrossEntropyLoss(), data, batch_size=5000)


if __name__ == "__main__":
    train_and_record(make, out="mlp", params="fc2.weight", epochs=290, window=10, lr=0.1, until_fitted=True)
