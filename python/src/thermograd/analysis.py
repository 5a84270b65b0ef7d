"""Runs an analysis from Python: the program measures, and asks this process for everything that needs the model."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from typing import Any, Callable, Mapping, Optional, Sequence

from . import program
from .progress import Asked, Told, share_in, told_of
from .report import Report


class AnalysisError(RuntimeError):
    """The analysis was refused or failed; the message says why and what to do."""

    def __init__(self, sentence: str, code: str = "") -> None:
        super().__init__(sentence)
        #: Stable, for machines.
        self.code = code


def analyse(
    path: str | os.PathLike[str],
    model: Any = None,
    loss: Optional[Callable[..., Any]] = None,
    data: Any = None,
    *,
    block: str | Sequence[str] | None = None,
    out: str | os.PathLike[str] | None = None,
    problem: Optional[Mapping[str, Any]] = None,
    quiet: bool = False,
    progress: Asked = None,
    **flags: Any,
) -> Report:
    """
    Analyses a recording, and measures what needs the loss on `model`, `loss` and `data` where they are given.

    - `path` is whatever `thermograd analyse` takes: a folder of a Recorder, a run, arrays of weights.
    - `model` may also be a `thermograd.Problem`. It is measured where it lies and left as it is; `problem={…}` are further arguments
      of `thermograd.Problem`, such as `{"eval": True, "reduction": "sum"}`.
    - `block` names further parameters that are measured, by a pattern or several, each a block: `'conv1.*'`; `out` is the folder of
      results; other keyword arguments are flags of the program: `budget='10m'` is `--budget 10m`, `force=True` is `--force`.
    - Progress appears on stderr unless `quiet`; `progress` may be a callable that is told instead, as in `train`.

    Returns the report. Raises AnalysisError; interrupting it (Ctrl-C) stops the program as well.
    """
    told = _told("analyse", progress, quiet)
    served = _problem(model, loss, data, dict(problem or {}))
    arguments = [*program.command(), "analyse", os.fspath(path), "--json"]
    given = {"block": block, "out": None if out is None else os.fspath(out), **flags}
    return _run([*arguments, *flags_of(given)], served, told)


def flags_of(given: Mapping[str, Any]) -> list[str]:
    """Returns keyword arguments as flags of the program: `force=True` is `--force`, a list gives its flag several times."""
    arguments: list[str] = []
    for name, value in given.items():
        flag = f"--{name.replace('_', '-')}"
        if value is True:
            arguments.append(flag)
        elif value is not None and value is not False:
            values = value if isinstance(value, (list, tuple)) else [value]
            for one in values:
                arguments += [flag, str(one)]
    return arguments


def _problem(model: Any, loss: Any, data: Any, more: dict[str, Any]) -> Any:
    if model is None:
        if loss is not None or data is not None or more:
            raise AnalysisError("analyse got a loss or data without a model; give model= as well.", "input-problem")
        return None
    from .bridge.problem import Problem

    if isinstance(model, Problem):
        if loss is not None or data is not None or more:
            raise AnalysisError("a Problem has its loss and data already; give them there.", "input-problem")
        return model
    if loss is None:
        raise AnalysisError("analyse got a model without a loss; give loss= as well.", "input-problem")
    return Problem(model, loss, data, **more)


def _told(call: str, progress: Asked, quiet: bool) -> Told:
    """Returns who takes the lines of the program; they are printed where nobody is named and `quiet` does not say otherwise."""
    if progress is None:
        progress = not quiet
    if progress is True:
        return lambda _, line: print(line, file=sys.stderr, flush=True)
    return told_of(call, progress) or (lambda _, line: None)


def _run(arguments: list[str], problem: Any, told: Told) -> Report:
    """Starts the program, serves the problem until it ends, and hands on what it says. Raises what `told` raises, after stopping the program."""
    pipes = None
    if problem is not None:
        from .bridge.frames import Pipes

        (answers, write), (read, requests) = os.pipe(), os.pipe()
        arguments = [*arguments, "--surface", f"fd:{answers},{requests}"]
        pipes = Pipes(read, write)
    child = subprocess.Popen(
        arguments,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        pass_fds=(answers, requests) if pipes is not None else (),
        # Ctrl-C reaches this process alone, which then stops the program in order
        start_new_session=True,
    )
    said = _Said(child, told)
    raised: Optional[BaseException] = None
    try:
        if pipes is not None:
            os.close(answers)
            os.close(requests)
            from .bridge.problem import problem_from
            from .bridge.serve import Server

            server = Server(pipes, lambda: problem_from(problem, "analyse"), "the model in Python")
            server.run()
            raised = server.raised
        child.wait()
    except BaseException:
        child.send_signal(signal.SIGINT)
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
        raise
    finally:
        if pipes is not None:
            pipes.close()
        said.join()
    if said.raised is not None:
        raise said.raised
    return _report(child.returncode, said, raised)


def _report(code: int, said: "_Said", raised: Optional[BaseException]) -> Report:
    try:
        answer = json.loads(said.stdout)
    except ValueError:
        answer = {}
    if code == 0 and isinstance(answer.get("folder"), str):
        return Report(answer["folder"])
    error = answer.get("error") or {}
    last = said.stderr.strip().split("\n")[-1]
    sentence = error.get("message") or last or f"the program ended with exit code {code}"
    raise AnalysisError(sentence, error.get("code", "")) from raised


class _Said:
    """What the program writes: stdout is kept, stderr is told line by line while it runs. An error of who is told stops the program."""

    def __init__(self, child: "subprocess.Popen[bytes]", told: Told) -> None:
        self.stdout = self.stderr = ""
        self.raised: Optional[BaseException] = None
        self._told = told
        self._threads = [threading.Thread(target=t, args=(child,), daemon=True) for t in (self._keep, self._show)]
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        """Waits for the last words."""
        for thread in self._threads:
            thread.join()

    def _keep(self, child: "subprocess.Popen[bytes]") -> None:
        assert child.stdout is not None
        self.stdout = child.stdout.read().decode("utf-8", "replace")

    def _show(self, child: "subprocess.Popen[bytes]") -> None:
        assert child.stderr is not None
        for line in child.stderr:
            text = line.decode("utf-8", "replace")
            self.stderr = (self.stderr + text)[-4000:]
            line = text.rstrip("\r\n")
            if self.raised is None:
                try:
                    self._told(share_in(line), line)
                except BaseException as error:
                    self.raised = error
                    child.send_signal(signal.SIGINT)
