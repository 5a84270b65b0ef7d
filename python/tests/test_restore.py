"""A model gets back the state that a recording ended with."""

from __future__ import annotations

import pytest
import torch

import thermograd


def model() -> torch.nn.Module:
    return torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.BatchNorm1d(3), torch.nn.Linear(3, 2))


def recorded(folder) -> torch.nn.Module:
    torch.manual_seed(1)
    net = model()
    optimizer = torch.optim.SGD(net.parameters(), 0.1)
    with thermograd.Recorder(net, optimizer, params="2.weight", out=folder) as rec:
        for _ in range(5):
            loss = net(torch.randn(8, 4)).square().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            rec.step(loss)
    return net


def test_parameters_and_buffers_come_back(tmp_path):
    net = recorded(tmp_path / "run")
    torch.manual_seed(2)
    other = thermograd.restore(model(), tmp_path / "run")
    for name, tensor in net.state_dict().items():
        assert torch.equal(tensor, other.state_dict()[name]), name
    assert other.state_dict()["1.num_batches_tracked"] == 5
    assert other.state_dict()["1.running_mean"].abs().min() > 0


def test_another_model_is_refused(tmp_path):
    recorded(tmp_path / "run")
    narrow = torch.nn.Sequential(torch.nn.Linear(4, 2), torch.nn.BatchNorm1d(2), torch.nn.Linear(2, 2))
    before = {name: tensor.clone() for name, tensor in narrow.state_dict().items()}
    with pytest.raises(ValueError, match=r"0.weight has the shape \[3, 4\] in .* and \[2, 4\] in the model"):
        thermograd.restore(narrow, tmp_path / "run")
    assert all(torch.equal(before[name], tensor) for name, tensor in narrow.state_dict().items())
    with pytest.raises(ValueError, match="has no 3.weight"):
        thermograd.restore(torch.nn.Sequential(*model(), torch.nn.Linear(2, 2)), tmp_path / "run")


def test_a_file_cut_short_is_refused(tmp_path):
    recorded(tmp_path / "run")
    path = tmp_path / "run" / "final.safetensors"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ValueError, match="cut short"):
        thermograd.restore(model(), path)
    with pytest.raises(FileNotFoundError, match="when it is closed"):
        thermograd.restore(model(), tmp_path)
