"""What the tests share: a small network and its training, and readers that share no code with the recorder."""

from __future__ import annotations

import json
import os
import signal
import struct
import sys
import traceback

import numpy as np
import pytest
import torch

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "src")
sys.path.insert(0, SOURCE)
torch.set_num_threads(1)
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="skipped: needs a system with fork")


class Net(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc1 = torch.nn.Linear(6, 5)
        self.fc2 = torch.nn.Linear(5, 4)
        self.fc3 = torch.nn.Linear(4, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fc3(torch.tanh(self.fc2(torch.tanh(self.fc1(x)))))


class Training:
    """A network, its optimiser, and steps of it on random data."""

    def __init__(self, optimizer: str = "SGD", lr: float = 0.1, model: torch.nn.Module | None = None, **more) -> None:
        torch.manual_seed(0)
        self.model = Net() if model is None else model
        self.optimizer = getattr(torch.optim, optimizer)(self.model.parameters(), lr, **more)
        self.x = torch.randn(64, 6)
        self.y = torch.randint(0, 3, (64,))

    def step(self) -> torch.Tensor:
        batch = torch.randint(0, 64, (8,))
        self.optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(self.model(self.x[batch]), self.y[batch])
        loss.backward()
        self.optimizer.step()
        return loss

    def flat(self, *names: str) -> np.ndarray:
        own = dict(self.model.named_parameters())
        return np.concatenate([own[n].detach().numpy().ravel().copy() for n in names])


@pytest.fixture
def training() -> Training:
    return Training()


def header(path) -> dict:
    with open(os.path.join(path, "recording.json"), encoding="utf-8") as file:
        return json.load(file)


def array(path, name: str) -> np.ndarray:
    """Reads a Zarr v3 array of uncompressed chunks along its first axis; what has no chunk is the fill value."""
    folder = os.path.join(path, *name.split("/"))
    with open(os.path.join(folder, "zarr.json"), encoding="utf-8") as file:
        meta = json.load(file)
    assert meta["zarr_format"] == 3 and [c["name"] for c in meta["codecs"]] == ["bytes"]
    shape, chunk = meta["shape"], meta["chunk_grid"]["configuration"]["chunk_shape"]
    assert chunk[1:] == shape[1:]
    dtype = np.dtype(meta["data_type"]).newbyteorder("<")
    out = np.full(shape, float("nan") if meta["fill_value"] == "NaN" else meta["fill_value"], dtype)
    for first in range(0, shape[0], chunk[0]):
        file = os.path.join(folder, "c", str(first // chunk[0]), *["0"] * (len(shape) - 1))
        if os.path.exists(file):
            assert os.path.getsize(file) == int(np.prod(chunk)) * dtype.itemsize
            part = np.fromfile(file, dtype).reshape(chunk)
            out[first : first + chunk[0]] = part[: shape[0] - first]
    return out


def recorded(path, block: str) -> tuple[np.ndarray, np.ndarray]:
    """Returns steps and weights of the rows that count."""
    step = array(path, f"blocks/{block}/step")
    n = int(np.argmax(step == -1)) if (step == -1).any() else len(step)
    return step[:n], array(path, f"blocks/{block}/weights")[:n]


def tensors(path, name: str) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Reads a safetensors file of float32, float64 and int64 tensors."""
    with open(os.path.join(path, name), "rb") as file:
        data = file.read()
    (length,) = struct.unpack("<Q", data[:8])
    head = json.loads(data[8 : 8 + length])
    metadata = head.pop("__metadata__")
    kinds = {"F32": "<f4", "F64": "<f8", "I64": "<i8"}
    out = {}
    for key, entry in head.items():
        start, end = entry["data_offsets"]
        out[key] = np.frombuffer(data[8 + length + start : 8 + length + end], kinds[entry["dtype"]]).reshape(
            entry["shape"]
        )
    return out, metadata


class Forked:
    """Another process that does `work(say)`, where `say` writes a line that `lines` reads. Importing PyTorch again takes seconds."""

    def __init__(self, work) -> None:
        read, write = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            status = 1
            try:
                os.close(read)
                work(lambda *words: os.write(write, (" ".join(map(str, words)) + "\n").encode()))
                status = 0
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(status)
        os.close(write)
        self.lines = os.fdopen(read)

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)

    def wait(self) -> tuple[str, int]:
        """Returns what else it said, and its status."""
        with self.lines:
            rest = self.lines.read()
        return rest, os.waitpid(self.pid, 0)[1]
