"""The command `thermograd`: runs the program that the package brings along, with all arguments as they are."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence

from . import program


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the program in the place of this process where the system allows it, and returns its exit code otherwise."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        node, script = program.find_node(), program.main_file()
    except program.ProgramError as error:
        print(f"thermograd: {error}", file=sys.stderr)
        return 2
    if given[:1] == ["doctor"]:
        print(f"Node of {node.source}: {node.path}", file=sys.stderr, flush=True)
    command = [node.path, script, *given]
    if os.name != "nt":
        # signals and the terminal then belong to the program alone
        os.execv(node.path, command)
    return subprocess.call(command)


if __name__ == "__main__":
    sys.exit(main())
