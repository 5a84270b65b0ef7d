"""What the bridge refuses or fails at, as one sentence that crosses to the program."""

from __future__ import annotations


class BridgeError(Exception):
    """
    One sentence for the user: who wanted what, what came, what to do.

    `code` is stable and meant for machines. Codes that begin with `input-` mean wrong input or use: nothing was measured.
    """

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


class Cancelled(BridgeError):
    """The request was cancelled between two batches."""

    def __init__(self) -> None:
        super().__init__("cancelled", "the request was cancelled.")
