"""The arrays of a recording and their sizes: docs/reference/recording-format.md lists them."""

from __future__ import annotations

import math
import os
from typing import Any

import numpy as np

from . import folder
from .blocks import Block
from .projection import Projection
from .rows import Column, RowGroup

#: Blocks with more weights than this are projected by `project="large"`, to `_LARGE_TO` numbers.
_LARGE, _LARGE_TO = 100_000, 1000
#: Numbers of a chunk of weights, about 4 MB, and the most rows of one.
_CHUNK, _CHUNK_ROWS = 1_000_000, 1000
#: Rows of a chunk of the streams.
_STREAM_ROWS = 4096

_STEP = Column("step", "int32", -1, "steps since the start of training; -1: not recorded", "step")
_CORRECT = Column("correct", "int32", -1, "right answers in the minibatch; -1: not given", "samples")
_BATCH = Column("batchSize", "int32", -1, "samples of the minibatch; -1: not given", "samples")
_LOSS = "loss given to step(), as a rule of the minibatch before the update"


def block_group(path: str, block: Block, every: int, gradients: bool) -> RowGroup:
    """Makes the group of one block in the folder `path` of a recording. Raises OSError."""
    what = "weights of the block after each step" if block.projection is None else "projected weights after each step"
    columns = [
        Column("weights", block.dtype, math.nan, what, "1", block.width, "weight"),
        Column("loss", "float32", math.nan, _LOSS, "1"),
        _CORRECT,
        _STEP,
    ]
    if gradients:
        columns.append(
            Column("gradientNorm", "float32", math.nan, "norm of the block's gradient after the update", "1")
        )
    attributes = {
        "format": "thermograd recording block",
        "version": 1,
        "layer": block.name,
        "layerShape": block.layer_shape(),
        "every": every,
        "parameters": block.facts(),
        "projection": block.projection and block.projection.facts(),
    }
    rows = max(1, min(_CHUNK_ROWS, _CHUNK // block.width))
    return RowGroup(os.path.join(path, folder.BLOCKS, block.name), columns, rows, attributes, "weights")


def stream_group(path: str, hyperparameters: list[str]) -> RowGroup:
    """Makes the group with a row for every step, in the folder `path` of a recording. Raises OSError."""
    columns = [_STEP, Column("loss", "float64", math.nan, _LOSS, "1"), _BATCH, _CORRECT]
    if hyperparameters:
        text = "numbers of the optimiser's groups in force"
        more = {"columns": hyperparameters}
        columns.append(Column("hyperparameters", "float64", math.nan, text, "1", len(hyperparameters), "column", more))
    attributes = {"format": "thermograd streams", "version": 1}
    return RowGroup(os.path.join(path, folder.STREAMS), columns, _STREAM_ROWS, attributes)


def project_blocks(blocks: list[Block], project: int | dict[str, int] | str | None, seed: int) -> None:
    """
    Gives blocks their projections: all larger ones to `project` numbers, those that a dictionary names, or "large" ones.

    Block k is drawn with `seed` + k. Raises ValueError.
    """
    if project is None:
        return
    if isinstance(project, dict):
        names = [b.name for b in blocks]
        unknown = [n for n in project if n not in names]
        if unknown:
            raise ValueError(f"project names the block '{unknown[0]}'; there are {', '.join(names)}.")
        sizes = project
    elif project == "large":
        sizes = {b.name: _LARGE_TO for b in blocks if b.size > _LARGE}
    elif isinstance(project, int) and not isinstance(project, bool):
        sizes = {b.name: project for b in blocks if b.size > project}
    else:
        raise ValueError(f"project must be a number, a dictionary from blocks to numbers, or 'large'; got {project!r}.")
    for k, block in enumerate(blocks):
        if block.name in sizes:
            size = whole_number("project", sizes[block.name])
            block.projection = Projection(block.size, size, 2 if size % 2 == 0 else 1, seed + k)


def check_space(path: str, steps: int, needed: int) -> None:
    """Refuses, by ValueError, a recording of known length for which the disk has no room."""
    if not hasattr(os, "statvfs"):
        return
    there = os.path.abspath(path)
    while not os.path.exists(there):
        there = os.path.dirname(there)
    system = os.statvfs(there)
    free = system.f_bavail * system.f_frsize
    if needed > free:
        raise ValueError(
            f"recording {steps} steps into {path} takes {needed / 1e9:.1f} GB and {free / 1e9:.1f} GB are free; "
            "record fewer weights (params=), fewer rows (every=), or projections (project=)."
        )


def whole_number(name: str, value: Any) -> int:
    """Returns an argument that must be a whole number from 1 on; raises ValueError for another one."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
        raise ValueError(f"{name} must be a whole number from 1 on; got {value!r}.")
    return int(value)
