"""Losses of the networks in test/fixtures/weights over their data, in float64 with NumPy: the right values of test/foreign-weights.test.ts.

usage: python3 test/oracles/foreign-weights.py
"""
import json
import pathlib

import numpy as np

HERE = pathlib.Path(__file__).parent.parent / "fixtures" / "weights"


def tensors(name):
    raw = (HERE / name).read_bytes()
    n = int.from_bytes(raw[:8], "little")
    kinds = {"F32": np.float32}
    out = {}
    for key, t in json.loads(raw[8 : 8 + n]).items():
        begin, end = t["data_offsets"]
        out[key] = np.frombuffer(raw[8 + n + begin : 8 + n + end], kinds[t["dtype"]]).reshape(t["shape"]).astype(np.float64)
    return out


def idx(path):
    raw = path.read_bytes()
    dims = np.frombuffer(raw[4 : 4 + 4 * raw[3]], ">u4").astype(int)
    return np.frombuffer(raw[4 + 4 * raw[3] :], np.uint8).reshape(dims)


def data(name):
    x, y = idx(HERE / name / "train-images-idx3-ubyte"), idx(HERE / name / "train-labels-idx1-ubyte")
    return x.reshape(len(x), -1) / 255, y.astype(int)


def logits(w, order, x):
    for i, name in enumerate(order):
        x = x @ w[f"{name}.weight"].T + w[f"{name}.bias"]
        if i < len(order) - 1:
            x = np.maximum(x, 0)
    return x


def judge(w, order, x, y):
    z = logits(w, order, x)
    loss = np.log(np.exp(z - z.max(1, keepdims=True)).sum(1)) + z.max(1) - z[np.arange(len(y)), y]
    return {"loss": loss.mean(), "errors": int((z.argmax(1) != y).sum())}


def truncated(w):
    return {k: (v.astype(np.float32).view(np.uint32) & 0xFFFF0000).astype(np.uint32).view(np.float32).astype(float) for k, v in w.items()}


def main():
    six, square = data("data6"), data("sq")
    mlp, own, hidden = tensors("features-classifier.safetensors"), tensors("trained-on-normalised.safetensors"), tensors("inp-hidden-out.safetensors")
    names = ["features.0", "features.2", "classifier"]
    x, y = six
    onehot = np.eye(4)[y]
    z = logits(mlp, names, x)
    print(json.dumps({
        "features-classifier": judge(mlp, names, x, y),
        "its upper 16 bits": judge(truncated(mlp), names, x, y),
        "its squared error": ((z - onehot) ** 2).sum(1).mean() / 2,
        "inp-hidden-out": judge(hidden, ["inp", "hidden", "out"], *square),
        "hidden-inp-out": judge(hidden, ["hidden", "inp", "out"], *square),
        "trained-on-normalised": judge(own, ["0", "2", "4"], (x - 0.1307) / 0.3081, y),
        "without its normalisation": judge(own, ["0", "2", "4"], x, y),
    }, indent=2))


main()
