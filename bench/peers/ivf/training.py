"""Training steps of 784-50-50-10 (ReLU, no biases, cross-entropy, SGD) with the 50x50 layer's weights kept at each step.

Three eager loops over the same preloaded float32 inputs, batches by `index_select` (no DataLoader):
`module`      nn.Sequential, loss.backward(), torch.optim.SGD(foreach): what most users write;
`functional`  F.linear on plain leaves, torch.autograd.grad, one fused update: the fastest with autograd;
`manual`      backward written by hand with addmm updates: faster than PyTorch's users go, the strictest peer.
"""
import torch
import torch.nn.functional as F
from torch import nn

from .common import head, inputs_for, measure

WIDTHS = (784, 50, 50, 10)


def initial_weights():
    """PyTorch's default initialisation of bias-free linear layers: uniform within 1/sqrt(fan_in)."""
    layers = [nn.Linear(n, m, bias=False) for n, m in zip(WIDTHS, WIDTHS[1:])]
    return [layer.weight.detach().clone() for layer in layers]


def batches(n, batch, steps):
    """Index batches (steps x batch), reshuffled each epoch, without replacement, last incomplete batch dropped."""
    per_epoch = n // batch
    epochs = -(-steps // per_epoch)
    rows = [torch.randperm(n)[: per_epoch * batch].view(per_epoch, batch) for _ in range(epochs)]
    return torch.cat(rows)[:steps]


def train_module(weights, x, y, index, rate, record):
    net = nn.Sequential(*[m for w in weights for m in (nn.Linear(w.shape[1], w.shape[0], bias=False), nn.ReLU())][:-1])
    for p, w in zip(net.parameters(), weights):
        p.data = w
    second = weights[1]
    optimiser = torch.optim.SGD(net.parameters(), lr=rate, foreach=True)
    for i, kept in zip(index.unbind(0), record):
        optimiser.zero_grad(set_to_none=True)
        F.cross_entropy(net(x.index_select(0, i)), y.index_select(0, i)).backward()
        optimiser.step()
        if kept is not None:
            kept.copy_(second)


def train_functional(weights, x, y, index, rate, record):
    leaves = [w.detach().requires_grad_() for w in weights]  # these share the memory of `weights`
    w1, w2, w3 = leaves
    second = weights[1]
    for i, kept in zip(index.unbind(0), record):
        h = F.relu(F.linear(F.relu(F.linear(x.index_select(0, i), w1)), w2))
        loss = F.cross_entropy(F.linear(h, w3), y.index_select(0, i))
        torch._foreach_add_(weights, torch.autograd.grad(loss, leaves), alpha=-rate)
        if kept is not None:
            kept.copy_(second)


def train_manual(weights, x, y, index, rate, record):
    w1, w2, w3 = weights
    targets = F.one_hot(y, WIDTHS[-1]).float()
    scale = -rate / index.shape[1]
    with torch.inference_mode():
        for i, kept in zip(index.unbind(0), record):
            xb = x.index_select(0, i)
            h1 = xb.mm(w1.t()).relu_()
            h2 = h1.mm(w2.t()).relu_()
            d3 = torch.softmax(h2.mm(w3.t()), 1).sub_(targets.index_select(0, i))
            d2 = d3.mm(w3).mul_(h2 > 0)
            d1 = d2.mm(w2).mul_(h1 > 0)
            w3.addmm_(d3.t(), h2, alpha=scale)
            w2.addmm_(d2.t(), h1, alpha=scale)
            w1.addmm_(d1.t(), xb, alpha=scale)
            if kept is not None:
                kept.copy_(w2)


LOOPS = {"module": train_module, "functional": train_functional, "manual": train_manual}


def train(loop, weights, x, y, index, rate, record=None):
    """Update `weights` in place over the batches of `index`; keep the second layer in record[k] after step k."""
    LOOPS[loop](weights, x, y, index, rate, [None] * len(index) if record is None else record.unbind(0))


def full_loss(weights, x, y):
    """Mean cross-entropy and accuracy over all samples."""
    w1, w2, w3 = weights
    with torch.inference_mode():
        logits = torch.cat([F.relu(F.relu(c.mm(w1.t())).mm(w2.t())).mm(w3.t()) for c in x.split(2000)])
        loss = F.cross_entropy(logits, y, reduction="none").mean(dtype=torch.float64)
        return float(loss), float((logits.argmax(1) == y).double().mean())


def run(args):
    x, y = (torch.from_numpy(a) for a in inputs_for(args))
    record = torch.zeros(args.steps, WIDTHS[2], WIDTHS[1])
    report = head(args, torch) | {"inputs": args.inputs, "results": {}}
    for loop in LOOPS:
        torch.manual_seed(args.seed)
        weights = initial_weights()
        index = batches(len(x), args.batch, args.steps)
        first = full_loss(weights, x, y)[0]
        report["results"][loop] = measure(
            lambda: train(loop, weights, x, y, index, args.rate, record), args.repeats, args.steps, "step"
        )
        report["results"][loop]["lossFirstLast"] = [first, full_loss(weights, x, y)[0]]
    return report
