"""The recorder: the weights of a PyTorch model at every step of its training, in a folder that thermograd analyses."""

from __future__ import annotations

import atexit
import math
import os
import sys
import warnings
import weakref
from types import TracebackType
from typing import Any

import numpy as np
import torch

from . import facts as fact
from . import folder
from .blocks import Patterns, ShapeChanged, choose_blocks, one_for_each_module
from .files import sentence_of
from .flat import named_parameters
from .header import Header
from .layout import block_group, check_space, project_blocks, stream_group, whole_number
from .rows import RowGroup, write_group
from .safetensors import write_safetensors

_PRESETS: dict[str, dict[str, Any]] = {
    "light": {"every": 10, "project": "large", "gradients": False},
    "window": {"every": 1, "project": None, "gradients": False},
    "full": {"every": 1, "project": None, "gradients": True},
}
_open: weakref.WeakSet[Recorder] = weakref.WeakSet()


class Recorder:
    """
    Records blocks of a model's weights after every step of its training, with what the theory needs to know of it.

    ::

        rec = thermograd.Recorder(model, optimizer, params="fc2.*", out="run")
        for x, y in loader:
            ...
            optimizer.step()
            rec.step(loss)          # after optimizer.step() and before scheduler.step()
        rec.close()

    It is a context manager as well. Wrong arguments raise ValueError before anything is written. Once it records, it never
    stops the training: when it cannot go on (a full disk, a parameter of another shape) it warns once, does nothing from
    then on, and `failed` says why; what was written stays. In a distributed training all ranks but 0 do nothing.

    Parameters
    ----------
    model: a module; wrappers of `torch.compile` and data-parallel training are looked through.
    optimizer: its groups give learning rates and other numbers of every step; None when there is none to show.
    params: which parameters: a pattern such as ``"fc2.*"`` is one block, a list of patterns a block each, and a dictionary
        names the blocks. Every trainable parameter by default (with ``preset="full"`` a block for each module).
    out: the folder, which is made; it must not hold a recording unless `overwrite` is set.
    preset: ``"window"`` (every step), ``"light"`` (every tenth step, and blocks of more than 100 000 weights projected) or
        ``"full"`` (every step, and the norms of gradients). The arguments that follow win over it.
    every: rows of weights at steps 1, 1 + every, ...; losses and hyperparameters are recorded at all steps.
    steps: closes the recording after so many steps of training; without it `close` does.
    project: blocks as random projections to so many numbers: a number, or a dictionary from names of blocks to numbers;
        ``"large"`` projects blocks of more than 100 000 weights to 1000 numbers. `seed` draws the projection.
    gradients: also record the norm of the gradient of each block, and its mean square and squared mean. Needs `.grad`, so
        do not clear gradients before `step`.
    loader: the `DataLoader`, of which batch size and sampling are noted; `batch_size` states the size alone.
    clipping: what clips gradients: ``{"norm": 1.0}``, ``{"value": 0.5}``, or words.
    sampling: how minibatches are drawn, in words, where no loader shows it.
    first_step: number of the first recorded step of training, 1 unless it goes on from a checkpoint.
    notes: a dictionary that is kept in the header.

    Cost of a step with 2500 weights: some 25 microseconds; disk: 4 bytes for every weight and recorded step.
    """

    #: Why recording ended early, as one sentence, or None.
    failed: str | None = None

    def __init__(
        self,
        model: torch.nn.Module,
        optimizer: Any = None,
        params: Patterns | None = None,
        out: str | os.PathLike[str] = "run",
        *,
        preset: str = "window",
        every: int | None = None,
        steps: int | None = None,
        project: int | dict[str, int] | str | None = None,
        seed: int = 0,
        gradients: bool | None = None,
        loader: Any = None,
        batch_size: int | None = None,
        clipping: dict[str, float] | str | None = None,
        sampling: str | None = None,
        first_step: int = 1,
        notes: dict[str, Any] | None = None,
        overwrite: bool = False,
    ) -> None:
        if preset not in _PRESETS:
            raise ValueError(f"preset must be one of {', '.join(_PRESETS)}; got {preset!r}.")
        chosen = _PRESETS[preset]
        self.every = whole_number("every", chosen["every"] if every is None else every)
        self._gradients = bool(chosen["gradients"] if gradients is None else gradients)
        self._limit = None if steps is None else whole_number("steps", steps)
        self._step = whole_number("first_step", first_step)
        if batch_size is not None:
            whole_number("batch_size", batch_size)
        if optimizer is not None and not hasattr(optimizer, "param_groups"):
            raise ValueError(f"the second argument must be an optimiser or None; got {type(optimizer).__name__}.")
        self.path = os.fspath(out)
        self._model, self._optimizer, self._pid = model, optimizer, os.getpid()
        parameters = named_parameters(model)
        if params is None:
            params = one_for_each_module(parameters) if preset == "full" else "*"
        self.blocks = choose_blocks(parameters, params)
        project_blocks(self.blocks, chosen["project"] if project is None else project, seed)
        distributed = fact.distributed_facts()
        #: Whether this process records: false on all ranks but 0, and once the recorder is closed or has failed.
        self.active = distributed is None or distributed["rank"] == 0
        if not self.active:
            return
        self._hyper = None if optimizer is None else fact.Hyperparameters(optimizer)
        if self._hyper is not None and not self._hyper.columns:
            self._hyper = None
        self._last_values: list[float] = []
        self._last_row = np.empty(0)
        if self._limit is not None:
            check_space(self.path, self._limit, math.ceil(self._limit / self.every) * self.bytes_per_row)
        self._lock = folder.take_folder(self.path, overwrite)
        try:
            self._header = Header(
                self, model, optimizer, parameters, self._hyper.columns if self._hyper else [], distributed, first_step
            )
            self._header.batch(loader, batch_size, sampling)
            self._header.user(clipping, notes)
            write_safetensors(
                self._file(folder.INITIAL), self._header.state(), {"thermograd": "initial weights"}, flush=False
            )
            write_group(self.path, {"format": "thermograd recording", "version": 1})
            write_group(self._file(folder.BLOCKS))
            self._groups = [block_group(self.path, b, self.every, self._gradients) for b in self.blocks]
            self._streams = stream_group(self.path, self._hyper.columns if self._hyper else [])
            self._header.write(self.path, flush=False)
        except OSError as error:
            folder.release(self._lock, self.path)
            raise ValueError(f"{sentence_of(error, self.path)}; nothing is recorded.") from None
        except BaseException:
            folder.release(self._lock, self.path)
            raise
        _open.add(self)

    def step(self, loss: Any = None, *, batch_size: int | None = None, correct: int | None = None) -> None:
        """
        Records the step that the optimiser has just made.

        `loss` is that of its minibatch, before the update: a tensor of one number (unscaled, where a gradient scaler is
        used) or a float. `batch_size` and `correct`, the right answers among them, are recorded where given.
        """
        if not self.active:
            return
        try:
            self._record(loss, batch_size, correct)
        except Exception as error:  # noqa: BLE001 - whatever happens here must not end the training
            self._give_up(error)

    def close(self) -> None:
        """Ends the recording: arrays get their final length, and the final weights and counts are written. May be repeated."""
        if self.active:
            self._finish("complete", None)

    def __enter__(self) -> Recorder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.active:
            self._finish(
                *(("complete", None) if kind is None else ("interrupted", f"{kind.__name__} ended the training."))
            )

    def __repr__(self) -> str:
        blocks = ", ".join(f"{b.name}: {b.width}" for b in self.blocks)
        state = f"failed: {self.failed}" if self.failed else "recording" if self.active else "closed"
        return f"<thermograd.Recorder {self.path} [{blocks}] every {self.every}, {state}>"

    @property
    def bytes_per_row(self) -> int:
        """Bytes that a recorded row of all blocks takes on the disk."""
        return sum(b.width * np.dtype(b.dtype).itemsize + 12 for b in self.blocks)

    def _record(self, loss: Any, batch_size: int | None, correct: int | None) -> None:
        step, streams = self._step, self._streams
        value = math.nan if loss is None else loss.item() if isinstance(loss, torch.Tensor) else float(loss)
        if loss is not None and not math.isfinite(value):
            self._header.nonfinite_loss(step)
        if (step - self._header.first_step) % self.every == 0:
            for k, group in enumerate(self._groups):
                self._record_block(k, group, step, value, correct)
            if streams.rows == 0:
                self._header.second_moment("first", step)
        if streams.room == 0:
            streams.make_room()
        at, arrays = streams.at, streams.arrays
        arrays["loss"][at] = value
        if self._hyper is not None:
            values = self._hyper.values()
            if values != self._last_values:
                self._header.scheduled(self._last_values, values)
                self._last_values, self._last_row = values, np.array(values)
            arrays["hyperparameters"][at] = self._last_row
        if batch_size is not None:
            arrays["batchSize"][at] = batch_size
            self._header.seen_batch(int(batch_size))
        if correct is not None:
            arrays["correct"][at] = correct
        streams.commit(step)
        self._step = step + 1
        if streams.rows == self._limit:
            self._finish("complete", None)

    def _record_block(self, k: int, group: RowGroup, step: int, loss: float, correct: int | None) -> None:
        if group.room == 0:
            group.make_room()
        at, arrays, row = group.at, group.arrays, group.big[group.big_at]
        self.blocks[k].take(row)
        arrays["loss"][at] = loss
        if correct is not None:
            arrays["correct"][at] = correct
        if self._gradients:
            arrays["gradientNorm"][at] = self._header.gradient(k, self.blocks[k])
        # the squared length is finite when all numbers are, unless they are so large that the row should be counted as well
        if not math.isfinite(np.dot(row, row)):
            self._header.nonfinite_row(k)
        group.commit(step)

    def _file(self, name: str) -> str:
        return os.path.join(self.path, name)

    def _give_up(self, error: Exception) -> None:
        if isinstance(error, OSError):
            reason = sentence_of(error, error.filename or self.path)
        elif isinstance(error, ShapeChanged):
            reason = str(error)
        else:
            reason = f"{type(error).__name__}: {error}"
        self.failed = f"{reason}; recording ended before step {self._step}."
        self._finish("failed", self.failed)
        try:
            warnings.warn(
                f"thermograd.Recorder: {self.failed} The training goes on without it.", RuntimeWarning, stacklevel=3
            )
        except Warning as warning:  # warnings are errors here, and this one must not end the training
            print(warning, file=sys.stderr)

    def _finish(self, status: str, reason: str | None) -> None:
        """Writes whatever can still be written; each part is tried even when another one fails."""
        self.active = False
        _open.discard(self)
        if os.getpid() != self._pid:
            return
        problems: list[str] = []

        def attempt(work: Any, *args: Any) -> None:
            try:
                work(*args)
            except Exception as error:  # noqa: BLE001
                problems.append(sentence_of(error, self.path) if isinstance(error, OSError) else str(error))

        for group in [*self._groups, self._streams]:
            attempt(group.close)
        attempt(self._header.second_moment, "last", self._step - 1)
        attempt(self._header.final_weights)
        if problems and self.failed is None:
            status, reason = "failed", f"{problems[0]}; the recorded steps are there."
            self.failed = reason
            warnings.warn(f"thermograd.Recorder: {reason}", RuntimeWarning, stacklevel=3)
        attempt(self._header.finish, status, reason, self._groups, self._streams)
        folder.release(self._lock, self.path)


@atexit.register
def _close_at_exit() -> None:
    for recorder in list(_open):
        if recorder.active:
            recorder._finish("interrupted", "the program ended without close().")
