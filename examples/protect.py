"""Fine-tune a torch module without forgetting: minimise new_loss + strength * R(w), R a penalty written by `thermograd protect`.

penalty, strength = load_penalty("penalty.npz")     # one more term of the loss; stable below 2/(learning_rate * stiffness)
loss = cross_entropy(model(x), y) + strength * penalty(parameters_to_vector(model.parameters()))

pull, strength = load_pull("penalty.npz")           # or a step of its own after the optimiser's (plain SGD), stable at any strength
optimizer.step()
hold(model, pull, learning_rate * strength)
"""
import numpy as np
import torch
from torch.nn.utils import parameters_to_vector, vector_to_parameters


def load_penalty(path):
    """w -> R(w) = sum of (w - a)' K (w - a) / 2 for flat weights, and the strength to start from."""
    parts, strength = _read(path)

    def penalty(w):
        total = w.new_zeros(())
        for at, anchor, k in parts(w):
            x = w[at : at + len(anchor)] - anchor
            if "diagonal" in k:
                total = total + (k["diagonal"] * x**2).sum() / 2
            elif "axes" in k:
                total = total + (k["weights"] * (k["axes"] @ x) ** 2).sum() / 2
            else:
                total = total + x @ k["dense"] @ x / 2
        return total

    return penalty, strength


def load_pull(path):
    """(w, h) -> the v that minimises |v - w|^2 / (2 h) + R(v), exact for one anchor and parts that do not overlap."""
    parts, strength = _read(path)

    def pull(w, h):
        w = w.clone()
        for at, anchor, k in parts(w):
            here = slice(at, at + len(anchor))
            x = w[here] - anchor
            if "diagonal" in k:
                x = x / (1 + h * k["diagonal"])
            elif "axes" in k:
                b = (h * k["weights"]).sqrt()[:, None] * k["axes"]
                x = x - b.T @ torch.linalg.solve(torch.eye(len(b)).to(w) + b @ b.T, b @ x)
            else:
                x = torch.linalg.solve(torch.eye(len(x)).to(w) + h * k["dense"], x)
            w[here] = anchor + x
        return w

    return pull, strength


@torch.no_grad()
def hold(model, pull, h):
    vector_to_parameters(pull(parameters_to_vector(model.parameters()), h), model.parameters())


def _read(path):
    if str(path).endswith(".safetensors"):
        from safetensors.torch import load_file

        a = load_file(path)
    else:
        with np.load(path) as file:
            a = {name: torch.from_numpy(file[name]) for name in file.files}
    names = sorted(name[: -len(".offset")] for name in a if name.endswith(".offset"))
    kept = {}

    def parts(w):
        """Offset, anchor and arrays of each part, as numbers of w's kind; converted once."""
        key = (w.dtype, w.device)
        if key not in kept:
            kept[key] = []
            for name in names:
                k = {end: a[f"{name}.{end}"].to(w) for end in ("diagonal", "axes", "weights", "dense") if f"{name}.{end}" in a}
                at, size = int(a[name + ".offset"]), next(iter(k.values())).shape[-1]
                kept[key].append((at, a[name.split(".")[0] + ".anchor"][at : at + size].to(w), k))
        return kept[key]

    return parts, float(a["strength"])
