"""What every stage of the peer shares: MNIST from raw IDX files, timing, and the head of a report line."""
import os
import platform
import resource
import sys
import time

import numpy as np


def read_idx(path):
    """One uncompressed IDX file of unsigned bytes as an array of its own shape."""
    with open(path, "rb") as f:
        raw = f.read()
    if raw[:3] != b"\0\0\x08":
        sys.exit(f"ivf_peer.py: {path} is no IDX file of unsigned bytes")
    rank = raw[3]
    shape = np.frombuffer(raw, ">i4", rank, 4)
    return np.frombuffer(raw, np.uint8, int(np.prod(shape)), 4 + 4 * rank).reshape(shape)


def mnist(folder, part="train"):
    """Images (N x 784, float32, /255) and labels (N, int64)."""
    images = read_idx(os.path.join(folder, f"{part}-images-idx3-ubyte"))
    labels = read_idx(os.path.join(folder, f"{part}-labels-idx1-ubyte"))
    inputs = images.reshape(len(images), -1).astype(np.float32)
    inputs *= np.float32(1 / 255)
    return inputs, labels.astype(np.int64)


def inputs_for(args):
    """The training inputs asked for: MNIST, or uniform dense noise of the same shape with MNIST's labels."""
    x, y = mnist(args.data)
    if getattr(args, "inputs", "mnist") == "dense":
        x = np.random.default_rng(args.seed).random(x.shape, dtype=np.float32)
    return x, y


def measure(call, repeats, count, unit):
    """Time `call` (which does `count` units) after one warm-up. `best` and `median` are seconds per unit, of the clock and of the processor."""
    call()
    seconds, cpu = [], []
    for _ in range(repeats):
        start, used = time.perf_counter(), time.process_time()
        call()
        seconds.append(time.perf_counter() - start)
        cpu.append(time.process_time() - used)
    return {
        "unit": unit,
        "count": count,
        "repeats": repeats,
        "seconds": float(np.median(seconds)),
        "medianSecondsPerUnit": float(np.median(seconds)) / count,
        "bestSecondsPerUnit": min(seconds) / count,
        "bestCpuSecondsPerUnit": min(cpu) / count,
    }


def peak_bytes():
    """Largest resident set of this process so far (ru_maxrss is in KiB on Linux, in bytes on macOS)."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak


def head(args, *modules):
    """The part of a report line that says what ran: command, threads, settings, versions."""
    settings = {k: v for k, v in vars(args).items() if k not in ("command", "data", "threads")}
    versions = {"python": platform.python_version(), "numpy": np.__version__}
    versions.update({m.__name__: m.__version__ for m in modules})
    return {"command": args.command, "threads": args.threads, "settings": settings, "versions": versions}
