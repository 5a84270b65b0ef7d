"""The header of a recording, recording.json: docs/reference/recording-format.md says what every key means."""

from __future__ import annotations

import math
import os
import platform
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from . import __version__, folder
from . import facts as fact
from .blocks import Block
from .files import write_json
from .flat import Named, sha256_of, state_tensors, unwrapped
from .rows import RowGroup
from .safetensors import write_safetensors

if TYPE_CHECKING:
    from .recorder import Recorder


class _Gradient:
    """Sums over the gradients of one block: of their squared lengths, and of themselves."""

    def __init__(self, size: int) -> None:
        self.rows = self.missing = 0
        self.squares = 0.0
        self.sum = np.zeros(size)
        self.row = np.empty(size)


class Header:
    """Gathers what the header says while a recorder works, and writes it at the start and at the end."""

    def __init__(
        self,
        recorder: Recorder,
        model: torch.nn.Module,
        optimizer: Any,
        parameters: list[Named],
        columns: list[str],
        distributed: dict[str, int] | None,
        first_step: int,
    ) -> None:
        self.first_step = first_step
        self._model, self._optimizer, self._path = model, optimizer, recorder.path
        self._blocks = recorder.blocks
        self._columns = columns
        self._nonfinite_rows = [0] * len(recorder.blocks)
        self._gradients = [_Gradient(b.size) if recorder._gradients else None for b in recorder.blocks]
        self._loss: dict[str, Any] = {"nonfiniteSteps": 0, "firstNonfiniteStep": None}
        self._scheduled: set[str] = set()
        names = {id(p.parameter): p.name for p in parameters}
        self._facts: dict[str, Any] = {
            "format": "thermograd recording",
            "version": 1,
            "writer": {
                "thermograd": __version__,
                "python": platform.python_version(),
                "torch": str(torch.__version__),
                "numpy": np.__version__,
            },
            "status": "recording",
            "reason": None,
            "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "every": recorder.every,
            "firstStep": first_step,
            "streams": {"path": folder.STREAMS, "steps": None},
            "blocks": [self._block(b, optimizer) for b in recorder.blocks],
            "model": {
                "class": type(unwrapped(model)).__qualname__,
                "size": sum(p.size for p in parameters),
                "parameters": [
                    {
                        "name": p.name,
                        "shape": list(p.parameter.shape),
                        "dtype": str(p.parameter.dtype).replace("torch.", ""),
                        "offset": p.offset,
                        "trainable": bool(p.parameter.requires_grad),
                    }
                    for p in parameters
                ],
                "initialSha256": sha256_of(model),
                "finalSha256": None,
                "initial": folder.INITIAL,
                "final": None,
                "training": bool(model.training),
            },
            "optimizer": None if optimizer is None else fact.optimizer_facts(optimizer, names, columns),
            "loss": {"nonfiniteSteps": None, "firstNonfiniteStep": None},
            "distributed": distributed,
        }

    def state(self) -> dict[str, torch.Tensor]:
        """Returns the tensors of the model as they are now."""
        return state_tensors(self._model)

    def batch(self, loader: Any, size: int | None, sampling: str | None) -> None:
        """Notes what is known of the minibatches before the first of them."""
        seen = {"size": None, "sampling": None} if loader is None else fact.loader_facts(loader)
        given = seen["size"] if size is None else int(size)
        source = "given" if size is not None else "loader" if given is not None else None
        self._facts["batch"] = {
            "size": given,
            "source": source,
            "least": None,
            "most": None,
            "sampling": seen["sampling"] if sampling is None else {**(seen["sampling"] or {}), "given": str(sampling)},
        }

    def user(self, clipping: Any, notes: dict[str, Any] | None) -> None:
        """Notes what the user states. Raises ValueError for a clipping of another form."""
        if isinstance(clipping, str):
            clipping = {"given": clipping}
        good = isinstance(clipping, dict) and len(clipping) == 1
        if clipping is not None and not (good and set(clipping) <= {"norm", "value", "given"}):
            raise ValueError(f'clipping must be {{"norm": number}}, {{"value": number}} or words; got {clipping!r}.')
        self._facts["clipping"] = fact.json_value(clipping)
        self._facts["notes"] = fact.json_value(dict(notes or {}))

    def nonfinite_loss(self, step: int) -> None:
        """Counts a loss that is not finite."""
        if self._loss["firstNonfiniteStep"] is None:
            self._loss["firstNonfiniteStep"] = step
        self._loss["nonfiniteSteps"] += 1

    def nonfinite_row(self, block: int) -> None:
        """Counts a row with a weight that is not finite."""
        self._nonfinite_rows[block] += 1

    def scheduled(self, before: list[float], now: list[float]) -> None:
        """Notes which numbers of the optimiser have changed since the last step."""
        if before:
            self._scheduled.update(c for c, a, b in zip(self._columns, before, now) if a != b)

    def seen_batch(self, size: int) -> None:
        """Notes the size of one minibatch."""
        batch = self._facts["batch"]
        batch["least"] = size if batch["least"] is None else min(batch["least"], size)
        batch["most"] = size if batch["most"] is None else max(batch["most"], size)

    def gradient(self, k: int, block: Block) -> float:
        """Adds the gradient of one block to its sums and returns its norm; NaN where there is none."""
        sums = self._gradients[k]
        if sums is None or not block.gradient(sums.row):
            if sums is not None:
                sums.missing += 1
            return math.nan
        square = float(np.dot(sums.row, sums.row))
        sums.rows += 1
        sums.squares += square
        sums.sum += sums.row
        return math.sqrt(square)

    def second_moment(self, when: str, step: int) -> None:
        """Writes the square roots of the second moments of the blocks' parameters, where the optimiser has them."""
        if self._optimizer is None:
            return
        found = fact.second_moments(
            self._optimizer, list({p.name: (p.name, p.parameter) for b in self._blocks for p in b.parameters}.values())
        )
        if found is None:
            return
        key, count, roots = found
        name = folder.OPTIMIZER_FIRST if when == "first" else folder.OPTIMIZER_LAST
        metadata = {
            "thermograd": "second moments",
            "step": str(step),
            "optimizerSteps": "" if count is None else str(count),
        }
        write_safetensors(os.path.join(self._path, name), roots, metadata, flush=when == "last")
        facts = self._facts["optimizer"]
        facts["secondMoment"] = facts["secondMoment"] or {"key": key, "first": None, "last": None}
        facts["secondMoment"][when] = {"step": step, "optimizerSteps": count, "file": name}

    def final_weights(self) -> None:
        """Writes the whole model as it is now, with its hash."""
        model = self._facts["model"]
        model["finalSha256"] = sha256_of(self._model)
        model["training"] = bool(self._model.training)
        metadata = {"thermograd": "final weights", "sha256": model["finalSha256"]}
        write_safetensors(os.path.join(self._path, folder.FINAL), self.state(), metadata)
        model["final"] = folder.FINAL

    def finish(self, status: str, reason: str | None, groups: list[RowGroup], streams: RowGroup) -> None:
        """Writes the header for the last time, with all counts."""
        facts = self._facts
        facts["status"], facts["reason"] = status, reason
        facts["streams"]["steps"] = streams.rows
        facts["loss"] = self._loss
        for k, (block, group) in enumerate(zip(facts["blocks"], groups)):
            block["rows"], block["nonfiniteRows"] = group.rows, self._nonfinite_rows[k]
            block["gradient"] = _gradient_facts(self._gradients[k])
        batch = facts["batch"]
        if batch["size"] is None and batch["least"] is not None and batch["least"] == batch["most"]:
            batch["size"], batch["source"] = batch["least"], "steps"
        if facts["optimizer"] is not None:
            facts["optimizer"]["scheduled"] = [c for c in self._columns if c in self._scheduled]
        self.write(self._path)

    def write(self, path: str, flush: bool = True) -> None:
        """Writes the header whole."""
        write_json(os.path.join(path, folder.HEADER), self._facts, flush)

    def _block(self, block: Block, optimizer: Any) -> dict[str, Any]:
        return {
            "name": block.name,
            "path": f"{folder.BLOCKS}/{block.name}",
            "patterns": block.patterns,
            "size": block.size,
            "dtype": block.dtype,
            "parameters": block.facts(),
            "projection": block.projection and block.projection.facts(),
            "optimizerGroup": None
            if optimizer is None
            else fact.group_of(optimizer, [p.parameter for p in block.parameters]),
            "rows": None,
            "nonfiniteRows": None,
            "gradient": None,
        }


def _gradient_facts(sums: _Gradient | None) -> dict[str, Any] | None:
    if sums is None:
        return None
    mean = sums.sum / max(1, sums.rows)
    return {
        "rows": sums.rows,
        "missing": sums.missing,
        "meanSquaredNorm": fact.json_value(sums.squares / sums.rows) if sums.rows else None,
        "squaredNormOfMean": fact.json_value(float(np.dot(mean, mean))) if sums.rows else None,
    }
