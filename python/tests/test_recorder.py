"""What is recorded is what the model was after every step."""

from __future__ import annotations

import os

import numpy as np
import pytest
import torch
from conftest import Net, Training, array, header, recorded, tensors

import thermograd
from thermograd import rows


def test_every_step_of_a_block_is_there(training, tmp_path):
    rec = thermograd.Recorder(training.model, training.optimizer, params="fc2.*", out=tmp_path / "run")
    truth, losses = [], []
    for _ in range(50):
        loss = training.step()
        rec.step(loss)
        truth.append(training.flat("fc2.weight", "fc2.bias"))
        losses.append(float(loss.detach()))
    rec.close()
    step, weights = recorded(tmp_path / "run", "fc2")
    assert step.tolist() == list(range(1, 51))
    assert weights.tobytes() == np.stack(truth).tobytes()
    np.testing.assert_array_equal(array(tmp_path / "run", "blocks/fc2/loss"), np.float32(losses))
    np.testing.assert_array_equal(array(tmp_path / "run", "streams/loss"), losses)
    head = header(tmp_path / "run")
    assert head["status"] == "complete" and head["reason"] is None
    assert head["streams"]["steps"] == 50
    (block,) = head["blocks"]
    assert (block["name"], block["path"], block["size"], block["rows"]) == ("fc2", "blocks/fc2", 24, 50)
    assert [(p["name"], p["shape"], p["offset"], p["modelOffset"]) for p in block["parameters"]] == [
        ("fc2.weight", [4, 5], 0, 35),
        ("fc2.bias", [4], 20, 55),
    ]
    assert not os.path.exists(tmp_path / "run" / "recording.lock")


def test_rows_cross_the_borders_of_chunks(training, tmp_path, monkeypatch):
    monkeypatch.setattr(rows, "CHUNKS", 2)
    monkeypatch.setattr(rows, "_PIECE", 7)
    group = rows.RowGroup(
        str(tmp_path / "g"),
        [rows.Column("step", "int32", -1, "", ""), rows.Column("weights", "float32", np.nan, "", "", 3, "weight")],
        4,
        {},
        "weights",
    )
    for t in range(21):
        if group.room == 0:
            group.make_room()
        group.big[group.big_at] = [t, t + 0.25, t + 0.5]
        group.commit(t + 1)
        step = array(tmp_path, "g/step")
        assert len(step) % 8 == 0 and (step != -1).sum() == t + 1
    group.close()
    assert array(tmp_path, "g/step").tolist() == list(range(1, 22))
    np.testing.assert_array_equal(array(tmp_path, "g/weights")[:, 1], np.arange(21) + 0.25)


def test_a_row_counts_from_the_moment_of_its_step(training, tmp_path):
    rec = thermograd.Recorder(training.model, None, params="fc2.*", out=tmp_path / "run")
    for t in range(3):
        rec.step(training.step())
        step, weights = recorded(tmp_path / "run", "fc2")
        assert step.tolist() == list(range(1, t + 2))
        np.testing.assert_array_equal(weights[-1], training.flat("fc2.weight", "fc2.bias"))
    assert header(tmp_path / "run")["status"] == "recording"
    rec.close()


def test_a_reader_never_finds_more_steps_than_weights(training, tmp_path, monkeypatch):
    monkeypatch.setattr(rows, "CHUNKS", 1)
    lengths: list[dict[str, int]] = []
    write = rows.RowGroup._write_metadata

    def watched(group, column, count):
        write(group, column, count)
        now = {**(lengths[-1] if lengths and group.path.endswith("fc2") else {}), column.name: count}
        if group.path.endswith("fc2"):
            lengths.append(now)

    monkeypatch.setattr(rows.RowGroup, "_write_metadata", watched)
    rec = thermograd.Recorder(training.model, None, "fc2.*", tmp_path / "r")
    take = rec.blocks[0].take

    def taking(row):
        # while the weights of a row are copied, it does not count yet
        assert len(recorded(tmp_path / "r", "fc2")[0]) == rec._groups[0].rows
        take(row)
        assert len(recorded(tmp_path / "r", "fc2")[0]) == rec._groups[0].rows

    rec.blocks[0].take = taking
    for _ in range(3):
        rec.step(1.0)
    rec.close()
    assert rec.failed is None
    whole = [at for at in lengths if len(at) == 4]
    assert len(whole) > 8 and all(at["step"] <= min(at.values()) for at in whole)


def test_several_blocks_every_third_step(training, tmp_path):
    with thermograd.Recorder(
        training.model,
        training.optimizer,
        {"first": "fc1.*", "biases": ["*.bias"]},
        tmp_path / "r",
        every=3,
        first_step=11,
    ) as rec:
        truth = []
        for t in range(8):
            rec.step(training.step(), correct=t)
            truth.append(training.flat("fc1.bias", "fc2.bias", "fc3.bias"))
    step, weights = recorded(tmp_path / "r", "biases")
    assert step.tolist() == [11, 14, 17]
    np.testing.assert_array_equal(weights, np.stack(truth)[[0, 3, 6]])
    assert recorded(tmp_path / "r", "first")[1].shape == (3, 35)
    assert array(tmp_path / "r", "blocks/first/correct").tolist() == [0, 3, 6]
    assert array(tmp_path / "r", "streams/step").tolist() == list(range(11, 19))
    assert array(tmp_path / "r", "streams/correct").tolist() == list(range(8))
    assert [b["optimizerGroup"] for b in header(tmp_path / "r")["blocks"]] == [0, 0]


def test_a_list_of_patterns_is_a_list_of_blocks(training, tmp_path):
    rec = thermograd.Recorder(training.model, None, ["fc1.weight", "fc3.*"], tmp_path / "r")
    assert [(b.name, b.size) for b in rec.blocks] == [("fc1.weight", 30), ("fc3", 15)]
    assert header(tmp_path / "r")["optimizer"] is None


def test_presets(training, tmp_path):
    light = thermograd.Recorder(training.model, None, out=tmp_path / "light", preset="light")
    assert light.every == 10 and [b.name for b in light.blocks] == ["all"] and light.blocks[0].size == 74
    full = thermograd.Recorder(training.model, None, out=tmp_path / "full", preset="full", every=2)
    assert full.every == 2 and [b.name for b in full.blocks] == ["fc1", "fc2", "fc3"]
    full.step(training.step())
    full.close()
    norm = np.sqrt(sum(float((p.grad**2).sum()) for p in training.model.fc2.parameters()))
    assert array(tmp_path / "full", "blocks/fc2/gradientNorm")[0] == pytest.approx(norm, rel=1e-6)


def test_a_window_of_so_many_steps(training, tmp_path):
    rec = thermograd.Recorder(training.model, None, "fc2.*", tmp_path / "r", steps=4)
    for _ in range(9):
        rec.step(training.step())
    assert not rec.active and rec.failed is None
    assert (
        recorded(tmp_path / "r", "fc2")[0].tolist() == [1, 2, 3, 4] and header(tmp_path / "r")["status"] == "complete"
    )


def test_weights_that_move_in_memory_are_followed(training, tmp_path):
    rec = thermograd.Recorder(training.model, None, "fc2.*", tmp_path / "r")
    rec.step(0.5)
    training.model.fc2.weight.data = training.model.fc2.weight.data.clone() + 1
    rec.step(0.5)
    training.model.fc2.weight.data = training.model.fc2.weight.data.t().contiguous().t()
    with torch.no_grad():
        training.model.fc2.weight[1, 2] = 7
    rec.step(0.5)
    rec.close()
    _, weights = recorded(tmp_path / "r", "fc2")
    np.testing.assert_allclose(weights[1][:20] - weights[0][:20], 1, rtol=1e-6)
    assert weights[2][1 * 5 + 2] == 7
    np.testing.assert_array_equal(weights[2], training.flat("fc2.weight", "fc2.bias"))


def test_half_and_double_precision(tmp_path):
    model = Net()
    model.fc1.to(torch.bfloat16)
    model.fc2.double()
    rec = thermograd.Recorder(
        model, None, {"half": "fc1.*", "double": "fc2.*", "mixed": ["fc2.bias", "fc3.bias"]}, tmp_path / "r"
    )
    rec.step(0.0)
    rec.close()
    assert [b["dtype"] for b in header(tmp_path / "r")["blocks"]] == ["float32", "float64", "float32"]
    half = torch.cat([model.fc1.weight.reshape(-1), model.fc1.bias]).detach().float().numpy()
    np.testing.assert_array_equal(recorded(tmp_path / "r", "half")[1][0], half)
    double = torch.cat([model.fc2.weight.reshape(-1), model.fc2.bias]).detach().numpy()
    np.testing.assert_array_equal(recorded(tmp_path / "r", "double")[1][0], double)


@pytest.mark.parametrize("project", [None, {"fc2": 6}])
def test_a_block_on_an_accelerator_is_fetched_as_a_whole(project, training, tmp_path, monkeypatch):
    # there is no accelerator here: its way of copying is taken for a model on the CPU
    rec = thermograd.Recorder(training.model, None, "fc2.*", tmp_path / "a", project=project)
    monkeypatch.setattr(type(rec.blocks[0]), "_device", lambda self: torch.device("cuda"))
    other = thermograd.Recorder(training.model, None, "fc2.*", tmp_path / "b", project=project)
    for _ in range(3):
        training.step()
        rec.step()
    monkeypatch.undo()
    other.step()
    for r in (rec, other):
        r.close()
        assert r.failed is None
    np.testing.assert_array_equal(recorded(tmp_path / "a", "fc2")[1][-1], recorded(tmp_path / "b", "fc2")[1][-1])


@pytest.mark.skipif(not hasattr(getattr(torch, "amp", None), "GradScaler"), reason="skipped: needs PyTorch 2.3")
def test_a_gradient_scaler_leaves_no_trace(training, tmp_path):
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
    rec = thermograd.Recorder(training.model, training.optimizer, "fc2.*", tmp_path / "r", gradients=True)
    for _ in range(3):
        before = training.flat("fc2.weight", "fc2.bias")
        training.optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16):
            loss = torch.nn.functional.cross_entropy(training.model(training.x), training.y)
        scaler.scale(loss).backward()
        scaler.step(training.optimizer)
        scaler.update()
        rec.step(loss)
    rec.close()
    _, weights = recorded(tmp_path / "r", "fc2")
    moved = np.linalg.norm(weights[-1] - before)
    assert array(tmp_path / "r", "blocks/fc2/gradientNorm")[-1] == pytest.approx(moved / 0.1, rel=1e-3)
    assert array(tmp_path / "r", "streams/loss")[0] == pytest.approx(float(loss.detach()), rel=0.2)


def test_names_lose_what_wrappers_add(tmp_path):
    class Compiled(torch.nn.Module):
        """What torch.compile returns, as far as names go."""

        def __init__(self, inner: torch.nn.Module) -> None:
            super().__init__()
            self._orig_mod = inner

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self._orig_mod(x)

    net = Net()
    net.fc2 = Compiled(net.fc2)
    wrapped = Compiled(torch.nn.DataParallel(Compiled(net)))
    rec = thermograd.Recorder(wrapped, None, "fc2.*", tmp_path / "r")
    rec.close()
    assert [p["name"] for p in header(tmp_path / "r")["blocks"][0]["parameters"]] == ["fc2.weight", "fc2.bias"]
    assert set(tensors(tmp_path / "r", "final.safetensors")[0]) == {
        f"fc{k}.{w}" for k in (1, 2, 3) for w in ("weight", "bias")
    }
    assert header(tmp_path / "r")["model"]["class"] == "Net"


@pytest.mark.skipif(not hasattr(torch, "compile"), reason="skipped: needs PyTorch 2")
def test_a_compiled_model(tmp_path):
    training = Training()
    training.model = torch.compile(training.model, backend="eager")
    with thermograd.Recorder(training.model, training.optimizer, "fc2.*", tmp_path / "r") as rec:
        for _ in range(3):
            rec.step(training.step())
    _, weights = recorded(tmp_path / "r", "fc2")
    np.testing.assert_array_equal(weights[-1], training.flat("_orig_mod.fc2.weight", "_orig_mod.fc2.bias"))


def test_other_libraries_read_it(training, tmp_path):
    zarr = pytest.importorskip("zarr", minversion="3", reason="skipped: needs zarr 3")
    with thermograd.Recorder(training.model, training.optimizer, "fc2.*", tmp_path / "r") as rec:
        rec.step(training.step())
        growing = zarr.open(str(tmp_path / "r"), mode="r")["blocks/fc2"]
        assert growing["step"][:2].tolist() == [1, -1] and np.isnan(growing["weights"][5]).all()
        for _ in range(9):
            rec.step(training.step())
    group = zarr.open(str(tmp_path / "r"), mode="r")
    np.testing.assert_array_equal(group["blocks/fc2/weights"][:], recorded(tmp_path / "r", "fc2")[1])
    assert group["blocks/fc2"].attrs["layer"] == "fc2" and group["streams/loss"].shape == (10,)


def test_safetensors_reads_it(training, tmp_path):
    read = pytest.importorskip("safetensors.torch", reason="skipped: needs safetensors").load_file
    model = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2)).half()
    model.register_buffer("flags", torch.tensor([True, False]))
    model[0].bias.data = model[0].bias.data.to(torch.bfloat16)
    thermograd.Recorder(model, None, "*", tmp_path / "r").close()
    found = read(str(tmp_path / "r" / "final.safetensors"))
    truth = model.state_dict()
    assert list(found) and set(found) == set(truth)
    assert all(torch.equal(found[k], truth[k]) and found[k].dtype == truth[k].dtype for k in truth)
