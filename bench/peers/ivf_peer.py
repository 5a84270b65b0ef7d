#!/usr/bin/env python3
"""The inverse variance-flatness chain in PyTorch/NumPy/SciPy (and one step in JAX): the peer of `npm run bench`.

Each sub-command prints ONE line of JSON. The number of threads is fixed before any library is imported, because
OpenBLAS, OpenMP and XLA read it only once. bench/peers/README.md says what each command measures.
"""
import argparse
import json
import os
import sys

COMMANDS = ("train-step", "train-step-jax", "flatness-eval", "per-sample-grads", "chain")


def parse(argv):
    parser = argparse.ArgumentParser(prog="ivf_peer.py", description=__doc__.splitlines()[0])
    sub = parser.add_subparsers(dest="command", required=True)
    for name in COMMANDS:
        p = sub.add_parser(name)
        p.add_argument("--data", required=True, help="folder with MNIST's four raw IDX files")
        p.add_argument("--threads", type=int, default=1)
        p.add_argument("--seed", type=int, default=1)
        p.add_argument("--batch", type=int, default=50)
        p.add_argument("--rate", type=float, default=0.1, help="learning rate")
        if name.startswith("train-step"):
            p.add_argument("--inputs", choices=("mnist", "dense"), default="mnist")
            p.add_argument("--steps", type=int, default=2400, help="timed steps of one repeat")
        if name in ("train-step", "train-step-jax", "flatness-eval", "per-sample-grads"):
            p.add_argument("--repeats", type=int, default=5)
        if name == "flatness-eval":
            p.add_argument("--evaluations", type=int, default=10, help="timed evaluations of one repeat")
            p.add_argument("--epochs", type=int, default=1, help="training before the measurement")
        if name == "per-sample-grads":
            p.add_argument("--samples", type=int, default=1000)
        if name == "chain":
            p.add_argument("--epochs", type=int, default=30, help="training before the recorded window")
            p.add_argument("--window", type=int, default=12000, help="recorded steps")
            p.add_argument("--directions", default="120", help="how many, log-spaced in rank, or 'all'")
            p.add_argument("--loop", choices=("module", "functional", "manual"), default="manual")
    return parser.parse_args(argv)


def fix_threads(n, one_core):
    if n < 1:
        sys.exit("ivf_peer.py: --threads needs a number of at least 1")
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"):
        os.environ[name] = str(n)
    if one_core and hasattr(os, "sched_setaffinity"):  # XLA sizes its pool by the cores that it may use
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-n:])


def main(argv):
    args = parse(argv)
    fix_threads(args.threads, one_core=args.command == "train-step-jax")
    if args.command == "train-step-jax":
        from ivf import training_jax as stage
    else:
        try:
            import torch
        except ImportError:
            print(json.dumps({"command": args.command, "skipped": "needs torch"}))
            return
        torch.set_num_threads(args.threads)
        torch.manual_seed(args.seed)
        if args.command == "train-step":
            from ivf import training as stage
        elif args.command == "flatness-eval":
            from ivf import landscape as stage
        elif args.command == "per-sample-grads":
            from ivf import samples as stage
        else:
            from ivf import chain as stage
        torch.set_flush_denormal(True)  # subnormal numbers would slow the peer once the loss is small
    print(json.dumps(stage.run(args)))


if __name__ == "__main__":
    main(sys.argv[1:])
