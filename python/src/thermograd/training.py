"""Trains networks of the program's own from Python, and measures them."""

from __future__ import annotations

import json
import os
import tempfile
from typing import Any, Mapping, Optional

from . import program
from .analysis import AnalysisError, _run, _told, flags_of
from .progress import Asked
from .report import Report


def train(
    config: Optional[Mapping[str, Any]] = None,
    *,
    seeds: int = 1,
    out: str | os.PathLike[str] | None = None,
    quiet: bool = False,
    progress: Asked = None,
    **flags: Any,
) -> Report:
    """
    Trains networks from a config, records their weights, and measures them: `thermograd reproduce ivf2021`, one run a seed.

    - `config` has the keys of a config file (docs/reference/config.md), of which all have defaults: `{"preset": "quick"}`.
    - `seeds` counts from the seed of the config; with more than one each finding is the mean over them. `out` is the folder of results.
    - Other keyword arguments are flags of the program: `resume=True` is `--resume`, `network="lenet5"` is `--network lenet5`.
    - Progress appears on stderr unless `quiet`; or `progress` is a callable that takes the share of a stage that is done, from 0 to 1 or None where
      a line states none, and the line of the program, which begins with the stage. Lines come about every 9 s, in another thread; what the
      callable raises stops the program and is raised here.

    Returns the report. The cost is that of a run for each seed: seconds for `quick`, half a minute for `standard`. Raises AnalysisError;
    interrupting it (Ctrl-C) stops the program, and what was done so far is kept.
    """
    if config is not None and not isinstance(config, Mapping):
        raise AnalysisError(f"train: config must be a dictionary of config keys; got {type(config).__name__}.", "wrong-argument")
    if isinstance(seeds, bool) or not isinstance(seeds, int) or seeds < 1:
        raise AnalysisError(f"train: seeds must be a whole number from 1 on; got {seeds!r}.", "wrong-argument")
    told = _told("train", progress, quiet)
    given = {"seeds": None if seeds == 1 else seeds, "out": None if out is None else os.fspath(out), **flags}
    with tempfile.TemporaryDirectory(prefix="thermograd-") as folder:
        arguments = [*program.command(), "reproduce", "ivf2021", "--json", *flags_of(given)]
        if config:
            path = os.path.join(folder, "config.json")
            try:
                with open(path, "w", encoding="utf-8") as file:
                    json.dump(dict(config), file, allow_nan=False)
            except (TypeError, ValueError) as error:
                raise AnalysisError(f"train: config must hold numbers, text, lists and dictionaries; {error}.", "wrong-argument") from error
            arguments += ["--config", path]
        return _run(arguments, None, told)
