"""What goes wrong: refused with one sentence beforehand, or one warning and no end of the training."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import warnings

import numpy as np
import pytest
import torch
from conftest import SOURCE, Forked, Net, Training, array, header, needs_fork, recorded

import thermograd
from thermograd import rows


@needs_fork
def test_a_killed_training_loses_nothing(tmp_path):
    def work(say):
        training = Training()
        rec = thermograd.Recorder(training.model, training.optimizer, "fc2.*", tmp_path / "r")
        for t in range(10**6):
            rec.step(training.step())
            say(t + 1, repr(float(training.flat("fc2.weight", "fc2.bias").sum())))

    child = Forked(work)
    for _ in range(1500):
        last = child.lines.readline()
    child.kill()
    lines = [line for line in (last + child.wait()[0]).splitlines() if len(line.split()) == 2]
    step, weights = recorded(tmp_path / "r", "fc2")
    assert step.tolist() == list(range(1, len(step) + 1))
    for line in lines[:-1]:
        t, total = line.split()
        assert weights[int(t) - 1].sum() == pytest.approx(float(total), rel=1e-6)
    assert header(tmp_path / "r")["status"] == "recording"
    # the lock went with the process, and what it left is not overwritten by accident
    training = Training()
    with pytest.raises(ValueError, match="there is a recording in .* already"):
        thermograd.Recorder(training.model, None, "fc2.*", tmp_path / "r")
    thermograd.Recorder(training.model, None, "fc2.*", tmp_path / "r", overwrite=True).close()
    assert header(tmp_path / "r")["status"] == "complete" and len(recorded(tmp_path / "r", "fc2")[0]) == 0


def test_a_program_that_ends_without_close(tmp_path):
    tests = os.path.dirname(os.path.abspath(__file__))
    code = f"""
import sys
sys.path[:0] = {[tests, SOURCE]!r}
from conftest import Training
import thermograd
training = Training()
rec = thermograd.Recorder(training.model, training.optimizer, "fc2.*", sys.argv[1])
for _ in range(5): rec.step(training.step())
raise SystemExit(3)
"""
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "r")], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (3, "")
    head = header(tmp_path / "r")
    assert head["status"] == "interrupted" and head["reason"] == "the program ended without close()."
    assert head["blocks"][0]["rows"] == 5 and head["model"]["finalSha256"]


def test_an_exception_ends_the_recording(training, tmp_path):
    with pytest.raises(KeyboardInterrupt), thermograd.Recorder(training.model, None, "fc2.*", tmp_path / "r") as rec:
        rec.step(training.step())
        raise KeyboardInterrupt
    assert header(tmp_path / "r")["status"] == "interrupted"
    assert header(tmp_path / "r")["reason"] == "KeyboardInterrupt ended the training."


def train_on(rec, training, steps: int) -> list[str]:
    """Trains, and returns the warnings on the way."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        for _ in range(steps):
            rec.step(training.step())
        rec.close()
    return [str(w.message) for w in seen if "thermograd" in str(w.message)]


@pytest.mark.parametrize(
    "code, words", [(errno.ENOSPC, "the disk is full"), (errno.EDQUOT, "the disk quota is used up")]
)
def test_a_full_disk(code, words, training, tmp_path, monkeypatch):
    monkeypatch.setattr(rows, "CHUNKS", 1)
    rec = thermograd.Recorder(training.model, training.optimizer, "*", tmp_path / "r")
    rec._groups[0]._big_rows = rec._groups[0]._rows = 10
    write, count = os.write, [0]

    def failing(file, data):
        count[0] += 1
        if count[0] > 29:
            raise OSError(code, "no")
        return write(file, data)

    monkeypatch.setattr(os, "write", failing)
    seen = train_on(rec, training, 60)
    monkeypatch.undo()
    assert len(seen) == 1 and words in seen[0] and "The training goes on without it." in seen[0]
    assert words in rec.failed and not rec.active
    step, weights = recorded(tmp_path / "r", "all")
    assert len(step) == 20 and np.isfinite(weights).all() and step.tolist() == list(range(1, len(step) + 1))
    assert f"before step {len(step) + 1}." in rec.failed
    left = [f for folder in os.walk(tmp_path / "r") for f in folder[2] if f.endswith(".tmp")]
    assert left == []


@needs_fork
def test_a_limit_on_the_size_of_files(tmp_path):
    resource = pytest.importorskip("resource", reason="skipped: needs a Unix")

    def work(say):
        training = Training()
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        rec = thermograd.Recorder(training.model, training.optimizer, "*", tmp_path / "r")
        say(*train_on(rec, training, 20))
        say(rec.failed)

    out, status = Forked(work).wait()
    warning, failed = out.splitlines()
    assert status == 0 and "the system allows no file of that size here" in failed and failed in warning
    assert header(tmp_path / "r")["status"] == "failed"


def test_warnings_as_errors_do_not_end_the_training(training, tmp_path, capsys):
    rec = thermograd.Recorder(training.model, None, "fc2.*", tmp_path / "r")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rec.step(torch.zeros(2))
        rec.step(1.0)
    assert "recording ended before step 1." in capsys.readouterr().err
    assert rec.failed and header(tmp_path / "r")["reason"] == rec.failed


def test_a_folder_that_disappears(training, tmp_path):
    import shutil

    rec = thermograd.Recorder(training.model, None, "fc2.*", tmp_path / "r")
    rec.step(training.step())
    shutil.rmtree(tmp_path / "r")
    seen = train_on(rec, training, 3)
    assert len(seen) == 1 and "the folder does not exist any more" in seen[0] and rec.failed


def test_a_shape_that_changes(training, tmp_path):
    rec = thermograd.Recorder(training.model, None, "fc2.*", tmp_path / "r")
    rec.step(training.step())
    training.model.fc2.bias.data = training.model.fc2.bias.data[:3]
    with pytest.warns(RuntimeWarning, match=r"'fc2.bias' had the shape \[4\] when recording began and has \[3\] now"):
        rec.step(1.0)
    rec.step(1.0)
    assert "recording ended before step 2." in rec.failed
    head = header(tmp_path / "r")
    assert head["status"] == "failed" and head["reason"] == rec.failed and head["blocks"][0]["rows"] == 1


def test_numbers_that_are_not_finite_are_recorded_and_counted(training, tmp_path):
    rec = thermograd.Recorder(training.model, None, ["fc1.*", "fc2.*"], tmp_path / "r")
    rec.step(0.5)
    with torch.no_grad():
        training.model.fc2.weight[0, 0] = float("nan")
    rec.step(float("nan"))
    with torch.no_grad():
        training.model.fc1.weight[0, 0] = float("-inf")
    rec.step(torch.tensor(float("inf")))
    rec.step()
    rec.close()
    head = header(tmp_path / "r")
    assert [b["nonfiniteRows"] for b in head["blocks"]] == [2, 3]
    assert head["loss"] == {"nonfiniteSteps": 2, "firstNonfiniteStep": 2}
    _, weights = recorded(tmp_path / "r", "fc2")
    assert np.isnan(weights[:, 0]).tolist() == [False, True, True, True] and np.isfinite(weights[:, 1:]).all()
    assert array(tmp_path / "r", "streams/loss")[2] == np.inf
    json.dumps(head, allow_nan=False)


def test_two_recorders_on_one_folder(training, tmp_path):
    rec = thermograd.Recorder(training.model, None, "fc2.*", tmp_path / "r")
    for overwrite in (False, True):
        with pytest.raises(ValueError, match="another thermograd.Recorder is recording into"):
            thermograd.Recorder(training.model, None, "fc2.*", tmp_path / "r", overwrite=overwrite)

    def work(say):
        with pytest.raises(ValueError, match="another thermograd.Recorder is recording into"):
            thermograd.Recorder(training.model, None, "fc2.*", tmp_path / "r", overwrite=True)

    if hasattr(os, "fork"):
        assert Forked(work).wait()[1] == 0
    rec.step(1.0)
    rec.close()
    assert header(tmp_path / "r")["blocks"][0]["rows"] == 1


def test_what_is_there_is_not_removed(training, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    thermograd.Recorder(training.model, None, "fc2.*", tmp_path).close()
    thermograd.Recorder(training.model, None, "fc1.*", tmp_path, overwrite=True).close()
    assert (tmp_path / "mine.txt").read_text() == "mine" and os.listdir(tmp_path / "blocks") != ["fc2"]
    assert not (tmp_path / "blocks" / "fc2").exists()
    other = tmp_path / "other"
    (other / "blocks").mkdir(parents=True)
    with pytest.raises(ValueError, match="holds blocks but no recording"):
        thermograd.Recorder(training.model, None, "fc2.*", other, overwrite=True)
    run = tmp_path / "run"
    run.mkdir()
    (run / "run.json").write_text("{}")
    with pytest.raises(ValueError, match="is the folder of a run of thermograd"):
        thermograd.Recorder(training.model, None, "fc2.*", run, overwrite=True)


class Frozen(Net):
    def __init__(self) -> None:
        super().__init__()
        self.fc1.requires_grad_(False)


class Twice(Net):
    def __init__(self) -> None:
        super().__init__()
        self._orig_mod_ = torch.nn.Module()
        self.fc2._orig_mod = torch.nn.Linear(5, 4)


BAD = [
    (dict(params="fc9.*"), "params='fc9.\\*' matches no parameter of the model; it has fc1.weight"),
    (dict(params=[]), "params must be a pattern"),
    (dict(params=["fc1.*", 3]), "params must be a pattern"),
    (dict(params={"a": "fc1.*", "A": "fc2.*"}), "every block needs a name of its own"),
    (dict(params="fc1.*", model=Frozen()), "matches only frozen parameters"),
    (dict(model=Twice()), "two parameters of the model have the name 'fc2.weight'"),
    (dict(model=torch.nn.ReLU()), "needs a model with parameters; ReLU has none"),
    (dict(optimizer=Net()), "must be an optimiser or None; got Net"),
    (dict(preset="all"), "preset must be one of light, window, full; got 'all'"),
    (dict(every=0), "every must be a whole number from 1 on; got 0"),
    (dict(steps=1.5), "steps must be a whole number from 1 on; got 1.5"),
    (dict(steps=10**15), "GB are free"),
    (dict(batch_size=True), "batch_size must be a whole number"),
    (dict(clipping=1.0), "clipping must be"),
    (dict(clipping={"by": 1.0}), "clipping must be"),
    (dict(project="some"), "project must be a number"),
    (dict(project={"fc7": 3}), "project names the block 'fc7'"),
    (dict(project=10, seed=-1), "the seed of a projection must be"),
]


@pytest.mark.parametrize("arguments, words", BAD, ids=[str(list(a.items())[0]) for a, _ in BAD])
def test_wrong_arguments(arguments, words, tmp_path):
    arguments = {"model": Net(), "optimizer": None, **arguments}
    with pytest.raises(ValueError, match=words):
        thermograd.Recorder(out=tmp_path / "r", **arguments)
    # nothing that could be taken for a recording is left, and the folder can be used
    assert not (tmp_path / "r" / "recording.json").exists()
    thermograd.Recorder(Net(), None, "fc2.*", tmp_path / "r").close()


def test_a_place_that_cannot_be_written(training, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match="cannot be written: .*; choose another folder with out=."):
        thermograd.Recorder(training.model, None, "fc2.*", tmp_path / "file" / "r")
