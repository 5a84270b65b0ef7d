"""Random projections: bit by bit as the format says, and lengths are kept."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from conftest import Training, header, recorded

import thermograd
from thermograd.projection import Projection

M = 2**64


def mix(z: int) -> int:
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) % M
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) % M
    return z ^ (z >> 31)


def dense(of: int, k: int, s: int, seed: int) -> np.ndarray:
    """The matrix as docs/reference/recording-format.md writes it, in whole numbers of Python."""
    out = np.zeros((k, of))
    for f in range(s):
        for j in range(of):
            h = mix((mix(seed) + (f * of + j + 1) * 0x9E3779B97F4A7C15) % M)
            out[f * (k // s) + ((h >> 32) * (k // s) >> 32), j] += (1 if h % 2 == 0 else -1) / np.sqrt(s)
    return out


@pytest.mark.parametrize("of, k, s, seed", [(50, 8, 2, 0), (37, 9, 3, 2**63 + 5), (10, 4, 1, 12345)])
def test_it_is_the_matrix_of_the_format(of, k, s, seed):
    w = np.random.default_rng(1).normal(size=of).astype(np.float32)
    projection = Projection(of, k, s, seed)
    truth = dense(of, k, s, seed) @ w.astype(float)
    np.testing.assert_allclose(projection.apply(w), truth, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(projection.apply_on_device(torch.from_numpy(w)).numpy(), truth, rtol=1e-12, atol=1e-14)


def test_lengths_are_kept_with_the_stated_error():
    # over seeds |y|^2 has the mean |x|^2 and a relative standard deviation of at most sqrt(2/k)
    x = np.random.default_rng(2).normal(size=300)
    k, seeds = 40, 400
    ratio = np.array([np.sum(Projection(300, k, 2, s).apply(x) ** 2) for s in range(seeds)]) / np.sum(x**2)
    bound = np.sqrt(2 / k)
    assert abs(ratio.mean() - 1) < 4 * bound / np.sqrt(seeds)
    assert 0.85 * bound < ratio.std() < 1.1 * bound


def test_a_projected_block(tmp_path):
    training = Training()
    rec = thermograd.Recorder(
        training.model, training.optimizer, ["fc1.*", "fc2.*"], tmp_path / "r", project={"fc1": 6}, seed=3
    )
    truth = []
    for _ in range(5):
        rec.step(training.step())
        truth.append(training.flat("fc1.weight", "fc1.bias"))
    rec.close()
    block, other = header(tmp_path / "r")["blocks"]
    assert block["projection"] == {"kind": "sparse signs", "size": 6, "nonzeros": 2, "seed": 3} and block["size"] == 35
    assert other["projection"] is None
    np.testing.assert_allclose(
        recorded(tmp_path / "r", "fc1")[1], np.stack(truth) @ dense(35, 6, 2, 3).T, rtol=1e-5, atol=1e-6
    )
    assert recorded(tmp_path / "r", "fc2")[1].shape == (5, 24)


def test_only_large_blocks_are_projected_by_light(tmp_path):
    model = torch.nn.Sequential(torch.nn.Linear(400, 300), torch.nn.Linear(300, 2))
    rec = thermograd.Recorder(model, None, ["0.*", "1.*"], tmp_path / "r", preset="light")
    assert [b.width for b in rec.blocks] == [1000, 602]
