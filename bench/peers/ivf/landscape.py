"""The full training loss along a direction in the 50x50 layer, in PyTorch, from the plain one-liner to the fastest found.

`plain`    one expression over all samples, samples x units;
`blocked`  blocks of 2000 samples that stay in cache, stored units x samples (log-softmax over ten rows of a block
           vectorises over samples: twice as fast here as over the ten columns of a sample).
"activations" caches h1 (first layer) and does the second layer's product at each evaluation; "affine" caches
A = h1 W2' and the direction's B = h1 P', so that the pre-activation is A + delta B (docs/theory [F4]).
"""
import math

import torch
import torch.nn.functional as F
from scipy.optimize import brentq

from .common import head, inputs_for, measure
from .training import batches, initial_weights, train

BLOCK = 2000


class Line:
    """Loss L(centre + delta p) of the second layer, mean over all samples; `weights` holds the centre."""

    def __init__(self, weights, x, y):
        self.w1, self.w2, self.w3 = weights
        self.y = y
        self.h1 = torch.cat([F.relu(c.mm(self.w1.t())) for c in x.split(BLOCK)])
        self.blocks = [c.t().contiguous() for c in self.h1.split(BLOCK)]
        self.labels = [c[None] for c in y.split(BLOCK)]
        self.affine = [self.w2.mm(h) for h in self.blocks]
        self.slopes = [torch.empty_like(a) for a in self.affine]
        self.scratch = torch.empty(self.w2.shape[0], BLOCK)

    def aim(self, p):
        """Choose the direction p (50 x 50, unit norm): computes the slopes once."""
        self.p = p
        for h, slope in zip(self.blocks, self.slopes):
            torch.mm(p, h, out=slope)

    def _tail(self, hidden, label):
        logp = torch.log_softmax(self.w3.mm(hidden), 0)
        return logp.gather(0, label).sum(dtype=torch.float64)

    def affine_blocked(self, delta):
        total = 0.0
        for a, b, label in zip(self.affine, self.slopes, self.labels):
            h = torch.add(a, b, alpha=delta, out=self.scratch[:, : a.shape[1]]).relu_()
            total -= self._tail(h, label)
        return float(total) / len(self.y)

    def activations_blocked(self, delta):
        w = torch.add(self.w2, self.p, alpha=delta)
        total = 0.0
        for h1, label in zip(self.blocks, self.labels):
            total -= self._tail(w.mm(h1).relu_(), label)
        return float(total) / len(self.y)

    def activations_plain(self, delta):
        h = F.relu(F.linear(self.h1, self.w2 + delta * self.p))
        return float(F.cross_entropy(F.linear(h, self.w3), self.y))

    def affine_plain(self, delta):
        if getattr(self, "plain_for", None) is not self.p:
            self.plain_a, self.plain_b = F.linear(self.h1, self.w2), F.linear(self.h1, self.p)
            self.plain_for = self.p
        h = F.relu(torch.add(self.plain_a, self.plain_b, alpha=delta))
        return float(F.cross_entropy(F.linear(h, self.w3), self.y))

    def exact(self, delta):
        """The same loss in float64, for checks."""
        w = self.w2.double() + delta * self.p.double()
        h = F.relu(F.linear(self.h1.double(), w))
        return float(F.cross_entropy(F.linear(h, self.w3.double()), self.y))


def width(line, l0, guesses, tolerance=1e-4, cap=1e3):
    """Both crossings of e*L0 nearest to the centre and the number of evaluations; an open side is None.

    Steps outward from half the guess by factors of 1.5, then Brent on log(L/L0) - 1 to a relative tolerance.
    """
    count = 0
    sides = []
    for sign, guess in zip((-1.0, 1.0), guesses):
        seen = {0.0: -1.0}

        def excess(delta):
            nonlocal count
            if delta not in seen:
                count += 1
                seen[delta] = math.log(max(line.affine_blocked(sign * delta), 1e-300) / l0) - 1
            return seen[delta]

        near, far = 0.0, 0.5 * guess
        while excess(far) < 0 and far < cap:
            near, far = far, 1.5 * far
        found = excess(far) >= 0
        sides.append(sign * brentq(excess, near, far, xtol=1e-12, rtol=tolerance) if found else None)
    return sides[0], sides[1], count


def run(args):
    x, y = (torch.from_numpy(a) for a in inputs_for(args))
    weights = initial_weights()
    train("manual", weights, x, y, batches(len(x), args.batch, args.epochs * (len(x) // args.batch)), args.rate)
    p = torch.randn_like(weights[1])
    p /= p.norm()
    deltas = [0.3 * (k + 1) / args.evaluations for k in range(args.evaluations)]
    with torch.inference_mode():
        line = Line(weights, x, y)
        line.aim(p)
        kinds = {
            "cachedActivationsPlain": line.activations_plain,
            "cachedActivationsBlocked": line.activations_blocked,
            "cachedAffinePlain": line.affine_plain,
            "cachedAffineBlocked": line.affine_blocked,
        }
        truth = [line.exact(d) for d in deltas]
        results, worst = {}, {}
        for name, loss in kinds.items():
            worst[name] = max(abs(loss(d) / t - 1) for d, t in zip(deltas, truth))
            results[name] = measure(lambda: [loss(d) for d in deltas], args.repeats, len(deltas), "evaluation")
        results["aimBlocked"] = measure(lambda: line.aim(p), args.repeats, 1, "direction")
    return head(args, torch) | {
        "samples": len(x),
        "block": BLOCK,
        "loss": truth[0],
        "results": results,
        "largestRelativeErrorAgainstFloat64": worst,
    }
