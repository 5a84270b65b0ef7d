"""Progress of long calls: shares that rise to 1, lines of the program, and what a callable that raises does."""

from __future__ import annotations

import io
import os
import re
import shutil
import time
from typing import Any, Optional

import numpy as np
import pytest
import torch
from torch.nn import functional as F

import thermograd
from bridge_models import X, Y, mlp
from thermograd.progress import Watch, share_in, told_of

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
needs_program = pytest.mark.skipif(
    shutil.which("node") is None or not os.path.isfile(os.path.join(ROOT, "dist", "index.js")), reason="skipped: needs node and the built program"
)


class Shares:
    """Keeps what a call tells."""

    def __init__(self) -> None:
        self.told: list[tuple[Optional[float], str]] = []

    def __call__(self, share: Optional[float], text: str) -> None:
        self.told.append((share, text))

    def rising(self, call: str) -> list[float]:
        """Returns the shares, which rise from above 0 to a single 1, all told by the call."""
        shares = [s for s, _ in self.told if s is not None]
        assert {text for _, text in self.told} == {call} and len(shares) == len(self.told)
        assert all(a < b for a, b in zip([0.0, *shares], shares)) and shares[-1] == 1
        return shares


def point(batch_size: int = 4) -> thermograd.At:
    return thermograd.at(mlp(), F.cross_entropy, (X, Y), batch_size=batch_size)


V = np.cos(np.arange(60)).reshape(2, 30)
CALLS: dict[str, Any] = {
    "at.loss": lambda at, p: at.loss(progress=p),
    "at.gradient": lambda at, p: at.gradient("0", progress=p),
    "at.flatness": lambda at, p: at.flatness("0", V, progress=p),
    "hessian.times": lambda at, p: at.hessian("0").times(V, progress=p),
    "hessian.top": lambda at, p: at.hessian("0").top(2, progress=p),
    "hessian.smallest": lambda at, p: at.hessian("0").smallest(progress=p),
    "hessian.trace": lambda at, p: at.hessian("0").trace(5, progress=p),
    "hessian.density": lambda at, p: at.hessian("0").density(2, 10, progress=p),
    "hessian.along": lambda at, p: at.hessian("0").along(V, progress=p),
    "hessian.matrix": lambda at, p: at.hessian("0").matrix(progress=p),
    "noise.times": lambda at, p: at.noise("0").times(V, progress=p),
    "noise.along": lambda at, p: at.noise("0").along(V, progress=p),
    "noise.between": lambda at, p: at.noise("0").between(V, progress=p),
    "noise.top": lambda at, p: at.noise("0").top(1, progress=p),
    "noise.trace": lambda at, p: at.noise("0").trace(progress=p),
    "noise.scale": lambda at, p: at.noise("0").scale(progress=p),
    "noise.matrix": lambda at, p: at.noise("0").matrix(progress=p),
}


@pytest.mark.parametrize("call", CALLS)
def test_every_measurement_tells_of_itself_and_finds_the_same(call: str) -> None:
    shares = Shares()
    found, silent = CALLS[call](point(), shares), CALLS[call](point(), None)
    assert len(shares.rising(call)) >= 2 or call.startswith("noise.")
    assert repr(found) == repr(silent)


def test_a_share_counts_products_and_batches() -> None:
    # of four batches none, one, two and three are done when each begins
    shares = Shares()
    at = point(-(-len(X) // 4))
    at.loss(progress=shares)
    assert shares.rising("at.loss") == pytest.approx([0.25, 0.5, 0.75, 1])
    # 20 products of two batches each
    shares = Shares()
    point(-(-len(X) // 2)).hessian("0").density(2, 10, progress=shares)
    assert shares.rising("hessian.density") == pytest.approx(np.arange(1, 41) / 40)


def test_what_a_callable_raises_ends_a_measurement_and_leaves_the_model() -> None:
    model = mlp()
    before = [p.detach().clone() for p in model.parameters()]
    at = thermograd.at(model, F.cross_entropy, (X, Y), batch_size=4)

    def stop(share: Optional[float], text: str) -> None:
        raise StopAsyncIteration(text)

    with pytest.raises(StopAsyncIteration, match="hessian.top"):
        at.hessian().top(3, progress=stop)
    assert all(torch.equal(a, b) for a, b in zip(before, model.parameters()))
    assert at.loss() > 0


def test_true_prints_and_false_says_nothing(capfd: Any) -> None:
    point().hessian("0").trace(progress=True)
    assert re.search(r"^(hessian\.trace +\d+ %\n)+hessian\.trace  done in [\d.]+ s\n$", capfd.readouterr().err)
    point().hessian("0").trace(progress=False)
    assert capfd.readouterr().err == ""


def test_a_terminal_has_one_line_that_is_rewritten(monkeypatch: Any) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    screen = Terminal()
    monkeypatch.setattr("sys.stderr", screen)
    monkeypatch.setattr("thermograd.progress._OFTEN", 0)
    told = told_of("x", True)
    assert told is not None
    for share in (0.25, 0.5, 1.0):
        told(share, "at.loss")
    blank = " " * len("at.loss   25 %")
    assert re.match(rf"^\r\rat.loss   25 %\r{blank}\rat.loss   50 %\r{blank}\rat.loss  done in [\d.]+ s\n$", screen.getvalue())


def test_what_is_no_callable_is_refused() -> None:
    with pytest.raises(TypeError, match="^at.loss: progress must be True, False or a callable .* got 3.$"):
        point().loss(progress=3)  # type: ignore[arg-type]
    assert told_of("x", None) is told_of("x", False) is None


def test_shares_never_fall_and_end_once() -> None:
    shares = Shares()
    watch = Watch("x", shares)
    for done in (0, 0.2, 0.1, 0.2, 1, 1.5):
        watch.share(done)
    watch.part(0.5, 1)(0.5)
    watch.end()
    assert [s for s, _ in shares.told] == [0.2, 0.75, 1]


@pytest.mark.parametrize(
    "line, share",
    [
        ("train        12 %  epoch 3  loss 0.2  14 s left", 0.12),
        ("flatness      0 %", 0.0),
        ("dynamics    100 %  2/2 jobs", 1.0),
        ("load      done in 0.8 s", 1.0),
        ("ewc on layer1; needs about 196 MB of memory", None),
        ("loss 0.81105, 45 misclassified (22.5 %) over 200 training samples", None),
        ("", None),
    ],
)
def test_lines_of_the_program_state_shares(line: str, share: Optional[float]) -> None:
    assert share_in(line) == share


SMALL = {
    "data": {"set": "teacher", "teacher": {"train": 200, "test": 0}},
    "training": {"stop": {"rule": "epochs", "epochs": 3}, "maxEpochs": 20, "batchSize": 20},
    "record": {"layer": "layer1", "windowEpochs": 8},
    "analysis": {"directions": 6},
}


@needs_program
def test_training_tells_what_the_program_says(tmp_path: Any, capfd: Any) -> None:
    shares = Shares()
    report = thermograd.train(SMALL, out=tmp_path / "run", progress=shares)
    assert report.findings and capfd.readouterr().err == ""
    # how much is said depends on the time it takes; every line is whole, and a share is that of its stage
    assert shares.told and all(text and "\n" not in text for _, text in shares.told)
    assert all(share is None or 0 <= share <= 1 for share, _ in shares.told)


@needs_program
def test_what_a_callable_raises_stops_the_program(tmp_path: Any) -> None:
    def stop(share: Optional[float], text: str) -> None:
        raise LookupError(text)

    long = {**SMALL, "training": {**SMALL["training"], "stop": {"rule": "epochs", "epochs": 10**6}, "maxEpochs": 2 * 10**6}}
    with pytest.raises(LookupError):
        thermograd.train(long, out=tmp_path / "run", progress=stop)
    assert not os.path.exists(tmp_path / "run" / "lock")


@needs_program
def test_principal_directions_tell_of_the_rows_that_were_read() -> None:
    rows = np.random.default_rng(0).standard_normal((400, 350))
    shares = Shares()
    found = thermograd.pca(rows, components=2, progress=shares)
    assert len(shares.rising("pca")) > 2
    assert np.array_equal(found.variances, thermograd.pca(rows, components=2).variances)
    with pytest.raises(LookupError):
        thermograd.pca(rows, progress=lambda share, text: {}[text])
