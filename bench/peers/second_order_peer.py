"""
Curvature and gradients of single samples of a model of examples/pytorch, by the packages that people use for them and by the passes of
the bridge called directly: the peer of bench/second-order.mjs.

    THERMOGRAD_BENCH_MODEL=mlp python3 second_order_peer.py WEIGHTS

WEIGHTS holds all weights as float64 numbers in the order of the parameters. Each line of stdin is a JSON object {"task", "peer"} with
what the task needs; the answer is one line {"cpu": seconds, "wall": seconds, "values": ...}, or {"skipped": why}. Everything
runs in float64 on one thread, in the same batches of 500. PyHessian finds eigenvalues by power iteration, the others by a Lanczos process.
"""

import copy
import json
import os
import sys
import time
from importlib.metadata import version

for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "1"
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # what the packages print is no answer

import numpy as np
import torch

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "python", "src"))
torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)

from second_order_model import BATCH, make  # noqa: E402

problem = make()
model, loss = problem.model.double().eval(), problem.loss
parameters = list(model.parameters())
with torch.no_grad():
    torch.nn.utils.vector_to_parameters(torch.from_numpy(np.fromfile(sys.argv[1])), parameters)
x, y = problem.data[0].double(), problem.data[1]
N = len(x)
batches = list(zip(x.split(BATCH), y.split(BATCH)))
assert N % BATCH == 0, "hessian-eigenthings weighs batches equally"


def flat(tensors):
    return torch.cat([t.reshape(-1) for t in tensors])


def unflat(v):
    return [part.reshape(p.shape) for part, p in zip(v.split([p.numel() for p in parameters]), parameters)]


class Direct:
    """The passes of the bridge, in this process."""

    def __init__(self):
        from thermograd.bridge.parts import Asked
        from thermograd.bridge.passes import Passes
        from thermograd.bridge.problem import problem_from

        self.passes = Passes(problem_from(problem, "this file"))
        self.block = self.passes._whole()
        self.asked = Asked(N, None, None)
        self.own = self.passes.weights.own()

    def __call__(self, verb, *arguments):
        self.passes.place(self.own.copy())
        return getattr(self.passes, verb)(*arguments, self.asked, lambda share: None)

    def losses(self, v, displacements):
        return self("losses", [(self.block, v, np.array(displacements))])[0]


def direct():
    if not hasattr(direct, "made"):
        direct.made = Direct()
    return direct.made


def plain_gradient():
    total = [torch.zeros_like(p) for p in parameters]
    for a, b in batches:
        for t, g in zip(total, torch.autograd.grad(loss(model(a), b), parameters)):
            t += g * (len(a) / N)
    return flat(total)


def plain_product(v):
    vector, total = unflat(v), [torch.zeros_like(p) for p in parameters]
    for a, b in batches:
        first = torch.autograd.grad(loss(model(a), b), parameters, create_graph=True)
        for t, h in zip(total, torch.autograd.grad(first, parameters, vector)):
            t += h * (len(a) / N)
    return flat(total)


def plain_losses(v, displacements):
    start, out = flat(parameters).detach(), []
    with torch.no_grad():
        for delta in displacements:
            torch.nn.utils.vector_to_parameters(start + delta * v, parameters)
            out.append(sum(float(loss(model(a), b)) * len(a) for a, b in batches) / N)
        torch.nn.utils.vector_to_parameters(start, parameters)
    return np.array(out)


def curvlinops():
    from curvlinops import HessianLinearOperator

    return HessianLinearOperator(model, loss, parameters, batches, check_deterministic=False)


def eigenthings():
    from hessian_eigenthings import HessianOperator, supervised_loss

    return HessianOperator(model, batches, supervised_loss(loss), full_dataset=True)


def pyhessian():
    from pyhessian import hessian

    return hessian(model, loss, dataloader=batches, cuda=False)


def scipy_top(k, tolerance):
    from scipy.sparse.linalg import eigsh

    operator = curvlinops().to_scipy()
    # the bridge returns the smallest one as well
    eigsh(operator, k=1, which="SA", tol=tolerance, return_eigenvectors=False)
    return np.sort(eigsh(operator, k=k, which="LA", tol=tolerance, return_eigenvectors=False))[::-1]


def eigenthings_top(k, tolerance):
    from hessian_eigenthings import lanczos

    # it runs all its steps whatever the tolerance is: as many as the bridge needs
    return lanczos(eigenthings(), k=k, max_iter=request["steps"], tol=tolerance, which="LA", seed=0, reorthogonalize=True).eigenvalues


def curvlinops_probes(probes):
    operator = curvlinops()
    return [float(v @ (operator @ v)) for v in signs(probes)]


def eigenthings_probes(probes):
    from hessian_eigenthings import hutchinson

    return hutchinson(eigenthings(), num_samples=probes, seed=0).samples


def signs(probes):
    generator = torch.Generator().manual_seed(1)
    size = sum(p.numel() for p in parameters)
    return [2.0 * torch.randint(0, 2, (size,), generator=generator) - 1 for _ in range(probes)]


def mapped_gradients(a, b):
    named = {name: p.detach() for name, p in model.named_parameters()}

    def single(w, one, label):
        return loss(torch.func.functional_call(model, w, (one[None],)), label[None])

    return torch.func.vmap(torch.func.grad(single), in_dims=(None, 0, 0))(named, a, b)


def mapped_norms():
    out = []
    for a, b in zip(x.split(100), y.split(100)):
        out.append(sum((g.flatten(1) ** 2).sum(1) for g in mapped_gradients(a, b).values()))
    return torch.cat(out)


def mapped_fisher():
    total = torch.zeros(sum(p.numel() for p in parameters))
    for a, b in zip(x.split(100), y.split(100)):
        total += flat([(g**2).sum(0) for g in mapped_gradients(a, b).values()])
    return total / N


def packed(extension, name):
    """Runs BackPACK over all batches and returns what it left in each parameter, batch by batch."""
    from backpack import backpack, extend

    if not hasattr(packed, "made"):
        # its hooks would slow down all others
        packed.made = extend(copy.deepcopy(model)), extend(torch.nn.CrossEntropyLoss())
    own, criterion = packed.made
    held = list(own.parameters())
    for a, b in batches:
        with backpack(extension()):
            criterion(own(a), b).backward()
        yield len(a), [getattr(p, name) for p in held]
        for p in held:
            p.grad = None
            delattr(p, name)


def packed_norms():
    from backpack.extensions import BatchL2Grad

    # gradients there are those of the mean loss of a batch
    return torch.cat([sum(parts) * n**2 for n, parts in packed(BatchL2Grad, "batch_l2")])


def packed_fisher():
    from backpack.extensions import SumGradSquared

    return sum(flat(parts) * n**2 for n, parts in packed(SumGradSquared, "sum_grad_squared")) / N


def vector():
    return torch.from_numpy(np.fromfile(request["vector"]))


TASKS = {
    "gradient": {
        "direct": lambda: direct()("gradient")[1],
        "plain PyTorch": plain_gradient,
    },
    "losses": {
        "direct": lambda: direct().losses(vector().numpy(), request["displacements"]),
        "plain PyTorch": lambda: plain_losses(vector(), request["displacements"]),
    },
    "product": {
        "direct": lambda: direct()("hessian_vectors", direct().block, vector().numpy()[None])[0],
        "plain PyTorch": lambda: plain_product(vector()),
        "curvlinops": lambda: curvlinops() @ vector(),
        "hessian-eigenthings": lambda: eigenthings().matvec(vector()),
        "PyHessian": lambda: flat(pyhessian().dataloader_hv_product(unflat(vector()))[1]),
    },
    "top": {
        "curvlinops": lambda: scipy_top(request["k"], request["tolerance"]),
        "hessian-eigenthings": lambda: eigenthings_top(request["k"], request["tolerance"]),
        "PyHessian": lambda: pyhessian().eigenvalues(maxIter=request["most"], tol=request["tolerance"], top_n=request["k"])[0],
    },
    "trace": {
        "curvlinops": lambda: curvlinops_probes(request["probes"]),
        "hessian-eigenthings": lambda: eigenthings_probes(request["probes"]),
        "PyHessian": lambda: pyhessian().trace(maxIter=request["probes"], tol=0),
    },
    "norms": {
        "direct": lambda: direct()("squared_norms", direct().block),
        "torch.func": mapped_norms,
        "BackPACK": packed_norms,
    },
    "fisher": {
        "direct": lambda: direct()("fisher"),
        "torch.func": mapped_fisher,
        "BackPACK": packed_fisher,
    },
}
PACKAGES = {
    "curvlinops": "curvlinops-for-pytorch",
    "hessian-eigenthings": "hessian-eigenthings",
    "PyHessian": "pyhessian",
    "BackPACK": "backpack-for-pytorch",
}

for line in sys.stdin:
    request = json.loads(line)
    if request["task"] == "versions":
        found = {"torch": torch.__version__}
        for peer, package in PACKAGES.items():
            try:
                found[peer] = version(package)
            except Exception:
                pass
        answer = {"values": found}
    else:
        try:
            if request["peer"] == "direct":
                direct()  # made before, as the bridge is
            wall, cpu = time.perf_counter(), time.process_time()
            values = TASKS[request["task"]][request["peer"]]()
            cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
            answer = {"cpu": cpu, "wall": wall, "values": np.asarray(torch.as_tensor(values).detach() if isinstance(values, torch.Tensor) else values, float).tolist()}
        except ImportError as error:
            answer = {"skipped": f"needs {request['peer']} ({error})"}
    print(json.dumps(answer), file=answers, flush=True)
