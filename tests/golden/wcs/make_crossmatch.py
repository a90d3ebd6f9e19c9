"""Golden matches from astropy's match_to_catalog_sky: writes crossmatch.json. Small lists that
crowd both poles and the seam at 0h.

    python make_crossmatch.py
"""
import json, os
import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord

rng = np.random.default_rng(7)


def crowd(n):
    lon = np.concatenate([rng.uniform(0, 360, n), rng.normal(0, 0.3, n) % 360, rng.uniform(0, 360, n), rng.uniform(0, 360, n)])
    lat = np.concatenate([np.degrees(np.arcsin(rng.uniform(-1, 1, n))), rng.normal(0, 0.3, n),
                          90 - np.abs(rng.normal(0, 0.4, n)), -90 + np.abs(rng.normal(0, 0.4, n))])
    return np.round(lon, 5), np.round(lat, 5)


a, b = crowd(60), crowd(80)
index, apart, _ = SkyCoord(*a, unit="deg").match_to_catalog_sky(SkyCoord(*b, unit="deg"))
here = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(here, "crossmatch.json"), "w") as f:
    json.dump(dict(a=np.stack(a, 1).tolist(), b=np.stack(b, 1).tolist(),
                   index=index.tolist(), arcsec=apart.arcsec.tolist()), f, separators=(",", ":"))
