"""Numbers of NumPy for test/nouns-data.test.ts. Run: python3 test/oracles/nouns.py > test/oracles/nouns.json"""

import json

import numpy as np

T, P = 400, 350
t, j = np.arange(T)[:, None], np.arange(P)[None, :]
rows = np.zeros((T, P))
for k in range(1, 31):
    rows += np.sin(0.37 * k * k * t + k) * np.cos(0.11 * k * j + 0.2 * k * k) / k**1.5
centred = rows - rows.mean(axis=0)
_, singular, vectors = np.linalg.svd(centred, full_matrices=False)
lead = vectors[0] * np.sign(vectors[0][np.argmax(np.abs(vectors[0]))])

F = np.array([[1.0, 0.8, 0.0], [-0.6, 1.5, 0.3], [0.1, -0.2, 0.7]])
D = np.array([[1.0, 0.2, 0.0], [0.2, 0.5, 0.1], [0.0, 0.1, 0.8]])
# F S + S F^T = 2 D, as one linear system of nine unknowns
one = np.eye(3)
covariance = np.linalg.solve(np.kron(F, one) + np.kron(one, F), 2 * D.ravel()).reshape(3, 3)
circulation = F @ covariance - D

x = np.arange(1, 21, dtype=float)
y = 4 * x**-1.7 * (1 + 0.1 * np.sin(5 * x))
u, v = np.log10(x), np.log10(y)
direction = np.linalg.svd(np.stack([u - u.mean(), v - v.mean()], axis=1), full_matrices=False)[2][0]
slope, intercept = np.polyfit(x, y, 1)

print(
    json.dumps(
        {
            "numpy": np.__version__,
            "pca": {
                "variances": (singular[:20] ** 2 / T).tolist(),
                "total": float((centred**2).sum() / T),
                "lead": lead[:10].tolist(),
            },
            "decompose": {
                "covariance": covariance.tolist(),
                "potential": np.linalg.inv(covariance).tolist(),
                "circulation": circulation.tolist(),
                "entropy": float(-np.trace(np.linalg.inv(D) @ circulation @ np.linalg.inv(covariance) @ circulation)),
            },
            "fit": {
                "exponent": float(direction[1] / direction[0]),
                "bracket": [float(np.polyfit(u, v, 1)[0]), float(1 / np.polyfit(v, u, 1)[0])],
                "line": [float(slope), float(intercept)],
            },
        },
        indent=1,
    )
)
