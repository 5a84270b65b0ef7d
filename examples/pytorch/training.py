"""The loop that the examples share: plain SGD over shuffled batches, with the last epochs recorded."""

from __future__ import annotations

import argparse
import os
from typing import Callable

import torch

import thermograd


def limit_of(most: int) -> int:
    """Samples that an example takes: THERMOGRAD_LIMIT, or `most`."""
    return int(os.environ.get("THERMOGRAD_LIMIT", most))


def train_and_record(
    make: Callable[[], thermograd.Problem],
    *,
    out: str,
    params: str | list[str],
    epochs: int,
    window: int,
    lr: float,
    window_lr: float | None = None,
    batch_size: int = 50,
    momentum: float = 0.0,
    set_mode: Callable[[torch.nn.Module], None] = lambda model: None,
) -> None:
    """
    Trains the model of a problem for `epochs`, then for `window` epochs whose steps are recorded in `out`, with the learning rate
    `window_lr` where it is given.
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", default=out, help="folder of the recording")
    parser.add_argument("--epochs", type=int, default=epochs, help="before the recorded window")
    parser.add_argument("--window", type=int, default=window, help="recorded epochs")
    args = parser.parse_args()
    torch.manual_seed(0)
    problem = make()
    model, loss_of, (x, y) = problem.model, problem.loss, problem.data
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    rec = None
    for epoch in range(args.epochs + args.window):
        if epoch == args.epochs:
            set_mode(model)
            for group in optimizer.param_groups:
                group["lr"] = window_lr or lr
            rec = thermograd.Recorder(model, optimizer, params=params, out=args.out, batch_size=batch_size)
        total = 0.0
        for batch in torch.randperm(len(x)).split(batch_size):
            loss = loss_of(model(x[batch]), y[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(batch)
            if rec:
                rec.step(loss)
        print(f"epoch {epoch + 1}: loss {total / len(x):.6f}", flush=True)
    if rec:
        rec.close()
