"""In a distributed training rank 0 alone records."""

from __future__ import annotations

import pytest
import torch
from conftest import Forked, Training, header, needs_fork, recorded

import thermograd

available = torch.distributed.is_available() and getattr(torch.distributed, "is_gloo_available", lambda: True)()


@needs_fork
@pytest.mark.skipif(not available, reason="skipped: needs PyTorch with gloo")
def test_rank_zero_records(tmp_path):
    def rank(k):
        def work(say):
            torch.distributed.init_process_group("gloo", init_method=f"file://{tmp_path}/meet", rank=k, world_size=2)
            training = Training()
            training.model = torch.nn.parallel.DistributedDataParallel(training.model)
            rec = thermograd.Recorder(training.model, training.optimizer, "fc2.*", tmp_path / "run")
            say(rec.active)
            for _ in range(4):
                rec.step(training.step())
            rec.close()

        return work

    outs = [process.wait() for process in [Forked(rank(0)), Forked(rank(1))]]
    assert outs == [("True\n", 0), ("False\n", 0)]
    head = header(tmp_path / "run")
    assert head["distributed"] == {"rank": 0, "worldSize": 2} and head["status"] == "complete"
    assert [p["name"] for p in head["blocks"][0]["parameters"]] == ["fc2.weight", "fc2.bias"]
    assert recorded(tmp_path / "run", "fc2")[0].tolist() == [1, 2, 3, 4]
