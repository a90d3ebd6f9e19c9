//! Lines of equal right ascension and declination in a view, at round steps.

use crate::sky::coords::{format_dms, format_hms};
use crate::sky::wcs::Wcs;

/// Points along a line.
const POINTS: usize = 64;
/// At most about this many lines each way.
const LINES: f64 = 6.0;

/// Steps of declination, arcseconds.
const DEC_STEPS: [f64; 21] = [
    0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1200.0, 1800.0, 3600.0,
    7200.0, 18_000.0, 36_000.0, 54_000.0, 108_000.0,
];
/// Steps of right ascension, seconds of time.
const RA_STEPS: [f64; 21] = [
    0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1200.0,
    1800.0, 3600.0, 7200.0, 10_800.0,
];

/// One line.
#[derive(Debug, Clone)]
pub struct Line {
    /// Pieces of it, zero-based pixels.
    pub pieces: Vec<Vec<[f64; 2]>>,
    /// Its coordinate.
    pub label: String,
    /// Of equal right ascension (true) or declination.
    pub is_meridian: bool,
}

/// Reads the sky by ICRS where the image's frame is known, else by its own frame.
struct Sky<'a>(&'a Wcs);

impl Sky<'_> {
    fn at(&self, x: f64, y: f64) -> Option<(f64, f64)> {
        self.0
            .icrs_from_pixel(x, y)
            .or_else(|| self.0.sky_from_pixel(x, y))
    }

    fn pixel(&self, lon: f64, lat: f64) -> Option<[f64; 2]> {
        self.0
            .pixel_from_icrs(lon, lat)
            .or_else(|| self.0.pixel_from_sky(lon, lat))
            .map(|(x, y)| [x, y])
    }
}

/// The lines through a view (left, bottom, right, top in pixels).
pub fn graticule(wcs: &Wcs, view: [f64; 4]) -> Vec<Line> {
    let sky = Sky(wcs);
    let Some(([lon0, lon1], [lat0, lat1])) = range(&sky, view) else {
        return Vec::new();
    };
    let dec_step = step(&DEC_STEPS, (lat1 - lat0) * 3600.0);
    let ra_step = step(&RA_STEPS, (lon1 - lon0) * 240.0);
    let dec_label = |deg: f64| shortened(format_dms(deg, decimals(dec_step)), dec_step);
    let ra_label = |deg: f64| shortened(format_hms(deg, decimals(ra_step)), ra_step);
    let span = (view[2] - view[0]).hypot(view[3] - view[1]);
    let mut lines = Vec::new();
    for lat in multiples(lat0, lat1, dec_step / 3600.0) {
        if lat.abs() < 90.0 {
            let pieces = pieces(span, |t| {
                sky.pixel((lon0 + (lon1 - lon0) * t).rem_euclid(360.0), lat)
            });
            lines.push(Line {
                pieces,
                label: dec_label(lat),
                is_meridian: false,
            });
        }
    }
    let whole_turn = lon1 - lon0 >= 360.0;
    for lon in multiples(lon0, lon1, ra_step / 240.0) {
        if whole_turn && lon >= lon0 + 360.0 - 1e-9 {
            continue;
        }
        let lon = lon.rem_euclid(360.0);
        let pieces = pieces(span, |t| sky.pixel(lon, lat0 + (lat1 - lat0) * t));
        lines.push(Line {
            pieces,
            label: ra_label(lon),
            is_meridian: true,
        });
    }
    lines
}

/// Longitudes (unwrapped about the middle) and latitudes in a view.
fn range(sky: &Sky<'_>, [left, bottom, right, top]: [f64; 4]) -> Option<([f64; 2], [f64; 2])> {
    const N: usize = 12;
    let mut seen = Vec::new();
    for j in 0..=N {
        for i in 0..=N {
            let x = left + (right - left) * i as f64 / N as f64;
            let y = bottom + (top - bottom) * j as f64 / N as f64;
            seen.extend(sky.at(x, y));
        }
    }
    let middle = sky
        .at((left + right) / 2.0, (bottom + top) / 2.0)
        .or(seen.first().copied())?;
    let (mut lon, mut lat) = ([f64::MAX, f64::MIN], [f64::MAX, f64::MIN]);
    for (l, b) in &seen {
        let from_middle = (l - middle.0 + 540.0).rem_euclid(360.0) - 180.0;
        lon = [lon[0].min(from_middle), lon[1].max(from_middle)];
        lat = [lat[0].min(*b), lat[1].max(*b)];
    }
    let mut lon = lon.map(|l| l + middle.0);
    for pole in [90.0, -90.0] {
        let is_seen = sky
            .pixel(0.0, pole)
            .is_some_and(|[x, y]| x >= left && x <= right && y >= bottom && y <= top);
        if is_seen {
            lon = [0.0, 360.0];
            lat = if pole > 0.0 {
                [lat[0], 90.0]
            } else {
                [-90.0, lat[1]]
            };
        }
    }
    // What lies between the samples at the edges.
    let (a, b) = ((lon[1] - lon[0]) / N as f64, (lat[1] - lat[0]) / N as f64);
    let lon = if lon[1] - lon[0] + 2.0 * a >= 360.0 {
        [0.0, 360.0]
    } else {
        [lon[0] - a, lon[1] + a]
    };
    Some((lon, [(lat[0] - b).max(-90.0), (lat[1] + b).min(90.0)]))
}

fn step(steps: &[f64], range: f64) -> f64 {
    let wanted = range / LINES;
    steps
        .iter()
        .copied()
        .find(|s| *s >= wanted)
        .or(steps.last().copied())
        .unwrap_or(1.0)
}

fn multiples(from: f64, to: f64, step: f64) -> impl Iterator<Item = f64> {
    let (first, last) = ((from / step).ceil() as i64, (to / step).floor() as i64);
    (first..=last.min(first + 64)).map(move |i| i as f64 * step)
}

/// Decimals of a second that a step needs.
fn decimals(step: f64) -> usize {
    if step < 0.1 {
        2
    } else if step < 1.0 {
        1
    } else {
        0
    }
}

/// Without the seconds where all lines lie on whole minutes.
fn shortened(text: String, step: f64) -> String {
    if step < 60.0 {
        return text;
    }
    match text.rfind(':') {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}

fn pieces(span: f64, at: impl Fn(f64) -> Option<[f64; 2]>) -> Vec<Vec<[f64; 2]>> {
    let mut all: Vec<Vec<[f64; 2]>> = vec![Vec::new()];
    for i in 0..=POINTS {
        let point = at(i as f64 / POINTS as f64);
        let Some(piece) = all.last_mut() else { break };
        match (point, piece.last()) {
            // A jump across the picture is the other side of the sky.
            (Some(p), Some(before)) if (p[0] - before[0]).hypot(p[1] - before[1]) > span => {
                all.push(vec![p]);
            }
            (Some(p), _) => piece.push(p),
            (None, Some(_)) => all.push(Vec::new()),
            (None, None) => {}
        }
    }
    all.retain(|p| p.len() > 1);
    all
}

/// A round length in arcseconds that is at most `most`, and how to write it.
pub fn round_length(most: f64) -> (f64, String) {
    const ROUND: [f64; 20] = [
        0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1200.0,
        1800.0, 3600.0, 7200.0,
    ];
    let length = ROUND
        .iter()
        .rev()
        .copied()
        .find(|l| *l <= most)
        .unwrap_or(ROUND[0]);
    let text = if length >= 3600.0 {
        format!("{}°", length / 3600.0)
    } else if length >= 60.0 {
        format!("{} arcmin", length / 60.0)
    } else {
        format!("{length} arcsec")
    };
    (length, text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::fits::Header;

    fn wcs(ra: f64, dec: f64) -> Wcs {
        let cards = [
            "NAXIS   = 2".to_owned(),
            "NAXIS1  = 1000".to_owned(),
            "NAXIS2  = 1000".to_owned(),
            "CTYPE1  = 'RA---TAN'".to_owned(),
            "CTYPE2  = 'DEC--TAN'".to_owned(),
            "CRPIX1  = 500.5".to_owned(),
            "CRPIX2  = 500.5".to_owned(),
            format!("CRVAL1  = {ra}"),
            format!("CRVAL2  = {dec}"),
            "CDELT1  = -0.0002777777777".to_owned(),
            "CDELT2  = 0.0002777777777".to_owned(),
        ];
        Wcs::from_header(&Header::parse(cards.join("\n").as_bytes())).unwrap()
    }

    #[test]
    fn lines_are_few_round_and_in_view() {
        for (ra, dec) in [(150.0, 2.0), (0.0, -30.0), (359.99, 60.0)] {
            let lines = graticule(&wcs(ra, dec), [0.0, 0.0, 1000.0, 1000.0]);
            for is_meridian in [true, false] {
                let n = lines.iter().filter(|l| l.is_meridian == is_meridian).count();
                assert!((2..=9).contains(&n), "{ra} {dec}: {n}");
            }
            assert!(lines.iter().all(|l| !l.pieces.is_empty()));
        }
        let near_pole = graticule(&wcs(10.0, 90.0), [0.0, 0.0, 1000.0, 1000.0]);
        assert!(near_pole.iter().any(|l| l.is_meridian));
    }

    #[test]
    fn lengths_are_round() {
        assert_eq!(round_length(47.0), (30.0, "30 arcsec".to_owned()));
        assert_eq!(round_length(400.0), (300.0, "5 arcmin".to_owned()));
        assert_eq!(round_length(1e6).1, "2°");
    }
}
