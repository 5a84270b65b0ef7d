"""Per-sample gradients of the 50x50 layer, delta_k (x) h_k for each sample k (docs/theory [S10])."""
import torch
import torch.nn.functional as F

from .common import head, inputs_for, measure
from .training import batches, initial_weights, train


def factors(weights, x, y):
    """delta (samples x 50) of one sample's loss by the second pre-activation, and the layer's input h (samples x 50)."""
    w1, w2, w3 = weights
    h1 = x.mm(w1.t()).relu_()
    h2 = h1.mm(w2.t()).relu_()
    d3 = torch.softmax(h2.mm(w3.t()), 1)
    d3[torch.arange(len(y)), y] -= 1
    return d3.mm(w3).mul_(h2 > 0), h1


def run(args):
    x, y = (torch.from_numpy(a) for a in inputs_for(args))
    weights = initial_weights()
    train("manual", weights, x, y, batches(len(x), args.batch, len(x) // args.batch), args.rate)
    n = args.samples
    x, y = x[:n].clone(), y[:n].clone()
    out = torch.zeros(n, weights[1].shape[0], weights[1].shape[1])
    inner = max(1, 100_000 // n)

    def many(call):
        def body():
            with torch.inference_mode():
                for _ in range(inner):
                    call()

        return measure(body, args.repeats, inner * n, "sample")

    def einsum(delta, h):
        return torch.einsum("bi,bj->bij", delta, h)

    def into(delta, h):
        return torch.mul(delta[:, :, None], h[:, None, :], out=out)

    delta, h = factors(weights, x, y)
    probe = weights[1].clone().requires_grad_()
    mid = F.linear(F.relu(F.linear(F.relu(F.linear(x[:1], weights[0])), probe)), weights[2])
    truth = torch.autograd.grad(F.cross_entropy(mid, y[:1]), probe)[0]
    worst = float((einsum(delta[:1], h[:1])[0] - truth).abs().max())
    return head(args, torch) | {
        "results": {
            "einsum": many(lambda: einsum(delta, h)),
            "multiplyInto": many(lambda: into(delta, h)),
            "forwardBackwardEinsum": many(lambda: einsum(*factors(weights, x, y))),
            "forwardBackwardMultiplyInto": many(lambda: into(*factors(weights, x, y))),
        },
        "largestDifferenceFromAutograd": worst,
    }
