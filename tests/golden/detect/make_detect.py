"""Golden values for source detection, from SEP (pip install sep astropy numpy; SEP 1.4.1).

    python make_detect.py [SHARED]

SHARED is the developers' folder of real observations; without it only the simulated field is made.
Every case is what tests/core/detect.rs asks the library for.
"""
import gzip
import sys
import warnings
from pathlib import Path

import numpy as np
import sep
from astropy.io import fits

warnings.simplefilter("ignore")
HERE = Path(__file__).parent
COLUMNS = "x y flux a b theta npix flag peak cxx cyy cxy x2 y2 xy errx2 xpeak ypeak xmin xmax ymin ymax tnpix".split()


def save_catalogue(name, objects, columns=COLUMNS, extra=None):
    data = {c: objects[c] for c in columns}
    data.update(extra or {})
    with open(HERE / f"{name}.csv", "w") as out:
        out.write(",".join(data) + "\n")
        for row in zip(*data.values()):
            out.write(",".join(f"{v:.7g}" if isinstance(v, (float, np.floating)) else str(v) for v in row) + "\n")
    print(name, len(objects))


def read(path):
    """Pixels as cfitsio scales them: in double precision, then rounded."""
    hdu = fits.open(path, do_not_scale_image_data=True)[0]
    scale, zero = hdu.header.get("BSCALE", 1.0), hdu.header.get("BZERO", 0.0)
    return (hdu.data.astype(np.float64) * scale + zero).astype(np.float32)


def save_background(name, bkg, step):
    back, rms = bkg.back(), bkg.rms()
    with open(HERE / f"{name}.csv", "w") as out:
        out.write("x,y,level,rms\n")
        out.write(f"-1,-1,{bkg.globalback:.9g},{bkg.globalrms:.9g}\n")
        for y in range(0, back.shape[0], step):
            for x in range(0, back.shape[1], step):
                out.write(f"{x},{y},{back[y, x]:.9g},{rms[y, x]:.9g}\n")


def photometry(data, o):
    kron, _ = sep.kron_radius(data, o["x"], o["y"], o["a"], o["b"], o["theta"], 6.0)
    flux = np.zeros(len(o))
    circle = kron * np.sqrt(o["a"] * o["b"]) < 1.75
    e = ~circle
    flux[e], _, _ = sep.sum_ellipse(data, o["x"][e], o["y"][e], o["a"][e], o["b"][e], o["theta"][e], 2.5 * kron[e], subpix=1)
    flux[circle], _, _ = sep.sum_circle(data, o["x"][circle], o["y"][circle], 1.75, subpix=1)
    half, _ = sep.flux_radius(data, o["x"], o["y"], 6.0 * o["a"], 0.5, normflux=flux, subpix=5)
    return {"kron_radius": kron, "kron_flux": flux, "half_light": half}


def field():
    """A simulated field: 230 x 170 pixels, so that no mesh size divides it."""
    rng = np.random.default_rng(20251123)
    h, w = 170, 230
    y, x = np.mgrid[0:h, 0:w].astype(float)
    image = 400 + 0.15 * x + 0.1 * y + 6 * np.sin(x / 50)
    for _ in range(70):
        cx, cy = rng.uniform(-2, w + 2), rng.uniform(-2, h + 2)
        flux = 10 ** rng.uniform(2.2, 4.6)
        a = rng.uniform(1.3, 3.5)
        b = a * rng.uniform(0.4, 1)
        t = rng.uniform(0, np.pi)
        dx, dy = (x - cx) * np.cos(t) + (y - cy) * np.sin(t), -(x - cx) * np.sin(t) + (y - cy) * np.cos(t)
        image += flux / (2 * np.pi * a * b) * np.exp(-0.5 * ((dx / a) ** 2 + (dy / b) ** 2))
    image += rng.normal(0, 6, image.shape)
    return np.clip(np.round(image), -32768, 32767).astype("<i2")


def main():
    sep.set_extract_pixstack(2_000_000)
    stored = field()
    with gzip.GzipFile(HERE / "field.i16.gz", "wb", mtime=0) as out:
        out.write(stored.tobytes())
    image = stored.astype(np.float32)
    h, w = image.shape
    bkg = sep.Background(image, bw=32, bh=32)
    save_background("field_background", bkg, 13)
    sub = image - bkg.back()
    objects = sep.extract(sub, 1.5, err=bkg.globalrms)
    save_catalogue("field_global", objects, extra=photometry(sub, objects))
    save_catalogue("field_map", sep.extract(sub, 1.5, err=bkg.rms()))
    # A noise that grows fourfold from left to right.
    ramp = np.repeat((3 + 9 * np.arange(w, dtype=np.float32) / np.float32(w))[None], h, 0).astype(np.float32)
    ramp = np.ascontiguousarray(ramp)
    save_catalogue("field_ramp", sep.extract(sub, 1.5, err=ramp))
    save_catalogue("field_ramp_conv", sep.extract(sub, 1.5, err=ramp, filter_type="conv"))
    save_catalogue("field_no_kernel", sep.extract(sub, 2.0, err=bkg.globalrms, filter_kernel=None, minarea=4))
    save_catalogue("field_no_clean", sep.extract(sub, 1.5, err=bkg.globalrms, clean=False, deblend_cont=0.0001))
    kernel = np.array([[1, 2, 3, 2, 1], [2, 4, 6, 4, 2], [1, 2, 3, 2, 1]], dtype=np.float32)
    save_catalogue("field_kernel", sep.extract(sub, 1.2, err=bkg.globalrms, filter_kernel=kernel))
    mask = np.zeros(image.shape, bool)
    mask[60:110, 80:150] = True  # hides whole meshes
    mask[:, 30] = True  # a bad column
    masked = sep.Background(image, mask=mask, bw=32, bh=32)
    save_background("field_masked_background", masked, 13)
    save_catalogue("field_masked", sep.extract(image - masked.back(), 1.5, err=masked.globalrms, mask=mask))

    if len(sys.argv) < 2:
        return
    zoo = Path(sys.argv[1]) / "real/fits_zoo"
    short = "x y flux a b theta npix flag".split()
    ntt = read(zoo / "sextractor/tests/galaxies.fits")
    weight = read(zoo / "sextractor/tests/galaxies.weight.fits")
    bkg = sep.Background(ntt)
    save_background("ntt_background", bkg, 41)
    sub = ntt - bkg.back()
    save_catalogue("ntt_global", sep.extract(sub, 1.5, err=bkg.globalrms), short)
    save_catalogue("ntt_map", sep.extract(sub, 1.5, err=bkg.rms()), short)
    # The weight map that comes with the field is 1 everywhere: tilt it, and cut a hole.
    h, w = ntt.shape
    weight *= (np.float32(0.25) + np.arange(w, dtype=np.float32) / np.float32(w))[None]
    weight[300:340, 500:620] = 0
    # Pixels of weight 0 have no data, the others' scale is the median of rms * sqrt(weight).
    good = weight > 0
    bkg = sep.Background(ntt, mask=~good)
    scale = np.float32(np.median(bkg.rms()[good] * np.sqrt(weight[good])))
    err = np.where(good, scale / np.sqrt(np.where(good, weight, 1)), 0).astype(np.float32)
    objects = sep.extract(ntt - bkg.back(), 1.5, err=err, mask=~good)
    save_catalogue("ntt_weight", objects, "x y flux npix flag".split())
    (HERE / "ntt_weight_scale.txt").write_text(f"{scale:.9g}\n")

    sepimage = read(zoo / "sep/data/image.fits")
    bkg = sep.Background(sepimage)
    save_background("sepimage_background", bkg, 17)
    save_catalogue("sepimage_global", sep.extract(sepimage - bkg.back(), 1.5, err=bkg.globalrms), short)
    spitzer = read(zoo / "photutils-datasets/data/spitzer_example_image.fits")
    bad = ~np.isfinite(spitzer)
    print("spitzer not finite", bad.sum())
    bkg = sep.Background(spitzer, mask=bad if bad.any() else None)
    save_background("spitzer_background", bkg, 41)
    save_catalogue("spitzer_map", sep.extract(spitzer - bkg.back(), 3.0, err=bkg.rms()), "x y flux npix".split())


main()
