"""Golden cutouts of the 2MASS galactic centre in J, H, K by reproject_interp.

The three images lie on one grid, so they are aligned on another one: turned by 30 degrees, with
pixels of 4.1 seconds of arc.

Run in this folder with the folder that holds gc_2mass_{j,h,k}.fits (astropy's tutorial data):
python make_gc_2mass.py FOLDER
The images themselves are not part of the repository; the test that reads this file needs them.
"""

import json
import sys
from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.nddata import Cutout2D
from astropy.wcs import WCS
from reproject import reproject_interp

images = {b: fits.open(Path(sys.argv[1]) / f"gc_2mass_{b}.fits")[0] for b in "jhk"}
target = WCS(naxis=2)
target.wcs.ctype = ["RA---TAN", "DEC--TAN"]
target.wcs.crval = [266.41, -28.94]
target.wcs.crpix = [300.5, 310.0]
turn = np.radians(30)
target.wcs.cd = np.array([[-np.cos(turn), np.sin(turn)], [np.sin(turn), np.cos(turn)]]) * 4.1 / 3600
# The frame of the images: ICRS would move everything by 0.02 seconds of arc.
target.wcs.radesys = "FK5"
target.wcs.equinox = 2000.0
target.wcs.set()
shape = (600, 620)
aligned = {}
for b, hdu in images.items():
    data = hdu.data.astype(np.float64)
    aligned[b], _ = reproject_interp((data, WCS(hdu.header)), target, shape_out=shape, order="bilinear")

cuts = []
for x, y, side in [(300.2, 310.4, 20), (160.0, 420.0, 15), (455.5, 180.25, 16), (20.0, 470.0, 16), (600.0, 150.5, 9)]:
    cut = {"x": x, "y": y, "side": side, "bands": {}}
    for b in "jhk":
        c = Cutout2D(aligned[b], (x, y), (side, side), mode="partial", fill_value=np.nan)
        cut["bands"][b] = [None if np.isnan(v) else float("%.7g" % v) for v in c.data.ravel()]
    cuts.append(cut)
reference = {"crval": target.wcs.crval.tolist(), "crpix": target.wcs.crpix.tolist(),
             "cd": target.wcs.cd.ravel().tolist(), "shape": shape}
out = {"reference": reference, "cuts": cuts}
Path("gc_2mass.json").write_text(json.dumps(out, separators=(",", ":")))
for b in "jhk":
    print(b, [sum(v is None for v in c["bands"][b]) for c in cuts])
