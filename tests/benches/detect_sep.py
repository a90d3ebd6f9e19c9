"""SEP's side of the detection bench: reads case names from stdin, answers with seconds and sources.

    detect_sep.py IMAGE.f32 SIDE
"""
import sys
import time

import numpy as np
import sep

side = int(sys.argv[2])
image = np.fromfile(sys.argv[1], np.float32).reshape(side, side)
# The default of 300 000 open pixels does here; more would only cost SEP time.
for line in sys.stdin:
    case = line.strip()
    start = time.perf_counter()
    background = sep.Background(image)
    data = image - background.back()
    err = background.rms() if case == "map" else background.globalrms
    o = sep.extract(data, 1.5, err=err)
    if "photometry" in case:
        o["theta"] = np.clip(o["theta"], -np.pi / 2, np.pi / 2)
        kron, _ = sep.kron_radius(data, o["x"], o["y"], o["a"], o["b"], o["theta"], 6.0)
        radius = np.where(kron * np.sqrt(o["a"] * o["b"]) < 1.75, 0, 2.5 * kron)
        flux, _, _ = sep.sum_ellipse(data, o["x"], o["y"], o["a"], o["b"], o["theta"], radius, err=err, subpix=1)
        small, _, _ = sep.sum_circle(data, o["x"], o["y"], 1.75, err=err, subpix=1)
        flux = np.where(radius == 0, small, flux)
        sep.flux_radius(data, o["x"], o["y"], 6.0 * o["a"], 0.5, normflux=flux, subpix=5)
    print(f"{time.perf_counter() - start:.4f} {len(o)}", flush=True)
