//! What objects are coloured by: their label, a column's numbers, or a column's words.

use crate::app::columns::{Columns, Holds};
use crate::app::live::Live;
use crate::app::theme::Theme;
use crate::display::Colormap;
use crate::display::colormap::colour_of;
use crate::display::limits::percentile;
use egui::Color32;

/// Values at the ends of the colours, percent: a few odd numbers don't take all of them.
const ENDS: [f64; 2] = [1.0, 99.0];

/// Colours of all objects by one column.
pub struct Colours {
    /// By object; transparent where there is no value.
    pub of: Vec<Color32>,
    /// The values of the first and the last colour, for numbers.
    pub range: Option<[f64; 2]>,
}

/// The part of the colour map that is seen on black and on white.
fn unit_in_map(unit: f64) -> f64 {
    0.15 + 0.8 * unit.clamp(0.0, 1.0)
}

/// The colour at `unit` (0 to 1) of the scale.
pub fn scale_colour(table: &[[u8; 3]; 256], unit: f64) -> Color32 {
    let [r, g, b] = colour_of(table, unit_in_map(unit));
    Color32::from_rgb(r, g, b)
}

/// Works out the colours by `column`; not for the window's thread.
pub fn colours_by(columns: &Columns, live: &Live, column: &str, theme: Theme) -> Option<Colours> {
    match columns.info(live, column)?.holds {
        Holds::Words => {
            let found = columns.categories(live, column)?;
            let colour = |word: &u32| {
                (*word as usize)
                    .checked_sub(1)
                    .map_or(Color32::TRANSPARENT, |c| theme.class_colour(c))
            };
            Some(Colours {
                of: found.of.iter().map(colour).collect(),
                range: None,
            })
        }
        Holds::Numbers => {
            let values = columns.numbers(live, column)?;
            let mut finite: Vec<f32> = values
                .iter()
                .filter(|v| v.is_finite())
                .map(|v| *v as f32)
                .collect();
            let low = percentile(&mut finite, ENDS[0])?;
            let high = percentile(&mut finite, ENDS[1])?;
            let table = Colormap::Viridis.table(false);
            let span = if high > low { high - low } else { 1.0 };
            let colour = |v: &f64| {
                if v.is_finite() {
                    scale_colour(&table, (v - low) / span)
                } else {
                    Color32::TRANSPARENT
                }
            };
            Some(Colours {
                of: values.iter().map(colour).collect(),
                range: Some([low, high]),
            })
        }
    }
}
