#!/usr/bin/env python3
"""Golden values for the evaluation, by the script of the published protocol (evaluate.py) on small vectors.

    make_evaluate.py FOLDER        FOLDER holds evaluate.py; writes small.bin and golden.json beside itself

Needs numpy pandas scikit-learn pillow. `digits` are those of tests/golden/discovery (1797 x 64); `small` are
300 x 48 bytes in three unequal classes that overlap (small.bin: 300 labels, then the rows).
"""
import io, json, os, sys, warnings
warnings.filterwarnings("ignore")
import numpy as np, sklearn
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import confusion_matrix, log_loss
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.preprocessing import StandardScaler

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, sys.argv[1])
import evaluate

G = {"numpy": np.__version__, "sklearn": sklearn.__version__}

# The draws.
shuffled = np.arange(20); np.random.RandomState(0).shuffle(shuffled)
G["legacy_shuffle"] = shuffled.tolist()
G["draws"] = []
for seed in (0, 1, 9):
    r = np.random.default_rng(seed)
    G["draws"].append({"seed": seed, "permuted": r.permutation(np.arange(100, 117)).tolist(),
                       "chosen": r.choice(np.arange(500), 12, replace=False).tolist(),
                       "one": r.choice(np.arange(7), 1, replace=False).tolist(),
                       "all": r.choice(np.arange(9), 9, replace=False).tolist(),
                       "many": r.choice(np.arange(20000), 900, replace=False)[:20].tolist()})

# Vectors.
rng = np.random.default_rng(12345)
y = np.repeat([0, 1, 2], [190, 70, 40]); rng.shuffle(y)
centres = rng.normal(0, .25, (3, 48)); spread = rng.uniform(.6, 2.5, 48)
centres[2] *= 1.3
X = centres[y] + rng.normal(0, 1, (300, 48)) * (1 + .15 * (y == 2))[:, None]
X = np.clip(np.round(128 + 24 * X * spread), 0, 255).astype("u1")
with open(os.path.join(here, "small.bin"), "wb") as f: f.write(y.astype("u1").tobytes()); f.write(X.tobytes())

def forests(F, odd, prevalence=.05):
    """evaluate.anomaly's isolation forest, mean over eight forests a seed: one alone moves by more than .01."""
    from sklearn.decomposition import PCA
    from sklearn.ensemble import IsolationForest
    Z0 = StandardScaler().fit_transform(F); N, A = np.where(~odd)[0], np.where(odd)[0]; R = []
    k = min(len(A), int(round(len(N) * prevalence / (1 - prevalence))))
    for seed in range(10):
        ii = np.r_[N, np.random.default_rng(seed).choice(A, k, replace=False)]
        Z = PCA(min(32, F.shape[1] - 1, len(ii) - 1), random_state=0).fit_transform(Z0[ii])
        R += [evaluate.ranked(odd[ii], -IsolationForest(n_estimators=200, random_state=seed + 100 * f).fit(Z).score_samples(Z)) for f in range(8)]
    return np.mean(R, 0).tolist()


digits, classes = load_digits(return_X_y=True)
for name, F, y, odd in (("digits", digits.astype("f4"), classes, 8), ("small", X.astype("f4"), y, 2)):
    few = evaluate.few_shot(F, y)
    Z = StandardScaler().fit_transform(F)
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    fold = np.zeros(len(y), int)
    for k, (_, test) in enumerate(folds.split(Z, y)): fold[test] = k
    p = cross_val_predict(LogisticRegression(C=.1, max_iter=2000), Z, y, cv=folds, method="predict_proba")
    said, sure = p.argmax(1), p.max(1)
    b = np.clip(np.ceil(sure * 15).astype(int), 1, 15)
    ece = sum((b == k).mean() * abs(sure[b == k].mean() - (said == y)[b == k].mean()) for k in np.unique(b))
    G[name] = {"knn5": evaluate.knn5(F, y), "p@10": evaluate.retrieval(F, y), "few": {k: v[0] for k, v in few.items()},
               "few_sd": {k: v[1] for k, v in few.items()}, "odd": odd, "anomaly": evaluate.anomaly(F, y == odd), "forests": forests(F, y == odd),
               "folds": "".join(map(str, fold)), "confusion": confusion_matrix(y, said).tolist(), "log_loss": log_loss(y, p), "ece": float(ece)}

# The 26 classical numbers of two pictures, whose pixels are made of whole numbers.
G["hand26"] = []
for side in (64, 90):
    v, u = np.mgrid[:side, :side].astype(int)
    def blob(cx, cy, peak, width): return peak * width // (width + (u - cx) ** 2 + 2 * (v - cy) ** 2 + (u - cx) * (v - cy) // 2)
    speck = (u * 7 + v * 13 + u * v) % 11
    rgb = np.stack([blob(side // 2, side // 2 - 3, 190, 120) + speck, blob(side // 2 + 2, side // 2, 160, 90) + speck // 2,
                    blob(side // 2 - 8, side // 2 + 5, 90, 60) + speck // 3], -1).astype("u1")
    buffer = io.BytesIO(); Image.fromarray(rgb).save(buffer, "PNG"); buffer.seek(0)
    d = os.path.join("/tmp", f"blob{side}.png"); open(d, "wb").write(buffer.getvalue())
    G["hand26"].append({"side": side, "values": evaluate.hand26(evaluate.pixels("/tmp", [os.path.basename(d)], 1.0))[0].tolist()})
    os.remove(d)
json.dump(G, open(os.path.join(here, "golden.json"), "w"), indent=1)
for name in ("digits", "small"): print(name, {k: v for k, v in G[name].items() if k != "folds"})
