"""The nouns that the program computes against NumPy."""

from __future__ import annotations

import os
import shutil

import numpy as np
import pytest
import torch

import thermograd

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
pytestmark = pytest.mark.skipif(
    shutil.which("node") is None or not os.path.isfile(os.path.join(ROOT, "dist", "index.js")), reason="skipped: needs node and the built program"
)
DRAWS = np.random.default_rng(3)


@pytest.mark.parametrize("method", ["exact", "subspace"])
def test_principal_directions_are_those_of_the_covariance(method: str, tmp_path) -> None:
    scale = np.linspace(3, 0.2, 40)
    rows = (DRAWS.standard_normal((120, 40)) * scale + 7).astype(np.float32)
    values, vectors = np.linalg.eigh(np.cov(rows.astype(np.float64).T, bias=True))
    found = thermograd.pca(torch.as_tensor(rows), components=3, method=method)
    assert found.variances == pytest.approx(values[::-1][:3], rel=1e-6)
    assert found.explained == pytest.approx(values[::-1][:3] / values.sum(), rel=1e-6)
    assert found.mean == pytest.approx(rows.astype(np.float64).mean(axis=0), abs=1e-9)
    assert found.components.shape == (3, 40)
    assert np.abs(np.einsum("ij,ji->i", found.components, vectors[:, ::-1][:, :3])) == pytest.approx(1, abs=1e-6)
    assert found.total_variance == pytest.approx(values.sum(), rel=1e-9) and found.converged
    assert "3 principal directions of 120 rows of 40 weights" in str(found)
    np.save(tmp_path / "rows.npy", rows)
    again = thermograd.pca(tmp_path / "rows.npy", components=3, method=method)
    assert again.variances == pytest.approx(found.variances, rel=1e-9)
    part = thermograd.pca(rows, components=2, first=10, last=50)
    assert part.variances == pytest.approx(np.linalg.eigvalsh(np.cov(rows[10:50].astype(np.float64).T, bias=True))[::-1][:2], rel=1e-6)


def test_a_linear_system_is_decomposed() -> None:
    F = np.array([[1.0, 0.5, 0], [-0.5, 2, 0.1], [0, 0.2, 3]])
    D = np.array([[1.0, 0.2, 0], [0.2, 0.5, 0], [0, 0, 2]])
    eye = np.eye(3)
    sigma = np.linalg.solve(np.kron(F, eye) + np.kron(eye, F), 2 * D.ravel()).reshape(3, 3)
    found = thermograd.decompose(F, D)
    assert found.stationary and found.covariance == pytest.approx(sigma, abs=1e-10)
    assert found.potential == pytest.approx(np.linalg.inv(sigma), abs=1e-10)
    q = F @ sigma - D
    assert found.circulation == pytest.approx(q, abs=1e-10) and q == pytest.approx(-q.T)
    inverse = np.linalg.inv(D + q)
    assert found.friction == pytest.approx((inverse + inverse.T) / 2, abs=1e-10)
    rate = -np.trace(np.linalg.inv(D) @ q @ np.linalg.inv(sigma) @ q)
    assert found.entropy_production.value == pytest.approx(rate, rel=1e-9)
    assert thermograd.decompose(F, D, noise_strength=0.5).covariance == pytest.approx(sigma / 2, abs=1e-10)


def test_fits_are_those_of_numpy() -> None:
    x = np.geomspace(1, 100, 40)
    y = 3 * x**-1.5 * np.exp(0.1 * DRAWS.standard_normal(40))
    slope, intercept = np.polyfit(np.log10(x), np.log10(y), 1)
    found = thermograd.fit.power_law(x, y, method="least-squares", seed=1)
    assert found.exponent.value == pytest.approx(slope, rel=1e-9)
    assert found.intercept.value == pytest.approx(intercept, rel=1e-9)
    assert 0.003 < found.exponent.error < 0.1 and found.points == 40
    line = thermograd.fit.line(x, 2 - 3 * x, replicates=50)
    assert line.slope.value == pytest.approx(-3, rel=1e-9) and line.intercept.value == pytest.approx(2, abs=1e-9)


def test_the_sentences_of_the_program_come_back() -> None:
    with pytest.raises(thermograd.AnalysisError, match="fit.line: a line needs at least 5 points; got 2") as caught:
        thermograd.fit.line([1, 2], [3, 4])
    assert caught.value.code == "too-few-points"
    with pytest.raises(thermograd.AnalysisError, match="10 rows of 4 weights have 4 principal directions; got components 9"):
        thermograd.pca(DRAWS.standard_normal((10, 4)), components=9)
    with pytest.raises(thermograd.AnalysisError, match=r"pca: rows must be rows of numbers, all of one length; got the shape \[3\]"):
        thermograd.pca([1, 2, 3])
    with pytest.raises(thermograd.AnalysisError, match="fit.power_law: x must be a list of numbers"):
        thermograd.fit.power_law([[1]], [2])
    with pytest.raises(thermograd.AnalysisError, match="the diffusion D must be 2×2 as the drift F is, but it is 1×3"):
        thermograd.decompose([[1, 0], [0, 1]], [[1, 2, 3]])


SMALL = {
    "preset": "quick",
    "data": {"set": "teacher", "teacher": {"train": 400, "test": 50, "network": {"widths": [12, 6, 3]}}},
    "network": {"widths": [12, 6, 5, 3]},
    "training": {"batchSize": 20, "stop": {"rule": "epochs", "epochs": 6}, "maxEpochs": 12},
    "record": {"windowEpochs": 5},
    "analysis": {"directions": 10, "profiles": [1, 5]},
}


def test_training_measures_what_it_trained_and_its_figures_are_files(tmp_path) -> None:
    report = thermograd.train(SMALL, out=tmp_path / "run", seed=3, quiet=True)
    record = report.documents["run"]
    assert (record["config"]["seed"], record["config"]["network"]["widths"].tolist()) == (3, [12, 6, 5, 3])
    # the variances on the figure are those of the covariance of the recorded rows
    variances = np.asarray(report.documents["pca"]["variances"])
    rows = [line.split(",") for line in thermograd.plot.ranked_variances(report, format="csv").splitlines()[1:]]
    measured = {float(r[2]): float(r[3]) for r in rows if r[0] == "measured"}
    assert len(measured) > 5
    assert [variances[round(rank) - 1] for rank in measured] == pytest.approx(list(measured.values()), rel=1e-6)
    assert thermograd.plot.ranked_variances(report) == report.figures["variances"].replace(_style(report), "")
    pdf = thermograd.plot.figure(tmp_path / "run", "variances", format="pdf", width=400)
    assert pdf.startswith(b"%PDF-") and b"/MediaBox[0 0 300 " in pdf
    assert thermograd.plot.training_loss(report, format="png", width=300)[16:20] == (300).to_bytes(4, "big")
    with pytest.raises(thermograd.AnalysisError, match="did you mean variances"):
        thermograd.plot.figure(report, "varances")


def _style(report: thermograd.Report) -> str:
    svg = report.figures["variances"]
    return svg[svg.index("<style>") : svg.index("</style>") + len("</style>")]


@pytest.mark.parametrize(
    ("config", "options", "sentence"),
    [
        ("quick", {}, "config must be a dictionary of config keys; got str"),
        ({"training": {"learningRate": float("nan")}}, {}, "config must hold numbers, text, lists and dictionaries"),
        ({}, {"seeds": 0}, "seeds must be a whole number from 1 on; got 0"),
        ({"trainning": {}}, {}, "training"),
    ],
)
def test_a_training_that_cannot_be_is_refused(config, options, sentence, tmp_path) -> None:
    with pytest.raises(thermograd.AnalysisError, match=sentence):
        thermograd.train(config, out=tmp_path / "run", quiet=True, **options)
    assert not (tmp_path / "run").exists()
