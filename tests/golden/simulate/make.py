"""Values of the formulas behind the simulated stamps, by scipy. Writes sersic.csv and sie.csv beside itself.

Sérsic: with b from the inverse of the incomplete gamma function (not a series), a profile of unit flux and axis ratio q
at the radius r. Needs scipy 1.10 or later.

SIE: the deflection of an elliptical mass as one-dimensional integrals (Keeton 2001, "A Catalog of Mass Models for
Gravitational Lensing", equations 2.2 to 2.6: alpha = q x J0, q y J1) of the convergence, not the closed form.
"""

import csv
import math
import pathlib

from scipy.integrate import quad
from scipy.special import gamma, gammaincinv

here = pathlib.Path(__file__).parent

with open(here / "sersic.csv", "w", newline="") as f:
    out = csv.writer(f, lineterminator="\n")
    out.writerow(["n", "re", "q", "r", "value"])
    for n in (0.5, 1.0, 1.7, 4.0, 6.0):
        for re, q in ((3.0, 1.0), (11.0, 0.35)):
            b = gammaincinv(2 * n, 0.5)
            flux = 2 * math.pi * n * re**2 * q * math.exp(b) * b ** (-2 * n) * gamma(2 * n)
            for share in (0.1, 0.7, 1.0, 3.0):
                value = math.exp(-b * (share ** (1 / n) - 1)) / flux
                out.writerow([n, re, q, share * re, f"{value:.9e}"])

with open(here / "sie.csv", "w", newline="") as f:
    out = csv.writer(f, lineterminator="\n")
    out.writerow(["einstein", "q", "x", "y", "alpha_x", "alpha_y"])
    for einstein, q in ((10.0, 0.5), (7.0, 0.8), (12.0, 0.95)):
        for x, y in ((3.0, 1.0), (-8.0, 5.0), (0.5, -14.0), (20.0, 20.0)):

            def j(order):
                def integrand(v):
                    # u = v², which takes away the pole at the middle.
                    u = v * v
                    squeeze = 1 - (1 - q * q) * u
                    xi = v * math.sqrt(x * x + y * y / squeeze)
                    kappa = einstein / math.sqrt(q) / (2 * xi)
                    return kappa / squeeze ** (order + 0.5) * 2 * v

                return quad(integrand, 0, 1, epsabs=1e-12, epsrel=1e-12)[0]

            out.writerow([einstein, q, x, y, f"{q * x * j(0):.9f}", f"{q * y * j(1):.9f}"])
