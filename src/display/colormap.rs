//! Colour maps: 256 colours from black (or the map's first colour) to white (or its last).
//!
//! DS9's maps are straight lines between the levels its documentation and IRAF's define; the
//! perceptually uniform ones are splines through stored control points.

use super::colormap_points as points;
use serde::{Deserialize, Serialize};

/// A named colour map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Colormap {
    /// Black to white.
    #[default]
    Gray,
    /// DS9's heat: black, red, yellow, white.
    Heat,
    /// DS9's `b`: black, blue, red, yellow, white.
    Ds9B,
    /// Black to red.
    Red,
    /// Black to green.
    Green,
    /// Black to blue.
    Blue,
    /// Perceptually uniform, violet to yellow.
    Viridis,
    /// Perceptually uniform, black, purple, cream.
    Magma,
    /// Perceptually uniform, black, red, yellow.
    Inferno,
    /// Perceptually uniform, blue, pink, yellow.
    Plasma,
    /// Perceptually uniform for colour-blind eyes too, blue to yellow.
    Cividis,
}

/// Levels of one channel: (position, value) with both in 0–1, positions rising.
type Levels = &'static [(f64, f64)];

const RISING: Levels = &[(0.0, 0.0), (1.0, 1.0)];
const DARK: Levels = &[(0.0, 0.0), (1.0, 0.0)];

impl Colormap {
    /// Every map, in the order to offer them.
    pub const ALL: [Self; 11] = [
        Self::Gray,
        Self::Heat,
        Self::Ds9B,
        Self::Red,
        Self::Green,
        Self::Blue,
        Self::Viridis,
        Self::Magma,
        Self::Inferno,
        Self::Plasma,
        Self::Cividis,
    ];

    /// The name as recipes store it and menus show it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gray => "gray",
            Self::Heat => "heat",
            Self::Ds9B => "ds9_b",
            Self::Red => "red",
            Self::Green => "green",
            Self::Blue => "blue",
            Self::Viridis => "viridis",
            Self::Magma => "magma",
            Self::Inferno => "inferno",
            Self::Plasma => "plasma",
            Self::Cividis => "cividis",
        }
    }

    /// The map called `name` (see [`Colormap::name`]).
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|map| map.name() == name)
    }

    /// The 256 colours, R G B; `inverted` runs the map backwards.
    pub fn table(self, inverted: bool) -> [[u8; 3]; 256] {
        let mut table = match self {
            Self::Gray => from_levels([RISING, RISING, RISING]),
            Self::Red => from_levels([RISING, DARK, DARK]),
            Self::Green => from_levels([DARK, RISING, DARK]),
            Self::Blue => from_levels([DARK, DARK, RISING]),
            Self::Heat => from_levels([
                &[(0.0, 0.0), (0.34, 1.0), (1.0, 1.0)],
                RISING,
                &[(0.0, 0.0), (0.65, 0.0), (0.98, 1.0), (1.0, 1.0)],
            ]),
            Self::Ds9B => from_levels([
                &[(0.0, 0.0), (0.25, 0.0), (0.5, 1.0), (1.0, 1.0)],
                &[(0.0, 0.0), (0.5, 0.0), (0.75, 1.0), (1.0, 1.0)],
                &[(0.0, 0.0), (0.25, 1.0), (0.5, 0.0), (0.75, 0.0), (1.0, 1.0)],
            ]),
            Self::Viridis => from_points(&points::VIRIDIS),
            Self::Magma => from_points(&points::MAGMA),
            Self::Inferno => from_points(&points::INFERNO),
            Self::Plasma => from_points(&points::PLASMA),
            Self::Cividis => from_points(&points::CIVIDIS),
        };
        if inverted {
            table.reverse();
        }
        table
    }
}

/// The colour of a stretched value: 0 takes the first entry, 1 the last, in even steps; NaN takes
/// the first.
#[inline]
pub fn colour_of(table: &[[u8; 3]; 256], unit: f64) -> [u8; 3] {
    table[byte(unit) as usize]
}

/// A value of 0–1 as 0–255, rounded, clipped; NaN gives 0.
#[inline]
pub(super) fn byte(unit: f64) -> u8 {
    (unit * 255.0 + 0.5) as u8 // `as` saturates and takes NaN to 0
}

fn from_levels(channels: [Levels; 3]) -> [[u8; 3]; 256] {
    std::array::from_fn(|i| {
        let t = i as f64 / 255.0;
        channels.map(|levels| byte(on_levels(levels, t)))
    })
}

/// Linear interpolation between levels.
fn on_levels(levels: Levels, t: f64) -> f64 {
    let after = levels.partition_point(|&(position, _)| position <= t);
    match (
        after.checked_sub(1).and_then(|i| levels.get(i)),
        levels.get(after),
    ) {
        (Some(&(x0, y0)), Some(&(x1, y1))) => y0 + (y1 - y0) * (t - x0) / (x1 - x0),
        (Some(&(_, y)), None) | (None, Some(&(_, y))) => y,
        (None, None) => 0.0,
    }
}

/// A Catmull–Rom spline through evenly spaced colours `0xRRGGBB`.
fn from_points(points: &[u32]) -> [[u8; 3]; 256] {
    let last = points.len().saturating_sub(1);
    let channel = |index: usize, shift: u32| f64::from((points[index.min(last)] >> shift) & 0xff);
    std::array::from_fn(|i| {
        let position = i as f64 / 255.0 * last as f64;
        let index = (position as usize).min(last.saturating_sub(1));
        let t = position - index as f64;
        [16, 8, 0].map(|shift| {
            let (b, c) = (channel(index, shift), channel(index + 1, shift));
            let a = if index == 0 {
                2.0 * b - c
            } else {
                channel(index - 1, shift)
            };
            let d = if index + 2 > last {
                2.0 * c - b
            } else {
                channel(index + 2, shift)
            };
            let value =
                b + 0.5 * t * (c - a + t * (2.0 * a - 5.0 * b + 4.0 * c - d + t * (3.0 * (b - c) + d - a)));
            byte(value / 255.0)
        })
    })
}
