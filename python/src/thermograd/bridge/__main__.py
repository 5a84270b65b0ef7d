"""Started by the program: `python -m thermograd.bridge FILE:make --fds READ,WRITE`."""

from __future__ import annotations

import os
import signal
import sys

from .errors import BridgeError
from .frames import Pipes
from .load import load
from .problem import Problem
from .serve import Server


def main(arguments: list[str]) -> int:
    """Serves the named problem until the program closes the pipe."""
    if len(arguments) != 3 or arguments[1] != "--fds" or arguments[2].count(",") != 1:
        print("usage: python -m thermograd.bridge FILE:make --fds READ,WRITE   (started by thermograd --surface python:FILE:make)", file=sys.stderr)
        return 2
    spec = arguments[0]
    read, write = (int(fd) for fd in arguments[2].split(","))
    for fd in (read, write):
        os.set_inheritable(fd, False)
    # Ctrl+C reaches the whole group; the program decides and closes the pipe
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.argv = [spec.rpartition(":")[0] or spec]
    server = Server(Pipes(read, write), lambda: problem(spec), spec, on_end=lambda: os._exit(0))
    server.run()
    sys.stdout.flush()
    return 0


def problem(spec: str) -> Problem:
    """Loads the problem, after seeing that PyTorch is there."""
    for name, package in (("numpy", "NumPy"), ("torch", "PyTorch")):
        try:
            __import__(name)
        except ImportError as error:
            raise BridgeError(
                "input-package", f"{sys.executable} has no {package} ({error}); install it there, or name another Python with --python."
            ) from None
    return load(spec)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
