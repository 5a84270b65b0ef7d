"""
A transformer of two layers that continues text character by character. The text is README.md and the pages of docs/ of this
repository; a sample is a context of 32 characters with the 32 that follow each of its positions.

    python examples/pytorch/transformer.py --out transformer
    npx thermograd analyse transformer --surface python:examples/pytorch/transformer.py:make --budget 10m
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn
from training import limit_of, train_and_record

import thermograd

CONTEXT, WIDTH, HEADS = 32, 32, 4


def text() -> str:
    root = Path(__file__).parents[2]
    return "".join(path.read_text(encoding="utf-8") for path in [root / "README.md", *sorted(root.glob("docs/**/*.md"))])


class Layer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(WIDTH)
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH)
        self.out = nn.Linear(WIDTH, WIDTH)
        self.norm2 = nn.LayerNorm(WIDTH)
        self.mlp = nn.Sequential(nn.Linear(WIDTH, 4 * WIDTH), nn.GELU(), nn.Linear(4 * WIDTH, WIDTH))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        n, length, _ = x.shape
        q, k, v = (
            part.reshape(n, length, HEADS, WIDTH // HEADS).transpose(1, 2) for part in self.qkv(self.norm1(x)).chunk(3, -1)
        )
        scores = q @ k.transpose(-1, -2) / (WIDTH // HEADS) ** 0.5
        future = torch.ones(length, length, dtype=torch.bool, device=x.device).triu(1)
        mixed = scores.masked_fill(future, float("-inf")).softmax(-1) @ v
        x = x + self.out(mixed.transpose(1, 2).reshape(n, length, WIDTH))
        return x + self.mlp(self.norm2(x))


class Transformer(nn.Module):
    def __init__(self, characters: int) -> None:
        super().__init__()
        self.embed = nn.Embedding(characters, WIDTH)
        self.position = nn.Parameter(0.02 * torch.randn(CONTEXT, WIDTH))
        self.layers = nn.ModuleList([Layer(), Layer()])
        self.norm = nn.LayerNorm(WIDTH)
        self.head = nn.Linear(WIDTH, characters)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = self.embed(x) + self.position
        for layer in self.layers:
            h = layer(h)
        return self.head(self.norm(h))


def mean_over_positions(outputs: torch.Tensor, following: torch.Tensor) -> torch.Tensor:
    return nn.functional.cross_entropy(outputs.flatten(0, 1), following.flatten())


def make() -> thermograd.Problem:
    characters = text()
    known = {c: k for k, c in enumerate(sorted(set(characters)))}
    numbers = torch.tensor([known[c] for c in characters])
    samples = min(limit_of(6000), (len(numbers) - 1) // CONTEXT)
    starts = CONTEXT * torch.arange(samples)[:, None] + torch.arange(CONTEXT)
    return thermograd.Problem(
        Transformer(len(known)), mean_over_positions, (numbers[starts], numbers[starts + 1]), batch_size=500
    )


if __name__ == "__main__":
    train_and_record(
        make, out="transformer", params="layers.1.out.weight", epochs=20, window=10, lr=0.2, momentum=0.5
    )
