"""
Measures what the recorder adds to a training step: the same training with and without it, in turns of 400 steps.

    python3 bench/recorder.py [--turns 40] [--params 2.weight] [--every 1] [--json FILE]

The network is 784-50-50-10 with rectifiers on random images, minibatches of 50, plain SGD, one thread: a step of about half a
millisecond. Times are CPU times of the process, in which writing to the page cache counts and waiting for other programs does
not; wall times are given beside them. A turn with the recorder includes making the chunk files that fall into it.
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

STEPS = 400


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--turns", type=int, default=40)
    parser.add_argument("--params", default="2.weight", help="pattern of the recorded parameters")
    parser.add_argument("--every", type=int, default=1)
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

    def turn(recorder: thermograd.Recorder | None) -> tuple[float, float]:
        wall, cpu = time.perf_counter(), time.process_time()
        for k in range(STEPS):
            at = (k * 50) % 6000
            optimizer.zero_grad()
            loss = loss_of(model(images[at : at + 50]), labels[at : at + 50])
            loss.backward()
            optimizer.step()
            if recorder is not None:
                recorder.step(loss)
        return (time.process_time() - cpu) / STEPS * 1e6, (time.perf_counter() - wall) / STEPS * 1e6

    with tempfile.TemporaryDirectory() as folder:
        recorder = thermograd.Recorder(model, optimizer, params=options.params, out=folder, every=options.every)
        turn(None)
        turn(recorder)
        pairs = []
        for k in range(options.turns):
            # the order alternates, so that a machine that slows down favours neither
            first = (None, recorder) if k % 2 == 0 else (recorder, None)
            times = [turn(r) for r in first]
            pairs.append(times if k % 2 == 0 else times[::-1])
        if recorder.failed:
            sys.exit(recorder.failed)
        recorder.close()
        size = recorder.blocks[0].size

    def row(which: int) -> dict[str, float]:
        without = [p[0][which] for p in pairs]
        added = [p[1][which] - p[0][which] for p in pairs]
        ratios = [p[1][which] / p[0][which] - 1 for p in pairs]
        error = 1.2533 * statistics.stdev(ratios) / len(ratios) ** 0.5
        return {
            "stepMicroseconds": statistics.median(without),
            "addedMicroseconds": statistics.median(added),
            "overhead": statistics.median(ratios),
            "overheadStandardError": error,
        }

    out = {
        "torch": str(torch.__version__),
        "numpy": np.__version__,
        "weights": size,
        "every": options.every,
        "turns": options.turns,
        "stepsOfATurn": STEPS,
        "cpu": row(0),
        "wall": row(1),
    }
    print(f"PyTorch {out['torch']}, NumPy {out['numpy']}: {size} weights, every {options.every}, {options.turns} pairs of {STEPS} steps")
    for name in ("cpu", "wall"):
        r = out[name]
        print(
            f"{name:5} step {r['stepMicroseconds']:.0f} us, recorder {r['addedMicroseconds']:.1f} us, "
            f"overhead {100 * r['overhead']:.1f} +- {100 * r['overheadStandardError']:.1f} % (median over pairs)"
        )
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(out, file, indent=2)


if __name__ == "__main__":
    main()
