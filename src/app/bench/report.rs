//! What was measured, as a table.

use super::UiBenchOptions;
use std::fmt;

/// A frame must not take longer than this on software rendering, milliseconds.
const LIMIT_MS: f64 = 33.0;

/// Frames of one act.
#[derive(Debug, Clone)]
pub struct Frames {
    /// The view and what is done in it.
    pub what: &'static str,
    /// Milliseconds of each frame, in order.
    pub ms: Vec<f64>,
}

/// Something that is waited for.
#[derive(Debug, Clone)]
pub struct Wait {
    /// From what to what.
    pub what: &'static str,
    /// Milliseconds, each time it was done.
    pub ms: Vec<f64>,
}

/// Everything measured in one run.
#[derive(Debug, Clone)]
pub struct Report {
    heading: String,
    /// Frame times.
    pub frames: Vec<Frames>,
    /// Waits.
    pub waits: Vec<Wait>,
    /// Whether all acts were played.
    pub is_complete: bool,
    /// Why not.
    pub trouble: Option<String>,
}

impl Report {
    /// An empty report.
    pub fn new(options: &UiBenchOptions, renderer: eframe::Renderer) -> Self {
        Self {
            heading: format!(
                "{} × {} points, {renderer}; {} objects on {} × {} pixels; {} points on the map",
                options.size[0], options.size[1], options.objects, options.side, options.side, options.points
            ),
            frames: Vec::new(),
            waits: Vec::new(),
            is_complete: false,
            trouble: None,
        }
    }

    /// Notes the name of the card or program that draws.
    pub fn drawn_by(&mut self, name: &str) {
        self.heading += &format!("\ndrawn by {name}");
    }

    /// Adds one wait to those of its name.
    pub fn waited(&mut self, what: &'static str, ms: f64) {
        match self.waits.iter_mut().find(|w| w.what == what) {
            Some(wait) => wait.ms.push(ms),
            None => self.waits.push(Wait { what, ms: vec![ms] }),
        }
    }
}

/// The value below which a share of the others lies; NaN of none.
fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = ((sorted.len().saturating_sub(1)) as f64 * share).round() as usize;
    sorted.get(at).copied().unwrap_or(f64::NAN)
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n", self.heading)?;
        writeln!(
            f,
            "{:44} {:>7} {:>8} {:>8} {:>8} {:>10}",
            "frames while", "frames", "median", "95 %", "worst", "over 33 ms"
        )?;
        for act in &self.frames {
            let over = act.ms.iter().filter(|ms| **ms > LIMIT_MS).count();
            writeln!(
                f,
                "{:44} {:>7} {:>8.1} {:>8.1} {:>8.1} {:>10}",
                act.what,
                act.ms.len(),
                quantile(&act.ms, 0.5),
                quantile(&act.ms, 0.95),
                quantile(&act.ms, 1.0),
                over
            )?;
        }
        writeln!(
            f,
            "\n{:44} {:>7} {:>8} {:>8} {:>8}",
            "waits", "times", "median", "95 %", "worst"
        )?;
        for wait in &self.waits {
            writeln!(
                f,
                "{:44} {:>7} {:>8.1} {:>8.1} {:>8.1}",
                wait.what,
                wait.ms.len(),
                quantile(&wait.ms, 0.5),
                quantile(&wait.ms, 0.95),
                quantile(&wait.ms, 1.0)
            )?;
        }
        write!(f, "\nAll times in milliseconds.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_values_that_were_measured() {
        let values = [5.0, 1.0, 3.0, 2.0, 4.0];
        assert_eq!(quantile(&values, 0.5), 3.0);
        assert_eq!(quantile(&values, 1.0), 5.0);
        assert_eq!(quantile(&values, 0.0), 1.0);
        assert!(quantile(&[], 0.5).is_nan());
    }
}
