#!/usr/bin/env python3
"""The rival of `vectors.rs`: numpy and scikit-learn on as many rows of the same shape.

    vectors_sklearn.py [ROWS]      prints medians; single precision throughout, as scikit-learn wants it
"""
import resource, sys, time
import numpy as np
from sklearn.ensemble import IsolationForest
from sklearn.linear_model import LogisticRegression

n, d = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000, 384
rng = np.random.default_rng(0)
X = rng.random((n, d), dtype="f4") - 0.5
kind = rng.integers(0, 4, n)
for k in range(4):
    X[kind == k, k::4] += 0.3


def median(f, times=5):
    t = []
    for _ in range(times):
        s = time.perf_counter(); f(); t.append((time.perf_counter() - s) * 1e3)
    return float(np.median(t))

s = time.perf_counter(); mean, std = X.mean(0), X.std(0); print(f"mean and spread {1e3 * (time.perf_counter() - s):.0f} ms")
X -= mean; X /= std
norms = np.sqrt(np.einsum("ij,ij->i", X, X))


def similar(row=17):
    c = X @ X[row] / norms
    top = np.argpartition(-c, 21)[:21]
    return top[np.argsort(-c[top])]

print(f"similar 20 {median(similar):.1f} ms")
rows = np.arange(50) * (n // 50)
m = LogisticRegression(C=0.1, class_weight="balanced", max_iter=1000)
print(f"refit 50 labels {median(lambda: m.fit(X[rows], kind[rows])):.1f} ms")
print(f"score all rows {median(lambda: m.predict_proba(X)):.1f} ms")
Y = np.ascontiguousarray(X[:, :32])
s = time.perf_counter(); f = IsolationForest(n_estimators=200, n_jobs=2, random_state=0).fit(Y); f.score_samples(Y)
print(f"isolation forest {1e3 * (time.perf_counter() - s):.0f} ms")
print(f"largest resident set {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3:.0f} MB: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / (2 * n * d):.2f} of half-precision vectors")
