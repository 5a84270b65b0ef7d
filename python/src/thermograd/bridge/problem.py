"""What a user hands over: a model, its loss, the data, and how the loss of a batch is made of the losses of its samples."""

from __future__ import annotations

import functools
import inspect
from typing import Any, Callable, Optional

from .errors import BridgeError

REDUCTIONS = ("mean", "sum", "none")
#: Names of a first argument by which a function of (model, batch) is known.
_MODEL_NAMES = ("model", "net", "network", "module")


class Problem:
    """
    A loss over samples as a function of the parameters of a model.

    - `loss` is called as `loss(model(inputs), targets)`, or, when its first argument is named `model` (`net`, `network`,
      `module`), as `loss(model, batch)`; `loss(output)` and `loss(model)` do without targets and without data.
      `takes='output'` or `takes='model'` says it outright.
    - `data` is a tuple of tensors (inputs, targets), one tensor, a dictionary of tensors, a Dataset, a DataLoader, or any
      sequence of samples with `collate`. Samples keep their order; shuffling is left out. None: one sample without data.
    - `reduction`: how the losses of samples make the loss of a batch: 'mean', 'sum', or 'none' when `loss` returns one
      for each sample. By default `loss.reduction` where there is one, otherwise 'mean'. It is checked.
    - `params`: a pattern (`fc*`) or a list of them; the parameters that the program sees. All by default.
    - `dtype`: 'float64' or 'float32'. By default float64 on a CPU, and the model's own on an accelerator.
    - `eval=True` puts the model into eval mode while it is measured. Without it, dropout and batch statistics in training mode
      are refused.
    """

    def __init__(
        self,
        model: Any,
        loss: Callable[..., Any],
        data: Any = None,
        *,
        reduction: Optional[str] = None,
        batch_size: Optional[int] = None,
        params: Any = None,
        dtype: Any = None,
        device: Any = None,
        eval: bool = False,
        collate: Optional[Callable[[list[Any]], Any]] = None,
        takes: Optional[str] = None,
        name: Optional[str] = None,
    ) -> None:
        self.model = model
        self.loss = loss
        self.data = data
        self.reduction = reduction
        self.batch_size = batch_size
        self.params = params
        self.dtype = dtype
        self.device = device
        self.eval = eval
        self.collate = collate
        self.takes = takes
        self.name = name


def problem_from(made: Any, source: str) -> Problem:
    """
    Returns the problem that a user's function made: a `Problem`, or a tuple (model, loss) or (model, loss, data).

    Raises BridgeError for anything else.
    """
    if isinstance(made, Problem):
        problem = made
    elif isinstance(made, (tuple, list)) and len(made) in (2, 3):
        problem = Problem(*made)
    else:
        got = f"a tuple of {len(made)}" if isinstance(made, (tuple, list)) else type(made).__name__
        raise BridgeError(
            "input-problem",
            f"{source} has to return thermograd.Problem(model, loss, data) or the tuple (model, loss, data); it returned {got}.",
        )
    _check(problem, source)
    return problem


def _check(problem: Problem, source: str) -> None:
    import torch

    def refuse(sentence: str) -> None:
        raise BridgeError("input-problem", f"{source}: {sentence}")

    if not isinstance(problem.model, torch.nn.Module):
        refuse(f"the model has to be a torch.nn.Module; got {type(problem.model).__name__}.")
    if not callable(problem.loss):
        refuse(f"the loss has to be a function; got {type(problem.loss).__name__}.")
    if problem.reduction is None:
        own = getattr(problem.loss, "reduction", None)
        if own is None and isinstance(problem.loss, functools.partial):
            own = problem.loss.keywords.get("reduction")
        problem.reduction = own if own in REDUCTIONS else "mean"
    if problem.reduction not in REDUCTIONS:
        refuse(f"reduction is 'mean', 'sum' or 'none'; got {problem.reduction!r}.")
    if problem.takes is None:
        problem.takes = _takes(problem.loss)
    if problem.takes not in ("model", "output"):
        refuse(f"takes is 'model' or 'output'; got {problem.takes!r}.")
    size = problem.batch_size
    if size is not None and (isinstance(size, bool) or not isinstance(size, int) or size < 1):
        refuse(f"batch_size is a whole number from 1 on; got {size!r}.")
    if problem.data is None and problem.takes != "model":
        refuse("without data the loss has to be a function of the model, loss(model); got none and a loss of outputs.")


def arguments(function: Callable[..., Any]) -> Optional[list[str]]:
    """Returns the names of the positional arguments that have no default, or None when they cannot be known."""
    try:
        found = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return None
    if any(p.kind is p.VAR_POSITIONAL for p in found):
        return None
    plain = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [p.name for p in found if p.kind in plain and p.default is p.empty]


def _takes(loss: Callable[..., Any]) -> str:
    import torch

    names = None if isinstance(loss, torch.nn.Module) else arguments(loss)
    return "model" if names and names[0] in _MODEL_NAMES else "output"
