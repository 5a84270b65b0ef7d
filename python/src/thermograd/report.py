"""A finished folder of results as Python objects: findings, tables, documents and figures."""

from __future__ import annotations

import base64
import csv
import html
import json
import os
from collections.abc import Iterator, Mapping
from typing import Any, Callable

import numpy as np


class Results(Mapping):  # type: ignore[type-arg]
    """Files of one kind by their names, each read when it is asked for."""

    def __init__(self, folder: str, ending: str, read: Callable[[str], Any]) -> None:
        self._folder = folder
        self._ending = ending
        self._read = read

    def __getitem__(self, name: str) -> Any:
        path = os.path.join(self._folder, f"{name}{self._ending}")
        if os.path.basename(name) != name or not os.path.isfile(path):
            raise KeyError(f"'{name}'; there are {', '.join(self) or 'none'}")
        return self._read(path)

    def __iter__(self) -> Iterator[str]:
        names = sorted(os.listdir(self._folder)) if os.path.isdir(self._folder) else []
        return (n[: -len(self._ending)] for n in names if n.endswith(self._ending))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return f"<{', '.join(self) or 'none'}>"


class Report:
    """
    What an analysis found, read from its folder.

    - `findings`: a dictionary by id; each finding is a dictionary with `value`, `error` (one standard error), `n`, `method`, `converged`,
      `verdict`, `reason`, `claim`, `source`, `stated`, `predicted`, `unit` and `range`. Numbers that are not known are NaN.
    - `tables`: the CSV tables by name, each a dictionary from column to NumPy array; `table(name)` gives a pandas DataFrame.
    - `documents`: the JSON documents by name (`pca`, `report`), with lists of numbers as NumPy arrays.
    - `figures`: SVG text by name. In a notebook the report shows itself, with its figures.
    - `page`: the path of the whole report as a page.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = os.path.abspath(os.fspath(folder))
        path = os.path.join(self.folder, "findings.json")
        if not os.path.isdir(self.folder):
            raise FileNotFoundError(f"there is no folder {self.folder}.")
        if not os.path.isfile(path):
            raise FileNotFoundError(f"{self.folder} holds no findings.json; it is no folder of results, or its run has not finished.")
        self.findings: dict[str, dict[str, Any]] = {f["id"]: _finding(f) for f in _json(path)}
        self.tables = Results(os.path.join(self.folder, "tables"), ".csv", _columns)
        self.documents = Results(self.folder, ".json", lambda p: _arrays(_json(p)))
        self.figures = Results(os.path.join(self.folder, "figures"), ".svg", _text)
        self.page = os.path.join(self.folder, "report.html")

    def table(self, name: str | None = None) -> Any:
        """
        Returns a table, or without a name the findings, as a pandas DataFrame; without pandas as a dictionary of columns.
        """
        if name is None:
            keys = ("value", "error", "verdict", "unit", "n", "converged", "reason", "claim")
            columns: dict[str, Any] = {"id": list(self.findings)}
            columns.update({k: [f[k] for f in self.findings.values()] for k in keys})
        else:
            columns = self.tables[name]
        try:
            import pandas
        except ImportError:
            return columns
        frame = pandas.DataFrame(columns)
        return frame.set_index("id") if name is None else frame

    def __repr__(self) -> str:
        lines = [f"{id}: {_number(f)} ({f['verdict']})" for id, f in self.findings.items()]
        return "\n".join([f"thermograd report in {self.folder}", *lines])

    def _repr_html_(self) -> str:
        cell = "<td style='text-align:left;vertical-align:top'>{}</td>".format
        head = "".join(f"<th style='text-align:left'>{h}</th>" for h in ("claim", "measured", "verdict", "why"))
        rows = "".join(
            "<tr>" + "".join(cell(html.escape(text)) for text in (f["claim"], _number(f), f["verdict"], f["reason"])) + "</tr>"
            for f in self.findings.values()
        )
        # an <img> each, so that identifiers inside figures do not meet
        figures = "".join(
            f"<img alt='{html.escape(name, quote=True)}' style='max-width:100%;background:white' src='data:image/svg+xml;base64,"
            f"{base64.b64encode(self.figures[name].encode()).decode()}'>"
            for name in self.figures
        )
        return f"<p>{html.escape(self.folder)}</p><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{figures}"


def open_report(folder: str | os.PathLike[str]) -> Report:
    """Opens a finished folder of results. Raises FileNotFoundError for a folder that is none."""
    return Report(folder)


def _text(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        return file.read()


def _json(path: str) -> Any:
    return json.loads(_text(path))


def _finding(found: Mapping[str, Any]) -> dict[str, Any]:
    measured = found.get("measured") or {}

    def number(key: str) -> float:
        value = measured.get(key)
        return float("nan") if value is None else float(value)

    rest = {k: v for k, v in found.items() if k != "measured"}
    for key in ("claim", "source", "unit", "stated", "predicted", "range", "verdict", "reason"):
        rest.setdefault(key, "")
    return {
        "value": number("value"),
        "error": number("standardError"),
        "n": measured.get("n"),
        "method": measured.get("method", ""),
        "converged": bool(measured.get("converged")),
        **rest,
    }


def _number(f: Mapping[str, Any]) -> str:
    if np.isnan(f["value"]):
        return "not measured"
    error = f" ± {f['error']:.2g}" if np.isfinite(f["error"]) else ""
    return f"{f['value']:.4g}{error}{' ' if f['unit'] else ''}{f['unit']}"


def _columns(path: str) -> dict[str, np.ndarray]:
    """Reads a CSV table; a column of numbers and gaps is float64, one of true and false bool, any other text."""
    with open(path, encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    return {name: _column([row[i] for row in rows]) for i, name in enumerate(head)}


def _column(cells: list[str]) -> np.ndarray:
    if cells and all(c in ("true", "false") for c in cells):
        return np.array([c == "true" for c in cells])
    if not any(cells):
        return np.full(len(cells), np.nan)
    try:
        return np.array([float(c) if c else np.nan for c in cells])
    except ValueError:
        return np.array(cells, dtype=object)


def _arrays(value: Any) -> Any:
    """Returns JSON with every list of numbers (null stands for a number that is not known) as a float64 array."""
    if isinstance(value, dict):
        return {k: _arrays(v) for k, v in value.items()}
    if isinstance(value, list):
        plain = [v is None or (isinstance(v, (int, float)) and not isinstance(v, bool)) for v in value]
        if value and all(plain) and any(v is not None for v in value):
            return np.array([np.nan if v is None else float(v) for v in value])
        inner = [_arrays(v) for v in value]
        if inner and all(isinstance(v, np.ndarray) for v in inner) and len({v.shape for v in inner}) == 1:
            return np.stack(inner)
        return inner
    return value
