"""Golden values for tests/core/cutout.rs, from astropy.nddata.Cutout2D, reproject and Pillow.

Run in this folder: python make_cutout.py
"""

import json
from pathlib import Path

import numpy as np
from astropy.nddata import Cutout2D
from astropy.wcs import WCS
from PIL import Image
from reproject import reproject_interp

HERE = Path(__file__).parent
rng = np.random.default_rng(7)


def floats(a, digits=None):
    a = np.ravel(np.asarray(a, np.float64))
    return [None if not np.isfinite(v) else (float("%.7g" % v) if digits is None else round(float(v), digits)) for v in a]


# --- native: pixel (x, y) of the image holds 100 y + x, so a cutout says where it came from
image = np.fromfunction(lambda y, x: 100.0 * y + x, (17, 23))
native = []
for x, y, side in [
    (11, 8, 5), (11, 8, 6), (11.4, 8.4, 5), (11.5, 8.5, 5), (11.5, 8.5, 6), (11.6, 8.6, 6),
    (0, 0, 7), (22, 16, 8), (-0.5, 3, 4), (-1.49, 3.2, 4), (24, 5, 6), (12, 18.2, 5),
    (11, 8, 40), (11.49999, 7.50001, 1), (3, 3, 1), (22.5, 8, 2), (10.5, 0.5, 3),
]:
    c = Cutout2D(image, (x, y), (side, side), mode="partial", fill_value=np.nan)
    native.append({"x": x, "y": y, "side": side, "pixels": floats(c.data)})


def tan(crval, crpix, scale, angle, shape):
    w = WCS(naxis=2)
    w.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    w.wcs.crval = crval
    w.wcs.crpix = crpix
    s, c = np.sin(np.radians(angle)), np.cos(np.radians(angle))
    w.wcs.cd = np.array([[-c, s], [s, c]]) * scale / 3600
    w.array_shape = shape
    w.wcs.set()
    return w


def header(w):
    return {
        "crval": w.wcs.crval.tolist(), "crpix": w.wcs.crpix.tolist(), "cd": w.wcs.cd.ravel().tolist(),
        "shape": list(w.array_shape),
    }


def smooth(shape, seed):
    r = np.random.default_rng(seed)
    y, x = np.mgrid[: shape[0], : shape[1]]
    out = 50 + 0.3 * x - 0.2 * y
    for _ in range(12):
        cx, cy, a, s = r.uniform(0, shape[1]), r.uniform(0, shape[0]), r.uniform(50, 900), r.uniform(1, 4)
        out = out + a * np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * s * s))
    return np.round(out).astype(np.float32)


# --- aligned bands: reference 0.4"/px; others rotated, coarser, offset, near the edge, far north
reference = tan([150.1, 2.2], [31.0, 29.5], 0.4, 0.0, (60, 64))
north = tan([150.1, 88.0], [31.0, 29.5], 0.4, 10.0, (60, 64))
cases = []
for name, ref, band, x, y, side in [
    ("rotated", reference, tan([150.1002, 2.2003], [24.3, 27.1], 0.4, 31.0, (52, 50)), 30.0, 28.0, 20),
    ("coarser", reference, tan([150.0995, 2.1998], [14.2, 13.7], 1.1, -12.0, (30, 28)), 31.4, 30.2, 21),
    ("finer a little", reference, tan([150.1, 2.2], [40.2, 37.7], 0.3, 3.0, (75, 80)), 33.0, 27.0, 16),
    ("edge", reference, tan([150.1, 2.2], [8.3, 30.4], 0.4, 5.0, (52, 50)), 30.0, 30.0, 22),
    ("north", north, tan([150.13, 88.0005], [30.3, 38.4], 0.5, 77.0, (60, 60)), 30.0, 29.0, 24),
]:
    pixels = smooth(band.array_shape, len(cases))
    out, footprint = reproject_interp((pixels.astype(np.float64), band), ref, shape_out=ref.array_shape, order="bilinear")
    c = Cutout2D(out, (x, y), (side, side), mode="partial", fill_value=np.nan)
    cases.append({
        "name": name, "reference": header(ref), "band": header(band), "band_pixels": floats(pixels),
        "x": x, "y": y, "side": side, "pixels": floats(c.data),
    })

# --- sub-pixel centre with another pixel size: the output's own WCS, resampled by reproject
pixels = smooth(reference.array_shape, 99)
subpixel = []
for x, y, size, side in [(30.3, 28.7, 20.0, 24), (29.5, 30.25, 15.5, 15), (31.123, 27.877, 18.0, 16)]:
    pitch = size / side
    w = tan([150.1, 2.2], [0, 0], 0.4 * pitch, 0.0, (side, side))
    # 0-based output pixel i lies at x + (i - (side-1)/2) * pitch; the reference point is at
    # 0-based (30.0, 28.5).
    w.wcs.crpix = [(30.0 - x) / pitch + (side - 1) / 2 + 1, (28.5 - y) / pitch + (side - 1) / 2 + 1]
    w.wcs.set()
    out, _ = reproject_interp((pixels.astype(np.float64), reference), w, shape_out=(side, side), order="bilinear")
    subpixel.append({"x": x, "y": y, "size": size, "side": side, "pixels": floats(out)})

# --- resizing
source = np.clip(smooth((37, 45), 5) / 1000 + rng.random((37, 45)) * 0.3, 0, 1).astype(np.float32)
source = np.round(source * 4096).astype(np.float32) / 4096
resized = []
for w, h in [(16, 16), (20, 37), (45, 11), (51, 43), (7, 3), (1, 1)]:
    im = Image.fromarray(source, mode="F")
    for name, f in [("bilinear", Image.BILINEAR), ("bicubic", Image.BICUBIC), ("nearest", Image.NEAREST)]:
        if name == "nearest" and w > 50:
            continue
        resized.append({"filter": name, "width": w, "height": h,
                        "pixels": floats(np.asarray(im.resize((w, h), f)), 5)})
block = source[:36, :44].astype(np.float64).reshape(9, 4, 11, 4).mean(axis=(1, 3))

out = {
    "native_shape": image.shape, "native": native,
    "aligned": cases,
    "subpixel_reference": header(reference), "subpixel_pixels": floats(pixels), "subpixel": subpixel,
    "resize_shape": source.shape, "resize_source": floats(source * 4096), "resize_unit": 4096, "resized": resized,
    "block_of_4": floats(block),
}
(HERE / "cutout.json").write_text(json.dumps(out, separators=(",", ":")))
