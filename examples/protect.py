"""Fine-tune a torch module without forgetting: minimise new_loss + strength * R(w), R a penalty written by `thermograd protect`.

penalty, strength = load_penalty("penalty.npz", model)     # one more term of the loss; stable below 2/(learning_rate * stiffness)
loss = cross_entropy(model(x), y) + strength * penalty(parameters_to_vector(model.parameters()))

pull, strength = load_pull("penalty.npz", model)           # or a step of its own after the optimiser's (plain SGD), stable at any strength
optimizer.step()
hold(model, pull, learning_rate * strength)

Parameters are matched by their names where these are the penalty's, by their places otherwise; other shapes are refused. With grown=True a layer may have more outputs than it had
(a head for more classes): its first rows are those of the penalty, and new rows are not held.
"""
import numpy as np
import torch
from torch.nn.utils import parameters_to_vector, vector_to_parameters


def load_penalty(path, model=None, grown=False):
    """w -> R(w) = sum of (w - a)' K (w - a) / 2 for flat weights, and the strength to start from."""
    parts, shared, strength = _read(path, model, grown)

    def penalty(w):
        w = w[shared(w)]
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


def load_pull(path, model=None, grown=False):
    """(w, h) -> the v that minimises |v - w|^2 / (2 h) + R(v), exact for one anchor and parts that do not overlap."""
    parts, shared, strength = _read(path, model, grown)

    def pull(w, h):
        whole, held = w.clone(), shared(w)
        w = whole[held].clone()
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
        whole[held] = w
        return whole

    return pull, strength


@torch.no_grad()
def hold(model, pull, h):
    vector_to_parameters(pull(parameters_to_vector(model.parameters()), h), model.parameters())


def _read(path, model, grown):
    if str(path).endswith(".safetensors"):
        from safetensors.torch import load_file

        a = load_file(path)
    else:
        with np.load(path) as file:
            a = {name: torch.from_numpy(file[name]) for name in file.files}
    strength, names = float(a["strength"]), sorted(name[: -len(".offset")] for name in a if name.endswith(".offset"))
    if not 0 <= strength < float("inf") or not names:
        raise ValueError(f"{path} is not a penalty: its strength is {strength}, and it has {len(names)} terms.")
    shared = _shared(path, a, model, grown)
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

    return parts, shared, strength


def _shared(path, a, model, grown):
    """w -> what selects the weights of the penalty from the flat weights of the module: all of them, or those not new."""
    size = int(a["size"])
    listed = sorted((int(key.split(".")[1]), key) for key in a if key.startswith("parameters."))
    kept = [(key.split(".", 2)[2], tuple(int(d) for d in a[key])) for _, key in listed]
    words = ", ".join(f"{name} {list(shape)}" for name, shape in kept)
    if grown and model is None:
        raise ValueError("grown=True needs the module: load_penalty(path, model, grown=True).")
    if model is None or not kept:
        if grown:
            raise ValueError(f"{path} does not say which parameters it holds, so that nothing tells what has grown.")

        def whole(w):
            if len(w) != size:
                raise ValueError(f"{path} holds {size} weights ({words}); the module has {len(w)}: give it the module it was measured for, "
                                 "or load_penalty(path, model, grown=True) where a layer has more outputs than it had.")
            return slice(None)

        return whole
    own, at = [], 0
    for name, p in model.named_parameters():
        own.append((name, tuple(p.shape), at))
        at += p.numel()
    if len(own) == len(kept) and {name for name, _, _ in own} == {name for name, _ in kept}:
        by_name = {name: (name, shape, place) for name, shape, place in own}
        own = [by_name[name] for name, _ in kept]  # a module may list its layers in another order than it applies them
    index = []
    for i, (name, shape, place) in enumerate(own):
        was = kept[i][1] if i < len(kept) else ()
        wider = grown and len(shape) == len(was) and shape[1:] == was[1:] and shape[0] > was[0]
        if len(own) != len(kept) or not (shape == was or wider):
            raise ValueError(f"{path} holds {words}; the module has {', '.join(f'{n} {list(s)}' for n, s, _ in own)}: give it the module it "
                             "was measured for" + ("; grown=True allows more outputs and nothing else." if grown else
                                                   ", or grown=True where a layer has more outputs than it had."))
        index.append(torch.arange(place, place + int(np.prod(was))))
    index = torch.cat(index)

    def rows(w):
        if len(w) != at:
            raise ValueError(f"the module that was given with {path} has {at} weights; got {len(w)}.")
        return index.to(w.device)

    return rows
