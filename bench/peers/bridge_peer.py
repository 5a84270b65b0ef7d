"""
A network in PyTorch with random data, as `make()` for the bridge; started as a program, the same passes written plainly, timed.

THERMOGRAD_BENCH is the widths and the number of samples: `784-50-50-10:10000`. The program reads the name of a pass on each line of stdin and
prints its seconds.
"""

import os
import sys
import time

import torch

F = torch.nn.functional
WIDTHS, SAMPLES = os.environ.get("THERMOGRAD_BENCH", "784-50-50-10:10000").split(":")
widths, samples = [int(w) for w in WIDTHS.split("-")], int(SAMPLES)
torch.set_num_threads(1)


def make():
    torch.manual_seed(0)
    layers = []
    for inputs, outputs in zip(widths[:-1], widths[1:]):
        layers += [torch.nn.Linear(inputs, outputs), torch.nn.ReLU()]
    x = torch.rand(samples, widths[0])
    return torch.nn.Sequential(*layers[:-1]), F.cross_entropy, (x, torch.randint(0, widths[-1], (samples,)))


def main():
    model, loss, (x, y) = make()
    model, x = model.double(), x.double()
    weights = list(model.parameters())
    vector = [torch.randn_like(w) for w in weights]
    batches = list(zip(x.split(1000), y.split(1000)))

    def losses():
        with torch.no_grad():
            return sum(float(loss(model(a), b)) * len(b) for a, b in batches) / samples

    def gradient():
        total = [torch.zeros_like(w) for w in weights]
        for a, b in batches:
            for t, g in zip(total, torch.autograd.grad(loss(model(a), b), weights)):
                t += g * (len(b) / samples)
        return total

    def hessian_vectors():
        total = [torch.zeros_like(w) for w in weights]
        for a, b in batches:
            first = torch.autograd.grad(loss(model(a), b), weights, create_graph=True)
            second = torch.autograd.grad(first, weights, vector)
            for t, h in zip(total, second):
                t += h * (len(b) / samples)
        return total

    passes = {"losses": losses, "gradient": gradient, "hessianVectors": hessian_vectors}
    for line in sys.stdin:
        start = time.perf_counter()
        passes[line.strip()]()
        print(time.perf_counter() - start, flush=True)


if __name__ == "__main__":
    main()
