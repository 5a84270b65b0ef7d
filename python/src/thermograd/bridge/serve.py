"""Answers the requests of the program: one thread reads frames, one sends heartbeats, the calling thread works."""

from __future__ import annotations

import queue
import threading
import time
from typing import TYPE_CHECKING, Callable, Optional

from .errors import BridgeError, Cancelled
from .frames import Array, Frame, FrameError, Pipes
from .where import line_now, line_of, sentence

if TYPE_CHECKING:
    from .answers import Answers
    from .problem import Problem

#: Seconds between heartbeats, and between reports of progress.
BEAT = 2.0
REPORT = 0.1


class Server:
    """
    Serves one problem until the other side closes the pipe or asks to close.

    `problem` is called at the first `hello`, so that a program that takes long to load still beats. `on_end` is called in the
    reading thread when the other side is gone.
    """

    def __init__(self, pipes: Pipes, problem: Callable[[], "Problem"], name: str, on_end: Optional[Callable[[], None]] = None) -> None:
        self._pipes = pipes
        self._problem = problem
        self._name = name
        self._on_end = on_end
        self._queue: "queue.Queue[Optional[Frame]]" = queue.Queue()
        self._cancelled: set[int] = set()
        self._ended = threading.Event()
        self._busy: Optional[int] = None
        self._batches = 0
        self._since = time.monotonic()
        self._reported = 0.0
        self._answers: Optional["Answers"] = None
        self._worker = threading.get_ident()
        #: What the user's code raised last, for a caller who shares the process with it.
        self.raised: Optional[BaseException] = None

    def run(self) -> None:
        """Works until the conversation ends."""
        self._worker = threading.get_ident()
        threads = [threading.Thread(target=t, daemon=True) for t in (self._read, self._beat)]
        for thread in threads:
            thread.start()
        try:
            while True:
                frame = self._queue.get()
                if frame is None or frame.verb == "close":
                    return
                self._work(frame)
        except OSError:
            return  # nobody reads any more
        finally:
            self._ended.set()

    # --- the thread that reads

    def _read(self) -> None:
        try:
            while True:
                frame = self._pipes.receive()
                if frame is None:
                    break
                if frame.verb == "cancel":
                    self._cancelled.add(frame.id)
                else:
                    self._queue.put(frame)
        except (FrameError, OSError, ValueError) as error:
            try:
                self._pipes.send("error", 0, {"code": "protocol", "sentence": f"the bridge got {error}"})
            except (OSError, FrameError):
                pass
        self._ended.set()
        self._queue.put(None)
        if self._on_end is not None:
            self._on_end()

    # --- the thread that beats

    def _beat(self) -> None:
        while not self._ended.wait(BEAT):
            long = self._busy is not None and time.monotonic() - self._since > 2 * BEAT
            header = {"busy": self._busy, "batches": self._batches, "where": line_now(self._worker) if long else ""}
            try:
                self._pipes.send("heartbeat", 0, header)
            except (OSError, FrameError):
                return

    # --- the thread that works

    def _between(self, id: int) -> Callable[[float], None]:
        def between(share: float) -> None:
            self._batches += 1
            self._since = time.monotonic()
            if id in self._cancelled or self._ended.is_set():
                raise Cancelled
            if self._since - self._reported >= REPORT:
                self._reported = self._since
                self._pipes.send("progress", id, {"share": min(1.0, max(0.0, share))})

        return between

    def _work(self, frame: Frame) -> None:
        self._busy, self._since, self._reported = frame.id, time.monotonic(), time.monotonic()
        try:
            if frame.id in self._cancelled:
                raise Cancelled
            begun = time.perf_counter()
            arrays = self._answer(frame)
            self._pipes.send("result", frame.id, {"seconds": time.perf_counter() - begun}, arrays)
        except OSError:
            raise
        except BridgeError as error:
            self._refuse(frame, error.code, str(error), error)
        except MemoryError as error:
            self._refuse(frame, "memory", f"Python has not enough memory for '{frame.verb}'; give Problem(…, batch_size=) a smaller number", error)
        except Exception as error:  # noqa: BLE001 - whatever the user's code raises becomes one sentence
            hint = ""
            text = str(error)
            if "out of memory" in text:
                hint = "; give Problem(…, batch_size=) a smaller number"
            elif "same dtype" in text or "Double" in text or "Float" in text:
                hint = "; the model is measured in float64, and code that fixes another precision needs Problem(…, dtype='float32')"
            code = "model-raised" if self._answers is not None else "input-raised"
            self._refuse(frame, code, f"the model raised {sentence(error).rstrip('.')}{hint}", error)
        finally:
            self._busy = None
            self._cancelled.discard(frame.id)

    def _refuse(self, frame: Frame, code: str, text: str, error: BaseException) -> None:
        if code != "cancelled":
            self.raised = error
        line = line_of(error)
        if line and f"({line})" not in text:
            text = f"{text.rstrip('.')} ({line})."
        self._pipes.send("error", frame.id, {"code": code, "sentence": text[:1400] if text.endswith(".") else f"{text[:1400]}.", "line": line})

    def _answer(self, frame: Frame) -> list[Array]:
        if self._answers is None:
            if frame.verb != "hello":
                raise BridgeError("bad-request", "the first request has to be 'hello'.")
            problem = self._problem()
            from .answers import Answers

            self._answers = Answers(problem, problem.name or self._name)
        return self._answers.answer(frame, self._between(frame.id))
