"""
A small residual network with batch normalisation on MNIST. The window is recorded, and the loss measured, in eval mode: with
the statistics of single batches the loss of a sample would depend on its neighbours. The running statistics are
taken from the recording.

    python examples/pytorch/resnet.py --out resnet
    npx thermograd analyse resnet --surface python:examples/pytorch/resnet.py:make --budget 10m
"""

from __future__ import annotations

import torch
from images import training_images
from torch import nn
from training import limit_of, train_and_record

import thermograd


class Block(nn.Module):
    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.shortcut = nn.Identity() if stride == 1 else nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = torch.relu(self.bn1(self.conv1(x)))
        return torch.relu(self.bn2(self.conv2(y)) + self.shortcut(x))


class ResNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(1, 8, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(8), nn.ReLU())
        self.layer1 = Block(8, 8, 1)
        self.layer2 = Block(8, 16, 2)
        self.fc = nn.Linear(16, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.layer2(self.layer1(self.stem(x)))
        return self.fc(x.mean(dim=(2, 3)))


def make() -> thermograd.Problem:
    data = training_images("mnist", limit_of(60_000))
    return thermograd.Problem(ResNet(), nn.CrossEntropyLoss(), data, batch_size=1000, eval=True)


if __name__ == "__main__":
    # without the statistics of batches nothing holds the activations, and larger steps diverge
    train_and_record(
        make,
        out="resnet",
        params="layer2.conv2.weight",
        epochs=6,
        window=2,
        lr=0.05,
        window_lr=0.002,
        set_mode=lambda model: model.eval(),
    )
