"""
Executes the cells of a notebook one after another in one process, as a notebook does but without one: the value of a last line that is
an expression is shown by its `_repr_html_` or `repr`. Usage: python run_notebook.py NOTEBOOK. Ends with the traceback of the first cell that fails.
"""

from __future__ import annotations

import ast
import json
import sys


def run(path: str) -> int:
    with open(path, encoding="utf-8") as file:
        cells = [c for c in json.load(file)["cells"] if c["cell_type"] == "code"]
    names: dict[str, object] = {"__name__": "__main__"}
    for number, cell in enumerate(cells):
        tree = ast.parse("".join(cell["source"]), f"cell {number}")
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, f"cell {number}", "exec"), names)
        if last is not None:
            value = eval(compile(ast.Expression(last.value), f"cell {number}", "eval"), names)
            if value is not None:
                shown = value._repr_html_() if hasattr(value, "_repr_html_") else repr(value)
                print(f"cell {number} shows {type(value).__name__}, {len(shown)} characters")
    return len(cells)


if __name__ == "__main__":
    print(f"{run(sys.argv[1])} cells executed")
