//! Quadrilateralised spherical cubes: TSC, CSC, QSC (Paper II, section 5.6).

use std::f64::consts::{FRAC_1_SQRT_2, FRAC_PI_4, PI};

/// How a face of the cube is filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CubeKind {
    /// TSC: gnomonic on each face.
    Tangential,
    /// CSC: COBE's polynomial, good to some 24 arcsec as a pair of forward and inverse.
    Cobe,
    /// QSC: equal area.
    EqualArea,
}

/// Face centres in the plane, units of 45 deg.
const CENTRES: [(f64, f64); 6] = [
    (0.0, 2.0),
    (0.0, 0.0),
    (2.0, 0.0),
    (4.0, 0.0),
    (6.0, 0.0),
    (0.0, -2.0),
];

/// Direction cosines to (xi, eta, zeta) of a face.
fn face_coordinates(face: usize, [l, m, n]: [f64; 3]) -> [f64; 3] {
    match face {
        0 => [m, -l, n],
        1 => [m, n, l],
        2 => [-l, n, m],
        3 => [-m, n, -l],
        4 => [l, n, -m],
        _ => [m, l, -n],
    }
}

/// The inverse of `face_coordinates`.
fn direction(face: usize, [xi, eta, zeta]: [f64; 3]) -> [f64; 3] {
    match face {
        0 => [-eta, xi, zeta],
        1 => [zeta, xi, eta],
        2 => [-xi, zeta, eta],
        3 => [-zeta, -xi, eta],
        4 => [xi, -zeta, eta],
        _ => [eta, xi, -zeta],
    }
}

impl CubeKind {
    pub(super) fn plane_from_native(&self, phi: f64, theta: f64) -> (f64, f64) {
        let (sin_phi, cos_phi) = phi.sin_cos();
        let (sin_theta, cos_theta) = theta.sin_cos();
        let d = [cos_theta * cos_phi, cos_theta * sin_phi, sin_theta];
        let heights = [d[2], d[0], d[1], -d[0], -d[1], -d[2]];
        let mut face = 0;
        for (i, h) in heights.iter().enumerate() {
            if *h > heights[face] {
                face = i;
            }
        }
        let [xi, eta, zeta] = face_coordinates(face, d);
        let (u, v) = match self {
            Self::Tangential => (xi / zeta, eta / zeta),
            Self::Cobe => (cobe(xi / zeta, eta / zeta), cobe(eta / zeta, xi / zeta)),
            Self::EqualArea => {
                if xi.abs() >= eta.abs() {
                    equal_area(xi, eta, zeta)
                } else {
                    let (v, u) = equal_area(eta, xi, zeta);
                    (u, v)
                }
            }
        };
        let (cx, cy) = CENTRES[face];
        (
            (cx + u.clamp(-1.0, 1.0)) * FRAC_PI_4,
            (cy + v.clamp(-1.0, 1.0)) * FRAC_PI_4,
        )
    }

    pub(super) fn native_from_plane(&self, x: f64, y: f64) -> Option<(f64, f64)> {
        const EDGE: f64 = 1.0 + 1e-12;
        let (mut u, mut v) = (x / FRAC_PI_4, y / FRAC_PI_4);
        if u.abs() <= EDGE {
            if v.abs() > 2.0 + EDGE {
                return None;
            }
        } else if !(u.abs() <= 6.0 + EDGE && v.abs() <= EDGE) {
            return None;
        }
        // The map may be laid out from either end of the equatorial row.
        if u < -EDGE {
            u += 8.0;
        }
        let face = match (u, v) {
            (u, _) if u > 5.0 => 4,
            (u, _) if u > 3.0 => 3,
            (u, _) if u > 1.0 => 2,
            (_, v) if v > 1.0 => 0,
            (_, v) if v < -1.0 => 5,
            _ => 1,
        };
        u -= CENTRES[face].0;
        v -= CENTRES[face].1;
        let local = match self {
            Self::Tangential => from_tangents(u, v),
            Self::Cobe => from_tangents(uncobe(u, v), uncobe(v, u)),
            Self::EqualArea => {
                if u.abs() >= v.abs() {
                    unequal_area(u, v)
                } else {
                    let [eta, xi, zeta] = unequal_area(v, u);
                    [xi, eta, zeta]
                }
            }
        };
        let [l, m, n] = direction(face, local);
        let phi = if l == 0.0 && m == 0.0 { 0.0 } else { m.atan2(l) };
        Some((phi, n.atan2(l.hypot(m))))
    }
}

fn from_tangents(chi: f64, psi: f64) -> [f64; 3] {
    let zeta = 1.0 / (1.0 + chi * chi + psi * psi).sqrt();
    [chi * zeta, psi * zeta, zeta]
}

/// QSC within the half of a face where |xi| >= |eta|: (along xi, along eta), each in [-1, 1].
fn equal_area(xi: f64, eta: f64, zeta: f64) -> (f64, f64) {
    if xi == 0.0 {
        return (0.0, 0.0);
    }
    let omega = eta / xi;
    // 1 - zeta without cancellation near the face's centre.
    let depth = (xi * xi + eta * eta) / (1.0 + zeta);
    let u = (depth / (1.0 - 1.0 / (2.0 + omega * omega).sqrt()))
        .sqrt()
        .copysign(xi);
    let v = u * 12.0 / PI * (omega.atan() - (omega / (2.0 * (1.0 + omega * omega)).sqrt()).asin());
    (u, v)
}

fn unequal_area(u: f64, v: f64) -> [f64; 3] {
    if u == 0.0 {
        return [0.0, 0.0, 1.0];
    }
    let (sin, cos) = (PI / 12.0 * v / u).sin_cos();
    let omega = sin / (cos - FRAC_1_SQRT_2);
    let depth = u * u * (1.0 - 1.0 / (2.0 + omega * omega).sqrt());
    let xi = (depth * (2.0 - depth) / (1.0 + omega * omega))
        .max(0.0)
        .sqrt()
        .copysign(u);
    [xi, xi * omega, 1.0 - depth]
}

/// COBE's forward polynomial (Paper II, equations 172–174).
fn cobe(chi: f64, psi: f64) -> f64 {
    const GAMMA_STAR: f64 = 1.37484847732;
    const M: f64 = 0.004869491981;
    const GAMMA: f64 = -0.13161671474;
    const OMEGA_1: f64 = -0.159596235474;
    const D: [f64; 2] = [0.0759196200467, -0.0217762490699];
    const C: [[f64; 3]; 3] = [
        [0.141189631152, -0.281528535557, 0.106959469314],
        [0.0809701286525, 0.15384112876, 0.0],
        [-0.178251207466, 0.0, 0.0],
    ];
    let (c2, p2) = (chi * chi, psi * psi);
    let mut sum = 0.0;
    for (i, row) in C.iter().enumerate() {
        for (j, c) in row.iter().enumerate() {
            sum += c * c2.powi(i as i32) * p2.powi(j as i32);
        }
    }
    chi * (GAMMA_STAR
        + c2 * (1.0 - GAMMA_STAR)
        + p2 * (1.0 - c2) * (GAMMA + (M - GAMMA) * c2 + (1.0 - p2) * sum)
        + c2 * (1.0 - c2) * (OMEGA_1 - (1.0 - c2) * (D[0] + D[1] * c2)))
}

/// COBE's inverse polynomial (Paper II, equation 178 and table 9).
fn uncobe(x: f64, y: f64) -> f64 {
    // Rows: powers of x²; columns: powers of y².
    const P: [[f64; 7]; 7] = [
        [
            -0.27292696,
            -0.02819452,
            0.27058160,
            -0.60441560,
            0.93412077,
            -0.63915306,
            0.14381585,
        ],
        [
            -0.07629969,
            -0.01471565,
            -0.56800938,
            1.50880086,
            -1.41601920,
            0.52032238,
            0.0,
        ],
        [
            -0.22797056,
            0.48051509,
            0.30803317,
            -0.93678576,
            0.33887446,
            0.0,
            0.0,
        ],
        [0.54852384, -1.74114454, 0.98938102, 0.08693841, 0.0, 0.0, 0.0],
        [-0.62930065, 1.71547508, -0.83180469, 0.0, 0.0, 0.0, 0.0],
        [0.25795794, -0.53022337, 0.0, 0.0, 0.0, 0.0, 0.0],
        [0.02584375, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
    ];
    let (x2, y2) = (x * x, y * y);
    let sum = P.iter().rev().fold(0.0, |acc, row| {
        acc * x2 + row.iter().rev().fold(0.0, |a, c| a * y2 + c)
    });
    x + x * (1.0 - x2) * sum
}
