"""Tile-compressed images of every method and pixel type, by astropy: python3 make_tiles.py

Each compressed HDU of tiles.fits.gz is followed by the same image as astropy reads it back, plain.
"""
import gzip, io, warnings
import numpy as np
from astropy.io import fits

warnings.simplefilter("ignore")
rng = np.random.default_rng(7)
w, h = 37, 29
sky = rng.normal(100, 3, (h, w)) + 900 * np.exp(-((np.arange(w) - 20) ** 2 + (np.arange(h)[:, None] - 9) ** 2) / 18)
counts = np.round(sky).astype("i4")
faint = sky.astype("f4")
faint[3, 4] = np.nan
faint[5:7, 8:12] = 0.0
cube = np.stack([sky + 10 * k for k in range(5)]).astype("f4")
cases = []


def add(name, data, **how):
    cases.append((name, data, how))


for method in ("RICE_1", "GZIP_1", "GZIP_2", "HCOMPRESS_1"):
    tile = dict(tile_shape=(16, 20)) if method != "HCOMPRESS_1" else dict(tile_shape=(16, 16))
    add(f"{method} u8", (counts % 256).astype("u1"), compression_type=method, **tile)
    add(f"{method} i16", counts.astype("i2") - 500, compression_type=method, **tile)
    add(f"{method} u16", (counts + 40000).astype("u2"), compression_type=method, **tile)
    add(f"{method} i32", counts * 1000 - 70000, compression_type=method, **tile)
    for dither in (-1, 1, 2):
        add(f"{method} f32 dither {dither}", faint if method != "HCOMPRESS_1" else sky.astype("f4"),
            compression_type=method, quantize_method=dither, quantize_level=16, dither_seed=42, **tile)
    add(f"{method} f64", sky, compression_type=method, quantize_method=1, quantize_level=16, dither_seed=9999, **tile)
for method in ("GZIP_1", "GZIP_2"):
    add(f"{method} f32 lossless", faint, compression_type=method, quantize_level=0.0)
    add(f"{method} f64 lossless", sky, compression_type=method, quantize_level=0.0)
add("PLIO_1 mask", np.where(counts > 200, counts, 0).astype("i2"), compression_type="PLIO_1")
add("RICE_1 rows", counts, compression_type="RICE_1")
add("RICE_1 cube", cube, compression_type="RICE_1", tile_shape=(2, 10, 37), quantize_level=32, quantize_method=1, dither_seed=3)
add("RICE_1 flat", np.full((h, w), 7.25, "f4"), compression_type="RICE_1")
add("HCOMPRESS_1 smooth", counts.astype("i2"), compression_type="HCOMPRESS_1", tile_shape=(29, 37), hcomp_scale=4, hcomp_smooth=1)

hdus = [fits.PrimaryHDU()]
for name, data, how in cases:
    buffer = io.BytesIO()
    compressed = fits.CompImageHDU(data, name=name, **how)
    fits.HDUList([fits.PrimaryHDU(), compressed]).writeto(buffer)
    buffer.seek(0)
    back = fits.open(buffer)
    hdus.append(compressed)
    hdus.append(fits.ImageHDU(np.asarray(back[1].data), name="plain " + name))
out = io.BytesIO()
fits.HDUList(hdus).writeto(out)
with open("tiles.fits.gz", "wb") as f, gzip.GzipFile("", "wb", 9, f, mtime=0) as g:
    g.write(out.getvalue())
