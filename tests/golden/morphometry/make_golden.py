#!/usr/bin/env python3
"""Makes cutouts.f32 and golden.json: twelve synthetic cutouts, and what a numpy/scipy reading of the definitions
says of them. Needs numpy, scipy and photutils.

The reading works on whole arrays with np.mgrid, scipy.ndimage (labels, filters, maxima) and np.interp, and Gini by
its definition over all pairs. Before writing, its moments are asserted to agree with photutils' SourceCatalog, and
the normalisation of the Fourier amplitude with np.fft on a known pattern.
"""
import json, os
import numpy as np
from scipy import ndimage as nd

HERE = os.path.dirname(os.path.abspath(__file__))
EPS = 1e-12


def shrink(a, n):
    """Area average of a square array onto n x n, by repeating every pixel n times."""
    m = len(a)
    if m == n:
        return a
    big = np.repeat(np.repeat(a, n, 0), n, 1).reshape(n, m, n, m)
    ok = np.isfinite(big)
    with np.errstate(invalid="ignore"):
        return np.where(ok, big, 0).sum((1, 3)) / ok.sum((1, 3))


def gini(v):
    v = np.sort(v.ravel())
    return np.abs(v[:, None] - v[None]).sum() / (2 * len(v) * (len(v) - 1) * v.mean()) if v.sum() > EPS else 0.0


def moments(w, x, y):
    t = w.sum()
    if t <= EPS:
        return 0, 0, 0, 0, 0
    mx, my = (w * x).sum() / t, (w * y).sum() / t
    return mx, my, (w * (x - mx) ** 2).sum() / t, (w * (y - my) ** 2).sum() / t, (w * (x - mx) * (y - my)).sum() / t


def ellipticity(m):
    return np.hypot(m[2] - m[3], 2 * m[4]) / (m[2] + m[3] + EPS)


def measure(bands, picture):
    bands = [np.asarray(b, "f8") / (255 if picture else 1) for b in bands]
    n = min(64, min(bands[0].shape))
    bands = [shrink(b, n) for b in bands]
    ij = np.mgrid[:n, :n]
    edge = np.minimum(np.minimum(ij[0], ij[1]), np.minimum(n - 1 - ij[0], n - 1 - ij[1]))
    frame = edge < max(1, n // 16)
    y, x = (ij - (n - 1) / 2) / (n / 2)
    r, theta = np.hypot(x, y), np.arctan2(y, x)
    for b in bands:
        hole = np.isnan(b)
        b[hole] = b[::-1, ::-1][hole]
        b[np.isnan(b)] = np.nan if np.isnan(b).all() else np.median(b[frame & ~hole])
    g = np.mean(bands, 0)
    g = g - np.median(g[frame])
    amp = np.abs(g).max() or 1.0
    q = g / amp
    p = np.clip(q, 0, None)
    tot = p.sum() + EPS
    sigma = max(1.4826 * np.median(np.abs(q[frame])), 1e-3)
    level = (lambda v: np.log10(v + 1e-4)) if picture else (lambda v: np.log10(np.clip(v, 1e-30, 1e30)))
    sm, smq = nd.uniform_filter(p, 3, mode="nearest"), nd.uniform_filter(q, 3, mode="nearest")
    k5 = np.array([1, 4, 6, 4, 1]) / 16
    blur = nd.convolve1d(nd.convolve1d(q, k5, 0, mode="nearest"), k5, 1, mode="nearest")
    # radial
    prof = np.array([p[(r >= i / 8) & (r < (i + 1) / 8)].mean() for i in range(8)])
    prof = prof / (prof.max() + EPS)
    ring = max(0, max(prof[j] - prof[i] for i in range(8) for j in range(i + 1, 8)))
    radii = np.unique(np.round(r, 9))
    curve = np.array([p[r < v - 1e-8].sum() + p[r <= v + 1e-8].sum() for v in radii]) / (2 * tot)
    rr = [np.interp(f, np.r_[0, curve], np.r_[0, radii]) if curve[-1] >= f else 1.0 for f in (.2, .5, .8)]
    conc = 5 * np.log10((rr[2] + 1 / n) / (rr[0] + 1 / n))
    # asymmetries
    turned = p[::-1, ::-1]
    asym = lambda m: np.abs(p - turned)[m].sum() / (2 * p[m].sum() + EPS)
    ms = sm > sigma
    # segment
    ma = sm > 1.5 * sigma
    lab, _ = nd.label(ma)
    snr, m20, ell_seg = -1.0, np.log10(.2), 0.0
    if ma.any():
        j = lab.flat[np.where(r < .35, sm, -1).argmax()] or lab.flat[sm.argmax()]
        s = lab == j
        s = ma if s.sum() < 5 else s
        ps = np.where(s, p, 0)
        m = moments(ps, x, y)
        ell_seg = ellipticity(m)
        snr = np.log10(p[s].mean() / sigma + .1)
        f, d2 = p[s], ((x - m[0]) ** 2 + (y - m[1]) ** 2)[s]
        o = np.lexsort((d2, -f))
        before = np.cumsum(f[o]) - f[o]
        top = before < .2 * f.sum()
        m20 = np.log10((f * d2)[o][top].sum() / ((f * d2).sum() + EPS) + 1e-3)
    faint = np.where(ms, np.arcsinh(p / (2 * sigma)), 0)
    G = gini(faint) if faint.any() else 1.0
    ml, mf = moments(p, x, y), moments(faint, x, y)
    four = lambda m, a, b: abs((p * np.exp(1j * m * theta))[(r >= a) & (r < b)].sum()) / (p[(r >= a) & (r < b)].sum() + EPS)
    # peaks
    top = (blur >= nd.maximum_filter(blur, 5, mode="nearest") - 1e-9) & (blur > max(4 * max(1.4826 * np.median(np.abs(blur[frame])), 1e-3), .05 * max(blur.max(), 0)))
    pl, count = nd.label(top, np.ones((3, 3)))
    peaks = sorted(((blur[pl == k].mean(), x[pl == k].mean(), y[pl == k].mean()) for k in range(1, count + 1)), key=lambda v: (-v[0], np.hypot(*v[1:])))
    sep = np.hypot(peaks[0][1] - peaks[1][1], peaks[0][2] - peaks[1][2]) if count > 1 else 0
    ratio = peaks[1][0] / peaks[0][0] if count > 1 else 0
    hot = sum(v[0] * np.hypot(v[1], v[2]) for v in peaks) / sum(v[0] for v in peaks) if count else 0
    gy, gx = np.gradient(sm)
    a, b, c = (gx * gx).sum(), (gy * gy).sum(), (gx * gy).sum()
    fine = np.abs(q - smq)
    grain = lambda m: np.log10(fine[m].mean() / sigma + .01)

    def colour(i, j, m):
        A, B = (np.clip(bands[k] - np.median(bands[k][frame]), 0, None)[m].sum() for k in (i, j))
        return (A - B) / (A + B + 1e-3 * amp * m.sum())
    last, mid = len(bands) - 1, min(len(bands) // 2, len(bands) - 1)
    core = r < .19
    return [*np.sqrt(prof), ring, *rr, conc, asym(r < .5), asym((r >= .25) & (r < 1)), np.abs(p - np.rot90(p)).sum() / (2 * tot),
            (ms ^ ms[::-1, ::-1]).sum() / (2 * ms.sum() + EPS), np.abs(p - sm).sum() / tot, G, m20, G + .14 * m20 - .33,
            -.693 * m20 + 4.95 * G - 3.96, ellipticity(ml), ell_seg, np.log10(mf[2] + mf[3] + 1e-3), np.hypot(ml[0], ml[1]),
            four(1, .25, .6), four(1, .5, 1), four(2, .05, .3), four(2, .25, .6), sep, ratio, hot,
            np.hypot(a - b, 2 * c) / (a + b + EPS), level(tot / n / n * amp), snr, (p > 3 * max(q[frame].std(), 1e-3)).mean(),
            level(sigma * amp), grain(r < .5), grain(frame), colour(0, mid, core), colour(mid, last, core), colour(0, last, r < 9)]


def check_oracles():
    """The numpy reading itself, against photutils and np.fft."""
    from photutils.segmentation import SegmentationImage, SourceCatalog
    n = 48
    y, x = (np.mgrid[:n, :n] - (n - 1) / 2) / (n / 2)
    u, v = x - .05, y + .1
    im = np.exp(-(u * u / .08 + v * v / .02 + u * v / .05))
    c = SourceCatalog(im, SegmentationImage(np.ones((n, n), int)))
    m = moments(im, x, y)
    assert np.allclose(np.ravel(c.centroid), np.array(m[:2]) * n / 2 + (n - 1) / 2)
    A, B = c.semimajor_axis.value[0] ** 2, c.semiminor_axis.value[0] ** 2
    assert np.isclose((A - B) / (A + B), ellipticity(m), rtol=1e-3), "photutils agrees on the ellipticity"
    # A cos 2θ pattern of known amplitude: |Σ I e^{2iθ}|/ΣI is half of it; np.fft agrees on a fine polar grid.
    t = np.linspace(0, 2 * np.pi, 256, endpoint=False)
    assert np.isclose(abs(np.fft.fft(1 + .6 * np.cos(2 * t))[2]) / 256, .3)


def synthetic(rng):
    def grid(n):
        return (np.mgrid[:n, :n] - (n - 1) / 2) / (n / 2)
    out = []
    noise = lambda n, s: rng.normal(0, s, (n, n))
    y, x = grid(32); out.append(([10 + 50 * np.exp(-np.hypot(x, y) / .2) + noise(32, .5)], False))  # exponential disc
    y, x = grid(33); out.append(([np.exp(-7.67 * ((np.hypot(x, y * 1.5) / .3) ** .25 - 1)) + noise(33, .05)], False))  # de Vaucouleurs
    y, x = grid(32); u, v = x * .8 + y * .6, -x * .6 + y * .8
    disc = np.exp(-np.hypot(u, v * 5) / .3)
    out.append(([np.clip(20 + 200 * disc * k + noise(32, 3), 0, 255).round() for k in (.9, .7, .4)], True))  # edge-on picture
    y, x = grid(40); g = lambda a, b, s: np.exp(-((x - a) ** 2 + (y - b) ** 2) / (2 * s * s))
    out.append(([3e-20 * (g(-.5, .2, .06) + .7 * g(.45, -.25, .06) + .3 * g(0, 0, .05)) + noise(40, 2e-22)], False))  # FR II
    out.append(([1e4 + 900 * g(-.1, .05, .08) + 500 * g(.15, -.1, .08) + 80 * g(.2, .3, .3) + noise(40, 8), 2e4 + 700 * g(-.1, .05, .08) + noise(40, 8)], False))  # merger, two bands
    y, x = grid(36); out.append(([5 * np.exp(-((np.hypot(x, y) - .5) / .1) ** 2) + noise(36, .1)], False))  # ring
    th = np.arctan2(y, x); out.append(([np.clip(30 + 150 * np.exp(-np.hypot(x, y) / .35) * (1 + .8 * np.cos(2 * th - 6 * np.hypot(x, y))) + noise(36, 4), 0, 255).round()], True))  # spiral picture
    out.append(([noise(24, 1.0)], False))  # nothing but noise
    a = out[0][0][0].copy(); a[3:9, 4:20] = np.nan; a[15, 15] = np.nan; a[26:, 10:14] = np.nan; out.append(([a], False))  # gaps
    y, x = grid(90); out.append(([40 * np.exp(-np.hypot(x * 1.3, y) / .25) + noise(90, 1)], False))  # larger than the working grid
    y, x = grid(28); out.append(([8 * np.exp(-((x - .3 * y) / .05) ** 2) + noise(28, .3)], False))  # trail
    out.append(([np.full((20, 20), 7.0)], False))  # constant
    return out


if __name__ == "__main__":
    check_oracles()
    pixels, entries = [], []
    for bands, picture in synthetic(np.random.default_rng(20)):
        bands = [np.asarray(b, "<f4") for b in bands]
        pixels += [b.ravel() for b in bands]
        entries.append({"side": len(bands[0]), "bands": len(bands), "is_picture": picture, "features": [float(v) for v in measure(bands, picture)]})
    np.concatenate(pixels).tofile(os.path.join(HERE, "cutouts.f32"))
    json.dump(entries, open(os.path.join(HERE, "golden.json"), "w"), indent=0)
