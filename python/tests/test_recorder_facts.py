"""What is recorded beside the rows: the whole model at both ends, the optimiser, the noise of gradients, minibatches."""

from __future__ import annotations

import hashlib
import struct

import numpy as np
import pytest
import torch
from conftest import Training, array, header, tensors

import thermograd


def test_the_whole_model_at_both_ends(training, tmp_path):
    before = training.flat(*dict(training.model.named_parameters()))
    rec = thermograd.Recorder(training.model, training.optimizer, "fc2.*", tmp_path / "r")
    for _ in range(4):
        rec.step(training.step())
    rec.close()
    after = training.flat(*dict(training.model.named_parameters()))
    head = header(tmp_path / "r")["model"]
    assert head["initialSha256"] == hashlib.sha256(struct.pack(f"<{len(before)}f", *before)).hexdigest()
    assert head["finalSha256"] == hashlib.sha256(struct.pack(f"<{len(after)}f", *after)).hexdigest()
    assert head["size"] == len(after) == 74 and head["class"] == "Net"
    initial, _ = tensors(tmp_path / "r", head["initial"])
    final, metadata = tensors(tmp_path / "r", head["final"])
    assert metadata["sha256"] == head["finalSha256"]
    for found, truth in ((initial, before), (final, after)):
        np.testing.assert_array_equal(np.concatenate([found[p["name"]].ravel() for p in head["parameters"]]), truth)


def test_the_hash_does_not_depend_on_the_precision_of_a_copy(training):
    from thermograd.flat import sha256_of

    single = sha256_of(training.model)
    assert sha256_of(training.model.double()) == single
    with torch.no_grad():
        training.model.fc3.bias[0] += 1e-6
    assert sha256_of(training.model) != single


def test_schedules_and_a_second_group(tmp_path):
    training = Training()
    model = training.model
    training.optimizer = torch.optim.SGD(
        [
            {"params": model.fc1.parameters()},
            {"params": [*model.fc2.parameters(), *model.fc3.parameters()], "momentum": 0.5},
        ],
        lr=0.25,
    )
    schedule = torch.optim.lr_scheduler.StepLR(training.optimizer, 3, 0.5)
    rec = thermograd.Recorder(model, training.optimizer, {"two": "fc2.*", "both": ["fc1.*", "fc2.*"]}, tmp_path / "r")
    for t in range(7):
        rec.step(training.step())
        schedule.step()
        if t == 3:  # groups are replaced by equal ones, as when a checkpoint is loaded
            training.optimizer.load_state_dict(training.optimizer.state_dict())
    rec.close()
    head = header(tmp_path / "r")
    optimizer = head["optimizer"]
    columns = optimizer["columns"]
    values = array(tmp_path / "r", "streams/hyperparameters")
    assert values[:, columns.index("1.lr")].tolist() == [0.25] * 3 + [0.125] * 3 + [0.0625]
    assert set(values[:, columns.index("1.momentum")]) == {0.5}
    assert optimizer["class"] == "torch.optim.sgd.SGD" and optimizer["scheduled"] == ["0.lr", "1.lr"]
    assert optimizer["groups"][1]["parameters"] == ["fc2.weight", "fc2.bias", "fc3.weight", "fc3.bias"]
    assert optimizer["groups"][0]["nesterov"] is False and optimizer["secondMoment"] is None
    assert [b["optimizerGroup"] for b in head["blocks"]] == [1, None]


@pytest.mark.parametrize(
    "name, key", [("Adam", "exp_avg_sq"), ("AdamW", "exp_avg_sq"), ("RMSprop", "square_avg"), ("Adagrad", "sum")]
)
def test_second_moments_at_both_ends(name, key, tmp_path):
    training = Training(name, 1e-2)
    rec = thermograd.Recorder(training.model, training.optimizer, "fc2.*", tmp_path / "r")
    square = None
    for t in range(5):
        rec.step(training.step())
        if t == 0:
            square = training.model.fc2.weight.grad.numpy().copy() ** 2
    rec.close()
    facts = header(tmp_path / "r")["optimizer"]["secondMoment"]
    assert facts["key"] == key and facts["first"]["step"] == 1 and facts["last"]["step"] == 5
    first, metadata = tensors(tmp_path / "r", facts["first"]["file"])
    last, _ = tensors(tmp_path / "r", facts["last"]["file"])
    weight = {"Adam": 1e-3, "AdamW": 1e-3, "RMSprop": 1e-2, "Adagrad": 1}[name]
    np.testing.assert_allclose(first["fc2.weight.sqrt_v"], np.sqrt(weight * square), rtol=1e-5)
    state = training.optimizer.state[training.model.fc2.bias]
    np.testing.assert_allclose(last["fc2.bias.sqrt_v"], state[key].sqrt().numpy(), rtol=1e-6)
    assert metadata["step"] == "1" and facts["last"]["optimizerSteps"] in (5, None)


def test_gradient_noise(training, tmp_path):
    rec = thermograd.Recorder(training.model, training.optimizer, "fc2.*", tmp_path / "r", gradients=True)
    gradients = []
    for t in range(6):
        loss = training.step()
        if t == 2:
            training.model.fc2.bias.grad = None
        else:
            gradients.append(
                np.concatenate([p.grad.numpy().ravel() for p in training.model.fc2.parameters()]).astype(float)
            )
        rec.step(loss)
    rec.close()
    facts = header(tmp_path / "r")["blocks"][0]["gradient"]
    assert (facts["rows"], facts["missing"]) == (5, 1)
    assert facts["meanSquaredNorm"] == pytest.approx(np.mean([g @ g for g in gradients]))
    mean = np.mean(gradients, axis=0)
    assert facts["squaredNormOfMean"] == pytest.approx(mean @ mean)
    # rows/(rows - 1) times the difference is the trace of the sample covariance
    trace = np.trace(np.cov(np.stack(gradients), rowvar=False))
    assert 5 / 4 * (facts["meanSquaredNorm"] - facts["squaredNormOfMean"]) == pytest.approx(trace)
    assert np.isnan(array(tmp_path / "r", "blocks/fc2/gradientNorm")).tolist() == [
        False,
        False,
        True,
        False,
        False,
        False,
    ]


def test_minibatches_as_the_loader_has_them(training, tmp_path):
    data = torch.utils.data.TensorDataset(training.x, training.y)
    loader = torch.utils.data.DataLoader(data, batch_size=16, shuffle=True, drop_last=True)
    rec = thermograd.Recorder(training.model, None, "fc2.*", tmp_path / "a", loader=loader, clipping={"norm": 1.5})
    rec.close()
    head = header(tmp_path / "a")
    assert head["batch"]["size"] == 16 and head["batch"]["source"] == "loader"
    assert head["batch"]["sampling"] == {
        "sampler": "RandomSampler",
        "shuffle": True,
        "replacement": False,
        "dropLast": True,
        "samples": 64,
    }
    assert head["clipping"] == {"norm": 1.5}


def test_minibatches_as_they_were_seen(training, tmp_path):
    rec = thermograd.Recorder(
        training.model, None, "fc2.*", tmp_path / "a", sampling="balanced by class", notes={"a": 1, "b": "ü"}
    )
    for size in (8, 8, 5):
        rec.step(training.step(), batch_size=size)
    rec.close()
    head = header(tmp_path / "a")
    assert head["batch"] == {
        "size": None,
        "source": None,
        "least": 5,
        "most": 8,
        "sampling": {"given": "balanced by class"},
    }
    assert head["notes"] == {"a": 1, "b": "ü"}
    assert array(tmp_path / "a", "streams/batchSize").tolist() == [8, 8, 5]
    with thermograd.Recorder(training.model, None, "fc2.*", tmp_path / "b") as rec:
        rec.step(1.0, batch_size=8)
    assert header(tmp_path / "b")["batch"]["size"] == 8 and header(tmp_path / "b")["batch"]["source"] == "steps"
