"""The passes of the bridge against autograd of the whole, for every kind of loss and data."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from bridge_models import N, X, Y, Graphs, Pairs, by_model, data, mlp, of_graphs, passes, quiet
from thermograd.bridge.errors import BridgeError
from thermograd.bridge.loss import measuring
from thermograd.bridge.parts import Asked
from thermograd.bridge.passes import Passes
from thermograd.bridge.problem import Problem, problem_from
from thermograd.bridge.weights import Block

KINDS = {
    "a function that takes a reduction": lambda: passes(mlp(), F.cross_entropy, (X, Y), batch_size=4),
    "a loss module that sums": lambda: passes(mlp(), nn.CrossEntropyLoss(reduction="sum"), (X, Y), batch_size=4),
    "a plain function of outputs": lambda: passes(mlp(), lambda z, y: F.cross_entropy(z, y), (X, Y), batch_size=4),
    "one loss for each sample": lambda: passes(
        mlp(), lambda z, y: F.cross_entropy(z, y, reduction="none"), (X, Y), reduction="none", batch_size=4
    ),
    "dictionaries and a function of the model": lambda: passes(mlp(), by_model, Pairs(), batch_size=4),
    "objects of the user's own": lambda: passes(mlp(), of_graphs, list(zip(X, Y)), collate=Graphs, batch_size=4),
    "a loader that shuffles": lambda: passes(
        mlp(), F.cross_entropy, torch.utils.data.DataLoader(torch.utils.data.TensorDataset(X, Y), batch_size=2, shuffle=True), batch_size=4
    ),
    "arrays of NumPy": lambda: passes(mlp(), F.cross_entropy, (X.numpy(), Y.numpy()), batch_size=4),
}


def sample_losses(w: torch.Tensor, indices: Any) -> torch.Tensor:
    """The network once more, written out."""
    a, b, c, d = w.split([30, 5, 15, 3])
    z = torch.tanh(X[indices].double() @ a.view(5, 6).T + b) @ c.view(3, 5).T + d
    return F.cross_entropy(z, Y[indices], reduction="none")


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_loss_and_data_gives_what_autograd_of_the_whole_gives(kind: str) -> None:
    p = KINDS[kind]()
    assert p.samples.count == N
    w = torch.from_numpy(p.weights.own())
    subset = Asked(N, np.array([3, 5, 10, 1, 2, 4]), np.array([[2, 2], [4, N - 2]]))
    c = np.array([1 / N] * 2 + [(N - 2) / N / 4] * 4)
    ranges = np.array([[3, 10], [28, 4], [40, 13]])
    index = np.concatenate([np.arange(o, o + s) for o, s in ranges])
    block = Block(p.weights, ranges)
    v = np.random.default_rng(0).normal(size=(2, block.size))
    for asked, weight in ((Asked(N, None, None), np.full(N, 1 / N)), (subset, c)):
        k = asked.samples
        losses = sample_losses(w, k).numpy()
        jacobian = torch.autograd.functional.jacobian(lambda q: sample_losses(q, k), w).numpy()
        hessian = torch.autograd.functional.hessian(lambda q: (sample_losses(q, k) * torch.from_numpy(weight)).sum(), w).numpy()
        rows = jacobian[:, index]
        loss, gradient = p.gradient(asked, quiet)
        close(loss, weight @ losses)
        close(gradient, weight @ jacobian)
        close(p.sample_losses(asked, quiet), losses)
        close(p.hessian_vectors(block, v, asked, quiet), v @ hessian[np.ix_(index, index)])
        close(p.projected(block, v, asked, quiet), rows @ v.T)
        close(p.second_moment(block, asked, quiet), (rows.T * weight) @ rows)
        close(p.squared_norms(block, asked, quiet), (rows**2).sum(1))
        close(p.fisher(asked, quiet), weight @ jacobian**2)
        displacements = np.array([-0.5, 0.0, 2.0])
        got, errors = p.losses([(block, v[0], displacements)], asked, quiet)
        for i, delta in enumerate(displacements):
            there = w.numpy().copy()
            there[index] += delta * v[0]
            moved = sample_losses(torch.from_numpy(there), k).numpy()
            close(got[i], weight @ moved)
            if errors is not None:
                drawn = (moved - losses)[2:]
                close(errors[i], (N - 2) / N * np.sqrt((1 - 4 / (N - 2)) * drawn.var(ddof=1) / 4))


def close(got: Any, expected: Any) -> None:
    np.testing.assert_allclose(got, expected, rtol=1e-11, atol=1e-13)


def test_regression_with_several_outputs_of_the_model() -> None:
    class Two(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = nn.Linear(6, 1), nn.Linear(6, 2)

        def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            return self.a(x), self.b(x)

    def loss(outputs: Any, target: torch.Tensor) -> torch.Tensor:
        a, b = outputs
        return ((a[:, 0] - target) ** 2 + b.square().sum(1)).mean()

    p = passes(Two(), loss, (X, X[:, 0]))
    model, x = Two().double(), X.double()
    nn.utils.vector_to_parameters(torch.from_numpy(p.weights.own()), model.parameters())
    a, b = model(x)
    close(p.sample_losses(Asked(N, None, None), quiet), ((a[:, 0] - x[:, 0]) ** 2 + b.square().sum(1)).detach().numpy())


def test_a_loss_of_the_model_alone_is_a_landscape_of_one_sample() -> None:
    class Point(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.w = nn.Parameter(torch.tensor([1.0, 2.0]))

    p = passes(Point(), lambda model: (model.w**4).sum())
    asked = Asked(1, None, None)
    close(p.gradient(asked, quiet)[1], [4.0, 32.0])
    close(p.hessian_vectors(Block(p.weights, np.array([[0, 2]])), np.eye(2), asked, quiet), np.diag([12.0, 48.0]))
    close(p.second_moment(Block(p.weights, np.array([[1, 1]])), asked, quiet), [[32.0**2]])


def test_a_convolution_with_frozen_statistics_and_attention_agree_with_plain_autograd() -> None:
    torch.manual_seed(2)
    net = nn.Sequential(nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.ReLU(), nn.Flatten(2), nn.TransformerEncoderLayer(16, 2, 8, batch_first=True), nn.Flatten(), nn.Linear(48, 2))
    net(torch.randn(20, 1, 6, 6))
    net.eval()
    x, y = torch.randn(5, 1, 6, 6), torch.randint(0, 2, (5,))
    p = passes(net, F.cross_entropy, (x, y))
    loss, gradient = p.gradient(Asked(5, None, None), quiet)
    twin = net.double()
    total = F.cross_entropy(twin(x.double()), y)
    close(loss, float(total))
    expected = torch.cat([g.reshape(-1) for g in torch.autograd.grad(total, list(twin.parameters()))])
    np.testing.assert_allclose(gradient, expected.numpy(), rtol=1e-9, atol=1e-12)


def test_shared_parameters_stand_in_both_places() -> None:
    class Tied(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first = nn.Linear(6, 6, bias=False)
            self.second = nn.Linear(6, 6, bias=False)
            self.second.weight = self.first.weight

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.second(torch.tanh(self.first(x)))

    model = Tied()
    p = passes(model, F.mse_loss, (X, X))
    assert p.weights.size == 36
    _, gradient = p.gradient(Asked(N, None, None), quiet)
    model.double()
    (expected,) = torch.autograd.grad(F.mse_loss(model(X.double()), X.double()), [model.first.weight])
    close(gradient, expected.reshape(-1).numpy())


def test_recurrent_layers_use_the_weights_that_are_placed() -> None:
    class Recurrent(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.lstm = nn.LSTM(2, 3, batch_first=True)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.lstm(x.view(-1, 3, 2))[0][:, -1]

    p = passes(Recurrent(), F.cross_entropy, (X, Y))
    asked = Asked(N, None, None)
    before = p.gradient(asked, quiet)[0]
    p.place(p.weights.own() * 2)
    assert abs(p.gradient(asked, quiet)[0] - before) > 1e-3


def test_the_model_is_as_before_after_every_request_and_after_a_failure() -> None:
    net = mlp()
    net.add_module("drop", nn.Dropout(0.5))
    state = {k: v.clone() for k, v in net.state_dict().items()}
    identities = [id(q) for q in net.parameters()]
    problem = problem_from(Problem(net, F.cross_entropy, (X, Y), eval=True), "t")
    p = Passes(problem)
    p.place(p.weights.own() + 1)
    with measuring(problem):
        assert not net.training
        p.gradient(Asked(N, None, None), quiet)

    def stop(_: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), measuring(problem):
        p.fisher(Asked(N, None, None), stop)
    assert net.training and net[3].training
    assert [id(q) for q in net.parameters()] == identities
    assert all(torch.equal(state[k], v) and v.dtype == torch.float32 for k, v in net.state_dict().items())


def test_parameters_by_pattern_leave_the_others_where_they_are() -> None:
    p = passes(mlp(), F.cross_entropy, (X, Y), params="2.*")
    assert [q.name for q in p.weights.parameters] == ["2.weight", "2.bias"]
    whole = passes(mlp(), F.cross_entropy, (X, Y))
    close(p.gradient(Asked(N, None, None), quiet)[1], whole.gradient(Asked(N, None, None), quiet)[1][35:])


def test_single_precision_when_asked_for() -> None:
    p = passes(mlp(), F.cross_entropy, (X, Y), dtype="float32")
    double = passes(mlp(), F.cross_entropy, (X, Y))
    asked = Asked(N, None, None)
    a, b = p.gradient(asked, quiet)[0], double.gradient(asked, quiet)[0]
    assert 0 < abs(a - b) < 1e-6


def test_logits_and_the_true_fisher_of_a_classifier() -> None:
    model = mlp()
    p = passes(model, F.cross_entropy, (X, Y))
    assert p.offers()["logits"] == "exact"
    asked = Asked(N, None, None)
    z = p.logits(asked, quiet)
    assert np.allclose(z, model.double()(X.double()).detach().numpy(), rtol=1e-6)
    expected = np.zeros(p.weights.size)
    for k in range(N):
        probabilities = torch.softmax(torch.from_numpy(z[k]), 0)
        for label in range(z.shape[1]):
            loss = F.cross_entropy(model(X[k : k + 1].double()), torch.tensor([label]))
            g = torch.cat([x.reshape(-1) for x in torch.autograd.grad(loss, list(model.parameters()))])
            expected += float(probabilities[label]) * g.numpy() ** 2 / N
    assert np.allclose(p.true_fisher(asked, quiet), expected, rtol=1e-9)


@pytest.mark.parametrize(
    "loss",
    [
        lambda z, y: F.cross_entropy(z, y, label_smoothing=0.1),
        lambda z, y: F.cross_entropy(z, y, weight=torch.tensor([1.0, 2.0, 1.0], dtype=z.dtype), reduction="sum") / len(y),
        lambda z, y: F.mse_loss(z, F.one_hot(y, 3).to(z.dtype)),
    ],
)
def test_other_losses_have_no_logits(loss) -> None:
    assert passes(mlp(), loss, (X, Y)).offers()["logits"] == "missing"


def test_a_model_whose_second_derivative_is_missing_gets_differences() -> None:
    class Once(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        @torch.autograd.function.once_differentiable
        def backward(ctx: Any, g: torch.Tensor) -> torch.Tensor:
            (x,) = ctx.saved_tensors
            return 3 * x**2 * g

    class Cube(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.w = nn.Parameter(torch.tensor([0.5, -1.0]))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return Once.apply(x @ self.w)

    x = X[:, :2]
    p = passes(Cube(), lambda z, y: z.mean(), (x, Y))
    assert p.offers()["hessianVectors"] == "made"
    w = torch.tensor([0.5, -1.0], dtype=torch.float64)
    expected = torch.autograd.functional.hessian(lambda q: ((x.double() @ q) ** 3).mean(), w).numpy()
    got = p.hessian_vectors(Block(p.weights, np.array([[0, 2]])), np.eye(2), Asked(N, None, None), quiet)
    np.testing.assert_allclose(got, expected, atol=1e-7)


def test_buffers_are_set_for_passes_and_not_in_the_model() -> None:
    net = nn.Sequential(nn.BatchNorm1d(6), mlp()).eval()
    p = passes(net, F.cross_entropy, (X, Y))
    assert set(p.weights.buffers) == {"0.running_mean", "0.running_var", "0.num_batches_tracked"}
    p.weights.set_buffer("0.running_mean", np.full(6, 0.5))
    p.weights.set_buffer("0.num_batches_tracked", np.array(7.0))
    loss = p.gradient(Asked(N, None, None), quiet)[0]
    assert float(net[0].running_mean.abs().sum()) == 0
    twin = net.double()
    twin[0].running_mean.fill_(0.5)
    close(loss, float(F.cross_entropy(twin(X.double()), Y).detach()))
    with pytest.raises(BridgeError, match=r"has the shape \[6\]; got \[5\]"):
        p.weights.set_buffer("0.running_mean", np.zeros(5))
    with pytest.raises(BridgeError, match="no buffer 'x'"):
        p.weights.set_buffer("x", np.zeros(5))
