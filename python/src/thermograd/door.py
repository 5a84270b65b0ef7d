"""The nouns that need no model, computed by the program in Node: the same numbers as in JavaScript, from the same code."""

from __future__ import annotations

import json
import os
import pathlib
import re
import subprocess
import tempfile
from typing import Any, Sequence

import numpy as np

from . import program
from .analysis import AnalysisError
from .measured import Measured
from .progress import Asked, Watch

#: Reads a request, calls a noun, and writes what it found: numbers and text as JSON, long arrays as files .npy.
_SCRIPT = """
import { readFileSync, writeFileSync } from 'node:fs';
const [, index, folder] = process.argv;
const { noun, given, options } = JSON.parse(readFileSync(`${folder}/request.json`, 'utf8'));
const door = await import(index);
if (options.tells) options.onProgress = (share) => process.stdout.write(`${share}\\n`);
delete options.tells;
const call = noun.split('.').reduce((at, name) => at[name], door);
const long = (x) => ArrayBuffer.isView(x) || (Array.isArray(x) && x.length > 0 && x.every(ArrayBuffer.isView));
const save = (name, x) => {
  const rows = ArrayBuffer.isView(x) ? [x] : x;
  const data = new Float64Array(rows.length * rows[0].length);
  rows.forEach((row, i) => data.set(row, i * rows[0].length));
  const shape = ArrayBuffer.isView(x) ? [x.length] : [rows.length, rows[0].length];
  writeFileSync(`${folder}/${name}.npy`, door.writeNpy({ shape, data }));
  return { npy: name };
};
try {
  const result = await call(...given, options);
  const found = Object.fromEntries(Object.entries(result).map(([name, x]) => [name, long(x) ? save(name, x) : x]));
  writeFileSync(`${folder}/answer.json`, JSON.stringify({ found, text: String(result) }));
} catch (error) {
  if (!error.code) throw error;
  writeFileSync(`${folder}/answer.json`, JSON.stringify({ error: { code: error.code, message: error.message } }));
}
"""


class Result:
    """What a noun found, by name; `print` shows it as the program would."""

    def __init__(self, found: dict[str, Any], text: str) -> None:
        self.__dict__.update(found)
        self._text = text

    def __repr__(self) -> str:
        return self._text


def ask(noun: str, given: Sequence[Any], options: dict[str, Any], progress: Asked = None) -> Result:
    """
    Calls a noun of the program. Arguments are numbers, text and lists; an array becomes a file, and its path the argument. Only nouns that take
    `onProgress` tell of their progress.

    Raises AnalysisError with the program's sentence where it refuses, and ProgramError where there is no program or no Node.
    """
    watch = Watch(noun, progress)
    if progress is not None and progress is not False:
        options = {**options, "tells": True}
    main = program.main_file()
    index = pathlib.Path(main).resolve().parent.parent / "index.js"
    with tempfile.TemporaryDirectory(prefix="thermograd-") as folder:
        arguments = [_argument(folder, f"argument{i}", a) for i, a in enumerate(given)]
        request = {"noun": noun, "given": arguments, "options": {_camel(k): v for k, v in options.items() if v is not None}}
        with open(os.path.join(folder, "request.json"), "w", encoding="utf-8") as file:
            json.dump(request, file)
        command = [program.find_node().path, "--input-type=module", "-e", _SCRIPT, "--", index.as_uri(), folder]
        wrong = _run(command, watch)
        if not os.path.isfile(os.path.join(folder, "answer.json")):
            raise AnalysisError(f"{noun} failed in the program: {wrong.strip()[-2000:]}", "program")
        with open(os.path.join(folder, "answer.json"), encoding="utf-8") as file:
            answer = json.load(file)
        if "error" in answer:
            raise AnalysisError(answer["error"]["message"], answer["error"]["code"])
        watch.end()
        return Result({_snake(name): _value(folder, x) for name, x in answer["found"].items()}, answer["text"])


def _run(command: list[str], watch: Watch) -> str:
    """Runs a program that writes shares, a line each; returns what it says on stderr. Whatever ends the wait ends the program."""
    with tempfile.TemporaryFile() as wrong, subprocess.Popen(command, stdout=subprocess.PIPE, stderr=wrong, text=True) as child:
        try:
            assert child.stdout is not None
            for line in child.stdout:
                watch.share(float(line))  # nouns print nothing else
        except BaseException:
            child.kill()
            raise
        child.wait()
        wrong.seek(0)
        return wrong.read().decode("utf-8", "replace")


def numbers(call: str, name: str, values: Any, dimensions: int) -> np.ndarray:
    """Returns an argument as an array of float64. Raises AnalysisError for anything else."""
    try:
        array = np.asarray(values.detach().cpu() if hasattr(values, "detach") else values, dtype=np.float64)
    except (TypeError, ValueError):
        array = np.zeros(())
    if array.ndim != dimensions:
        want = "a list of numbers" if dimensions == 1 else "rows of numbers, all of one length"
        raise AnalysisError(f"{call}: {name} must be {want}; got the shape {list(np.shape(array))}.", "wrong-argument")
    return array


def _argument(folder: str, name: str, value: Any) -> Any:
    if not isinstance(value, np.ndarray):
        return value
    path = os.path.join(folder, f"{name}.npy")
    np.save(path, value)
    return path


def _value(folder: str, x: Any) -> Any:
    if isinstance(x, dict):
        if set(x) == {"npy"}:
            return np.load(os.path.join(folder, f"{x['npy']}.npy"))
        if {"value", "error", "method"} <= set(x):
            return Measured(*(np.nan if x[k] is None else x[k] for k in ("value", "error")), x["method"])
        return x
    if isinstance(x, list) and x and all(isinstance(n, (int, float)) or n is None for n in x):
        return np.array([np.nan if n is None else n for n in x], dtype=np.float64)
    if isinstance(x, list) and x and all(isinstance(row, list) for row in x):
        return np.array(x, dtype=np.float64)
    return x


def _camel(name: str) -> str:
    return re.sub(r"_([a-z])", lambda m: m[1].upper(), name)


def _snake(name: str) -> str:
    return re.sub(r"([A-Z])", lambda m: f"_{m[1].lower()}", name)
