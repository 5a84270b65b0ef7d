#!/usr/bin/env python3
"""Steps of torch.optim (float64) on L + strength R for a small convolutional network; writes held.json beside itself.

    /usr/bin/python3 test/oracles/held.py           write held.json
    /usr/bin/python3 test/oracles/held.py --check   recompute and compare with it (relative 1e-9)

Made with Debian 12's python3-torch 1.13. R = (w - a)' K (w - a) / 2 with K diagonal, of low rank with oblique axes, or dense on a part
of the weights. Adaptive optimisers, and SGD with a schedule, get the gradient of L + strength R by automatic differentiation. Other SGD
takes its own step on L and then solves (1 + h K) w = w' + h K a with h = strength rate / (1 - momentum) by torch.linalg. All numbers are
multiples of 2^-12, hence exact in float32.
"""
import torch
from frame import finish, made_by, one_line
from torch import nn

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)
SAMPLES, BATCH, STEPS, STRENGTH = 24, 8, 6, 1.5
state = 2024


def draw(scale=1.0):
    global state
    state = (1103515245 * state + 12345) % 2**31
    return round(scale * (2 * (state >> 8) / 2**23 - 1) * 2**12) / 2**12


def many(n, scale=1.0):
    return [draw(scale) for _ in range(n)]


def network(weights):
    net = nn.Sequential(nn.Conv2d(1, 3, 2), nn.Tanh(), nn.Flatten(), nn.Linear(27, 3))
    nn.utils.vector_to_parameters(torch.tensor(weights), net.parameters())
    return net


SIZE = 15 + 84
WEIGHTS, ANCHOR = many(SIZE, 0.4), many(SIZE, 0.5)
INPUTS = [many(16) for _ in range(SAMPLES)]
LABELS = [k % 3 for k in range(SAMPLES)]
ROOT = [many(6) for _ in range(6)]
PARTS = {
    "diagonal": {"offset": 0, "values": [abs(v) for v in many(SIZE)]},
    "lowRank": {"offset": 5, "axes": [many(70, 0.3) for _ in range(3)], "weights": [1.0, 0.25, 2.0]},
    "dense": {"offset": 10, "matrix": (torch.tensor(ROOT).T @ torch.tensor(ROOT)).tolist()},
}
SGD, RMS, ADAM, ADAMW = torch.optim.SGD, torch.optim.RMSprop, torch.optim.Adam, torch.optim.AdamW
OPTIMISERS = [
    ("SGD", SGD, {}, {"type": "sgd", "learningRate": 0.2}),
    ("momentum, L2", SGD, {"momentum": 0.5, "weight_decay": 0.1}, {"type": "sgd", "learningRate": 0.1, "momentum": 0.5, "weightDecay": 0.1}),
    ("Nesterov", SGD, {"momentum": 0.5, "nesterov": True}, {"type": "sgd", "learningRate": 0.1, "momentum": 0.5, "nesterov": True}),
    ("momentum, steps", SGD, {"momentum": 0.5}, {"type": "sgd", "learningRate": 0.05, "momentum": 0.5, "schedule": {"type": "step", "every": 2, "factor": 0.5}}),
    ("RMSprop", RMS, {"alpha": 0.9}, {"type": "rmsprop", "learningRate": 0.02, "alpha": 0.9}),
    ("Adam", ADAM, {}, {"type": "adam", "learningRate": 0.05}),
    ("Adam, clipped, L2", ADAM, {"weight_decay": 0.1}, {"type": "adam", "learningRate": 0.05, "weightDecay": 0.1, "clipNorm": 0.5}),
    ("AdamW", ADAMW, {"weight_decay": 0.3}, {"type": "adamw", "learningRate": 0.05, "weightDecay": 0.3}),
]


def dense(kind):
    k = torch.zeros(SIZE, SIZE)
    part = PARTS[kind]
    at = part["offset"]
    if kind == "diagonal":
        return torch.diag(torch.tensor(part["values"]))
    if kind == "dense":
        k[at : at + 6, at : at + 6] = torch.tensor(part["matrix"])
        return k
    axes = torch.tensor(part["axes"])
    k[at : at + 70, at : at + 70] = axes.T @ torch.diag(torch.tensor(part["weights"])) @ axes
    return k


def case(kind, name, maker, options, spec):
    net = network(WEIGHTS)
    k, anchor = dense(kind), torch.tensor(ANCHOR)
    optimiser = maker(net.parameters(), lr=spec["learningRate"], **options)
    schedule = spec.get("schedule")
    scheduler = schedule and torch.optim.lr_scheduler.StepLR(optimiser, schedule["every"], schedule["factor"])
    after_step = maker is SGD and not schedule
    x, y = torch.tensor(INPUTS).reshape(-1, 1, 4, 4), torch.tensor(LABELS)
    for t in range(STEPS):
        rows = [(BATCH * t + i) % SAMPLES for i in range(BATCH)]
        loss = nn.functional.cross_entropy(net(x[rows]), y[rows])
        if not after_step:
            d = nn.utils.parameters_to_vector(net.parameters()) - anchor
            loss = loss + STRENGTH * (d @ k @ d) / 2
        optimiser.zero_grad()
        loss.backward()
        if "clipNorm" in spec:
            nn.utils.clip_grad_norm_(net.parameters(), spec["clipNorm"])
        optimiser.step()
        if scheduler:
            scheduler.step()
        if after_step:
            h = STRENGTH * spec["learningRate"] / (1 - spec.get("momentum", 0))
            w = nn.utils.parameters_to_vector(net.parameters()).detach()
            solved = torch.linalg.solve(torch.eye(SIZE) + h * k, w + h * k @ anchor)
            nn.utils.vector_to_parameters(solved, net.parameters())
    return {"kind": kind, "name": name, "spec": spec, "weights": nn.utils.parameters_to_vector(net.parameters()).tolist()}


def main():
    data = {
        "madeBy": made_by("held"),
        "strength": STRENGTH,
        "weights": WEIGHTS,
        "anchor": ANCHOR,
        "inputs": INPUTS,
        "labels": LABELS,
        "parts": PARTS,
        "cases": [case(kind, *o) for kind in PARTS for o in OPTIMISERS],
    }
    flat = [(key, one_line(data[key])) for key in ("madeBy", "strength", "weights", "anchor", "inputs", "labels", "parts")]
    finish("held", data, [*flat, ("cases", "[\n" + ",\n".join(one_line(c) for c in data["cases"]) + "\n]")], relative=1e-9, absolute=1e-12)


if __name__ == "__main__":
    main()
