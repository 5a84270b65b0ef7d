"""From the arrays of a request to those of its answer."""

from __future__ import annotations

import json
import platform
from typing import Callable

import numpy as np
import torch

from .. import __version__
from ..flat import sha256_of
from .errors import BridgeError
from .frames import PROTOCOL, Array, Frame
from .loss import measuring
from .parts import Asked
from .passes import Between, Passes
from .problem import Problem
from .weights import Block

_TYPES = {"float64": "<f8", "float32": "<f4", "uint32": "<u4", "uint8": "u1"}


def numbers(frame: Frame, name: str, dtype: str, dimensions: int) -> np.ndarray:
    """Returns an array of a request. Raises BridgeError when it is missing or of another type."""
    array = frame.arrays.get(name)
    if array is None or array.dtype != dtype or len(array.shape) != dimensions:
        raise BridgeError("bad-request", f"'{frame.verb}' needs the array '{name}' of {dimensions} dimensions of {dtype}.")
    return np.frombuffer(array.data, _TYPES[dtype]).reshape(array.shape)


def array(name: str, values: np.ndarray) -> Array:
    """Returns numbers as a float64 array of an answer."""
    data = np.ascontiguousarray(values, "<f8")
    return Array(name, "float64", data.shape, data.reshape(-1))


class Answers:
    """Answers requests on one problem."""

    def __init__(self, problem: Problem, name: str) -> None:
        self.problem = problem
        self.name = name
        self.passes = Passes(problem)
        self._verbs: dict[str, Callable[[Frame, Asked, Between], list[Array]]] = {
            "losses": self._losses,
            "gradient": self._gradient,
            "hessianVectors": self._hessian_vectors,
            "sampleLosses": self._sample_losses,
            "projectedSampleGradients": self._projected,
            "secondMoment": self._second_moment,
            "squaredNorms": self._squared_norms,
            "fisher": self._fisher,
            "logits": self._logits,
            "trueFisher": self._true_fisher,
        }

    def answer(self, frame: Frame, between: Between) -> list[Array]:
        """Returns the arrays of the answer. Raises BridgeError, Cancelled, and whatever the user's code raises."""
        if frame.verb == "hello":
            return self._hello()
        if frame.verb == "buffers":
            for name, given in frame.arrays.items():
                self.passes.weights.set_buffer(name, numbers(frame, name, "float64", len(given.shape)))
            return []
        if "weights" in frame.arrays:
            self.passes.place(numbers(frame, "weights", "float64", 1))
        verb = self._verbs.get(frame.verb)
        if verb is None:
            raise BridgeError("bad-request", f"nobody answers '{frame.verb}' here.")
        with measuring(self.problem):
            return verb(frame, self._asked(frame), between)

    def _hello(self) -> list[Array]:
        passes = self.passes
        facts = {
            "protocol": PROTOCOL,
            "versions": {"thermograd": __version__, "python": platform.python_version(), "torch": torch.__version__, "numpy": np.__version__},
            "name": self.name,
            "parameters": [{"name": p.name, "shape": list(p.shape), "dtype": p.dtype} for p in passes.weights.parameters],
            "buffers": [{"name": n, "shape": list(passes.weights.buffer(n).shape)} for n in passes.weights.buffers],
            "samples": passes.samples.count,
            "reduction": self.problem.reduction,
            "precision": "float64" if passes.dtype == torch.float64 else "float32",
            "device": str(passes.device),
            "batchSize": passes.batch_size,
            "threads": torch.get_num_threads(),
            "offers": passes.offers(),
            "ways": {"losses": passes.losses_of.how, "rows": passes.rows, "tangents": passes.tangents, "curvature": passes.curvature},
            "sha256": sha256_of(self.problem.model),
            "notes": passes.samples.notes,
        }
        text = np.frombuffer(json.dumps(facts, allow_nan=False).encode(), np.uint8)
        return [Array("description", "uint8", text.shape, text), array("weights", passes.weights.own())]

    def _asked(self, frame: Frame) -> Asked:
        if "samples" not in frame.arrays:
            return Asked(self.passes.samples.count, None, None)
        return Asked(self.passes.samples.count, numbers(frame, "samples", "uint32", 1), numbers(frame, "strata", "uint32", 2))

    def _block(self, ranges: np.ndarray) -> Block:
        if ranges.ndim != 2 or ranges.shape[0] < 1 or ranges.shape[1] != 2:
            raise BridgeError("bad-request", f"the ranges of a block have the shape {list(ranges.shape)}; [k, 2] is needed.")
        return Block(self.passes.weights, ranges.astype(np.int64))

    def _vectors(self, frame: Frame) -> tuple[Block, np.ndarray]:
        block = self._block(numbers(frame, "ranges", "uint32", 2))
        v = numbers(frame, "vectors", "float64", 2)
        if v.shape[1] != block.size:
            raise BridgeError("bad-request", f"vectors of {v.shape[1]} numbers do not fit a block of {block.size}.")
        return block, v

    def _losses(self, frame: Frame, asked: Asked, between: Between) -> list[Array]:
        ranges = numbers(frame, "ranges", "uint32", 2)
        counts = numbers(frame, "blocks", "uint32", 1).tolist()
        lines = numbers(frame, "lines", "uint32", 2).tolist()
        directions = numbers(frame, "directions", "float64", 1)
        displacements = numbers(frame, "displacements", "float64", 1)
        blocks: list[Block] = []
        at = 0
        for count in counts:
            blocks.append(self._block(ranges[at : at + count]))
            at += count
        asked_lines: list[tuple[Block, np.ndarray, np.ndarray]] = []
        at = first = 0
        for which, number in lines:
            if which >= len(blocks):
                raise BridgeError("bad-request", f"a line in block {which} of {len(blocks)}.")
            block = blocks[which]
            asked_lines.append((block, directions[at : at + block.size], displacements[first : first + number]))
            at += block.size
            first += number
        if at != len(directions) or first != len(displacements):
            raise BridgeError("bad-request", "the directions or displacements do not fit the lines.")
        values, errors = self.passes.losses(asked_lines, asked, between)
        return [array("losses", values)] + ([] if errors is None else [array("standardErrors", errors)])

    def _gradient(self, frame: Frame, asked: Asked, between: Between) -> list[Array]:
        loss, gradient = self.passes.gradient(asked, between)
        return [array("loss", np.array([loss])), array("gradient", gradient)]

    def _hessian_vectors(self, frame: Frame, asked: Asked, between: Between) -> list[Array]:
        return [array("products", self.passes.hessian_vectors(*self._vectors(frame), asked, between))]

    def _sample_losses(self, frame: Frame, asked: Asked, between: Between) -> list[Array]:
        return [array("losses", self.passes.sample_losses(asked, between))]

    def _projected(self, frame: Frame, asked: Asked, between: Between) -> list[Array]:
        return [array("projections", self.passes.projected(*self._vectors(frame), asked, between))]

    def _second_moment(self, frame: Frame, asked: Asked, between: Between) -> list[Array]:
        return [array("moment", self.passes.second_moment(self._block(numbers(frame, "ranges", "uint32", 2)), asked, between))]

    def _squared_norms(self, frame: Frame, asked: Asked, between: Between) -> list[Array]:
        return [array("norms", self.passes.squared_norms(self._block(numbers(frame, "ranges", "uint32", 2)), asked, between))]

    def _fisher(self, frame: Frame, asked: Asked, between: Between) -> list[Array]:
        return [array("fisher", self.passes.fisher(asked, between))]

    def _logits(self, frame: Frame, asked: Asked, between: Between) -> list[Array]:
        return [array("logits", self.passes.logits(asked, between))]

    def _true_fisher(self, frame: Frame, asked: Asked, between: Between) -> list[Array]:
        return [array("fisher", self.passes.true_fisher(asked, between))]
