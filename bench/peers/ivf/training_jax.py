"""The same training step in JAX: one jitted lax.scan over many steps, the 50x50 layer's weights stacked by the scan."""
import numpy as np

from .common import head, inputs_for, measure

WIDTHS = (784, 50, 50, 10)


def run(args):
    try:
        import jax
    except ImportError:
        return {"command": args.command, "threads": args.threads, "skipped": "needs jax"}
    import jax.numpy as jnp

    jax.config.update("jax_platforms", "cpu")
    rng = np.random.default_rng(args.seed)
    x, y = inputs_for(args)
    n = len(x)
    index = np.concatenate([rng.permutation(n) for _ in range(-(-args.steps * args.batch // n))])
    index = jnp.asarray(index[: args.steps * args.batch].reshape(args.steps, args.batch).astype(np.int32))
    x, y = jnp.asarray(x), jnp.asarray(y.astype(np.int32))
    weights = tuple(
        jnp.asarray(rng.uniform(-1, 1, (a, b)).astype(np.float32) / np.sqrt(np.float32(a)))
        for a, b in zip(WIDTHS, WIDTHS[1:])
    )

    def loss(ws, xb, yb):
        h = jax.nn.relu(jax.nn.relu(xb @ ws[0]) @ ws[1])
        logp = jax.nn.log_softmax(h @ ws[2])
        return -jnp.mean(jnp.take_along_axis(logp, yb[:, None], 1))

    @jax.jit
    def many(ws, x, y, index):
        def step(ws, i):
            grads = jax.grad(loss)(ws, x[i], y[i])
            ws = tuple(w - args.rate * g for w, g in zip(ws, grads))
            return ws, ws[1]

        return jax.lax.scan(step, ws, index)

    state = {"weights": weights}

    def call():
        state["weights"], kept = many(state["weights"], x, y, index)
        state["record"] = np.asarray(kept)  # waits for the device and makes the record readable

    report = head(args, jax) | {"inputs": args.inputs}
    report["results"] = {"scan": measure(call, args.repeats, args.steps, "step")}
    report["results"]["scan"]["lossFirstLast"] = [float(loss(w, x, y)) for w in (weights, state["weights"])]
    return report
