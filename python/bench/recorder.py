"""
Measures what the recorder adds to a training step: the same training, of which every second step is recorded.

    python3 bench/recorder.py [--steps 20000] [--params 2.weight] [--json FILE]

The network is 784-50-50-10 with rectifiers on random images, minibatches of 50, plain SGD, one thread: a step of about half a
millisecond. Recorded steps and others alternate, so both meet the same machine. The overhead is the difference of their
medians plus, for every row, its part of the time in which chunk files are made (median over such steps); its error is
the standard error over 20 parts of the run. Times are CPU times of the process, in which waiting for other programs does not count; medians leave out
steps after which the caches belong to another program.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time

os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "src"))

import numpy as np  # noqa: E402
import torch  # noqa: E402

import thermograd  # noqa: E402

PARTS = 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--steps", type=int, default=20000)
    parser.add_argument("--params", default="2.weight", help="pattern of the recorded parameters")
    parser.add_argument("--json", help="a file for the numbers")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    model = torch.nn.Sequential(
        torch.nn.Linear(784, 50, bias=False),
        torch.nn.ReLU(),
        torch.nn.Linear(50, 50, bias=False),
        torch.nn.ReLU(),
        torch.nn.Linear(50, 10, bias=False),
    )
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    images, labels = torch.rand(6000, 784), torch.randint(0, 10, (6000,))
    loss_of = torch.nn.CrossEntropyLoss()

    plain: list[float] = []
    recorded: list[float] = []
    chunks: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        recorder = thermograd.Recorder(model, optimizer, params=options.params, out=folder)
        group = recorder._groups[0]
        for k in range(options.steps + 200):
            at = (k * 50) % 6000
            opens = group.room == 0
            start = time.process_time()
            optimizer.zero_grad()
            loss = loss_of(model(images[at : at + 50]), labels[at : at + 50])
            loss.backward()
            optimizer.step()
            if k % 2 == 0:
                recorder.step(loss)
            took = (time.process_time() - start) * 1e6
            if k >= 200:
                (plain if k % 2 else chunks if opens else recorded).append(took)
        rows, size = group._big_rows, recorder.blocks[0].size
        if recorder.failed:
            sys.exit(recorder.failed)
        recorder.close()

    opening = (statistics.median(chunks) - statistics.median(recorded)) / rows if chunks else 0.0

    def added(part: int) -> tuple[float, float]:
        def piece(values: list[float]) -> float:
            length = len(values) // PARTS
            return statistics.median(values[part * length : (part + 1) * length])

        step = piece(plain)
        return piece(recorded) - step + opening, step

    parts = [added(k) for k in range(PARTS)]
    ratios = [a / s for a, s in parts]
    out = {
        "torch": str(torch.__version__),
        "numpy": np.__version__,
        "weights": size,
        "steps": options.steps,
        "stepMicroseconds": statistics.median(plain),
        "addedMicroseconds": statistics.median(a for a, _ in parts),
        "ofThemForChunkFiles": opening,
        "overhead": statistics.median(ratios),
        "standardError": 1.2533 * statistics.stdev(ratios) / PARTS**0.5,
    }
    print(
        f"PyTorch {out['torch']}, NumPy {out['numpy']}: a step {out['stepMicroseconds']:.0f} us; recording {size} weights "
        f"{out['addedMicroseconds']:.1f} us ({opening:.1f} of them for chunk files): "
        f"{100 * out['overhead']:.1f} +- {100 * out['standardError']:.1f} % ({options.steps} steps, every second recorded)"
    )
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(out, file, indent=2)


if __name__ == "__main__":
    main()
