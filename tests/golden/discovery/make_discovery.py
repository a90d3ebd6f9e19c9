#!/usr/bin/env python3
"""Golden values for the discovery room: scikit-learn and umap-learn on scikit-learn's digits.

    make_discovery.py            writes digits.bin, digits_labels.bin and golden.json beside itself

Needs numpy scikit-learn umap-learn. digits.bin: 1797 x 64 bytes (pixel values 0-16), row-major.
The digits are z-scored (StandardScaler) for everything but raw cosine search.
"""
import json, os, warnings
warnings.filterwarnings("ignore")
import numpy as np, sklearn, umap
from sklearn.covariance import EmpiricalCovariance, LedoitWolf
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.linear_model import LogisticRegression
from sklearn.manifold import trustworthiness
from sklearn.metrics import balanced_accuracy_score, roc_auc_score
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler, normalize
from scipy.stats import spearmanr

here = os.path.dirname(os.path.abspath(__file__))
X, y = load_digits(return_X_y=True)
X.astype("u1").tofile(os.path.join(here, "digits.bin"))
y.astype("u1").tofile(os.path.join(here, "digits_labels.bin"))
S = StandardScaler().fit(X)
Z = S.transform(X)
G = {"sklearn": sklearn.__version__, "umap-learn": umap.__version__, "mean": S.mean_.tolist(), "std": np.sqrt(S.var_).tolist()}


def top(V, q, k, leave):
    s = V @ (q / np.linalg.norm(q)); s[leave] = -9
    o = np.lexsort((np.arange(len(s)), -s))[:k]
    return {"rows": o.tolist(), "similarity": s[o].tolist()}

U, ZU = normalize(X), normalize(Z)
rocchio = lambda V: V[[3, 13, 23]].mean(0) - 0.5 * V[[7, 17]].mean(0)
G["search"] = {"raw": top(U, U[42], 20, [42]), "standardized": top(ZU, ZU[42], 20, [42])}
for name, V in (("raw", U), ("standardized", ZU)):
    q = rocchio(V)
    G["search"][name + "_rocchio"] = top(V, q, 20, [3, 13, 23, 7, 17])

# Few labels in more dimensions than labels (dual), many labels (primal), two classes, unbalanced.
G["logistic"] = {}
for name, rows, C, weight in (
        ("ten_classes_50", np.arange(50), 0.1, None),
        ("ten_classes_400", np.arange(400), 1.0, "balanced"),
        ("two_classes", np.where((y == 3) | (y == 8))[0][:30], 0.1, "balanced"),
        ("unbalanced", np.r_[np.where(y == 4)[0][:3], np.where(y == 9)[0][:27], np.where(y == 1)[0][:10]], 1.0, "balanced")):
    m = LogisticRegression(C=C, class_weight=weight, max_iter=20000, tol=1e-10).fit(Z[rows], y[rows])
    G["logistic"][name] = {"rows": rows.tolist(), "c": C, "balanced": weight is not None, "classes": m.classes_.tolist(),
                           "coef": np.round(m.coef_, 7).tolist(), "intercept": m.intercept_.tolist(),
                           "proba_from": 1000, "proba": np.round(m.predict_proba(Z[1000:1040]), 7).tolist(),
                           "accuracy": float((m.predict(Z[1000:]) == y[1000:]).mean())}

P = PCA(10, svd_solver="full").fit(Z)
G["pca"] = {"variance": P.explained_variance_.tolist(), "ratio": P.explained_variance_ratio_.tolist(),
            "rows": list(range(0, 1797, 60)), "coordinates": P.transform(Z)[::60].round(6).tolist()}

P32 = PCA(32, svd_solver="full").fit_transform(Z)
forests = [-IsolationForest(n_estimators=200, random_state=s).fit(P32).score_samples(P32) for s in range(5)]
E, L = EmpiricalCovariance().fit(P32), LedoitWolf().fit(Z)
knn = NearestNeighbors(n_neighbors=11).fit(P32).kneighbors(P32)[0][:, 1:].mean(1)
G["anomaly"] = {"isolation_mean": np.mean(forests, 0).round(5).tolist(),
                "isolation_between_seeds": float(np.mean([spearmanr(forests[i], forests[i + 1])[0] for i in range(4)])),
                "knn": knn[:200].round(5).tolist(), "mahalanobis_empirical": np.sqrt(E.mahalanobis(P32))[:200].round(5).tolist(),
                "ledoit_wolf_shrinkage": float(L.shrinkage_), "mahalanobis_ledoit_wolf": np.sqrt(L.mahalanobis(Z))[:200].round(5).tolist()}
rng = np.random.default_rng(0)
odd = X[760:800].reshape(-1, 8, 8).transpose(0, 2, 1).reshape(-1, 64)  # 40 of 800 digits are mirrored at the diagonal
t = np.arange(800) >= 760
P8 = PCA(32, svd_solver="full").fit_transform(StandardScaler().fit_transform(np.r_[X[:760], odd]))
auc = [roc_auc_score(t, -IsolationForest(n_estimators=200, random_state=s).fit(P8).score_samples(P8)) for s in range(10)]
G["anomaly"]["turned"] = {"isolation_auc": float(np.mean(auc)), "isolation_auc_sd": float(np.std(auc)),
                          "knn_auc": float(roc_auc_score(t, NearestNeighbors(n_neighbors=11).fit(P8).kneighbors(P8)[0][:, 1:].mean(1)))}

E2 = P.transform(Z)[:, :2]
G["trustworthiness"] = {"pca2_k5": float(trustworthiness(Z, E2, n_neighbors=5)), "pca2_k15": float(trustworthiness(Z, E2, n_neighbors=15))}
maps = [umap.UMAP(n_neighbors=15, min_dist=0.1, random_state=s).fit_transform(Z) for s in range(3)]
k = [1 - np.mean(y[NearestNeighbors(n_neighbors=2).fit(m).kneighbors(m, return_distance=False)[:, 1]] != y) for m in maps]
G["umap"] = {"trustworthiness_k15": [float(trustworthiness(Z, m, n_neighbors=15)) for m in maps], "knn1_accuracy": [float(v) for v in k]}
a, b = umap.umap_.find_ab_params(1.0, 0.1)
G["umap"]["a"], G["umap"]["b"] = float(a), float(b)

s = np.round(rng.normal(size=40), 1); t = rng.random(40) < 0.3
p, c = rng.integers(0, 3, 40), rng.integers(0, 3, 40)
G["metrics"] = {"score": s.tolist(), "positive": t.tolist(), "auc": float(roc_auc_score(t, s)), "truth": c.tolist(), "predicted": p.tolist(),
                "balanced_accuracy": float(balanced_accuracy_score(c, p)), "spearman": float(spearmanr(s, p)[0])}
json.dump(G, open(os.path.join(here, "golden.json"), "w"))
print({k: G[k] for k in ("umap", "trustworthiness")}, {k: v for k, v in G["anomaly"].items() if not isinstance(v, list) and True})
