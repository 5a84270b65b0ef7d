#!/usr/bin/env python3
"""Steps and gradients of convolutional networks in PyTorch on one thread: the peer of bench/plan.mjs.

    plan_peer.py TASK --data FOLDER [--repeats N] [--count N]

Tasks: lenet-step, cnn-step, resnet8-step, mlp-step (B = 50, cross-entropy, plain SGD, the loss read after every step), lenet-gradient (float64, mean
loss over `count` images of MNIST in batches of 1000), sample-gradients (each of 50 samples' own gradient of the second convolution
of LeNet-5, torch.func's vmap of grad; the whole forward and backward pass is part of it), sample-norms (their squared norms, of the
weight alone, in float64). Prints one line of JSON.
"""
import argparse
import json
import os
import sys
import time

parser = argparse.ArgumentParser()
parser.add_argument("task")
parser.add_argument("--data", required=True)
parser.add_argument("--repeats", type=int, default=5)
parser.add_argument("--count", type=int, default=20)
args = parser.parse_args()
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

torch.set_num_threads(1)
torch.manual_seed(0)


def idx(name, head):
    with open(os.path.join(args.data, name), "rb") as f:
        return np.frombuffer(f.read()[head:], np.uint8)


def lenet():
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
    )


def cnn():
    return nn.Sequential(
        nn.Conv2d(3, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(),
        nn.MaxPool2d(2), nn.Flatten(), nn.Linear(2048, 64), nn.ReLU(), nn.Linear(64, 10),
    )


def mlp():
    sides = [(784, 50), (50, 50), (50, 10)]
    first, second, third = (nn.Linear(i, o, bias=False) for i, o in sides)
    return nn.Sequential(nn.Flatten(), first, nn.ReLU(), second, nn.ReLU(), third)


class Block(nn.Module):
    def __init__(self, inputs, channels, stride):
        super().__init__()
        self.main = nn.Sequential(
            nn.Conv2d(inputs, channels, 3, stride, 1, bias=False), nn.BatchNorm2d(channels), nn.ReLU(),
            nn.Conv2d(channels, channels, 3, 1, 1, bias=False), nn.BatchNorm2d(channels),
        )
        widens = stride > 1
        self.shortcut = nn.Conv2d(inputs, channels, 1, stride, bias=False) if widens else nn.Identity()

    def forward(self, x):
        return F.relu(self.main(x) + self.shortcut(x))


def resnet8():
    """Three residual blocks whose batch norms have fixed statistics."""
    first = nn.Conv2d(3, 16, 3, padding=1, bias=False)
    blocks = [Block(16, 16, 1), Block(16, 32, 2), Block(32, 64, 2)]
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10)]
    return nn.Sequential(first, nn.BatchNorm2d(16), nn.ReLU(), *blocks, *head).eval()


def images(count):
    if args.task in ("cnn-step", "resnet8-step"):
        return torch.rand(count, 3, 32, 32), torch.arange(count) % 10
    x = idx("train-images-idx3-ubyte", 16)[: count * 784].reshape(-1, 1, 28, 28).astype(np.float32) / 255
    y = idx("train-labels-idx1-ubyte", 8)[:count].astype(np.int64)
    return torch.from_numpy(x), torch.from_numpy(y)


def stepper(model):
    x, y = images(2000)
    optimiser = torch.optim.SGD(model.parameters(), 0.01)

    def run():
        for k in range(args.count):
            at = 50 * (k % 40)
            optimiser.zero_grad()
            loss = F.cross_entropy(model(x[at : at + 50]), y[at : at + 50])
            loss.backward()
            optimiser.step()
            loss.item()

    return run, args.count


def gradient():
    model = lenet().double()
    x, y = images(args.count)
    x = x.double()

    def run():
        model.zero_grad()
        for at in range(0, args.count, 1000):
            part = slice(at, at + 1000)
            (F.cross_entropy(model(x[part]), y[part], reduction="sum") / args.count).backward()

    return run, args.count


def of_samples(names, dtype):
    from torch.func import functional_call, grad, vmap

    model = lenet().to(dtype)
    x, y = images(50)
    x = x.to(dtype)
    all_weights = {k: v.detach() for k, v in model.named_parameters()}
    own = {k: all_weights[k] for k in names}

    def loss(weights, image, label):
        out = functional_call(model, {**all_weights, **weights}, (image[None],))
        return F.cross_entropy(out, label[None])

    each = vmap(grad(loss), (None, 0, 0))
    return lambda: each(own, x, y)


def sample_gradients():
    each = of_samples(("3.weight", "3.bias"), torch.float32)

    def run():
        for _ in range(args.count):
            each()

    return run, args.count


def sample_norms():
    each = of_samples(("3.weight",), torch.float64)

    def run():
        for _ in range(args.count):
            each()["3.weight"].square().flatten(1).sum(1)

    return run, args.count


tasks = {
    "lenet-step": lambda: stepper(lenet()),
    "cnn-step": lambda: stepper(cnn()),
    "resnet8-step": lambda: stepper(resnet8()),
    "mlp-step": lambda: stepper(mlp()),
    "lenet-gradient": gradient,
    "sample-gradients": sample_gradients,
    "sample-norms": sample_norms,
}
if args.task not in tasks:
    sys.exit(f"plan_peer.py: no task {args.task!r}; tasks are {', '.join(tasks)}")
run, count = tasks[args.task]()
run()
seconds, cpu = [], []
for _ in range(args.repeats):
    start, used = time.perf_counter(), time.process_time()
    run()
    seconds.append((time.perf_counter() - start) / count)
    cpu.append((time.process_time() - used) / count)
print(json.dumps({"task": args.task, "torch": torch.__version__, "seconds": float(np.median(seconds)), "cpu": min(cpu)}))
