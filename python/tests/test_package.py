"""The package: one version, what it exports, what it needs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import pytest
from conftest import SOURCE

import thermograd

ROOT = os.path.join(SOURCE, "..", "..")


def test_one_version_for_both_packages():
    with open(os.path.join(ROOT, "package.json"), encoding="utf-8") as file:
        version = json.load(file)["version"]
    with open(os.path.join(ROOT, "python", "pyproject.toml"), encoding="utf-8") as file:
        stated = re.search(r'^version = "(.*)"$', file.read(), re.M)
    assert stated and stated[1] == version == thermograd.__version__


def test_exported_names_exist():
    for name in thermograd.__all__:
        assert getattr(thermograd, name) is not None
    with pytest.raises(AttributeError, match="module 'thermograd' has no attribute 'Recordor'"):
        thermograd.Recordor


def test_importing_it_does_not_import_torch():
    code = (
        f"import sys; sys.path.insert(0, {SOURCE!r}); import thermograd, thermograd.cli; print('torch' in sys.modules)"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
        == "False"
    )


def test_nothing_but_numpy_and_torch_is_imported():
    found = set()
    for folder, _, files in os.walk(os.path.join(SOURCE, "thermograd")):
        if "_program" in folder:
            continue
        for file in files:
            if file.endswith(".py"):
                with open(os.path.join(folder, file), encoding="utf-8") as text:
                    found |= set(re.findall(r"^\s*(?:import|from) ([A-Za-z_]\w*)", text.read(), re.M))
    known = set(getattr(sys, "stdlib_module_names", ())) or None
    if known is None:
        pytest.skip("skipped: needs Python 3.10")
    assert found - known <= {"numpy", "torch", "pandas", "thermograd"}  # pandas only where it is installed


@pytest.mark.skipif(not os.environ.get("CI"), reason="skipped: needs CI=true")
def test_the_bench_runs(tmp_path):
    bench = os.path.join(ROOT, "python", "bench", "recorder.py")
    command = [sys.executable, bench, "--steps", "1000", "--json", str(tmp_path / "out.json")]
    assert "2500 weights" in subprocess.run(command, capture_output=True, text=True, check=True).stdout
    with open(tmp_path / "out.json", encoding="utf-8") as file:
        numbers = json.load(file)
    assert numbers["stepMicroseconds"] > 0 and numbers["standardError"] > 0
