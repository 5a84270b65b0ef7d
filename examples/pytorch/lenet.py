"""
LeNet-5 on MNIST or Fashion-MNIST (THERMOGRAD_DATA=fashion-mnist): a convolution and a dense layer are recorded.

    python examples/pytorch/lenet.py --out lenet
    npx thermograd analyse lenet --surface python:examples/pytorch/lenet.py:make --budget 10m
"""

from __future__ import annotations

import os

import torch
from images import training_images
from torch import nn
from training import limit_of, train_and_record

import thermograd


class LeNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5, padding=2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(400, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = torch.max_pool2d(torch.relu(self.conv2(x)), 2)
        x = torch.relu(self.fc2(torch.relu(self.fc1(x.flatten(1)))))
        return self.fc3(x)


def make() -> thermograd.Problem:
    data = training_images(os.environ.get("THERMOGRAD_DATA", "mnist"), limit_of(60_000))
    return thermograd.Problem(LeNet(), nn.CrossEntropyLoss(), data, batch_size=1000)


if __name__ == "__main__":
    train_and_record(make, out="lenet", params=["conv2.weight", "fc3.weight"], epochs=8, window=2, lr=0.05)
