"""Fine-tune a torch module without forgetting: loss = task2_loss + strength * penalty(flat(model)).

penalty, strength = load_penalty("penalty.npz")     # written by `thermograd protect`, or the library's writePenalty
loss = cross_entropy(model(x), y) + strength * penalty(torch.nn.utils.parameters_to_vector(model.parameters()))
"""
import numpy as np
import torch


def load_penalty(path):
    if str(path).endswith(".safetensors"):
        from safetensors.torch import load_file

        a = load_file(path)
    else:
        with np.load(path) as file:
            a = {name: torch.from_numpy(file[name]) for name in file.files}

    def penalty(w):
        total = w.new_zeros(())
        for part in (name[: -len(".offset")] for name in a if name.endswith(".offset")):
            x = (w - a[part.split(".")[0] + ".anchor"].to(w))[int(a[part + ".offset"]) :]
            if part + ".diagonal" in a:
                d = a[part + ".diagonal"].to(w)
                total = total + (d * x[: len(d)] ** 2).sum() / 2
            elif part + ".axes" in a:
                axes, weights = a[part + ".axes"].to(w), a[part + ".weights"].to(w)
                total = total + (weights * (axes @ x[: axes.shape[1]]) ** 2).sum() / 2
            else:
                k = a[part + ".dense"].to(w)
                total = total + x[: len(k)] @ k @ x[: len(k)] / 2
        return total

    return penalty, float(a["strength"])
