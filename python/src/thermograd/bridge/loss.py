"""The loss of a batch, and of each of its samples, as differentiable functions of tensors that stand where the parameters are."""

from __future__ import annotations

import copy
import functools
import inspect
from contextlib import ExitStack, contextmanager
from typing import Any, Callable, Iterator, Optional, Sequence

import numpy as np
import torch

from .data import Samples, _tree, tensors_of
from .errors import BridgeError
from .problem import Problem, arguments
from .weights import Weights

Tensors = Sequence[torch.Tensor]


class Losses:
    """
    Evaluates the loss of a problem.

    `total(tensors, batch, n)` is the sum of the losses of the n samples of a batch; `each(tensors, batch, n)` the losses one by one,
    by whichever way `how` names: `direct` (the loss without reduction), `mapped` (torch.func.vmap over samples), `alone` (one
    sample after another).
    """

    def __init__(self, problem: Problem, weights: Weights, samples: Samples) -> None:
        self.problem = problem
        self.weights = weights
        self.samples = samples
        self.how = "alone"
        self._unreduced = problem.loss if problem.reduction == "none" else _without_reduction(problem.loss)
        names = None if isinstance(problem.loss, torch.nn.Module) else arguments(problem.loss)
        self._alone = names is not None and len(names) == 1

    def total(self, tensors: Tensors, batch: Any, n: int) -> torch.Tensor:
        """Returns the sum of the losses of a batch of n samples, a scalar."""
        raw = self._call(self.problem.loss, tensors, batch)
        if self.problem.reduction == "none":
            return self._checked(raw, n).sum()
        raw = self._tensor(raw)
        if raw.numel() != 1:
            raise BridgeError(
                "shape-changed",
                f"the loss of a batch of {n} samples has the shape {list(raw.shape)} where reduction='{self.problem.reduction}' promises one number; "
                "use reduction='none' for one loss for each sample.",
            )
        raw = raw.reshape(())
        return raw * n if self.problem.reduction == "mean" else raw

    def each(self, tensors: Tensors, batch: Any, n: int) -> torch.Tensor:
        """Returns the losses of the n samples of a batch, length n."""
        if self.how == "direct":
            return self.direct(tensors, batch, n)
        if self.how == "mapped":
            return self.mapped(tensors, batch, n)
        raise RuntimeError("samples that are asked one by one have no common pass")

    def outputs(self, tensors: Tensors, batch: Any) -> torch.Tensor:
        """Returns what the model gives for the inputs of a batch of (inputs, labels)."""
        with self.weights.at(tensors) as model:
            return model(*batch[:-1])

    def direct(self, tensors: Tensors, batch: Any, n: int) -> torch.Tensor:
        """Returns the losses of samples by the loss without reduction."""
        if self._unreduced is None:
            raise TypeError("the loss has no form without reduction")
        raw = self._call(self._unreduced, tensors, batch)
        if self.problem.reduction != "none" and isinstance(raw, torch.Tensor) and raw.dim() > 1 and raw.shape[0] == n:
            raw = raw.reshape(n, -1)
            raw = raw.sum(1) if self.problem.reduction == "sum" else raw.mean(1)
        return self._checked(raw, n)

    def mapped(self, tensors: Tensors, batch: Any, n: int) -> torch.Tensor:
        """Returns the losses of samples by mapping the loss of a batch of one over them."""
        return torch.func.vmap(self.single, in_dims=(None, 0))(tuple(tensors), batch)

    def single(self, tensors: Tensors, sample: Any) -> torch.Tensor:
        """Returns the loss of one sample, which has no dimension for the batch; a scalar."""
        return self.total(tensors, _tree(sample, lambda t: t.unsqueeze(0)), 1)

    def _call(self, loss: Callable[..., Any], tensors: Tensors, batch: Any) -> Any:
        with self.weights.at(tensors) as model:
            if self.problem.takes == "model":
                return loss(model) if batch is None or self._alone else loss(model, batch)
            if isinstance(batch, (tuple, list)) and len(batch) >= 2 and not self._alone:
                return loss(model(*batch[:-1]), batch[-1])
            if isinstance(batch, dict) and not self._alone:
                raise BridgeError(
                    "input-problem",
                    "a batch is a dictionary, so that inputs and targets cannot be told apart; write the loss as def loss(model, batch).",
                )
            inputs = batch[0] if isinstance(batch, (tuple, list)) and len(batch) == 1 else batch
            return loss(model(*inputs) if isinstance(inputs, (tuple, list)) else model(inputs))

    def _tensor(self, raw: Any) -> torch.Tensor:
        if not isinstance(raw, torch.Tensor):
            raise BridgeError("shape-changed", f"the loss has to return a tensor; got {type(raw).__name__}.")
        if not raw.is_floating_point():
            raise BridgeError("shape-changed", f"the loss has to return floating numbers; got {raw.dtype}.")
        return raw

    def _checked(self, raw: Any, n: int) -> torch.Tensor:
        raw = self._tensor(raw)
        if raw.shape != (n,) and not (raw.dim() > 1 and raw.numel() == n):
            raise BridgeError(
                "shape-changed",
                f"the loss of a batch of {n} samples has the shape {list(raw.shape)}; with reduction='none' it has to have [{n}], one loss for each sample.",
            )
        return raw.reshape(n)


def _without_reduction(loss: Callable[..., Any]) -> Optional[Callable[..., Any]]:
    """Returns the same loss with one number for each sample, where its author provided for that; None otherwise."""
    if isinstance(loss, torch.nn.Module):
        if getattr(loss, "reduction", None) not in ("mean", "sum"):
            return None
        other = copy.copy(loss)
        other.__dict__ = dict(loss.__dict__)
        other.reduction = "none"  # type: ignore[assignment]
        return other
    try:
        accepted = inspect.signature(loss).parameters
    except (TypeError, ValueError):
        return None
    return functools.partial(loss, reduction="none") if "reduction" in accepted else None


def refuse_training_mode(model: torch.nn.Module) -> None:
    """Raises BridgeError for a layer whose output in training mode depends on chance or on the rest of the batch."""
    norms = torch.nn.modules.batchnorm._NormBase
    for name, module in model.named_modules():
        what = None
        if isinstance(module, norms):
            if module.training and (module.track_running_stats or isinstance(module, torch.nn.modules.batchnorm._BatchNorm)):
                what = "takes the statistics of the batch"
            elif isinstance(module, torch.nn.modules.batchnorm._BatchNorm) and module.running_mean is None:
                raise BridgeError(
                    "input-training-mode",
                    f"the layer '{name}' ({type(module).__name__}) keeps no running statistics, so that the loss of a sample depends on its batch; "
                    "a loss that is a sum over samples is needed.",
                )
        elif module.training and isinstance(module, torch.nn.modules.dropout._DropoutNd) and module.p > 0:
            what = "draws at random"
        elif module.training and isinstance(getattr(module, "dropout", None), float) and module.dropout > 0:  # type: ignore[operator]
            what = "draws at random"
        if what is not None:
            raise BridgeError(
                "input-training-mode",
                f"the layer '{name}' ({type(module).__name__}) is in training mode and {what}; write model.eval() in make(), or Problem(…, eval=True).",
            )


def is_cross_entropy(losses: Losses, tensors: Tensors) -> bool:
    """
    Says whether the loss of a sample is the cross-entropy of the model's outputs and one label, as some samples show: then the loss of
    any other label is known as well.
    """
    samples = losses.samples
    count = min(4, samples.count)
    indices = np.unique(np.linspace(0, samples.count - 1, count).astype(np.int64))
    batch = samples.batch(indices)
    if losses.problem.takes != "output" or losses._alone or not isinstance(batch, (tuple, list)) or len(batch) < 2:
        return False
    labels = batch[-1]
    if not isinstance(labels, torch.Tensor) or labels.dim() != 1 or labels.is_floating_point() or labels.dtype == torch.bool:
        return False
    try:
        with torch.no_grad():
            outputs = losses.outputs(tensors, batch)
            if not isinstance(outputs, torch.Tensor) or outputs.dim() != 2 or outputs.shape[1] < 2:
                return False
            tolerance = 1e-9 if losses.weights.dtype == torch.float64 else 1e-4
            for shift in (0, 1):
                other = (labels + shift) % outputs.shape[1]
                expected = torch.nn.functional.cross_entropy(outputs, other.long(), reduction="none")
                found = [losses.total(tensors, samples.batch(indices[i : i + 1])[:-1] + type(batch)((other[i : i + 1],)), 1) for i in range(len(indices))]
                if not torch.allclose(torch.stack(found), expected, rtol=tolerance, atol=tolerance):
                    return False
    except Exception:  # noqa: BLE001 - whatever the user's code raises for other labels, it is asked for no more of them
        return False
    return True


@contextmanager
def measuring(problem: Problem) -> Iterator[None]:
    """Holds the model and PyTorch in the state in which passes are comparable, and puts everything back."""
    modes = [(m, m.training) for m in problem.model.modules()]
    tf32 = torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32
    mha = getattr(torch.backends, "mha", None)
    fast = mha.get_fastpath_enabled() if mha is not None and hasattr(mha, "get_fastpath_enabled") else None
    with ExitStack() as stack:
        try:
            if problem.eval:
                problem.model.eval()
            torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
            if fast is not None:
                mha.set_fastpath_enabled(False)  # type: ignore[union-attr]
            attention = getattr(getattr(torch.nn, "attention", None), "sdpa_kernel", None)
            if attention is not None:
                # the fused kernels have no second derivatives
                stack.enter_context(attention([torch.nn.attention.SDPBackend.MATH]))
            yield
        finally:
            for module, mode in modes:
                module.training = mode
            torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32 = tf32
            if fast is not None:
                mha.set_fastpath_enabled(fast)  # type: ignore[union-attr]


def choose_how(losses: Losses) -> None:
    """
    Decides how losses of single samples are had, and checks on a few samples, spread over the data, that the loss of a batch
    is what `reduction` says of them.

    Raises BridgeError with what to change.
    """
    problem, samples, weights = losses.problem, losses.samples, losses.weights
    n = min(6, samples.count)
    indices = np.unique(np.linspace(0, samples.count - 1, n).astype(np.int64))
    own = weights.views(weights.tensor(weights.own()))
    tolerance = 1e-9 if weights.dtype == torch.float64 else 1e-4
    with torch.no_grad():
        alone = torch.stack([losses.total(own, samples.batch(indices[i : i + 1]), 1) for i in range(n)])
        _refuse_not_finite(alone, indices)
        again = losses.total(own, samples.batch(indices[:1]), 1)
        if float(again) != float(alone[0]) and abs(float(again - alone[0])) > tolerance * abs(float(again)):
            raise BridgeError(
                "input-chance",
                f"the loss of sample 0 is {float(alone[0]):.9g} and then {float(again):.9g}; something in the model or the loss draws at random or keeps a state. "
                "Switch it off in make(), or give Problem(…, eval=True).",
            )
        batch = samples.batch(indices)
        together = losses.total(own, batch, n)
        scale = max(float(alone.abs().sum()), 1e-300)
        if abs(float(together) - float(alone.sum())) > tolerance * scale:
            raise BridgeError(
                "input-reduction",
                f"the loss of {n} samples together is {float(together) / (n if problem.reduction == 'mean' else 1):.6g} and their losses alone are "
                f"{', '.join(f'{float(x):.6g}' for x in alone)}: that is not their {problem.reduction if problem.reduction != 'none' else 'own'}. "
                "Give reduction='mean', 'sum' or 'none' as it is; a loss with weights of classes or a count of its own needs reduction='none' and a loss for each sample.",
            )
        for how in ("direct", "mapped"):
            if batch is None or (how == "mapped" and (not hasattr(torch, "func") or not _all_tensors(batch, n))):
                continue
            try:
                losses.how = how
                found = losses.each(own, batch, n)
            except Exception:  # noqa: BLE001 - whatever the user's code raises, the next way is tried
                continue
            if found.shape == (n,) and float((found - alone).abs().max()) <= tolerance * scale:
                return
    losses.how = "alone"


def _refuse_not_finite(values: torch.Tensor, indices: np.ndarray) -> None:
    bad = (~torch.isfinite(values)).nonzero()
    if len(bad):
        k = int(bad[0])
        raise BridgeError("not-finite", f"the loss of sample {int(indices[k])} at the weights of the model is {float(values[k])}.")


def _all_tensors(batch: Any, n: int) -> bool:
    tensors = tensors_of(batch)
    return isinstance(batch, (torch.Tensor, tuple, dict)) and len(tensors) > 0 and all(t.dim() and t.shape[0] == n for t in tensors)
