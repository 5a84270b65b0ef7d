#!/usr/bin/env python3
"""Steps of torch.optim (float64) that the optimisers must reproduce; writes optimisers.json beside itself.

    /usr/bin/python3 test/oracles/optimisers.py           write optimisers.json
    /usr/bin/python3 test/oracles/optimisers.py --check   recompute and compare with it (relative 1e-12)

Made with Debian 12's python3-torch 1.13. The gradients are given numbers, multiples of 2^-12 and so exact in float32, the same for
every optimiser: one weight never has a gradient, another only in the first step, and their sizes span five orders of magnitude.
PyTorch has no decoupled decay for SGD and RMSprop; there the weights are multiplied by 1 - rate*decay before its step, as its AdamW
does. The script checks each rate against the formula of the schedule, written out anew.
"""
import math

import torch
from frame import finish, made_by, one_line

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)
SIZE, STEPS = 9, 24


def numbers():
    """Weights and gradients by a congruential generator, so that no library's random numbers are needed."""
    state = 12345

    def draw():
        nonlocal state
        state = (1103515245 * state + 12345) % 2**31
        return 2 * (state >> 8) / 2**23 - 1

    weights = [round(draw() * 2**11) / 2**10 for _ in range(SIZE)]
    scales = [1, 1, 0.02, 30, 1, 1, 1000, 1, 0.3]
    gradients = []
    for t in range(STEPS):
        g = [round(scales[i] * (draw() + (0.5 if i % 2 else 0)) * 2**12) / 2**12 for i in range(SIZE)]
        g[4] = 0.0
        if t > 0:
            g[5] = 0.0
        gradients.append(g)
    return weights, gradients


def schedule_of(optimiser, kind):
    """PyTorch's scheduler, and the same rates by a formula, relative to the rate of the optimiser."""
    s = torch.optim.lr_scheduler
    if kind is None:
        return None, lambda t: 1.0
    if kind["type"] == "step" and "every" in kind:
        return s.StepLR(optimiser, kind["every"], kind["factor"]), lambda t: kind["factor"] ** (t // kind["every"])
    if kind["type"] == "step":
        return s.MultiStepLR(optimiser, kind["at"], kind["factor"]), lambda t: kind["factor"] ** sum(a <= t for a in kind["at"])
    if kind["type"] == "cosine":
        low = kind.get("minimum", 0) / optimiser.param_groups[0]["lr"]
        return (
            s.CosineAnnealingLR(optimiser, kind["length"], kind.get("minimum", 0)),
            lambda t: low + (1 - low) * (1 + math.cos(math.pi * t / kind["length"])) / 2,
        )
    up = kind["warmup"]
    return s.LinearLR(optimiser, 1 / up, 1.0, up - 1), lambda t: min(1, (t + 1) / up)


SGD, RMS, ADAM, ADAMW = torch.optim.SGD, torch.optim.RMSprop, torch.optim.Adam, torch.optim.AdamW
CASES = [
    ("SGD", SGD, {}, {"type": "sgd", "learningRate": 0.1}),
    ("SGD, L2", SGD, {"weight_decay": 0.05}, {"type": "sgd", "learningRate": 0.1, "weightDecay": 0.05}),
    ("SGD, decoupled", SGD, {}, {"type": "sgd", "learningRate": 0.1, "weightDecay": 0.05, "decoupled": True}),
    ("momentum", SGD, {"momentum": 0.9}, {"type": "sgd", "learningRate": 0.05, "momentum": 0.9}),
    ("momentum, dampening, L2", SGD, {"momentum": 0.8, "dampening": 0.3, "weight_decay": 0.1}, {"type": "sgd", "learningRate": 0.05, "momentum": 0.8, "dampening": 0.3, "weightDecay": 0.1}),
    ("momentum, decoupled", SGD, {"momentum": 0.9}, {"type": "sgd", "learningRate": 0.05, "momentum": 0.9, "weightDecay": 0.1, "decoupled": True}),
    ("Nesterov", SGD, {"momentum": 0.9, "nesterov": True}, {"type": "sgd", "learningRate": 0.05, "momentum": 0.9, "nesterov": True}),
    ("Nesterov, L2", SGD, {"momentum": 0.7, "nesterov": True, "weight_decay": 0.02}, {"type": "sgd", "learningRate": 0.05, "momentum": 0.7, "nesterov": True, "weightDecay": 0.02}),
    ("RMSprop", RMS, {}, {"type": "rmsprop", "learningRate": 0.01}),
    ("RMSprop, momentum, L2", RMS, {"alpha": 0.9, "eps": 1e-3, "momentum": 0.6, "weight_decay": 0.1}, {"type": "rmsprop", "learningRate": 0.01, "alpha": 0.9, "epsilon": 1e-3, "momentum": 0.6, "weightDecay": 0.1}),
    ("RMSprop, momentum, decoupled", RMS, {"momentum": 0.6}, {"type": "rmsprop", "learningRate": 0.01, "momentum": 0.6, "weightDecay": 0.1, "decoupled": True}),
    ("Adam", ADAM, {}, {"type": "adam", "learningRate": 0.01}),
    ("Adam, L2, other memories", ADAM, {"betas": (0.5, 0.95), "eps": 1e-4, "weight_decay": 0.1}, {"type": "adam", "learningRate": 0.01, "beta1": 0.5, "beta2": 0.95, "epsilon": 1e-4, "weightDecay": 0.1}),
    ("Adam without memory of the gradient", ADAM, {"betas": (0.0, 0.9)}, {"type": "adam", "learningRate": 0.01, "beta1": 0, "beta2": 0.9}),
    ("Adam, decoupled", ADAMW, {"weight_decay": 0.3}, {"type": "adam", "learningRate": 0.01, "weightDecay": 0.3, "decoupled": True}),
    ("AdamW", ADAMW, {}, {"type": "adamw", "learningRate": 0.01}),
    ("AdamW, decay", ADAMW, {"weight_decay": 0.2, "betas": (0.8, 0.99)}, {"type": "adamw", "learningRate": 0.01, "weightDecay": 0.2, "beta1": 0.8, "beta2": 0.99}),
    ("SGD, clipped", SGD, {"momentum": 0.9}, {"type": "sgd", "learningRate": 0.05, "momentum": 0.9, "clipNorm": 300}),
    ("Adam, clipped, L2", ADAM, {"weight_decay": 0.1}, {"type": "adam", "learningRate": 0.01, "weightDecay": 0.1, "clipNorm": 20}),
    ("SGD, steps", SGD, {}, {"type": "sgd", "learningRate": 0.1, "schedule": {"type": "step", "every": 5, "factor": 0.3}}),
    ("momentum, named steps", SGD, {"momentum": 0.9}, {"type": "sgd", "learningRate": 0.1, "momentum": 0.9, "schedule": {"type": "step", "at": [3, 4, 15], "factor": 0.5}}),
    ("AdamW, cosine", ADAMW, {"weight_decay": 0.2}, {"type": "adamw", "learningRate": 0.02, "weightDecay": 0.2, "schedule": {"type": "cosine", "length": 24, "minimum": 1e-3}}),
    ("Adam, warm-up", ADAM, {}, {"type": "adam", "learningRate": 0.02, "schedule": {"type": "constant", "warmup": 7}}),
    ("SGD, decoupled, cosine", SGD, {}, {"type": "sgd", "learningRate": 0.1, "weightDecay": 0.1, "decoupled": True, "schedule": {"type": "cosine", "length": 30}}),
]


def case(name, maker, options, spec, weights, gradients):
    leaf = torch.tensor(weights, requires_grad=True)
    optimiser = maker([leaf], lr=spec["learningRate"], **options)
    scheduler, formula = schedule_of(optimiser, spec.get("schedule"))
    by_hand = spec.get("decoupled", False) and maker in (SGD, RMS)
    after, rates, clipped = [], [], 0
    for t, g in enumerate(gradients):
        rate = optimiser.param_groups[0]["lr"]
        assert math.isclose(rate, spec["learningRate"] * formula(t), rel_tol=1e-12), (name, t, rate)
        leaf.grad = torch.tensor(g)
        if "clipNorm" in spec:
            clipped += bool(torch.nn.utils.clip_grad_norm_([leaf], spec["clipNorm"]) > spec["clipNorm"])
        if by_hand:
            with torch.no_grad():
                leaf.mul_(1 - rate * spec["weightDecay"])
        optimiser.step()
        if scheduler:
            scheduler.step()
        rates.append(rate)
        after.append(leaf.detach().tolist())
    return {"name": name, "spec": spec, "rates": rates, "clipped": clipped, "weights": [after[0], after[1], after[9], after[-1]]}


def main():
    weights, gradients = numbers()
    data = {
        "madeBy": made_by("optimisers"),
        "weights": weights,
        "gradients": gradients,
        "after": [1, 2, 10, STEPS],
        "cases": [case(*c, weights, gradients) for c in CASES],
    }
    flat = [(key, one_line(data[key])) for key in ("madeBy", "weights", "after")]
    lists = [(key, "[\n" + ",\n".join(one_line(v) for v in data[key]) + "\n]") for key in ("gradients", "cases")]
    finish("optimisers", data, flat + lists, relative=1e-12, absolute=1e-16)


if __name__ == "__main__":
    main()
