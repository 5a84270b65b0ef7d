"""The motions of bench/ensemble.mjs in vectorised NumPy float64, one thread: nanoseconds of CPU time a walker-step, as JSON.

Arrays are reused (out=), normal numbers come from NumPy's own ziggurat (SFC64, its fastest generator), walkers go in blocks that
stay in the cache (the fastest of 512 to 65536). Arguments: walkers, steps."""
import json
import os
import sys
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
import numpy as np

walkers, steps = int(sys.argv[1]), int(sys.argv[2])
dt = 0.01
rng = np.random.Generator(np.random.SFC64(1))


def langevin(block):
    x, y = np.full(block, 1.0), np.zeros(block)
    e, f, g, r, q = (np.empty(block) for _ in range(5))
    n = np.empty((2, block))
    root = np.sqrt(2 * dt)
    for _ in range(steps):
        rng.standard_normal(out=n)
        np.multiply(x, x, out=q)
        np.negative(q, out=e)
        np.exp(e, out=e)
        np.multiply(e, 4, out=e)  # λ − 1
        np.multiply(x, e, out=f)
        f *= y
        f *= y
        q *= x
        q *= 0.1
        f -= q
        np.add(e, 1, out=e)  # λ
        np.multiply(e, y, out=g)
        np.sqrt(e, out=r)
        r *= root
        n *= r
        f *= dt
        g *= dt
        x += f
        y -= g
        n[0] *= np.sqrt(0.05)
        n[1] *= np.sqrt(0.2)
        x += n[0]
        y += n[1]
    assert np.isfinite(x).all()


def sgd(block):
    x, y = np.full(block, 1.0), np.zeros(block)
    e, f, q = (np.empty(block) for _ in range(3))
    n = np.empty((2, block))
    for _ in range(steps):
        rng.standard_normal(out=n)
        np.multiply(x, x, out=q)
        np.negative(q, out=e)
        np.exp(e, out=e)
        e *= 4
        np.multiply(x, e, out=f)
        f *= y
        f *= y
        q *= x
        q *= 0.1
        q -= f
        n *= np.array([[0.3], [-0.4]])
        q += n[0]
        e += 1
        n[1] += y
        e *= n[1]
        q *= dt
        e *= dt
        x -= q
        y -= e
    assert np.isfinite(x).all()


def measure(job):
    best = np.inf
    for block in (512, 4096, 65536):
        rounds = max(1, walkers // block)
        used = time.process_time()
        for _ in range(rounds):
            job(block)
        best = min(best, (time.process_time() - used) / (rounds * block * steps) * 1e9)
    return best


print(json.dumps({"Langevin 2-D, Euler-Maruyama": measure(langevin), "SGD map 2-D": measure(sgd)}))
