"""Golden pixel <-> sky pairs from astropy.wcs (wcslib): writes projections.json and, where the
folder of real observations is given, zoo.json with the WCS cards of every header found there.

    python make_wcs.py [FOLDER_OF_FITS_FILES ...]

A case is {name, cards, scale, project: [[x, y, lon, lat]], locate: [[lon, lat, x, y]]}: zero-based
pixels, degrees, null where the oracle gives NaN. `locate` is given where the oracle's inverse
closes to 1e-7 pixel (or, for undistorted cases, at arbitrary places on the sky).
"""
import glob, json, logging, os, re, sys, warnings
import numpy as np
from astropy.io import fits
from astropy.wcs import WCS
from astropy.wcs.utils import proj_plane_pixel_area

warnings.simplefilter("ignore")
logging.disable(50)
HERE = os.path.dirname(os.path.abspath(__file__))


def number(v):
    return None if not np.isfinite(v) else float(repr(float(v)))


def cards_of(header):
    """The cards without the blanks in front of numbers."""
    return "\n".join(re.sub(r"= +", "= ", str(c).rstrip(), count=1) for c in header.cards)


def celestial(header):
    """The oracle's WCS reduced to the pixel axes of the celestial pair, in their own order."""
    for key in " ABCDEFGHIJKLMNOPQRSTUVWXYZ":
        try:
            w = WCS(header.copy(), key=key)
        except KeyError:
            continue
        if w.has_celestial:
            w = WCS(header.copy(), key=key, naxis=None)
            pair = sorted([w.wcs.lng, w.wcs.lat])
            if w.naxis > 2:
                w = w.sub([p + 1 for p in pair])
            return w
    return None


def case(name, header, shape, seed, n_pix, n_sky, distorted):
    w = celestial(header)
    if w is None:
        return None
    w.cpdis1 = w.cpdis2 = w.det2im1 = w.det2im2 = None
    rng = np.random.default_rng(seed)
    xy = rng.uniform([-0.5, -0.5], [shape[0] - 0.5, shape[1] - 0.5], (n_pix, 2))
    xy[0] = np.array(w.wcs.crpix) - 1 if not distorted else xy[0]
    xy = np.round(xy, 3)
    lng, lat = w.wcs.lng, w.wcs.lat
    world = w.all_pix2world(xy, 0)
    project = [[*map(float, p), number(s[lng]), number(s[lat])] for p, s in zip(xy, world)]
    project = [[p[0], p[1], None, None] if p[2] is None or p[3] is None else p for p in project]
    if name == "HPX-0e":
        # With a plane offset wcslib looks for the polar facet without adding the offset, and its
        # own inverse does not lead back.
        back = w.wcs_world2pix(world, 0)
        project = [p for p, b, q in zip(project, back, xy) if np.all(np.abs(b - q) < 1e-6)]
    locate = []
    good = np.isfinite(world).all(axis=1)
    if good.any():
        back = w.all_world2pix(world[good], 0, tolerance=1e-9, maxiter=100, quiet=True)
        for s, b, p in zip(world[good], back, xy[good]):
            if np.all(np.abs(b - p) < 1e-7):
                locate.append([number(s[lng]), number(s[lat]), number(b[0]), number(b[1])])
    if not distorted:
        sky = np.zeros((n_sky, 2))
        sky[:, lng] = np.round(rng.uniform(0.5, 359.5, n_sky), 4)
        sky[:, lat] = np.round(np.degrees(np.arcsin(rng.uniform(-0.999, 0.999, n_sky))), 4)
        for s, b in zip(sky, w.wcs_world2pix(sky, 0)):
            x, y = number(b[0]), number(b[1])
            if x is None or y is None:
                x = y = None
            locate.append([float(s[lng]), float(s[lat]), x, y])
    return dict(
        name=name,
        cards=cards_of(header),
        scale=float(np.sqrt(proj_plane_pixel_area(w)) * 3600),
        project=project,
        locate=locate,
    )


# code: (native PV of the latitude axis) variants
PROJECTIONS = {
    "AZP": [{}, {1: 2.0, 2: 30.0}, {1: 0.5, 2: 20.0}, {1: -3.0, 2: 10.0}],
    "SZP": [{}, {1: 2.0, 2: 180.0, 3: 60.0}, {1: 0.5, 2: 40.0, 3: 50.0}],
    "TAN": [{}],
    "STG": [{}],
    "SIN": [{}, {1: 0.1, 2: -0.25}, {1: 0.0, 2: 1.7}],
    "ARC": [{}],
    "ZPN": [{1: 1.0}, {0: 0.05, 1: 0.975, 2: -0.807, 3: 0.337, 4: -0.065, 5: 0.01, 6: 0.003, 7: -0.001}, {1: 1.0, 3: 42.0}, {1: 1.0, 2: 0.2}],
    "ZEA": [{}],
    "AIR": [{}, {1: 45.0}],
    "CYP": [{}, {1: 1.0, 2: 0.7071067811865476}],
    "CEA": [{}, {1: 0.75}],
    "CAR": [{}],
    "MER": [{}],
    "SFL": [{}],
    "GLS": [{}],
    "PAR": [{}],
    "MOL": [{}],
    "AIT": [{}],
    "COP": [{1: 45.0, 2: 25.0}, {1: -40.0}],
    "COE": [{1: 45.0, 2: 25.0}, {1: -40.0}],
    "COD": [{1: 45.0, 2: 25.0}, {1: -40.0}],
    "COO": [{1: 45.0, 2: 25.0}, {1: -40.0}],
    "BON": [{1: 45.0}, {1: -30.0}],
    "PCO": [{}],
    "TSC": [{}],
    "CSC": [{}],
    "QSC": [{}],
    "HPX": [{}, {1: 3.0, 2: 4.0}],
    "XPH": [{}],
}
WIDE = 48.0
SMALL = {"TAN": 1.6, "AZP": 1.9, "SZP": 1.9, "STG": 2.5, "MER": 4.0}


def synthetic(code, pv, variant):
    h = fits.Header()
    h["NAXIS"], h["NAXIS1"], h["NAXIS2"] = 2, 60, 48
    lon, lat = ("GLON", "GLAT") if variant == "d" else ("RA--", "DEC-")
    h["CTYPE1"], h["CTYPE2"] = f"{lon}-{code}", f"{lat}-{code}"
    s = SMALL.get(code, 3.1)
    if variant == "a":
        h["CRPIX1"], h["CRPIX2"], h["CRVAL1"], h["CRVAL2"] = 30.5, 20.25, 150.3, 22.7
        h["CD1_1"], h["CD1_2"], h["CD2_1"], h["CD2_2"] = -0.97 * s, 0.21 * s, 0.18 * s, 1.03 * s
    elif variant == "b":
        h["CRPIX1"], h["CRPIX2"], h["CRVAL1"], h["CRVAL2"] = 12.0, 31.0, 10.0, 89.6
        h["CDELT1"], h["CDELT2"], h["CROTA2"] = -0.02, 0.021, 33.0
    elif variant == "c":
        h["CRPIX1"], h["CRPIX2"], h["CRVAL1"], h["CRVAL2"] = -20.5, 90.25, 300.0, -42.0
        h["CDELT1"], h["CDELT2"] = -0.4, 0.35
        h["PC1_1"], h["PC1_2"], h["PC2_1"], h["PC2_2"] = 0.8, -0.6, 0.6, 0.8
        h["LONPOLE"], h["LATPOLE"] = 35.0, -30.0
    elif variant == "d":
        h["CRPIX1"], h["CRPIX2"], h["CRVAL1"], h["CRVAL2"] = 30.0, 24.0, 0.0, 0.0
        h["CDELT1"], h["CDELT2"] = -1.5 * s, 1.4 * s
    elif variant == "e":
        h["CRPIX1"], h["CRPIX2"], h["CRVAL1"], h["CRVAL2"] = 28.0, 22.0, 77.0, 31.0
        h["CDELT1"], h["CDELT2"] = -0.5 * s, 0.5 * s
        h["PV1_0"], h["PV1_1"], h["PV1_2"], h["PV1_3"] = 1, 10.0, 35.0, 160.0
    elif variant == "f":
        h["CRPIX1"], h["CRPIX2"], h["CRVAL1"], h["CRVAL2"] = 28.0, 22.0, 4600.0, 2280.0
        h["CUNIT1"], h["CUNIT2"] = "arcmin", "arcmin"
        h["CDELT1"], h["CDELT2"] = -0.001, 0.001
    for m, v in pv.items():
        h[f"PV2_{m}"] = v
    return h


def sip(seed, order, scale, inverse):
    h = fits.Header()
    h["NAXIS"], h["NAXIS1"], h["NAXIS2"] = 2, 2048, 1489
    h["CTYPE1"], h["CTYPE2"] = "RA---TAN-SIP", "DEC--TAN-SIP"
    h["CRPIX1"], h["CRPIX2"], h["CRVAL1"], h["CRVAL2"] = 1024.5, 700.0, 83.8, -69.3
    h["CD1_1"], h["CD1_2"], h["CD2_1"], h["CD2_2"] = -1e-4, 3e-5, 2.8e-5, 1.1e-4
    rng = np.random.default_rng(seed)
    for name in "AB":
        h[f"{name}_ORDER"] = order
        for i in range(order + 1):
            for j in range(order + 1 - i):
                if i + j >= 2:
                    h[f"{name}_{i}_{j}"] = float("%.6e" % (rng.normal() * scale / 1000.0 ** (i + j)))
    if inverse:
        for name in ("AP", "BP"):
            h[f"{name}_ORDER"] = 2
            h[f"{name}_1_1"] = 1e-6
    return h


def tpv(code, swapped):
    h = fits.Header()
    h["NAXIS"], h["NAXIS1"], h["NAXIS2"] = 2, 2048, 1489
    names = [f"RA---{code}", f"DEC--{code}"]
    values = [210.8, 54.3]
    h["CTYPE1"], h["CTYPE2"] = names[::-1] if swapped else names
    h["CRVAL1"], h["CRVAL2"] = values[::-1] if swapped else values
    h["CRPIX1"], h["CRPIX2"] = 1300.0, -250.0
    h["CD1_1"], h["CD1_2"], h["CD2_1"], h["CD2_2"] = -3e-4, 3e-5, 2.8e-5, 2.9e-4
    rng = np.random.default_rng(5)
    order = [0, 1, 1, 1] + [2] * 3 + [3] * 5 + [4] * 5 + [5] * 7 + [6] * 7 + [7] * 9
    for axis in (1, 2):
        for m in range(40 if code == "TPV" else 12):
            v = rng.normal() * 3e-3
            if m == 1:
                v += 1.0
            h[f"PV{axis}_{m}"] = float("%.7e" % v)
    return h


def tnx(code, kind):
    """An IRAF plate solution (kind 1 Chebyshev, 2 Legendre, 3 polynomial). wcslib's header parser
    as astropy builds it refuses these, so the oracle is numpy's own polynomials in front of
    wcslib's TAN (ZPX: ZPN)."""
    from numpy.polynomial import chebyshev, legendre, polynomial

    h = fits.Header()
    h["NAXIS"], h["NAXIS1"], h["NAXIS2"] = 2, 2048, 1489
    h["CTYPE1"], h["CTYPE2"] = f"RA---{code}", f"DEC--{code}"
    h["CRPIX1"], h["CRPIX2"], h["CRVAL1"], h["CRVAL2"] = 1000.0, 800.0, 210.8, 54.3
    cd = np.array([[-1e-4, 3e-6], [2.8e-6, 1.1e-4]])
    h["CD1_1"], h["CD1_2"], h["CD2_1"], h["CD2_2"] = map(float, cd.ravel())
    rng = np.random.default_rng(kind)
    cross, m, n = kind % 3, 4, 3
    low, high = np.array([-0.13, -0.11]), np.array([0.12, 0.125])
    keep = [(i, j) for j in range(n) for i in range(m)
            if cross == 1 or (cross == 0 and (i == 0 or j == 0)) or (cross == 2 and i + j < max(m, n))]
    grids = []
    for axis, name, cor in ((1, "ra", "lngcor"), (2, "dec", "latcor")):
        grid = np.zeros((m, n))
        for i, j in keep:
            grid[i, j] = float("%.8g" % (rng.normal() * 2e-4))
        grids.append(grid)
        coef = " ".join("%.8g" % grid[k] for k in keep)
        extra = " projp1=1. projp3=40." if code == "ZPX" else ""
        s = (f'wtype={code.lower()} axtype={name}{extra} {cor} = "{kind}. {m}. {n}. {cross}. '
             f'{low[0]} {high[0]} {low[1]} {high[1]} {coef}"')
        for i in range(0, len(s), 68):
            h[f"WAT{axis}_{i // 68 + 1:03d}"] = s[i : i + 68]
    xy = np.round(rng.uniform([0, 0], [2047, 1488], (8, 2)), 3)
    plane = (xy + 1 - [1000.0, 800.0]) @ cd.T
    t = plane if kind == 3 else (2 * plane - (high + low)) / (high - low)
    value = {1: chebyshev.chebval2d, 2: legendre.legval2d, 3: polynomial.polyval2d}[kind]
    plane = plane + np.stack([value(t[:, 0], t[:, 1], g) for g in grids], axis=1)
    g = fits.Header()
    base = "TAN" if code == "TNX" else "ZPN"
    g["CTYPE1"], g["CTYPE2"], g["CRVAL1"], g["CRVAL2"] = f"RA---{base}", f"DEC--{base}", 210.8, 54.3
    if code == "ZPX":
        g["PV2_1"], g["PV2_3"] = 1.0, 40.0
    # CRPIX and CDELT are at their defaults 0 and 1: origin 1 makes plane coordinates pixels.
    world = WCS(g).wcs_pix2world(plane, 1)
    rows = [[*map(float, p), *map(float, s)] for p, s in zip(xy, world)]
    return dict(
        name=f"{code}-{kind}",
        cards=cards_of(h),
        scale=float(np.sqrt(abs(np.linalg.det(cd))) * 3600),
        project=rows,
        locate=[[r[2], r[3], r[0], r[1]] for r in rows],
    )


def write(name, cases):
    path = os.path.join(HERE, name)
    with open(path, "w") as f:
        f.write("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]\n")
    print(name, len(cases), os.path.getsize(path))


def synthetic_cases():
    cases = []
    for code, pvs in PROJECTIONS.items():
        for k, pv in enumerate(pvs):
            for variant in "abcdef" if k == 0 else "acd":
                h = synthetic(code, pv, variant)
                try:
                    c = case(f"{code}-{k}{variant}", h, (60, 48), len(cases), 5, 4, False)
                except Exception as e:
                    # The pole cannot lie there for reference points on the native equator.
                    h["LONPOLE"] = 145.0
                    try:
                        c = case(f"{code}-{k}{variant}", h, (60, 48), len(cases), 5, 4, False)
                    except Exception as e:
                        print(code, pv, variant, "refused:", str(e).strip().splitlines()[-1])
                        continue
                cases.append(c)
    for i, (order, scale, inverse) in enumerate([(2, 3.0, False), (3, 2.0, True), (5, 4.0, False), (9, 1.0, True)]):
        cases.append(case(f"SIP-{order}", sip(i, order, scale, inverse), (2048, 1489), i, 12, 0, True))
    h = sip(9, 3, 2.0, False)
    h["CTYPE1"], h["CTYPE2"] = "RA---TAN", "DEC--TAN"
    cases.append(case("SIP-without-suffix", h, (2048, 1489), 3, 6, 0, True))
    # Not for swapped axes: there wcslib exchanges the axes even of an identical map.
    for code, swapped in (("TPV", False), ("TAN", False)):
        cases.append(case(f"{code}-scamp-{swapped}", tpv(code, swapped), (2048, 1489), 3, 12, 0, True))
    for code in ("TNX", "ZPX"):
        for kind in (1, 2, 3):
            cases.append(tnx(code, kind))
    # Old spellings and headers between conventions.
    base = "CTYPE1='RA---TAN' CTYPE2='DEC--TAN' CRPIX1=50. CRPIX2=40. CRVAL1=33. CRVAL2=-12."
    for name, text in {
        "old-pc": base + " CDELT1=-0.01 CDELT2=0.012 PC001001=0.9 PC001002=-0.3 PC002001=0.25 PC002002=0.95",
        "cd-and-cdelt": base + " CDELT1=5. CDELT2=5. CD1_1=-0.01 CD2_2=0.01",
        "pc-and-cd": base + " CDELT1=-0.02 CDELT2=0.02 PC1_1=0.9 PC1_2=0.1 CD1_1=-0.01 CD2_2=0.01",
        "cd-and-crota": base + " CDELT1=-0.02 CDELT2=0.02 CROTA2=30. CD1_1=-0.01 CD2_2=0.01",
        "pc-and-crota": base + " CDELT1=-0.02 CDELT2=0.02 CROTA2=30. PC1_1=1. PC1_2=0.1",
        "crota1": base + " CDELT1=-0.02 CDELT2=0.02 CROTA1=30.",
        "partial-cd": base + " CD1_1=-0.01",
        "defaults": "CTYPE1='RA---TAN' CTYPE2='DEC--TAN'",
        "ncp": base.replace("TAN", "NCP").replace("-12.", "62.") + " CDELT1=-0.01 CDELT2=0.012",
        "swapped": "CTYPE1='DEC--SIN' CTYPE2='RA---SIN' CRPIX1=50. CRPIX2=40. CRVAL1=-12. CRVAL2=33. CDELT1=0.02 CDELT2=-0.03 PV1_1=0.1 CROTA1=25.",
        "cube": "NAXIS=3 WCSAXES=3 CTYPE1='FREQ' CTYPE2='GLON-CAR' CTYPE3='GLAT-CAR' CRPIX1=1. CRVAL1=1.4E9 CDELT1=1E6 CRPIX2=5. CRPIX3=7. CRVAL2=120. CRVAL3=0. CDELT2=-0.5 CDELT3=0.5",
        "ecliptic": base.replace("RA--", "ELON").replace("DEC-", "ELAT") + " CDELT1=-0.01 CDELT2=0.012",
    }.items():
        h = fits.Header()
        for item in text.split(" "):
            k, v = item.split("=", 1)
            h[k] = v.strip("'") if v[0] == "'" else (float(v) if "." in v or "E" in v else int(v))
        cases.append(case(name, h, (100, 80), 1, 4, 2, False))
    return [c for c in cases if c]


KEEP = re.compile(
    r"^(NAXIS\d*|WCSAXES[A-Z]?|(CTYPE|CRPIX|CRVAL|CDELT|CROTA|CUNIT)\d[A-Z]?|(CD|PC|PV)\d_\d+[A-Z]?|"
    r"PC00\d00\d|(LONPOLE|LATPOLE|RADESYS|EQUINOX)[A-Z]?|RADECSYS|EPOCH|(A|B|AP|BP)_(ORDER|\d_\d)|WAT\d_\d+)$"
)


def zoo_cases(folders):
    seen, cases = set(), []
    for folder in folders:
        files = sorted(f for f in glob.glob(folder + "/**/*", recursive=True) if os.path.isfile(f))
        if "mirabest" in folder:
            files = files[:6]
        for f in files:
            try:
                headers = [(i, x.header) for i, x in enumerate(fits.open(f, ignore_missing_simple=True))]
            except Exception:
                continue
            for i, full in headers:
                h = fits.Header()
                for c in full.cards:
                    try:
                        # ZNAXISn stand behind NAXISn in a compressed image's own header.
                        if KEEP.match(c.keyword):
                            h[c.keyword] = c.value
                    except Exception:
                        pass
                text = h.tostring()
                if "CTYPE1" not in "".join(h) or text in seen:
                    continue
                seen.add(text)
                shape = (h.get("NAXIS1", 500) or 500, h.get("NAXIS2", 400) or 400)
                name = os.path.relpath(f, folder) + f"[{i}]"
                try:
                    c = case(name, h, shape, 7, 5, 1, "A_ORDER" in h or any(k.startswith("PV1_1") for k in h))
                except Exception as e:
                    print(name, "refused:", (str(e).strip() or repr(e)).splitlines()[-1])
                    continue
                if c:
                    cases.append(c)
                else:
                    print(name, "not celestial")
    return cases


write("projections.json", synthetic_cases())
if sys.argv[1:]:
    write("zoo.json", zoo_cases(sys.argv[1:]))
