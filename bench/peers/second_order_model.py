"""A model of examples/pytorch, named by THERMOGRAD_BENCH_MODEL, in batches of 500: what bench/second-order.mjs measures on both sides."""

import importlib
import os
import sys

BATCH = 500
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "examples", "pytorch"))


def make():
    problem = importlib.import_module(os.environ["THERMOGRAD_BENCH_MODEL"]).make()
    problem.batch_size = BATCH
    return problem
