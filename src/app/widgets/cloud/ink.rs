//! What a column means as colours: classes, words, numbers or how many.

use crate::app::columns::{Columns, Holds};
use crate::app::live::Live;
use crate::app::theme::Theme;
use crate::display::Colormap;
use crate::display::points::{Ink, Tones, percentiles};
use egui::Color32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The choice that isn't a column.
pub const DENSITY: &str = "density";
/// Words with a colour of their own.
const WORDS: usize = 9;
/// Percentiles that have the first and the last colour.
const PERCENTILES: (f64, f64) = (2.0, 98.0);

static NEXT: AtomicU64 = AtomicU64::new(1);

/// What the colours say.
#[derive(Debug, Clone)]
pub enum Legend {
    /// How many objects a place has.
    Density,
    /// Words and their colours, and how many words have none.
    Words(Vec<(String, Color32)>, usize),
    /// Numbers: those of the first and last colour.
    Numbers(f64, f64),
}

/// A column as colours.
pub struct Colouring {
    /// Different for every colouring.
    pub id: u64,
    /// Colours by object.
    pub ink: Ink,
    /// What they say.
    pub legend: Legend,
}

impl Colouring {
    /// Looks a column up and gives it colours. Takes time in proportion to the number of objects.
    pub fn new(columns: &Columns, live: &Live, name: &str, theme: Theme) -> Self {
        let (ink, legend) = by_class(live, name, theme)
            .or_else(|| by_column(columns, live, name, theme))
            .unwrap_or_else(|| (Ink::Density(Box::new(density_table(theme))), Legend::Density));
        Self {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            ink,
            legend,
        }
    }
}

/// Labels and predictions have the colours of their classes everywhere.
fn by_class(live: &Live, name: &str, theme: Theme) -> Option<(Ink, Legend)> {
    let of: Vec<u32> = match name {
        "label" if live.labelled() > 0 => live.labels.iter().map(|&l| u32::from(l)).collect(),
        "predicted" => {
            let p = &live.predicted.as_ref()?.predictions;
            (0..p.rows())
                .map(|i| p.class(i).map_or(0, |c| c as u32 + 1))
                .collect()
        }
        _ => return None,
    };
    let mut has = vec![false; live.classes.len() + 1];
    for &class in &of {
        if let Some(slot) = has.get_mut(class as usize) {
            *slot = true;
        }
    }
    let colour = |class: usize| theme.class_colour(class);
    let shown = (0..live.classes.len()).filter(|&c| has[c + 1]);
    let words: Vec<(String, Color32)> = shown.map(|c| (live.classes[c].name.clone(), colour(c))).collect();
    let more = words.len().saturating_sub(WORDS);
    let colours = (0..live.classes.len()).map(|c| rgb(colour(c))).collect();
    let words = words.into_iter().take(WORDS).collect();
    Some((Ink::Words(Arc::new(of), colours), Legend::Words(words, more)))
}

fn by_column(columns: &Columns, live: &Live, name: &str, theme: Theme) -> Option<(Ink, Legend)> {
    if name == "label" {
        return None;
    }
    match columns.info(live, name)?.holds {
        Holds::Words => {
            let found = columns.categories(live, name)?;
            let colours: Vec<Color32> = (0..found.words.len().min(WORDS))
                .map(|i| theme.class_colour(i))
                .collect();
            let more = found.words.len() - colours.len();
            let words = found.words.iter().cloned().zip(colours.iter().copied()).collect();
            let ink = Ink::Words(Arc::new(found.of.clone()), colours.into_iter().map(rgb).collect());
            Some((ink, Legend::Words(words, more)))
        }
        Holds::Numbers => {
            let values = columns.numbers(live, name)?;
            let limits = percentiles(&values, PERCENTILES.0, PERCENTILES.1)?;
            let ink = Ink::Numbers(values, limits, Box::new(number_table(theme)));
            Some((ink, Legend::Numbers(limits.0, limits.1)))
        }
    }
}

/// Colours of numbers: viridis without the end that can't be told from the ground.
pub fn number_table(theme: Theme) -> [[u8; 3]; 256] {
    let (from, to) = match theme {
        Theme::Dark => (64.0, 255.0),
        Theme::Light => (0.0, 215.0),
    };
    part_of_viridis(from, to)
}

/// Colours of densities: the denser the farther from the ground.
pub fn density_table(theme: Theme) -> [[u8; 3]; 256] {
    let (from, to) = match theme {
        Theme::Dark => (64.0, 255.0),
        Theme::Light => (200.0, 0.0),
    };
    part_of_viridis(from, to)
}

fn part_of_viridis(from: f64, to: f64) -> [[u8; 3]; 256] {
    let whole = Colormap::Viridis.table(false);
    std::array::from_fn(|i| whole[(from + (to - from) * i as f64 / 255.0).round() as usize])
}

/// Colours of objects that the ink says nothing about.
pub fn tones(theme: Theme) -> Tones {
    match theme {
        Theme::Dark => Tones {
            none: [0x7C, 0x86, 0x92],
            other: [0x96, 0x9E, 0xA8],
            faint: [0x42, 0x4A, 0x54],
        },
        Theme::Light => Tones {
            none: [0x8A, 0x93, 0x9E],
            other: [0x66, 0x6E, 0x78],
            faint: [0xC4, 0xCA, 0xD2],
        },
    }
}

/// A colour's R G B.
pub fn rgb(colour: Color32) -> [u8; 3] {
    [colour.r(), colour.g(), colour.b()]
}
