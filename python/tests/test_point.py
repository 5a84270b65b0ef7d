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
