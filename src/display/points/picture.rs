//! A picture of where points are dense, and the marks of those that are few.

use super::cloud::Cloud;
use super::ink::{Ink, Rgb, Tones, step};
use super::window::Window;

/// Fewer points than this in view are drawn one by one.
pub const FEW: usize = 5000;
/// Coverage of a pixel with one point where many are dense: it must still be seen.
const LEAST_ALPHA: f64 = 0.45;

/// One point drawn by itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    /// The object.
    pub object: u32,
    /// Its place.
    pub at: [f64; 2],
    /// Its colour.
    pub rgb: Rgb,
    /// Whether the filter leaves it out.
    pub is_faint: bool,
    /// Whether the ink says something about it.
    pub is_told: bool,
}

/// What is seen in a window.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    /// The window.
    pub window: Window,
    /// Width and height, pixels.
    pub size: [usize; 2],
    /// R G B A, premultiplied, from the upper left; empty if all points are marks.
    pub rgba: Vec<u8>,
    /// Points to draw one by one, the most telling last.
    pub marks: Vec<Mark>,
    /// Objects in the window that pass the filter.
    pub count: usize,
    /// Objects of one pixel that have the strongest colour.
    pub peak: f64,
}

#[derive(Clone, Copy, Default)]
struct Bin {
    count: f32,
    faint: f32,
    told: f32,
    sum: [f32; 3],
}

/// Paints the points of a window. `passes` says by object who isn't faint.
pub fn paint(
    cloud: &Cloud,
    ink: &Ink,
    tones: &Tones,
    passes: Option<&[bool]>,
    window: Window,
    size: [usize; 2],
) -> Picture {
    let size = size.map(|s| s.clamp(1, 4096));
    let shown = |object: u32| passes.is_none_or(|p| p.get(object as usize).copied().unwrap_or(false));
    let mut marks: Vec<Mark> = Vec::new();
    let (mut count, mut all) = (0usize, 0usize);
    let mut bins = vec![Bin::default(); size[0] * size[1]];
    let per = [size[0] as f64 / window.width(), size[1] as f64 / window.height()];
    // Words are few among many: those with one are drawn above the rest.
    let picks = matches!(ink, Ink::Words(..));
    let mut told: Vec<Mark> = Vec::new();
    cloud.visit(&window, |object, at| {
        let x = (((at[0] - window.x[0]) * per[0]) as usize).min(size[0] - 1);
        let y = (((window.y[1] - at[1]) * per[1]) as usize).min(size[1] - 1);
        let bin = &mut bins[y * size[0] + x];
        let is_faint = !shown(object);
        let (rgb, is_told) = ink.of(object, tones);
        all += 1;
        if is_faint {
            bin.faint += 1.0;
        } else {
            count += 1;
            bin.count += 1.0;
            match ink {
                Ink::Numbers(values, ..) if is_told => {
                    bin.told += 1.0;
                    bin.sum[0] += values[object as usize] as f32;
                }
                Ink::Words(..) => {
                    // Squares, so that a mixture is as bright as its parts.
                    let weight = if is_told { 4.0 } else { 1.0 };
                    bin.told += weight;
                    for (sum, c) in bin.sum.iter_mut().zip(rgb) {
                        *sum += weight * f32::from(c) * f32::from(c);
                    }
                }
                _ => {}
            }
        }
        let mark = Mark {
            object,
            at,
            rgb: if is_faint { tones.faint } else { rgb },
            is_faint,
            is_told: is_told && !is_faint,
        };
        if picks && mark.is_told && told.len() <= FEW {
            told.push(mark.clone());
        }
        if marks.len() < FEW {
            marks.push(mark);
        }
    });
    let mut picture = Picture {
        window,
        size,
        rgba: Vec::new(),
        marks,
        count,
        peak: 1.0,
    };
    if all < FEW {
        picture.marks.sort_by_key(|m| (!m.is_faint, m.is_told));
        return picture;
    }
    picture.marks = if told.len() <= FEW && told.len() * 4 < all {
        told
    } else {
        Vec::new()
    };
    picture.peak = peak(&bins);
    picture.rgba = bins
        .iter()
        .flat_map(|bin| pixel(bin, ink, tones, picture.peak))
        .collect();
    picture
}

/// The count that has the strongest colour: all but the densest two hundredths of the pixels are below.
fn peak(bins: &[Bin]) -> f64 {
    let mut counts: Vec<f32> = bins.iter().map(|b| b.count).filter(|c| *c > 0.0).collect();
    let Some(last) = counts.len().checked_sub(1) else {
        return 1.0;
    };
    let place = (last as f64 * 0.98) as usize;
    f64::from(*counts.select_nth_unstable_by(place, f32::total_cmp).1).max(1.0)
}

fn pixel(bin: &Bin, ink: &Ink, tones: &Tones, peak: f64) -> [u8; 4] {
    let part = |count: f32| ((1.0 + f64::from(count)).ln() / (1.0 + peak).ln()).min(1.0);
    let (rgb, alpha) = if bin.count > 0.0 {
        let density = part(bin.count);
        let alpha = LEAST_ALPHA + (1.0 - LEAST_ALPHA) * density;
        match ink {
            Ink::Density(table) => (table[(density * 255.0) as usize], 1.0),
            Ink::Plain(rgb) => (*rgb, alpha),
            Ink::Words(..) => (bin.sum.map(|s| (s / bin.told).sqrt().round() as u8), alpha),
            Ink::Numbers(_, limits, table) if bin.told > 0.0 => {
                (table[step(f64::from(bin.sum[0] / bin.told), *limits)], alpha)
            }
            Ink::Numbers(..) => (tones.none, alpha),
        }
    } else if bin.faint > 0.0 {
        (tones.faint, 0.25 + 0.35 * part(bin.faint))
    } else {
        return [0; 4];
    };
    let [r, g, b] = rgb.map(|c| (f64::from(c) * alpha).round() as u8);
    [r, g, b, (alpha * 255.0).round() as u8]
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    const TONES: Tones = Tones {
        none: [100; 3],
        other: [90; 3],
        faint: [50; 3],
    };
    const WINDOW: Window = Window {
        x: [0.0, 10.0],
        y: [0.0, 10.0],
    };

    #[test]
    fn few_are_marks_and_many_a_picture() {
        let xs: Vec<f64> = (0..10_000).map(|i| f64::from(i % 100) / 10.0).collect();
        let ys: Vec<f64> = (0..10_000).map(|i| f64::from(i / 100) / 10.0).collect();
        let cloud = Cloud::new(&xs, &ys).expect("points");
        let mut passes = vec![true; 10_000];
        passes[0] = false;
        let ink = Ink::Plain([10, 20, 30]);
        let many = paint(&cloud, &ink, &TONES, Some(&passes), WINDOW, [20, 10]);
        assert_eq!((many.count, many.rgba.len(), many.marks.len()), (9999, 800, 0));
        let close = Window::from_corners([0.0, 0.0], [1.0, 1.0]);
        let few = paint(&cloud, &ink, &TONES, Some(&passes), close, [20, 10]);
        assert_eq!((few.count, few.marks.len(), few.rgba.len()), (120, 121, 0));
        assert!(
            few.marks[0].is_faint && few.marks[0].object == 0,
            "faint ones lie below"
        );
    }

    #[test]
    fn a_pixel_has_the_colour_of_what_is_in_it() {
        // Ten thousand at the lower left without a word, two labelled ones at the upper right.
        let mut xs = vec![1.0; 10_000];
        let mut ys = vec![1.0; 10_000];
        xs.extend([9.0, 9.0]);
        ys.extend([9.0, 9.0]);
        let cloud = Cloud::new(&xs, &ys).expect("points");
        let mut of = vec![0; 10_000];
        of.extend([1, 1]);
        let ink = Ink::Words(Arc::new(of), vec![[200, 0, 0]]);
        let p = paint(&cloud, &ink, &TONES, None, WINDOW, [2, 2]);
        assert_eq!(p.marks.len(), 2, "the labelled ones are seen one by one");
        let at = |x: usize, y: usize| &p.rgba[(y * 2 + x) * 4..][..4];
        assert_eq!(at(0, 1), [100, 100, 100, 255]);
        assert!(at(1, 0)[0] > 80 && at(1, 0)[1] == 0);
        assert_eq!(at(0, 0), [0; 4]);
        let values = Arc::new(vec![f64::NAN; 10_002]);
        let mut table = [[0; 3]; 256];
        table[255] = [9; 3];
        let ink = Ink::Numbers(values, (0.0, 1.0), Box::new(table));
        let p = paint(&cloud, &ink, &TONES, None, WINDOW, [2, 2]);
        assert_eq!(p.rgba[8], 100, "no number, no colour");
    }
}
