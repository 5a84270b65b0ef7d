"""The whole chain: train, record a window, covariance, eigenvectors, flatness along directions, power-law fit."""
import time

import numpy as np
import scipy
import scipy.linalg
import torch

from .common import head, inputs_for, peak_bytes
from .landscape import Line, width
from .training import batches, full_loss, initial_weights, train


class Stages:
    """Wall and processor seconds of each stage and the peak resident set at its end."""

    def __init__(self):
        self.done = {}
        self.start, self.cpu = time.perf_counter(), time.process_time()

    def end(self, name, **more):
        now, cpu = time.perf_counter(), time.process_time()
        self.done[name] = {"seconds": now - self.start, "cpuSeconds": cpu - self.cpu, "peakBytes": peak_bytes(), **more}
        self.start, self.cpu = now, cpu


def covariance(record, rows=2000):
    """Window mean (P) and covariance (P x P, divisor T) in float64, block by block so that no float64 copy of T x P exists."""
    flat = record.reshape(len(record), -1)
    mean = flat.mean(axis=0, dtype=np.float64)
    cov = np.zeros((flat.shape[1], flat.shape[1]))
    for k in range(0, len(flat), rows):
        block = flat[k : k + rows] - mean
        cov += block.T @ block  # NumPy calls syrk for A'A
    cov /= len(flat)
    return mean, cov


def choose(p, wanted):
    """Ranks (from 0): all, or about `wanted` log-spaced ones."""
    if wanted == "all" or int(wanted) >= p:
        return np.arange(p)
    ranks, count = np.array([], int), int(wanted)
    while len(ranks) < int(wanted):  # rounding merges small ranks, so ask for more until enough differ
        ranks = np.unique(np.round(np.geomspace(1, p, count)).astype(int)) - 1
        count += 1
    return ranks


def slope(x, y):
    return float(np.polyfit(np.log(x), np.log(y), 1)[0])


def run(args):
    stages = Stages()
    x, y = (torch.from_numpy(a) for a in inputs_for(args))
    stages.end("load")

    weights = initial_weights()
    per_epoch = len(x) // args.batch
    for _ in range(args.epochs):
        train(args.loop, weights, x, y, batches(len(x), args.batch, per_epoch), args.rate)
    stages.end("train", steps=args.epochs * per_epoch)
    record = torch.zeros(args.window, *weights[1].shape)
    train(args.loop, weights, x, y, batches(len(x), args.batch, args.window), args.rate, record)
    loss, accuracy = full_loss(weights, x, y)
    stages.end("record", steps=args.window)

    mean, cov = covariance(record.numpy())
    del record
    stages.end("covariance", size=len(cov))
    values, vectors = scipy.linalg.eigh(cov, overwrite_a=True, check_finite=False, driver="evd")
    del cov
    values, vectors = values[::-1], vectors[:, ::-1]
    stages.end("eigh", size=len(values))

    ranks = choose(len(values), args.directions)
    widths, evaluations, opened = np.full(len(ranks), np.nan), 0, 0
    with torch.inference_mode():
        shape = weights[1].shape
        centre = torch.from_numpy(mean.astype(np.float32)).view(shape)
        line = Line([weights[0], centre, weights[2]], x, y)
        line.aim(torch.zeros(shape))
        l0 = line.affine_blocked(0.0)
        guesses = [0.1, 0.1]
        for k, rank in enumerate(ranks):
            line.aim(torch.from_numpy(np.ascontiguousarray(vectors[:, rank], np.float32)).view(shape))
            left, right, count = width(line, l0, guesses)
            evaluations += count
            if left is None or right is None:
                opened += 1
                continue
            widths[k] = right - left
            guesses = [-left, right]
    stages.end("flatness", directions=len(ranks), evaluations=evaluations)
    per_direction = stages.done["flatness"]["seconds"] / len(ranks)

    good = np.isfinite(widths) & (values[ranks] > len(values) * np.finfo(float).eps * values[0])
    fit = {"directions": int(good.sum()), "openSides": opened}
    if good.sum() > 2:
        fit["psi"] = -slope(widths[good], values[ranks][good])
        fit["flatness"] = [float(widths[good].min()), float(np.median(widths[good])), float(widths[good].max())]
    middle = slice(20, min(500, len(values)))
    fit["gammaRanks20to500"] = -slope(np.arange(1, len(values) + 1)[middle], values[middle])
    stages.end("fit")

    total = sum(s["seconds"] for s in stages.done.values())
    all_directions = total + per_direction * (len(values) - len(ranks))
    return head(args, torch, scipy) | {
        "stages": stages.done,
        "seconds": total,
        "cpuSeconds": sum(s["cpuSeconds"] for s in stages.done.values()),
        "secondsForAllDirectionsExtrapolated": all_directions,
        "peakBytes": peak_bytes(),
        "found": {"lossLast": loss, "accuracyLast": accuracy, "lossAtMean": l0, "fit": fit},
    }
