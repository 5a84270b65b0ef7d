"""What the scripts with --check share: comparing with the file that was written before, or writing it."""
import json
import math
import os
import platform
import sys

import torch

HERE = os.path.dirname(os.path.abspath(__file__))


def made_by(name, **versions):
    return {"script": f"test/oracles/{name}.py", "python": platform.python_version(), "torch": torch.__version__, **versions}


def one_line(value):
    return json.dumps(value, separators=(",", ":"))


def near(a, b, relative, absolute, path="$"):
    """Compares two JSON values, numbers to a relative or absolute tolerance."""
    if isinstance(a, dict):
        assert a.keys() == b.keys(), path
        for key in a:
            near(a[key], b[key], relative, absolute, f"{path}.{key}")
    elif isinstance(a, list):
        assert len(a) == len(b), path
        for k, (u, v) in enumerate(zip(a, b)):
            near(u, v, relative, absolute, f"{path}[{k}]")
    elif isinstance(a, (int, float)) and not isinstance(a, bool):
        assert math.isclose(a, b, rel_tol=relative, abs_tol=absolute), f"{path}: {a} now, {b} in the file"
    else:
        assert a == b, path


def finish(name, data, entries, relative, absolute):
    """
    Writes NAME.json beside the scripts, or compares it with `data` where the command line says --check.

    `entries` are the keys of `data` in the order of the file, each with its value as JSON text.
    """
    path = os.path.join(HERE, f"{name}.json")
    if "--check" in sys.argv:
        with open(path, encoding="utf8") as f:
            old = json.load(f)
        near({k: v for k, v in data.items() if k != "madeBy"}, {k: v for k, v in old.items() if k != "madeBy"}, relative, absolute)
        print(f"{name}.json agrees")
        return
    text = "{\n" + ",\n".join(f'"{key}": {value}' for key, value in entries) + "\n}\n"
    assert json.loads(text) == data
    with open(path, "w", encoding="utf8") as f:
        f.write(text)
    print(f"{path}: {len(text)} bytes")
