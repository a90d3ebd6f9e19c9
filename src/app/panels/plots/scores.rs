//! How a score is spread in each class: a score that tells classes apart has its curves apart.

use super::counts::Counts;
use super::{empty_ui, grid_colour, has_numbers, legend_ui, named, round_marks, round_text};
use crate::app::context::View;
use crate::display::histogram::Histogram;
use egui::Color32;
use egui_plot::{Line, Plot, PlotPoints};
use serde::{Deserialize, Serialize};

/// Scores and what they are called here.
const SCORES: [(&str, &str); 3] = [
    ("anomaly_score", "Strangeness"),
    ("probability", "Probability"),
    ("similarity", "Similarity"),
];
/// Bins at least and at most.
const BINS: [f64; 2] = [8.0, 40.0];

/// What the plot keeps.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ScoresPlot {
    score: String,
    #[serde(skip)]
    counts: Counts,
}

impl ScoresPlot {
    /// Draws choices and plot.
    pub fn ui(&mut self, ui: &mut egui::Ui, view: &View<'_>) {
        let there = SCORES.map(|(column, _)| has_numbers(view, column));
        if !there.contains(&true) {
            return empty_ui(
                ui,
                "No scores yet",
                "Embed the objects: they are ranked by strangeness by themselves. Labels give \
                 probabilities, a search gives similarities.",
            );
        }
        let first = || SCORES.iter().zip(there).find(|(_, there)| *there);
        let chosen = SCORES
            .iter()
            .zip(there)
            .find(|((column, _), there)| *there && *column == self.score)
            .or_else(first);
        let Some(((column, _), _)) = chosen else { return };
        ui.horizontal_wrapped(|ui| {
            for ((name, words), there) in SCORES.iter().zip(there) {
                let button = egui::Button::selectable(name == column, *words);
                let response = ui
                    .add_enabled(there, button)
                    .on_hover_text(*name)
                    .on_disabled_hover_text("There is none yet");
                if response.clicked() {
                    self.score = (*name).to_owned();
                }
            }
        });
        let Some(counted) = self.counts.get(ui.ctx(), view, column, bins(view), true) else {
            ui.weak("Counting…");
            return;
        };
        let Some(histogram) = &counted.histogram else {
            return empty_ui(ui, "No scores yet", "No object has this score.");
        };
        let lines = lines(view, histogram);
        legend_ui(ui, lines.iter().map(|(name, colour, _)| (name.as_str(), *colour)));
        let shown = Plot::new(("scores", *column))
            .grid_color(grid_colour(ui))
            .x_grid_spacer(round_marks)
            .x_axis_formatter(round_text)
            .y_grid_spacer(round_marks)
            .y_axis_formatter(round_text)
            .x_axis_label(named(view, column))
            .y_axis_label("share of the class (%)")
            .allow_scroll(false)
            .allow_boxed_zoom(false)
            .include_y(0.0)
            .label_formatter(|at| match at {
                egui_plot::HoverPosition::NearDataPoint {
                    plot_name, position, ..
                } => Some(format!("{plot_name}: {:.1} % at {:.4}", position.y, position.x)),
                _ => None,
            })
            .show(ui, |plot| {
                for (_, _, line) in lines {
                    plot.line(line);
                }
            });
        let name = format!("Distribution of {column}");
        shown
            .response
            .widget_info(|| egui::WidgetInfo::labeled(egui::Role::Canvas, true, &name));
    }
}

/// A name, a colour and a stepped line for each class that has objects, and one for those without a label.
fn lines<'a>(view: &View<'_>, histogram: &Histogram) -> Vec<(String, Color32, Line<'a>)> {
    let theme = view.settings.theme;
    let mut lines = Vec::new();
    for (group, counts) in histogram.groups.iter().enumerate() {
        let total: u32 = counts.iter().sum();
        if total == 0 {
            continue;
        }
        let (name, colour, width) = match group.checked_sub(1) {
            None => ("no label", theme.weak(), 1.5),
            Some(class) => {
                let name = view.live.classes.get(class).map_or("", |c| c.name.as_str());
                (name, theme.class_colour(class), 2.0)
            }
        };
        let colour: Color32 = colour;
        let points = PlotPoints::from(steps(histogram, counts, f64::from(total)));
        let name = format!("{name} ({total})");
        let line = Line::new(name.clone(), points)
            .color(colour)
            .width(width)
            // Upright pieces of an outline aren't many values at one place.
            .allow_band(false);
        lines.push((name, colour, line));
    }
    lines
}

/// As many bins as the labels of the largest class fill.
fn bins(view: &View<'_>) -> usize {
    let most = view.live.classes.iter().map(|c| c.count).max().unwrap_or(0);
    let objects = if most == 0 { view.survey.count() } else { most };
    (2.0 * (objects as f64).sqrt()).clamp(BINS[0], BINS[1]) as usize
}

/// The outline of bars, in percent of their sum; no point stands twice.
fn steps(histogram: &Histogram, counts: &[u32], total: f64) -> Vec<[f64; 2]> {
    let edge = |bin: usize| histogram.range[0] + bin as f64 * histogram.width();
    let mut points = vec![[edge(0), 0.0]];
    let mut last = 0;
    for (bin, &count) in counts.iter().enumerate() {
        if count != last {
            if bin > 0 {
                points.push([edge(bin), 100.0 * f64::from(last) / total]);
            }
            points.push([edge(bin), 100.0 * f64::from(count) / total]);
            last = count;
        }
    }
    points.push([edge(counts.len()), 100.0 * f64::from(last) / total]);
    if last > 0 {
        points.push([edge(counts.len()), 0.0]);
    }
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_outline_holds_all_objects() {
        let h = Histogram::new(&[0.0, 0.1, 0.9, 1.0], 2, 1, |_| 0, |_| true, &[]).expect("values");
        let outline = steps(&h, &h.groups[0], 4.0);
        assert_eq!(outline, [[0.0, 0.0], [0.0, 50.0], [1.0, 50.0], [1.0, 0.0]]);
        let h = Histogram::new(&[0.0, 0.0, 0.9, 1.0], 4, 1, |_| 0, |_| true, &[]).expect("values");
        let outline = steps(&h, &h.groups[0], 4.0);
        assert!(outline.windows(2).all(|w| w[0] != w[1]), "no point stands twice");
        assert_eq!(outline.last(), Some(&[1.0, 0.0]));
    }
}
