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
    until_fitted: bool = False,
    set_mode: Callable[[torch.nn.Module], None] = lambda model: None,
) -> None:
    """
    Trains the model of a problem for `epochs`, then for `window` epochs whose steps are recorded in `out`, with the learning rate
    `window_lr` where it is given. With `until_fitted` the window begins after the first epoch that ends without a training error, and
    after `epochs` at the latest.
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
    done = 0

    def train_epoch(rec: thermograd.Recorder | None) -> None:
        nonlocal done
        total = 0.0
        for batch in torch.randperm(len(x)).split(batch_size):
            loss = loss_of(model(x[batch]), y[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(batch)
            if rec:
                rec.step(loss)
        done += 1
        print(f"epoch {done}: loss {total / len(x):.6f}", flush=True)

    while done < args.epochs and not (until_fitted and done > 0 and training_errors(model, x, y) == 0):
        train_epoch(None)
    set_mode(model)
    for group in optimizer.param_groups:
        group["lr"] = window_lr or lr
    with thermograd.Recorder(model, optimizer, params=params, out=args.out, batch_size=batch_size) as rec:
        for _ in range(args.window):
            train_epoch(rec)


@torch.no_grad()
def training_errors(model: torch.nn.Module, x: torch.Tensor, y: torch.Tensor) -> int:
    """Counts the samples whose largest output is that of another class."""
    return sum(int((model(a).argmax(1) != b).sum()) for a, b in zip(x.split(5000), y.split(5000)))
