#!/usr/bin/env python3
"""Numbers from PyTorch (float64) that the network kernels and models must reproduce; writes network.json beside itself.

    /usr/bin/python3 test/oracles/network.py           write network.json
    /usr/bin/python3 test/oracles/network.py --check   recompute and compare with it (relative 1e-12)

Made with Debian 12's python3-torch 1.13 and python3-numpy 1.24. Initial weights and inputs are multiples of 2^-10 and
2^-8, hence exact in float32 too. Before writing, the script checks each gradient against central differences, the
per-sample gradients against the gradient, the momentum recursion retyped by hand against torch.optim.SGD, and each
log-softmax case against 60-digit decimal arithmetic.
"""
import json
import math
import os
from decimal import Decimal, localcontext

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"
import numpy as np
import torch
from frame import finish, made_by, one_line

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)
RATE, MOMENTUM, STEPS = 0.1, 0.9, 5
ACTIVATIONS = {"relu": torch.relu, "tanh": torch.tanh, "identity": lambda z: z}

CONVENTIONS = {
    "weights": "flat: for each layer in order, the weight matrix (outputs x inputs) row by row, then its bias if there are biases",
    "activation": "applied to each layer's output except the last's",
    "batch": "inputs row by row (samples x inputs); labels are class indices; targets row by row (samples x outputs)",
    "crossEntropy": "mean over the samples of -log softmax(outputs)[label]",
    "squaredError": "mean over the samples of 0.5 * sum over the outputs of (output - target)^2",
    "loss": "of batches[0] at `weights`; so are gradient and perSampleGradientNorms",
    "perSampleGradientNorms": "Euclidean norm of the gradient of ONE sample's loss (not divided by the batch size) by all weights",
    "weightsAfterSgd": "after one step w -= rate * g on each of the batches in order, from `weights`; lossesSgd[k] before step k",
    "weightsAfterMomentum": "the same with v = momentum * v + g (v = g at the first step), w -= rate * v; lossesMomentum likewise",
    "smallestPreactivation": "smallest |pre-activation| of a hidden unit met in all of these runs, but for samples whose inputs are all 0: how near a ReLU's kink came",
    "relu": "slope 0 at exactly 0 (met by the all-zero first sample of the sparse networks that have no biases)",
    "logSoftmax": "loss = -log softmax(logits)[label] and its gradient by the logits; all logits are exact in float32",
}

# name, widths, activation, biases, loss, samples in a batch, share of inputs that are zero, seed
NETWORKS = [
    ("relu-7-5-4-3", (7, 5, 4, 3), "relu", False, "crossEntropy", 6, 0.0, 41),
    ("tanh-6-8-5-4-3-biases", (6, 8, 5, 4, 3), "tanh", True, "crossEntropy", 5, 0.0, 12),
    ("identity-5-4-2-squared", (5, 4, 2), "identity", False, "squaredError", 7, 0.0, 13),
    ("relu-9-6-3-biases-squared", (9, 6, 3), "relu", True, "squaredError", 4, 0.5, 14),
    ("relu-3-2-single-sample", (3, 2, 2), "relu", True, "crossEntropy", 1, 0.0, 15),
    ("relu-30-50-50-10-sparse", (30, 50, 50, 10), "relu", False, "crossEntropy", 8, 0.8, 16),
]


class Network:
    def __init__(self, widths, activation, biases, loss):
        self.widths, self.act, self.biases, self.kind = widths, ACTIVATIONS[activation], biases, loss
        self.size = sum(b * a + (b if biases else 0) for a, b in zip(widths, widths[1:]))

    def outputs(self, flat, x, seen=None):
        at, h, filled = 0, x, (x != 0).any(1)
        for k, (a, b) in enumerate(zip(self.widths, self.widths[1:])):
            z = h @ flat[at : at + a * b].view(b, a).T
            at += a * b
            if self.biases:
                z = z + flat[at : at + b]
                at += b
            last = k == len(self.widths) - 2
            if seen is not None and not last:
                seen.append(float(z.detach()[filled].abs().min()))
            h = z if last else self.act(z)
        return h

    def loss(self, flat, x, y, seen=None):
        out = self.outputs(flat, x, seen)
        if self.kind == "crossEntropy":
            return torch.nn.functional.cross_entropy(out, y)
        return 0.5 * ((out - y) ** 2).sum(1).mean()

    def gradient(self, flat, x, y):
        leaf = flat.detach().clone().requires_grad_()
        return torch.autograd.grad(self.loss(leaf, x, y), leaf)[0]


def grid(array, step):
    return np.round(array / step) * step


def run_sgd(net, flat, batches, momentum, seen):
    """torch.optim.SGD over the batches, beside the recursion written out; returns the weights and the losses met."""
    leaf = flat.clone().requires_grad_()
    optimiser = torch.optim.SGD([leaf], lr=RATE, momentum=momentum)
    w, v, losses = flat.clone(), torch.zeros_like(flat), []
    for x, y in batches:
        optimiser.zero_grad()
        loss = net.loss(leaf, x, y, seen)
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
        v = momentum * v + net.gradient(w, x, y)
        w = w - RATE * v
    assert torch.allclose(w, leaf.detach(), rtol=1e-13, atol=1e-15)
    return leaf.detach(), losses


def network_case(name, widths, activation, biases, loss, samples, zeros, seed):
    rng = np.random.default_rng(seed)
    net = Network(widths, activation, biases, loss)
    parts = []
    for a, b in zip(widths, widths[1:]):
        bound = 1 / math.sqrt(a)
        parts.append(rng.uniform(-bound, bound, b * a))
        if biases:
            parts.append(rng.uniform(-bound, bound, b))
    flat = torch.from_numpy(grid(np.concatenate(parts), 2.0**-10))
    batches = []
    for _ in range(STEPS):
        x = grid(rng.uniform(2.0**-8, 1, (samples, widths[0])) if zeros else rng.normal(0, 1, (samples, widths[0])), 2.0**-8)
        x[rng.random(x.shape) < zeros] = 0.0
        if zeros and not batches:
            x[0] = 0.0  # an empty row: without biases all its pre-activations are exactly 0, and so are its ReLU slopes
        y = rng.integers(0, widths[-1], samples) if loss == "crossEntropy" else grid(rng.normal(0, 1, (samples, widths[-1])), 2.0**-8)
        batches.append((torch.from_numpy(x), torch.from_numpy(y)))

    x, y = batches[0]
    gradient = net.gradient(flat, x, y)
    each = torch.stack([net.gradient(flat, x[k : k + 1], y[k : k + 1]) for k in range(samples)])
    assert torch.allclose(each.mean(0), gradient, rtol=1e-12, atol=1e-15)
    for i in rng.choice(net.size, min(net.size, 200), replace=False):  # rounding of the difference: about 1e-16/1e-6
        step = torch.zeros_like(flat)
        step[i] = 1e-6
        slope = float(net.loss(flat + step, x, y) - net.loss(flat - step, x, y)) / 2e-6
        assert abs(slope - float(gradient[i])) < 2e-9, (name, i, slope, float(gradient[i]))

    seen = []
    value = float(net.loss(flat, x, y, seen))
    sgd, losses_sgd = run_sgd(net, flat, batches, 0.0, seen)
    heavy, losses_momentum = run_sgd(net, flat, batches, MOMENTUM, seen)
    assert activation != "relu" or min(seen) > 2e-6, (name, min(seen), "too near a kink for float32: change the seed")
    return {
        "name": name,
        "widths": list(widths),
        "activation": activation,
        "biases": biases,
        "lossKind": loss,
        "samples": samples,
        "learningRate": RATE,
        "momentum": MOMENTUM,
        "weights": compact(flat),
        "batches": [
            {"inputs": compact(x), ("labels" if loss == "crossEntropy" else "targets"): compact(y)} for x, y in batches
        ],
        "loss": value,
        "gradient": compact(gradient),
        "perSampleGradientNorms": compact(each.norm(dim=1)),
        "lossesSgd": losses_sgd,
        "weightsAfterSgd": compact(sgd),
        "lossesMomentum": losses_momentum,
        "weightsAfterMomentum": compact(heavy),
        "smallestPreactivation": min(seen),
    }


def compact(tensor):
    """A flat list; whole numbers without their '.0', the others by repr, which round-trips."""
    return [int(v) if v == int(v) else v for v in tensor.flatten().tolist()]


def log_softmax_case(name, logits, label):
    """Exact in exact arithmetic: with s = sum over j != y of exp(z_j - z_y), the loss is log1p(s)."""
    z = [float(np.float32(v)) for v in logits]
    others = [v - z[label] for j, v in enumerate(z) if j != label]
    top = max(others)
    if top < 700:
        loss = math.log1p(math.fsum(map(math.exp, others)))
    else:  # exp would overflow: take the largest term out, s = e^top (1 + rest), and 1 beside s is nothing
        loss = top + math.log(math.fsum(math.exp(v - top) for v in others))
    grad = [math.exp(v - z[label] - loss) if j != label else math.expm1(-loss) for j, v in enumerate(z)]
    with localcontext() as ctx:
        ctx.prec = 60
        exps = [(Decimal(v) - Decimal(z[label])).exp() for v in z]
        truth = sum(exps).ln()
        assert abs(Decimal(loss) / truth - 1) < Decimal("4e-16"), (name, loss, truth)
        for j, e in enumerate(exps):
            # a rounding of the exponent is a relative error of its exponential
            exact = e / sum(exps) if j != label else -sum(v for k, v in enumerate(exps) if k != j) / sum(exps)
            assert abs(Decimal(grad[j]) - exact) <= abs(exact) * Decimal(max(1.0, abs(z[j] - z[label]), loss) * 4e-16) + Decimal("5e-324")
    return {"name": name, "logits": z, "label": label, "loss": loss, "gradient": grad}


def log_softmax_cases():
    rng = np.random.default_rng(17)
    cases = []
    for power in range(6, 13):  # nine equal rivals this far below give a loss of about 10^-power
        gap = math.log(9) + power * math.log(10)
        z = rng.normal(0, 0.5, 10)
        z[3] = math.log(np.exp(np.delete(z, 3)).mean()) + gap
        cases.append(log_softmax_case(f"loss-1e-{power}", z, 3))
    cases.append(log_softmax_case("loss-1e-6-offset-40", np.r_[54.25 + 0.0, 40.5, 40.25, 40.0, 39.5], 0))
    cases.append(log_softmax_case("loss-1e-40", [92.0, 0.0, -1.5], 0))
    for wrong in (50.0, 120.0, 1000.0):  # exp(120) overflows float32, exp(1000) float64
        cases.append(log_softmax_case(f"loss-{int(wrong)}", [wrong, 0.0, 1.5, wrong - 2.0, -3.25], 1))
    cases.append(log_softmax_case("equal", [0.0] * 10, 9))
    cases.append(log_softmax_case("equal-huge", [-3e4] * 4, 2))
    cases.append(log_softmax_case("ordinary", rng.normal(0, 2, 10), 5))
    return cases


def main():
    data = {
        "madeBy": made_by("network", numpy=np.__version__),
        "conventions": CONVENTIONS,
        "networks": [network_case(*case) for case in NETWORKS],
        "logSoftmax": log_softmax_cases(),
    }
    lists = [
        (key, "[\n" + ",\n".join("{" + ",\n ".join(f'"{k}":{one_line(v)}' for k, v in case.items()) + "}" for case in data[key]) + "\n]")
        for key in ("networks", "logSoftmax")
    ]
    head = [(key, json.dumps(data[key], indent=1)) for key in ("madeBy", "conventions")]
    finish("network", data, head + lists, relative=1e-12, absolute=1e-16)


if __name__ == "__main__":
    main()
