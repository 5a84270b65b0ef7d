"""
The quantities that the program asks for: L(w) = Σ_k c_k L_k(w), its gradient g, Hessian products H v, and what is made of the gradients
g_k of single samples. Sums over samples run in float64 on any device. docs/theory [S10], [F5].
"""

from __future__ import annotations

import warnings
from typing import Any, Callable, Sequence

import numpy as np
import torch

from .data import Samples
from .errors import BridgeError
from .loss import Losses, _all_tensors, choose_how, is_cross_entropy, measuring, refuse_training_mode
from .numbers import dtype_of, finite, refuse_nan
from .parts import Asked, Part, Spread
from .problem import Problem
from .weights import Block, Weights

#: Called before every batch with the share that is done; raises Cancelled.
Between = Callable[[float], None]
#: Bytes of the gradients of single samples that are held at once: more no longer fit the caches and take three to four times as long.
ROW_BYTES = 16 * 1024**2
#: The same where they make a matrix, which is read and written once for each part.
MOMENT_BYTES = 256 * 1024**2


class Passes:
    """
    Passes through the data of a problem. The point w is set by `place`; every answer is for the weights that were placed last.

    `rows` says how gradients of single samples are had: `mapped` (torch.func) or `alone`. `tangents`: directional derivatives of
    single samples by `forward` differentiation, by `twice` (a gradient of the gradient of Σ u_k L_k in u), or from `rows`.
    `curvature`: H v by `twice` or from `differences` of gradients.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        first = next(iter(problem.model.parameters()), None)
        self.device = torch.device(problem.device) if problem.device is not None else first.device if first is not None else torch.device("cpu")
        self.dtype = dtype_of(problem, self.device, first)
        if not problem.eval:
            refuse_training_mode(problem.model)
        self.weights = Weights(problem.model, problem.params, self.dtype, self.device)
        self.samples = Samples(problem.data, problem.collate, self.dtype, self.device)
        self.batch_size = problem.batch_size or 1000
        self.losses_of = Losses(problem, self.weights, self.samples)
        self.rows = self.tangents = self.curvature = ""
        self.classifies = False
        with measuring(problem):
            choose_how(self.losses_of)
        self.place(self.weights.own())
        with measuring(problem):
            self._choose()
            self.classifies = is_cross_entropy(self.losses_of, self._views)

    def place(self, flat: np.ndarray) -> None:
        """Sets the point w, length P."""
        if flat.shape != (self.weights.size,):
            raise BridgeError("bad-request", f"the model has {self.weights.size} weights; got {flat.size}.")
        self._flat = self.weights.tensor(flat)
        self._views = self.weights.views(self._flat)

    def offers(self) -> dict[str, str]:
        """Says for every verb whether it is computed as defined (`exact`) or made from others (`made`)."""
        made = lambda plain: "exact" if plain else "made"  # noqa: E731
        rows = made(self.rows == "mapped")
        return {
            "losses": "exact",
            "gradient": "exact",
            "hessianVectors": made(self.curvature == "twice"),
            "sampleLosses": made(self.losses_of.how != "alone"),
            "projectedSampleGradients": made(self.tangents != "rows"),
            "secondMoment": rows,
            "squaredNorms": rows,
            "fisher": rows,
            "logits": "exact" if self.classifies else "missing",
            "trueFisher": rows if self.classifies else "missing",
        }

    # --- losses

    def losses(self, lines: Sequence[tuple[Block, np.ndarray, np.ndarray]], asked: Asked, between: Between) -> tuple[np.ndarray, np.ndarray | None]:
        """Returns L(w + δ p) for all displacements of all lines, one after another, and their standard errors over a subset."""
        number = sum(len(d) for _, _, d in lines)
        sums = torch.zeros(number, dtype=torch.float64, device=self.device)
        spread = Spread(asked, number) if asked.subset else None
        points = [(block, block.of(self._flat), self.weights.tensor(p), d) for block, p, d in lines]
        done, total = 0, asked.number(self.batch_size) * max(number, 1)
        seen = [0] * len(asked.strata)
        with torch.no_grad():
            for part in asked.parts(self.batch_size):
                n = len(part.indices)
                batch = self.samples.batch(part.indices)
                centre = self._each(self._views, part, batch).double().cpu().numpy() if spread else None
                at = 0
                for block, b, p, displacements in points:
                    for delta in displacements.tolist():
                        between(done / total)
                        done += 1
                        tensors = block.tensors(self._views, self._flat, torch.add(b, p, alpha=delta))
                        if spread is None:
                            sums[at] += part.factor * self.losses_of.total(tensors, batch, n).double()
                        else:
                            values = self._each(tensors, part, batch).double()
                            sums[at] += part.factor * values.sum()
                            spread.add(part.stratum, at, values.cpu().numpy() - centre, seen[part.stratum])
                        at += 1
                seen[part.stratum] += n
        values = sums.cpu().numpy()
        refuse_nan(values, lines)
        return values, spread.errors() if spread else None

    def sample_losses(self, asked: Asked, between: Between) -> np.ndarray:
        """Returns L_k(w) of each asked sample."""
        out = np.empty(asked.count)
        with torch.no_grad():
            for part in self._counted(asked, self.batch_size, between):
                values = self._each(self._views, part, self.samples.batch(part.indices))
                out[part.first : part.first + len(part.indices)] = values.double().cpu().numpy()
        return finite(out, "the loss of a sample", asked.samples)

    def _culprit(self, asked: Asked) -> str:
        """Names the first sample whose loss is not finite, for a sentence."""
        with torch.no_grad():
            for part in asked.parts(self.batch_size):
                values = self._each(self._views, part, self.samples.batch(part.indices))
                bad = torch.nonzero(~torch.isfinite(values.double()))
                if len(bad) > 0:
                    k = int(bad[0])
                    return f": that of sample {int(part.indices[k])} is {float(values[k])}; look at its inputs and labels, or at the weights"
        return ""

    # --- derivatives of the sum

    def gradient(self, asked: Asked, between: Between) -> tuple[float, np.ndarray]:
        """Returns L(w) and g, length P."""
        block = self._whole()
        loss, gradient = self._gradient_at(block, block.of(self._flat), asked, between)
        if not np.isfinite(loss):
            raise BridgeError("not-finite", f"the loss at the asked weights is {loss}{self._culprit(asked)}.")
        return loss, finite(gradient, "the gradient in weight")

    def _gradient_at(self, block: Block, b: torch.Tensor, asked: Asked, between: Between) -> tuple[float, np.ndarray]:
        sums = torch.zeros(block.size, dtype=torch.float64, device=self.device)
        loss = torch.zeros((), dtype=torch.float64, device=self.device)
        b = b.detach().requires_grad_()
        for part in self._counted(asked, self.batch_size, between):
            total = self._total(block, b, part)
            (g,) = torch.autograd.grad(total, b)
            sums += part.factor * g.double()
            loss += part.factor * total.detach().double()
        return float(loss), sums.cpu().numpy()

    def hessian_vectors(self, block: Block, v: np.ndarray, asked: Asked, between: Between) -> np.ndarray:
        """Returns H_b v for every row of v."""
        if self.curvature == "differences":
            return self._by_differences(block, v, asked, between)
        sums = torch.zeros(v.shape, dtype=torch.float64, device=self.device)
        vectors = self.weights.tensor(v)
        b = block.of(self._flat).requires_grad_()
        for part in self._counted(asked, self.batch_size, between):
            (g,) = torch.autograd.grad(self._total(block, b, part), b, create_graph=True)
            if not g.requires_grad:
                continue  # the loss is linear in this block
            for i in range(len(vectors)):
                (h,) = torch.autograd.grad(g, b, vectors[i], retain_graph=i + 1 < len(vectors), allow_unused=True)
                if h is not None:
                    sums[i] += part.factor * h.double()
        return finite(sums.cpu().numpy(), "a product with the Hessian in weight")

    def _by_differences(self, block: Block, v: np.ndarray, asked: Asked, between: Between) -> np.ndarray:
        """Returns (g(w + εv) − g(w − εv))/2ε; ε balances roundings of g against its third derivative."""
        b = block.of(self._flat)
        rounding = torch.finfo(self.dtype).eps ** (1 / 3)
        out = np.zeros(v.shape)
        for i in range(len(v)):
            length = float(np.linalg.norm(v[i]))
            if length == 0:
                continue
            step = rounding * (1 + float(b.norm())) / length
            along = self.weights.tensor(v[i])
            ahead = self._gradient_at(block, b + step * along, asked, lambda s, i=i: between((i + s / 2) / len(v)))[1]
            behind = self._gradient_at(block, b - step * along, asked, lambda s, i=i: between((i + 0.5 + s / 2) / len(v)))[1]
            out[i] = (ahead - behind) / (2 * step)
        return finite(out, "a product with the Hessian in weight")

    # --- gradients of single samples; N×P numbers never exist at once

    def projected(self, block: Block, v: np.ndarray, asked: Asked, between: Between) -> np.ndarray:
        """Returns g_k·v for each asked sample and each row of v, n×k."""
        out = np.empty((asked.count, len(v)))
        vectors = self.weights.tensor(v)
        size = self.batch_size if self.tangents != "rows" else self._rows_at_once(block)
        for part in self._counted(asked, size, between):
            found = self._tangents(block, vectors, part)
            out[part.first : part.first + len(part.indices)] = found.double().cpu().numpy()
        return finite(out, "a projected gradient of sample", asked.samples)

    def second_moment(self, block: Block, asked: Asked, between: Between) -> np.ndarray:
        """Returns Σ_k c_k g_k g_kᵀ, P_b×P_b."""
        if 8 * block.size**2 > 4 * 1024**3:
            raise BridgeError(
                "input-size", f"the second moment of a block of {block.size} weights takes {8 * block.size**2 / 1e9:.1f} GB; ask for a smaller block."
            )
        sums = torch.zeros((block.size, block.size), dtype=torch.float64, device=self.device)
        for part in self._counted(asked, self._rows_at_once(block, MOMENT_BYTES), between):
            rows = self._gradients(block, part).double()
            sums.addmm_(rows.T, rows, alpha=part.factor)
        return finite(sums.cpu().numpy(), "the second moment in row")

    def moment_vectors(self, block: Block, v: np.ndarray, asked: Asked, between: Between) -> np.ndarray:
        """Returns Σ_k c_k g_k (g_k·v) for every row of v, in one pass over the gradients of the samples."""
        sums = torch.zeros(v.shape, dtype=torch.float64, device=self.device)
        vectors = torch.as_tensor(v, dtype=torch.float64, device=self.device)
        for part in self._counted(asked, self._rows_at_once(block), between):
            rows = self._gradients(block, part).double()
            sums += part.factor * ((rows @ vectors.T).T @ rows)
        return finite(sums.cpu().numpy(), "a product with the second moment in row")

    def squared_norms(self, block: Block, asked: Asked, between: Between) -> np.ndarray:
        """Returns |g_k|² over the block for each asked sample."""
        out = np.empty(asked.count)
        for part in self._counted(asked, self._rows_at_once(block), between):
            rows = self._gradients(block, part).double()
            out[part.first : part.first + len(part.indices)] = (rows * rows).sum(1).cpu().numpy()
        return finite(out, "the squared gradient of sample", asked.samples)

    def fisher(self, asked: Asked, between: Between) -> np.ndarray:
        """Returns Σ_k c_k g_k∘g_k, length P."""
        block = self._whole()
        sums = torch.zeros(block.size, dtype=torch.float64, device=self.device)
        for part in self._counted(asked, self._rows_at_once(block), between):
            rows = self._gradients(block, part).double()
            sums += part.factor * (rows * rows).sum(0)
        return finite(sums.cpu().numpy(), "the Fisher diagonal in weight")

    def logits(self, asked: Asked, between: Between) -> np.ndarray:
        """Returns the outputs of a classifier for each asked sample, n×C."""
        found = []
        with torch.no_grad():
            for part in self._counted(asked, self.batch_size, between):
                found.append(self.losses_of.outputs(self._views, self.samples.batch(part.indices)).double().cpu().numpy())
        return finite(np.concatenate(found), "a logit of sample", asked.samples)

    def true_fisher(self, asked: Asked, between: Between) -> np.ndarray:
        """Returns Σ_k c_k Σ_y p_ky g_k(y)∘g_k(y), length P, with the probabilities p that the classifier gives to all labels y."""
        block = self._whole()
        sums = torch.zeros(block.size, dtype=torch.float64, device=self.device)
        size = self._rows_at_once(block)
        total = asked.number(size)
        for done, part in enumerate(asked.parts(size)):
            with torch.no_grad():
                p = torch.softmax(self.losses_of.outputs(self._views, self.samples.batch(part.indices)).double(), 1)
            for label in range(p.shape[1]):
                between((done + label / p.shape[1]) / total)
                rows = self._gradients(block, part, label).double()
                sums += part.factor * (p[:, label : label + 1] * rows * rows).sum(0)
        return finite(sums.cpu().numpy(), "the true Fisher diagonal in weight")

    # --- one batch

    def _batch(self, indices: np.ndarray, label: int | None) -> Any:
        """Returns samples as one batch, all of them with this label where one is given."""
        batch = self.samples.batch(indices)
        return batch if label is None else (*batch[:-1], torch.full_like(batch[-1], label))

    def _counted(self, asked: Asked, size: int, between: Between) -> Any:
        total = asked.number(size)
        for done, part in enumerate(asked.parts(size)):
            between(done / total)
            yield part

    def _whole(self) -> Block:
        return Block(self.weights, np.array([[0, self.weights.size]]))

    def _rows_at_once(self, block: Block, most: int = ROW_BYTES) -> int:
        return max(1, min(self.batch_size, most // (8 * block.size)))

    def _total(self, block: Block, b: torch.Tensor, part: Part, label: int | None = None) -> torch.Tensor:
        batch = self._batch(part.indices, label)
        total = self.losses_of.total(block.tensors(self._views, self._flat, b), batch, len(part.indices))
        if not total.requires_grad:
            # a block on which the loss does not depend, or a loss that was detached
            return total + 0 * b.sum()
        return total

    def _each(self, tensors: Sequence[torch.Tensor], part: Part, batch: Any) -> torch.Tensor:
        if self.losses_of.how == "alone":
            one = [self.losses_of.total(tensors, self.samples.batch(part.indices[i : i + 1]), 1) for i in range(len(part.indices))]
            return torch.stack(one)
        return self.losses_of.each(tensors, batch, len(part.indices))

    def _tangents(self, block: Block, vectors: torch.Tensor, part: Part) -> torch.Tensor:
        if self.tangents == "rows":
            return self._gradients(block, part) @ vectors.T
        batch = self.samples.batch(part.indices)
        b = block.of(self._flat)

        def each(b: torch.Tensor) -> torch.Tensor:
            return self._each(block.tensors(self._views, self._flat, b), part, batch)

        if self.tangents == "forward":
            return torch.stack([torch.func.jvp(each, (b,), (v,))[1] for v in vectors], dim=1)
        b.requires_grad_()
        values = each(b)
        if not values.requires_grad:
            return torch.zeros((len(part.indices), len(vectors)), dtype=self.dtype, device=self.device)
        u = torch.zeros_like(values, requires_grad=True)
        (g,) = torch.autograd.grad(values, b, u, create_graph=True)
        return torch.stack([torch.autograd.grad(g, u, v, retain_graph=True)[0] for v in vectors], dim=1)

    def _gradients(self, block: Block, part: Part, label: int | None = None) -> torch.Tensor:
        """Returns g_k of each sample of a part, by this label where one is given, n×P_b."""
        whole = block.whole()
        if self.rows == "mapped" and whole is not None:
            # gradients in the parameters themselves: those in the flat vector are padded with zeros for each of them

            def of_held(held: tuple[torch.Tensor, ...], sample: Any) -> torch.Tensor:
                tensors = list(self._views)
                for i, tensor in zip(whole, held):
                    tensors[i] = tensor
                return self.losses_of.single(tensors, sample)

            held = tuple(self._views[i] for i in whole)
            each = torch.func.vmap(torch.func.grad(of_held), in_dims=(None, 0))(held, self._batch(part.indices, label))
            return torch.cat([g.flatten(1) for g in each], dim=1)
        b = block.of(self._flat)
        if self.rows == "mapped":

            def single(b: torch.Tensor, sample: Any) -> torch.Tensor:
                return self.losses_of.single(block.tensors(self._views, self._flat, b), sample)

            return torch.func.vmap(torch.func.grad(single), in_dims=(None, 0))(b, self._batch(part.indices, label))
        b.requires_grad_()
        rows = torch.empty((len(part.indices), block.size), dtype=self.dtype, device=self.device)
        for i in range(len(part.indices)):
            one = Part(part.indices[i : i + 1], part.factor, part.stratum, part.first + i)
            (rows[i],) = torch.autograd.grad(self._total(block, b, one, label), b)
        return rows

    # --- which ways work for this model, tried on its first samples

    def _choose(self) -> None:
        part = next(Asked(min(2, self.samples.count), None, None).parts(2))
        block = self._whole()
        b = block.of(self._flat).requires_grad_()
        tensors = block.tensors(self._views, self._flat, b)
        total = self.losses_of.total(tensors, self.samples.batch(part.indices), len(part.indices))
        if not total.requires_grad:
            raise BridgeError("input-problem", "the loss does not depend on the parameters as far as PyTorch can see; compute it from the outputs of the model, without detach() or NumPy.")
        (g,) = torch.autograd.grad(total, b, create_graph=True)
        scale = max(float(g.detach().norm()), 1e-300)
        tolerance = 1e-8 if self.dtype == torch.float64 else 1e-3
        self.curvature = self._curvature(block, b, g)
        self.rows = "alone"
        if hasattr(torch, "func") and _all_tensors(self.samples.batch(part.indices), len(part.indices)):
            try:
                self.rows = "mapped"
                if float((self._gradients(block, part).sum(0) - g.detach()).norm()) > tolerance * scale:
                    self.rows = "alone"
            except Exception:  # noqa: BLE001 - whatever the user's code raises, samples are taken one by one
                self.rows = "alone"
        self._choose_tangents(block, part, g.detach(), scale * tolerance)

    def _curvature(self, block: Block, b: torch.Tensor, g: torch.Tensor) -> str:
        """Says whether g can be differentiated again; zeros are believed only when differences give them as well."""
        try:
            h = torch.autograd.grad(g, b, torch.ones_like(b), allow_unused=True)[0] if g.requires_grad else None
        except RuntimeError:
            return "differences"
        if h is None or not bool(h.any()):
            asked = Asked(min(2, self.samples.count), None, None)
            slope = self._by_differences(block, np.ones((1, block.size)), asked, lambda _: None)
            if np.abs(slope).max() > 1e-3 * float(g.detach().norm()):
                return "differences"
        return "twice"

    def _choose_tangents(self, block: Block, part: Part, g: torch.Tensor, tolerance: float) -> None:
        _load_forward_mode()
        if self.losses_of.how != "alone":
            direction = (g / g.norm().clamp_min(1e-300)).reshape(1, -1)
            for way in ("forward", "twice") if hasattr(torch, "func") else ("twice",):
                try:
                    self.tangents = way
                    if abs(float(self._tangents(block, direction, part).sum() - g.norm())) <= tolerance:
                        return
                except Exception:  # noqa: BLE001
                    continue
        self.tangents = "rows"


def _load_forward_mode() -> None:
    """Loads what PyTorch needs for forward differentiation, which warns of its own use of torch.jit and not of the user's."""
    if hasattr(torch, "func"):
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", category=FutureWarning, module=r"torch\.jit")
            torch.func.jvp(torch.sin, (torch.ones(1),), (torch.ones(1),))
