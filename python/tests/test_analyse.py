"""From Python to the program and back: a small program asks for the model, and writes a folder of results."""

from __future__ import annotations

import os
import shutil
import signal
import sys

import numpy as np
import pytest
import torch
from torch.nn import functional as F

import thermograd
from thermograd.report import Report

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
OPEN = os.path.join(ROOT, "dist", "jobs", "bridge", "open.js")
needs_program = pytest.mark.skipif(shutil.which("node") is None or not os.path.isfile(OPEN), reason="skipped: needs node and the built program")

PROGRAM = """
import { mkdirSync, writeFileSync } from 'node:fs';
import { openSurface } from '%s';
const args = process.argv.slice(2);
const of = (flag) => args[args.indexOf(flag) + 1];
process.stderr.write('begins\\n');
const fail = (error) => { console.log(JSON.stringify({ error: { code: error.code, message: error.message } })); process.exitCode = 1; };
try {
  if (args.includes('--fail')) throw Object.assign(new Error('no recording here.'), { code: 'no-run' });
  const findings = [];
  const add = (id, value) => findings.push({ id, claim: `<${id}>`, verdict: 'measured', reason: 'R', measured: { value, standardError: 0.5, n: 3, converged: true } });
  if (args.includes('--surface')) {
    const surface = await openSurface(of('--surface'));
    const w = surface.weights;
    add('loss', (await surface.gradient(w)).loss);
    add('samples', surface.samples);
    for (let k = 0; args.includes('--forever'); k++) await surface.gradient(w);
    if (args.includes('--raise')) await surface.gradient(w.map(() => 1e9));
    await surface.close();
  } else add('none', null);
  const out = of('--out');
  for (const d of ['tables', 'figures']) mkdirSync(`${out}/${d}`, { recursive: true });
  writeFileSync(`${out}/tables/t.csv`, 'a,b,c,d\\n1,true,x,\\n2.5,false,"y,z",\\n');
  writeFileSync(`${out}/figures/f.svg`, '<svg id="a"/>');
  writeFileSync(`${out}/pca.json`, '{"variances":[1,null,3],"rows":[[1,2],[3,4]],"flags":[true,1],"T":5}');
  writeFileSync(`${out}/findings.json`, JSON.stringify(findings));
  console.log(JSON.stringify({ folder: out, args }));
} catch (error) { fail(error); }
"""


@pytest.fixture
def program(tmp_path, monkeypatch) -> str:
    path = tmp_path / "program.mjs"
    path.write_text(PROGRAM % OPEN)
    monkeypatch.setenv("THERMOGRAD_PROGRAM", str(path))
    return str(tmp_path / "out")


def model() -> torch.nn.Module:
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 2))


X, Y = torch.randn(9, 3), torch.randint(0, 2, (9,))


@needs_program
def test_the_program_measures_the_model_of_this_process(program, capfd) -> None:
    net = model()
    before = [p.clone() for p in net.parameters()]
    report = thermograd.analyse("run", model=net, loss=F.cross_entropy, data=(X, Y), out=program)
    expected = F.cross_entropy(net.double()(X.double()), Y)
    assert report.findings["loss"]["value"] == pytest.approx(float(expected.detach()), rel=1e-12)
    assert report.findings["samples"]["value"] == 9
    assert all(torch.equal(a, b.float()) for a, b in zip(before, net.parameters()))
    assert "begins" in capfd.readouterr().err


@needs_program
def test_without_a_model_the_program_is_asked_for_what_needs_none(program, capfd) -> None:
    report = thermograd.analyse("run", out=program, block="fc2.*", learning_rate=0.1, force=True, quiet=True)
    finding = report.findings["none"]
    assert np.isnan(finding["value"]) and finding["error"] == 0.5 and finding["verdict"] == "measured"
    assert capfd.readouterr().err == ""


@needs_program
def test_a_refusal_of_the_program_is_its_sentence(program) -> None:
    with pytest.raises(thermograd.AnalysisError, match="^no recording here.$") as found:
        thermograd.analyse("run", out=program, fail=True, quiet=True)
    assert found.value.code == "no-run"


@needs_program
def test_what_the_model_raises_is_the_cause_with_its_own_traceback(program) -> None:
    def loss(z: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        if z.abs().max() > 1e6:
            raise ArithmeticError("too large")
        return F.cross_entropy(z, y)

    with pytest.raises(thermograd.AnalysisError, match="the model raised ArithmeticError: too large .*test_analyse.py, line") as found:
        thermograd.analyse("run", model=model(), loss=loss, data=(X, Y), out=program, **{"raise": True}, quiet=True)
    assert isinstance(found.value.__cause__, ArithmeticError)


@needs_program
def test_a_model_that_cannot_be_measured_is_refused_in_a_sentence(program) -> None:
    net = torch.nn.Sequential(model(), torch.nn.Dropout(0.5))
    with pytest.raises(thermograd.AnalysisError, match=r"training mode.*model\.eval\(\)"):
        thermograd.analyse("run", model=net, loss=F.cross_entropy, data=(X, Y), out=program, quiet=True)
    report = thermograd.analyse("run", model=net, loss=F.cross_entropy, data=(X, Y), out=program, problem={"eval": True}, quiet=True)
    assert "loss" in report.findings and net.training


@needs_program
@pytest.mark.skipif(sys.platform == "win32", reason="skipped: needs signals")
def test_an_interrupt_stops_the_program_and_leaves_the_model_as_it_was(program) -> None:
    net = model()
    before = [id(p) for p in net.parameters()]
    calls = []

    def loss(z: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        calls.append(1)
        if len(calls) == 50:
            os.kill(os.getpid(), signal.SIGINT)
        return F.cross_entropy(z, y)

    # a shell starts programs in the background with SIGINT ignored, and Python leaves it so
    before_tests = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            thermograd.analyse("run", model=net, loss=loss, data=(X, Y), out=program, forever=True, quiet=True)
    finally:
        signal.signal(signal.SIGINT, before_tests)
    assert [id(p) for p in net.parameters()] == before
    assert not os.path.exists(program)


def test_half_a_problem_is_refused() -> None:
    with pytest.raises(thermograd.AnalysisError, match="without a loss"):
        thermograd.analyse("run", model=model())
    with pytest.raises(thermograd.AnalysisError, match="without a model"):
        thermograd.analyse("run", loss=F.cross_entropy)
    with pytest.raises(thermograd.AnalysisError, match="has its loss and data already"):
        thermograd.analyse("run", model=thermograd.Problem(model(), F.cross_entropy, (X, Y)), data=(X, Y))


@needs_program
def test_a_folder_of_results_as_numpy_and_html(program) -> None:
    thermograd.analyse("run", out=program, quiet=True)
    report = thermograd.open(program)
    assert isinstance(report, Report)
    table = report.tables["t"]
    np.testing.assert_array_equal(table["a"], [1, 2.5])
    assert table["b"].dtype == bool and list(table["c"]) == ["x", "y,z"] and np.isnan(table["d"]).all()
    pca = report.documents["pca"]
    np.testing.assert_array_equal(pca["variances"], [1, np.nan, 3])
    assert pca["rows"].shape == (2, 2) and pca["flags"] == [True, 1] and pca["T"] == 5
    assert list(report.figures) == ["f"] and report.figures["f"] == '<svg id="a"/>'
    page = report._repr_html_()
    assert "&lt;none&gt;" in page and "<none>" not in page and "data:image/svg+xml;base64," in page and "not measured" in page
    assert "none: not measured (measured)" in repr(report)
    with pytest.raises(KeyError, match="there are t"):
        report.tables["../t"]
    findings = report.table()
    assert "value" in findings


def test_a_folder_without_results_is_no_report(tmp_path) -> None:
    with pytest.raises(FileNotFoundError, match="no findings.json"):
        thermograd.open(tmp_path)
    with pytest.raises(FileNotFoundError, match="no folder"):
        thermograd.open(tmp_path / "none")
