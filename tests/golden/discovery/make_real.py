#!/usr/bin/env python3
"""The 26 classical numbers of real galaxies, for the tests that are skipped without them.

    make_real.py SHARED FOLDER      reads SHARED/real/galaxy_zoo_2_sdss with SHARED/tools/evaluate.py,
                                    writes FOLDER/hand26.bin (rows x 26 f32) and hand26_labels.bin (1: merger)

Then: ASTROLABEL_GALAXY_ZOO=FOLDER cargo test --test core few_marks -- --nocapture
"""
import os, sys
import numpy as np, pandas as pd
shared, out = sys.argv[1:3]
sys.path.insert(0, os.path.join(shared, "tools"))
import evaluate
root = os.path.join(shared, "real/galaxy_zoo_2_sdss")
d = pd.read_csv(os.path.join(root, "labels.csv"))
F = evaluate.hand26(evaluate.pixels(root, list(d.file), 0.5)).astype("<f4")
F.tofile(os.path.join(out, "hand26.bin"))
(d.label == "merger").to_numpy().astype("u1").tofile(os.path.join(out, "hand26_labels.bin"))
print(F.shape, d.label.value_counts().to_dict())

# Maps of real cutouts: Euclid mergers as 20 x 20 pixels and the numbers above, each z-scored.
import json, umap
from PIL import Image
from sklearn.manifold import trustworthiness
from sklearn.preprocessing import StandardScaler
root = os.path.join(shared, "real/euclid_q1_mergers")
files = list(pd.read_csv(os.path.join(root, "labels.csv")).file)
P = np.array([np.asarray(Image.open(os.path.join(root, f)).convert("L").resize((20, 20), Image.BOX), "<f4").ravel() for f in files])
P.tofile(os.path.join(out, "euclid400.bin"))
truth = {}
for name, X in (("hand26", F), ("euclid400", P)):
    Z = StandardScaler().fit_transform(X)
    truth[name] = float(trustworthiness(Z, umap.UMAP(n_neighbors=15, min_dist=0.1, random_state=0).fit_transform(Z), n_neighbors=15))
json.dump(truth, open(os.path.join(out, "maps.json"), "w"))
print(truth)
