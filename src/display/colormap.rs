//! Colour maps: 256 colours from black (or the map's first colour) to white (or its last).
//!
//! DS9's maps are straight lines between the levels its documentation and IRAF's define; the
//! perceptually uniform ones are splines through stored control points.

use super::colormap_levels as levels;
use super::colormap_levels::{Channels, Levels};
use super::colormap_points as points;
use serde::{Deserialize, Serialize};

macro_rules! maps {
    ($( $(#[$more:meta])* $map:ident, $name:literal, $help:literal; )*) => {
        /// A named colour map.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
        pub enum Colormap {
            $( #[doc = $help] #[serde(rename = $name)] $(#[$more])* $map, )*
        }

        impl Colormap {
            /// Every map, in the order to offer them.
            pub const ALL: &'static [Self] = &[ $( Self::$map, )* ];

            /// The name as recipes store it and menus show it; those of DS9 and matplotlib.
            pub fn name(self) -> &'static str {
                match self { $( Self::$map => $name, )* }
            }

            /// What it looks like.
            pub fn help(self) -> &'static str {
                match self { $( Self::$map => $help, )* }
            }
        }
    };
}

maps! {
    #[default] Gray, "gray", "Black to white";
    Heat, "heat", "DS9: black, red, yellow, white";
    Cool, "cool", "DS9: black, blue, cyan, white";
    Rainbow, "rainbow", "DS9: magenta, blue, green, yellow, red";
    #[serde(alias = "ds9_b")] B, "b", "DS9: black, blue, red, yellow, white";
    Bb, "bb", "DS9: black, red, orange, white, as a glowing body";
    A, "a", "DS9: black, green, blue, magenta, red, yellow";
    He, "he", "DS9: black, violet, green, cream, steep where it is dark";
    I8, "i8", "DS9: eight pure colours in steps";
    Sls, "sls", "DS9: black, violet, blue, green, yellow, red, white";
    Aips0, "aips0", "DS9 and AIPS: nine colours in steps";
    Standard, "standard", "DS9: blue, green and red, each from dark to bright";
    Staircase, "staircase", "DS9: blue, green and red in five steps each";
    Red, "red", "Black to red";
    Green, "green", "Black to green";
    Blue, "blue", "Black to blue";
    Viridis, "viridis", "Perceptually uniform, violet to yellow";
    Magma, "magma", "Perceptually uniform, black, purple, cream";
    Inferno, "inferno", "Perceptually uniform, black, red, yellow";
    Plasma, "plasma", "Perceptually uniform, blue, pink, yellow";
    Cividis, "cividis", "Perceptually uniform for colour-blind eyes too, blue to yellow";
}

impl Colormap {
    /// The map called `name` (see [`Colormap::name`]).
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|map| map.name() == name)
    }

    /// The 256 colours, R G B; `inverted` runs the map backwards.
    pub fn table(self, inverted: bool) -> [[u8; 3]; 256] {
        let mut table = match self {
            Self::Gray => from_levels(levels::GRAY),
            Self::Red => from_levels(levels::RED),
            Self::Green => from_levels(levels::GREEN),
            Self::Blue => from_levels(levels::BLUE),
            Self::Heat => from_levels(levels::HEAT),
            Self::Cool => from_levels(levels::COOL),
            Self::Rainbow => from_levels(levels::RAINBOW),
            Self::Standard => from_levels(levels::STANDARD),
            Self::A => from_levels(levels::A),
            Self::B => from_levels(levels::B),
            Self::Bb => from_levels(levels::BB),
            Self::He => from_levels(levels::HE),
            Self::I8 => from_steps(&levels::I8),
            Self::Aips0 => from_steps(&levels::AIPS0),
            Self::Staircase => from_steps(&staircase()),
            Self::Sls => sls(),
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

fn from_levels(channels: Channels) -> [[u8; 3]; 256] {
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

/// Equally wide steps, without anything between.
fn from_steps(steps: &[[f64; 3]]) -> [[u8; 3]; 256] {
    let last = steps.len().saturating_sub(1);
    std::array::from_fn(|i| {
        let step = (i * steps.len() / 256).min(last);
        steps.get(step).map_or([0; 3], |colour| colour.map(byte))
    })
}

/// Blue, then green, then red, each in five steps of brightness.
fn staircase() -> [[f64; 3]; 15] {
    std::array::from_fn(|i| {
        let bright = (i % 5 + 1) as f64 / 5.0;
        std::array::from_fn(|channel| bright * if channel == 2 - i / 5 { 1.0 } else { 0.3 })
    })
}

/// DS9's `sls`: 200 entries, straight between every twelfth.
fn sls() -> [[u8; 3]; 256] {
    let last = levels::SLS.len() - 1;
    std::array::from_fn(|i| {
        let place = i as f64 / 255.0 * (levels::SLS_COUNT - 1.0) / levels::SLS_STEP;
        let from = (place as usize).min(last);
        let (a, b) = (levels::SLS[from], levels::SLS[(from + 1).min(last)]);
        let t = (place - from as f64).min(1.0);
        std::array::from_fn(|c| byte(a[c] + t * (b[c] - a[c])))
    })
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
