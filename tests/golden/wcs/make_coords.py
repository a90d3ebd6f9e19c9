"""Golden positions in other frames and as text, from astropy.coordinates: writes coords.json.

    python make_coords.py
"""
import json, os
import numpy as np
from astropy import units as u
from astropy.coordinates import FK4, FK5, BarycentricMeanEcliptic, FK4NoETerms, Galactic, ICRS, SkyCoord, Supergalactic
from astropy.time import Time
from astropy.utils import iers

iers.conf.auto_download = False
rng = np.random.default_rng(42)
lon = np.round(rng.uniform(0, 360, 40), 6)
lat = np.round(np.degrees(np.arcsin(rng.uniform(-1, 1, 40))), 6)
lon[:4], lat[:4] = [0.0, 123.4, 359.999999, 180.0], [90.0, -90.0, 0.0, 89.99999]
julian = lambda y: Time(y, format="jyear", scale="tt")
besselian = lambda y: Time(y, format="byear", scale="tai")
frames = [("galactic", 0.0, Galactic()), ("supergalactic", 0.0, Supergalactic())]
frames += [("fk5", y, FK5(equinox=julian(y))) for y in (2000.0, 1975.0, 2015.5, 1900.0)]
frames += [("fk4", y, FK4(equinox=besselian(y))) for y in (1950.0, 1900.0, 1975.0)]
frames += [("fk4-no-e", y, FK4NoETerms(equinox=besselian(y))) for y in (1950.0, 1875.0)]
frames += [("ecliptic", y, BarycentricMeanEcliptic(equinox=julian(y))) for y in (2000.0, 1950.0, 2030.0)]
out = []
for name, equinox, frame in frames:
    there = SkyCoord(lon * u.deg, lat * u.deg, frame="icrs").transform_to(frame).spherical
    back = SkyCoord(lon * u.deg, lat * u.deg, frame=frame).transform_to(ICRS())
    out.append(dict(frame=name, equinox=equinox,
                    from_icrs=np.stack([there.lon.deg, there.lat.deg], 1).tolist(),
                    to_icrs=np.stack([back.ra.deg, back.dec.deg], 1).tolist()))
near = SkyCoord(lon * u.deg, lat * u.deg)
other = SkyCoord((lon + rng.normal(size=40) * 10.0 ** rng.uniform(-7, 2, 40)) * u.deg,
                 np.clip(lat + rng.normal(size=40) * 10.0 ** rng.uniform(-7, 1, 40), -90, 90) * u.deg)
text = [[float(a), float(d),
         f"{SkyCoord(a * u.deg, d * u.deg).ra.to_string(u.hour, sep=':', precision=3, pad=True)} "
         f"{SkyCoord(a * u.deg, d * u.deg).dec.to_string(u.deg, sep=':', precision=2, pad=True, alwayssign=True)}"]
        for a, d in zip(lon, lat)]
result = dict(
    positions=np.stack([lon, lat], 1).tolist(), frames=out, text=text,
    others=np.stack([other.ra.deg, other.dec.deg], 1).tolist(),
    separations=near.separation(other).arcsec.tolist(),
    position_angles=near.position_angle(other).deg.tolist(),
)
here = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(here, "coords.json"), "w") as f:
    json.dump(result, f, separators=(",", ":"))
print(os.path.getsize(os.path.join(here, "coords.json")))
