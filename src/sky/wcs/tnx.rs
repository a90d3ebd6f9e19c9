//! IRAF's TNX and ZPX plate solutions: a correction surface written as text in WATj_nnn cards.
//!
//! Source: <https://fits.gsfc.nasa.gov/registry/tnx/tnx-doc.html> and `zpxwcs.html` beside it.

use crate::io::fits::header::Header;

use super::polynomial::Polynomial2;

/// Largest number of terms in one direction.
const MAX_TERMS: usize = 24;

/// The text of an axis: WATj_001, WATj_002 … joined at their full 68 columns.
pub fn attributes(header: &Header, axis: usize) -> Option<String> {
    let mut text = String::new();
    for n in 1..1000 {
        match header.text(&format!("WAT{axis}_{n:03}")) {
            // Blanks at a card's end are lost in reading and belong to the text.
            Some(part) => text.push_str(&format!("{part:<68}")),
            None if n == 1 => return None,
            None => break,
        }
    }
    Some(text)
}

/// The value of `name = value` or `name = "value"`.
fn attribute<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let mut from = 0;
    while let Some(found) = text[from..].find(name) {
        let at = from + found;
        from = at + name.len();
        let starts_word = at == 0 || text.as_bytes()[at - 1].is_ascii_whitespace();
        let Some(value) = text[from..].trim_start().strip_prefix('=') else {
            continue;
        };
        if !starts_word {
            continue;
        }
        let value = value.trim_start();
        return match value.strip_prefix('"') {
            Some(quoted) => quoted.split('"').next(),
            None => value.split_whitespace().next(),
        };
    }
    None
}

/// A number such as ZPX's `projp3`.
pub fn number(text: &str, name: &str) -> Option<f64> {
    attribute(text, name)?.parse().ok()
}

/// The correction of an axis (`lngcor` or `latcor`) in degrees as powers of (xi, eta) in degrees;
/// zero when the axis has none. Errors say what is wrong with the text.
pub fn surface(text: &str, name: &str) -> Result<Polynomial2, String> {
    let Some(list) = attribute(text, name) else {
        return Ok(Polynomial2::zero(0));
    };
    let numbers: Vec<f64> = list
        .split_whitespace()
        .map(|n| n.parse::<f64>().ok().filter(|v| v.is_finite()))
        .collect::<Option<_>>()
        .ok_or_else(|| format!("{name} holds something other than numbers"))?;
    let [kind, nx, ny, cross, x_min, x_max, y_min, y_max, coefficients @ ..] = numbers.as_slice() else {
        return Err(format!(
            "{name} has {} numbers, at least 8 are needed",
            numbers.len()
        ));
    };
    let (nx, ny) = (*nx as usize, *ny as usize);
    if nx == 0 || ny == 0 || nx > MAX_TERMS || ny > MAX_TERMS {
        return Err(format!("{name} has {nx} by {ny} terms"));
    }
    // Basis functions in each variable as powers of it.
    let (bx, by) = match kind.round() as i64 {
        3 => (powers(nx), powers(ny)),
        kind @ (1 | 2) => {
            let scaled = |low: f64, high: f64, n: usize| {
                (high > low)
                    .then(|| orthogonal(kind == 1, n, -(high + low) / (high - low), 2.0 / (high - low)))
                    .ok_or_else(|| format!("{name} has an empty range"))
            };
            (scaled(*x_min, *x_max, nx)?, scaled(*y_min, *y_max, ny)?)
        }
        other => return Err(format!("{name} has the unknown surface type {other}")),
    };
    let terms: Vec<(usize, usize)> = (0..ny)
        .flat_map(|n| (0..nx).map(move |m| (m, n)))
        .filter(|&(m, n)| match cross.round() as i64 {
            0 => m == 0 || n == 0,
            2 => m + n < nx.max(ny),
            _ => true,
        })
        .collect();
    if coefficients.len() < terms.len() {
        return Err(format!(
            "{name} has {} coefficients, {} are needed",
            coefficients.len(),
            terms.len()
        ));
    }
    let mut sum = Polynomial2::zero(nx + ny - 2);
    for (&(m, n), c) in terms.iter().zip(coefficients) {
        for (i, a) in bx[m].iter().enumerate() {
            for (j, b) in by[n].iter().enumerate() {
                sum.add(i, j, c * a * b);
            }
        }
    }
    Ok(sum)
}

/// 1, x, x² … as coefficient lists.
fn powers(n: usize) -> Vec<Vec<f64>> {
    (0..n)
        .map(|k| {
            let mut p = vec![0.0; k + 1];
            p[k] = 1.0;
            p
        })
        .collect()
}

/// Chebyshev (or Legendre) polynomials of t = shift + scale x, as powers of x, by recurrence.
fn orthogonal(chebyshev: bool, n: usize, shift: f64, scale: f64) -> Vec<Vec<f64>> {
    let mut all = vec![vec![1.0], vec![shift, scale]];
    for k in 1..n.max(2) - 1 {
        let (a, b) = if chebyshev {
            (2.0, 1.0)
        } else {
            let k = k as f64;
            ((2.0 * k + 1.0) / (k + 1.0), k / (k + 1.0))
        };
        let mut next = vec![0.0; k + 2];
        for (i, c) in all[k].iter().enumerate() {
            next[i] += a * shift * c;
            next[i + 1] += a * scale * c;
        }
        for (i, c) in all[k - 1].iter().enumerate() {
            next[i] -= b * c;
        }
        all.push(next);
    }
    all.truncate(n);
    all
}
