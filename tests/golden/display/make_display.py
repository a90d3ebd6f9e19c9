"""Golden values for tests/core/display.rs, from astropy.visualization and numpy.

Run in this folder: python make_display.py [PATH_TO_MATPLOTLIB_PACKAGE]
The colour maps are only rewritten when the path of matplotlib's sources is given
(its `_cm_listed.py` is read as text, so matplotlib need not be installed).
"""

import json
import sys
from pathlib import Path

import numpy as np
from astropy import visualization as vis
from astropy.visualization import lupton_rgb

HERE = Path(__file__).parent
rng = np.random.default_rng(20040116)


def f32(a):
    return np.asarray(a, np.float32).astype(np.float64)


def floats(a):
    return [None if not np.isfinite(v) else float("%.9g" % v) for v in np.ravel(a)]


# --- stretches: at even steps, near zero where curvature is worst, and outside [0, 1]
x = np.concatenate([np.linspace(-0.2, 1.2, 57), np.geomspace(1e-7, 1e-2, 11), [np.nan]])
stretches = {
    "linear": vis.LinearStretch(),
    "sqrt": vis.SqrtStretch(),
    "squared": vis.SquaredStretch(),
    "log": vis.LogStretch(1000),
    "log_10": vis.LogStretch(10),
    "asinh": vis.AsinhStretch(0.1),
    "asinh_0.003": vis.AsinhStretch(0.003),
    "sinh": vis.SinhStretch(),
    "power_0.4": vis.PowerStretch(0.4),
    "power_3": vis.PowerStretch(3),
}
curves = {name: floats(s(x.copy(), clip=True)) for name, s in stretches.items()}
contrast = [
    {"contrast": c, "bias": b, "y": floats(vis.ContrastBiasStretch(c, b)(x.copy(), clip=True))}
    for c, b in [(1.0, 0.5), (2.0, 0.3), (0.7, 0.8)]
]
equalise = f32(rng.gamma(2.0, 3.0, 60))
norm = (equalise - equalise.min()) / (equalise.max() - equalise.min())
equalised = floats(vis.HistEqStretch(equalise)(norm.copy()))

# --- limits, on data of several kinds
yy, xx = np.mgrid[:40, :50]
galaxy = 100 + rng.normal(0, 3, (40, 50)) + 900 * np.exp(-np.hypot(xx - 24, yy - 19) / 4)
holes = galaxy.copy()
holes[3:9, 10:20] = np.nan
holes[0, 0] = np.inf
data = {
    "galaxy": galaxy,
    "holes": holes,
    "noise": rng.normal(-5, 2, 2333),
    "flat": np.full(50, 7.25),
    "three": np.array([3.0, 1.0, 2.0]),
    "six": np.array([3.0, 1.0, 2.0, 9.0, 8.0, 8.5]),
    "one": np.array([4.5]),
    "small": rng.normal(1e-3, 1e-4, 150) + np.linspace(0, 1e-3, 150),
    "stars": 10 + rng.normal(0, 1, 2500) + 5000 * (rng.random(2500) > 0.97),
}
limits = []
for name, values in data.items():
    v = f32(values)
    limits.append({
        "name": name,
        "values": floats(np.round(v, 12)),
        "minmax": floats(vis.MinMaxInterval().get_limits(v)),
        "percentile_0.5_99.7": floats(vis.AsymmetricPercentileInterval(0.5, 99.7).get_limits(v)),
        "percentile_keep_90": floats(vis.PercentileInterval(90).get_limits(v)),
        "zscale": floats(vis.ZScaleInterval().get_limits(v)),
    })

# --- Lupton: today's function and the classic mapping, both to bytes
shape = (12, 15)
bands = [f32(rng.gamma(0.6, s, shape) - 0.5) for s in (6.0, 5.0, 3.0)]
bands[0][2, 3] = 4000.0
bands[2][5, 5] = 900.0
bands[1][7, 1] = -20.0
lupton = []
for minimum, stretch, q in [(0.0, 5, 8), ([0.5, -0.3, 0.1], 0.5, 10), (0.0, 20, 0), (1.0, 2, 1)]:
    new = vis.make_lupton_rgb(*bands, minimum=minimum, stretch=stretch, Q=q)
    classic = lupton_rgb.AsinhMapping(minimum, stretch, q).make_rgb_image(*bands)
    m = [minimum] * 3 if np.isscalar(minimum) else minimum
    lupton.append({
        "minimum": m, "stretch": stretch, "q": q,
        "new": new.ravel().tolist(), "classic": classic.ravel().tolist(),
    })

out = {
    "x": floats(x),
    "curves": curves,
    "contrast": contrast,
    "equalise": floats(equalise),
    "equalised": equalised,
    "limits": limits,
    "lupton_shape": shape,
    "lupton_bands": [floats(b) for b in bands],
    "lupton": lupton,
}
(HERE / "display.json").write_text(json.dumps(out, separators=(",", ":")))

if len(sys.argv) > 1:
    text = (Path(sys.argv[1]) / "_cm_listed.py").read_text()
    tables = {}
    exec(text[text.index("_magma_data"):text.index("_twilight_data")], tables)
    maps = {}
    for name in ["viridis", "magma", "inferno", "plasma", "cividis"]:
        # matplotlib's own way from floats to bytes
        table = (np.array(tables[f"_{name}_data"]) * 255).round().astype(int)
        maps[name] = "".join("%02x%02x%02x" % tuple(c) for c in table)
    (HERE / "colormaps.json").write_text(json.dumps(maps, indent=0))
