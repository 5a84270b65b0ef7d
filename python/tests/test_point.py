"""The nouns of the Python package against autograd of the whole."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional as F

import thermograd
from bridge_models import X, Y, mlp
from thermograd.bridge.errors import BridgeError


def dense(model: Any) -> tuple[np.ndarray, np.ndarray]:
    """The Hessian and the covariance of the samples' gradients of the first layer's weight, by autograd of plain functions."""
    model = model.double()
    x = X.double()

    def losses(flat: torch.Tensor) -> torch.Tensor:
        z = F.linear(x, flat.view(5, 6), model[0].bias)
        return F.cross_entropy(F.linear(torch.tanh(z), model[2].weight, model[2].bias), Y, reduction="none")

    w = model[0].weight.detach().reshape(-1)
    hessian = torch.autograd.functional.hessian(lambda f: losses(f).mean(), w)
    rows = torch.autograd.functional.jacobian(losses, w)
    return hessian.numpy(), np.cov(rows.numpy().T, bias=True)


def test_hessian_and_noise_are_those_of_autograd() -> None:
    at = thermograd.at(mlp(), F.cross_entropy, (X, Y))
    hessian, covariance = dense(mlp())
    values = np.linalg.eigvalsh(hessian)[::-1]
    top = at.hessian("0").top(3)
    assert [e.value for e in top] == pytest.approx(values[:3], rel=1e-9)
    for e in top:
        assert np.linalg.norm(hessian @ e.vector - e.value * e.vector) < 1e-6
    assert at.hessian("0.weight").trace().value == pytest.approx(np.trace(hessian), rel=1e-9)
    probed = at.hessian("0").trace(20)
    assert abs(probed.value - np.trace(hessian)) < 4 * probed.error
    assert at.noise("0").matrix() == pytest.approx(covariance, abs=1e-12)
    v = np.cos(np.arange(30))
    found = at.noise("0").along(2 * v)
    assert found.value == pytest.approx(v @ covariance @ v / (v @ v), rel=1e-9)
    assert [m.value for m in at.noise("0").along(np.stack([v, v]))] == [found.value] * 2
    assert "53 weights" in str(at)
    assert at.loss() == pytest.approx(float(F.cross_entropy(mlp()(X), Y)), rel=1e-6)


def test_every_eigenvalue_of_either_is_found() -> None:
    at = thermograd.at(mlp(), F.cross_entropy, (X, Y))
    hessian, covariance = dense(mlp())
    values = np.linalg.eigvalsh(hessian)
    smallest = at.hessian("0").smallest()
    assert smallest.value == pytest.approx(values[0], rel=1e-6) and smallest.value < 0
    assert np.linalg.norm(hessian @ smallest.vector - smallest.value * smallest.vector) < 1e-5
    assert [e.value for e in at.hessian("0").top(30)] == pytest.approx(values[::-1], abs=1e-9)
    assert at.hessian("0").matrix() == pytest.approx(hessian, abs=1e-12)
    v = np.cos(np.arange(30))
    assert at.hessian("0").along(3 * v).value == pytest.approx(v @ hessian @ v / (v @ v), rel=1e-9)
    noise = at.noise("0")
    assert noise.times(v) == pytest.approx(covariance @ v, abs=1e-12)
    found = noise.top(12)
    assert [e.value for e in found] == pytest.approx(np.linalg.eigvalsh(covariance)[::-1][:12], abs=1e-9)
    for e in found[:4]:
        assert np.linalg.norm(covariance @ e.vector - e.value * e.vector) < 1e-5 * e.value
    two = np.stack([v / np.linalg.norm(v), np.eye(30)[3]])
    assert noise.between(two) == pytest.approx(two @ covariance @ two.T, abs=1e-12)
    assert noise.trace().value == pytest.approx(np.trace(covariance), rel=1e-12)


def test_noise_scale_is_that_of_the_gradients_of_the_samples() -> None:
    at = thermograd.at(mlp(), F.cross_entropy, (X, Y))
    _, covariance = dense(mlp())
    g = at.gradient("0")
    n = len(X)
    trace = np.trace(covariance) * n / (n - 1)
    found = at.noise("0").scale()
    assert found.value == pytest.approx(trace / (g @ g - trace / n), rel=1e-10)
    # the error against that of the jackknife, which leaves out one sample after another
    model = mlp().double()
    rows = []
    for k in range(n):
        model.zero_grad()
        F.cross_entropy(model(X[k : k + 1].double()), Y[k : k + 1]).backward()
        rows.append(model[0].weight.grad.numpy().ravel().copy())
    assert g == pytest.approx(np.mean(rows, axis=0), abs=1e-12)
    left = []
    for k in range(n):
        kept = np.array(rows[:k] + rows[k + 1 :])
        t = kept.var(axis=0, ddof=1).sum()
        left.append(t / (kept.mean(axis=0) @ kept.mean(axis=0) - t / (n - 1)))
    jackknife = np.sqrt((n - 1) * np.var(left))
    assert 0.4 * jackknife < found.error < 2.5 * jackknife


def test_density_is_that_of_all_eigenvalues() -> None:
    at = thermograd.at(mlp(), F.cross_entropy, (X, Y))
    values = np.linalg.eigvalsh(dense(mlp())[0])
    points = np.linspace(values[0], values[-1], 7)
    smooth = np.exp(-(((points[:, None] - values) / 0.05) ** 2) / 2).mean(axis=1) / (0.05 * np.sqrt(2 * np.pi))
    exact = at.hessian("0").density(width=0.05, at=points)
    assert exact.density == pytest.approx(smooth, abs=1e-9) and not exact.error.any()
    assert exact.trace.value == pytest.approx(values.sum(), rel=1e-9)
    assert exact.above(0.1) == pytest.approx((values > 0.1).mean()) and exact.quantile(1) == pytest.approx(values[-1])
    probed = at.hessian("0").density(probes=40, steps=30, width=0.05, at=points)
    assert (np.abs(probed.density - smooth) < 4.5 * probed.error + 1e-9).all() and (probed.error > 0).any()
    assert abs(probed.trace.value - values.sum()) < 4 * probed.trace.error
    whole = at.hessian("0").density()
    assert np.trapezoid(whole.density, whole.at) == pytest.approx(1, abs=2e-3) if hasattr(np, "trapezoid") else True


def test_flatness_ends_where_the_loss_has_that_level() -> None:
    model = mlp().double()
    at = thermograd.at(model, F.cross_entropy, (X.double(), Y))
    own = model[0].weight.detach().clone()

    def loss(displacement: float, v: np.ndarray) -> float:
        with torch.no_grad():
            z = F.linear(X.double(), own + displacement * torch.as_tensor(v / np.linalg.norm(v)).view(5, 6), model[0].bias)
            return float(F.cross_entropy(F.linear(torch.tanh(z), model[2].weight, model[2].bias), Y))

    for k, factor in ((0, 1.05), (1, 1.2), (2, 1.2)):
        v = np.cos(np.arange(30) * (k + 1))
        found = at.flatness("0", v, factor=factor, tolerance=1e-7)
        assert found.loss == pytest.approx(loss(0, v), rel=1e-12)
        for end in (found.left, found.right):
            if end is None:
                continue
            assert loss(end, v) == pytest.approx(factor * found.loss, rel=1e-6)
            # no crossing is nearer
            assert all(loss(s * end, v) < factor * found.loss for s in np.linspace(0, 0.999, 400))
        assert (found.left or -1) < 0 < (found.right or 1)
        h = 1e-4
        assert found.slope == pytest.approx((loss(h, v) - loss(-h, v)) / (2 * h), abs=1e-7)
        assert found.curvature == pytest.approx((loss(h, v) - 2 * loss(0, v) + loss(-h, v)) / h**2, abs=1e-5)
        if None not in (found.left, found.right):
            assert found.value == found.right - found.left and found.error == pytest.approx(1e-7 * found.value)
    # a square has the width 2·√(2·(factor − 1)·L0/h) about its minimum
    line = torch.nn.Linear(1, 1, bias=False).double()
    with torch.no_grad():
        line.weight.fill_(2.0)
    x, y = torch.tensor([[1.0], [1.0]]).double(), torch.tensor([[1.0], [3.0]]).double()
    bowl = thermograd.at(line, torch.nn.MSELoss(), (x, y))
    assert bowl.flatness(None, [1]).value == pytest.approx(2 * np.sqrt(2 * (np.e - 1) * 1 / 2), rel=1e-3)
    # too near a reach leaves both sides open
    open_ = bowl.flatness(None, [1], reach=0.1)
    assert np.isnan(open_.value) and open_.left is None and str(open_) == "open on both sides"


def test_what_does_not_fit_is_refused_with_a_sentence() -> None:
    at = thermograd.at(mlp(), F.cross_entropy, (X, Y))
    with pytest.raises(BridgeError, match="at.hessian: the model has no parameter named 'fc'; it has 0.weight"):
        at.hessian("fc")
    with pytest.raises(BridgeError, match="has 30 numbers"):
        at.noise("0").along([1, 2])
    with pytest.raises(BridgeError, match="30 eigenvalues; got 31"):
        at.hessian("0").top(31)
    with pytest.raises(BridgeError, match="length above 0"):
        at.noise("0").along(np.zeros(30))
    with pytest.raises(BridgeError, match="noise.top: the block has 30 eigenvalues; got 0"):
        at.noise("0").top(0)
    with pytest.raises(BridgeError, match="at.flatness: a direction in this block has 30 numbers"):
        at.flatness("0", [1, 2])
    with pytest.raises(BridgeError, match="factor is above 1"):
        at.flatness("0", np.ones(30), factor=1)
    with pytest.raises(BridgeError, match="at least 2 probes of 1 product; got 1 of 80"):
        at.hessian("0").density(probes=1)
