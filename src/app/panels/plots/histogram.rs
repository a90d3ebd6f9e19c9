//! The histogram of a column, stacked by class, with the selection on top. Dragging over a range selects
//! the objects in it.

use super::counts::Counts;
use super::{empty_ui, first_of, grid_colour, has_numbers, legend_ui, named, round_marks, round_text};
use crate::app::columns::Holds;
use crate::app::command::Command;
use crate::app::context::{View, meets_by};
use crate::app::theme::STANDS_BACK;
use crate::app::widgets::{Choosing, column_picker, within};
use crate::display::histogram::Histogram;
use egui::{Color32, PointerButton};
use egui_plot::{Bar, BarChart, GridInput, GridMark, Plot, PlotItem, Span};
use serde::{Deserialize, Serialize};

/// Columns to begin with, if there are any of them.
const FIRST: [&str; 8] = [
    "mag_r",
    "mag",
    "MAG_AUTO",
    "r_mag",
    "anomaly_score",
    "flux",
    "z",
    "redshift",
];

/// What the plot keeps.
#[derive(Serialize, Deserialize)]
#[serde(default)]
pub struct HistogramPlot {
    column: String,
    bins: usize,
    is_log: bool,
    by_class: bool,
    /// The range that was dragged over, and its column.
    #[serde(skip)]
    range: Option<(String, [f64; 2])>,
    /// Where a drag began, in the column's unit.
    #[serde(skip)]
    from: Option<f64>,
    #[serde(skip)]
    counts: Counts,
    #[serde(skip)]
    choosing: Choosing,
}

impl Default for HistogramPlot {
    fn default() -> Self {
        Self {
            column: String::new(),
            bins: 40,
            is_log: false,
            by_class: true,
            range: None,
            from: None,
            counts: Counts::default(),
            choosing: Choosing::default(),
        }
    }
}

impl HistogramPlot {
    /// Draws choices and plot.
    pub fn ui(&mut self, ui: &mut egui::Ui, view: &View<'_>) {
        self.choosing.poll(view);
        let mut column = self.column.clone();
        if !has_numbers(view, &column) {
            let Some(first) = first_of(view, &FIRST) else {
                return empty_ui(
                    ui,
                    "Nothing to count",
                    "The catalogue has no column of numbers. Embed the objects or import a catalogue.",
                );
            };
            column = first;
        }
        ui.horizontal_wrapped(|ui| {
            if column_picker(
                ui,
                "histogram",
                "Histogram column",
                view,
                Some(Holds::Numbers),
                &mut column,
            ) {
                self.column = column.clone();
            }
            let label = ui.weak("bins");
            ui.add(egui::DragValue::new(&mut self.bins).range(2..=400))
                .on_hover_text("Number of bins: drag, or press and type")
                .labelled_by(label.id);
            ui.checkbox(&mut self.is_log, "log")
                .on_hover_text("Numbers of objects on a logarithmic axis");
            ui.checkbox(&mut self.by_class, "by class")
                .on_hover_text("Stack the labelled objects by class");
        });
        let counted = self.counts.get(ui.ctx(), view, &column, self.bins, self.by_class);
        let Some(counted) = counted else {
            ui.weak("Counting…");
            return;
        };
        let Some(histogram) = &counted.histogram else {
            return empty_ui(
                ui,
                "Nothing to count",
                "This column has no numbers: choose another.",
            );
        };
        self.range_ui(ui, view, &column, histogram);
        self.plot_ui(ui, view, &column, histogram);
    }

    /// The range as numbers, and what to do with it.
    fn range_ui(&mut self, ui: &mut egui::Ui, view: &View<'_>, column: &str, histogram: &Histogram) {
        let held = self
            .range
            .as_ref()
            .filter(|(of, _)| of == column)
            .map(|(_, r)| *r);
        let mut range = held.unwrap_or(histogram.range);
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            ui.spacing_mut().button_padding.x = 5.0;
            let speed = histogram.width() / 10.0;
            let digits = (2.0 - histogram.width().log10()).clamp(0.0, 8.0) as usize;
            for (i, name) in ["from", "to"].into_iter().enumerate() {
                let label = ui.weak(name);
                let field = egui::DragValue::new(&mut range[i])
                    .speed(speed)
                    .max_decimals(digits);
                let response = ui
                    .add(field)
                    .on_hover_text("Edge of the range: drag, or press and type")
                    .labelled_by(label.id);
                if response.changed() {
                    self.range = Some((column.to_owned(), range));
                }
            }
            let range = [range[0].min(range[1]), range[0].max(range[1])];
            if ui
                .button("Select")
                .on_hover_text("Select the objects in this range. Shift adds, Alt takes out.")
                .clicked()
            {
                self.select(ui, view, column, range);
            }
            if ui
                .button("Filter to this range")
                .on_hover_text("Show only the objects in this range, in all views")
                .clicked()
            {
                view.send(Command::Filter(within(column, range)));
            }
            // Always there, so that the plot doesn't move under the hand that drags.
            let clear = ui.add_enabled(held.is_some(), egui::Button::new("Clear"));
            if clear.on_hover_text("Forget the range").clicked() {
                self.range = None;
            }
            if histogram.beyond > 0 {
                ui.weak(format!("{} beyond", histogram.beyond))
                    .on_hover_text("Objects with values far from all others aren't drawn");
            }
        });
    }

    fn select(&mut self, ui: &egui::Ui, view: &View<'_>, column: &str, [low, high]: [f64; 2]) {
        let (columns, live) = (view.columns.clone(), view.live.clone());
        let (passes, column) = (view.visible.passes.clone(), column.to_owned());
        let meets = meets_by(ui.input(|i| i.modifiers));
        self.choosing.start(ui.ctx(), meets, move || {
            let Some(values) = columns.numbers(&live, &column) else {
                return Vec::new();
            };
            let shown = |i: usize| passes.as_ref().is_none_or(|p| p.get(i).copied().unwrap_or(false));
            (0..values.len())
                .filter(|&i| values[i] >= low && values[i] <= high && shown(i))
                .map(|i| i as u32)
                .collect()
        });
    }

    fn plot_ui(&mut self, ui: &mut egui::Ui, view: &View<'_>, column: &str, histogram: &Histogram) {
        let is_log = self.is_log;
        let charts = charts(view, histogram, is_log);
        legend_ui(ui, charts.iter().map(|c| (c.name(), c.color())));
        let accent = view.settings.theme.accent();
        let range = self
            .range
            .as_ref()
            .filter(|(of, _)| of == column)
            .map(|(_, r)| *r);
        let mut plot = Plot::new(("histogram", column))
            .grid_color(grid_colour(ui))
            .x_grid_spacer(round_marks)
            .x_axis_formatter(round_text)
            .y_grid_spacer(round_marks)
            .y_axis_formatter(round_text)
            .x_axis_label(named(view, column))
            .y_axis_label("objects")
            .allow_drag(false)
            .allow_scroll(false)
            .allow_zoom(false)
            .allow_boxed_zoom(false)
            .allow_axis_zoom_drag(false)
            .show_crosshair(false)
            .include_x(histogram.range[0])
            .include_x(histogram.range[1])
            .include_y(0.0);
        if is_log {
            plot = plot
                .y_grid_spacer(log_marks)
                .y_axis_formatter(|mark, _| count_of(mark.value).to_string());
        }
        let shown = plot.show(ui, |plot| {
            if let Some([low, high]) = range {
                plot.span(
                    Span::new("", low..=high)
                        .fill(accent.gamma_multiply(0.16))
                        .border_color(accent),
                );
            }
            for chart in charts {
                plot.bar_chart(chart);
            }
        });
        let response = &shown.response;
        response.widget_info(|| {
            egui::WidgetInfo::labeled(egui::Role::Canvas, true, format!("Histogram of {column}"))
        });
        let at = |pos: egui::Pos2| shown.transform.value_from_position(pos).x;
        if response.drag_started_by(PointerButton::Primary) {
            self.from = ui.input(|i| i.pointer.press_origin()).map(at);
        }
        if let (Some(from), Some(pos)) = (self.from, response.interact_pointer_pos()) {
            let to = at(pos);
            self.range = Some((column.to_owned(), [from.min(to), from.max(to)]));
        }
        if response.drag_stopped_by(PointerButton::Primary)
            && self.from.take().is_some()
            && let Some((_, range)) = self.range.clone()
        {
            self.select(ui, view, column, range);
        }
    }
}

/// Height of a count on the axis.
fn height(count: f64, is_log: bool) -> f64 {
    if is_log { (1.0 + count).log10() } else { count }
}

/// The count at a height of the logarithmic axis.
fn count_of(height: f64) -> u64 {
    (10f64.powf(height) - 1.0).round().max(0.0) as u64
}

/// Marks of the logarithmic axis: nothing, 1, 10, 100 …
fn log_marks(input: GridInput) -> Vec<GridMark> {
    let powers = (0..12).map(|p| 10f64.powi(p));
    std::iter::once(0.0)
        .chain(powers)
        .map(|count| GridMark {
            value: height(count, true),
            step_size: 1.0,
        })
        .filter(|mark| mark.value <= input.bounds.1)
        .collect()
}

/// Bars of each class from the bottom up, of what has no label above, of the selection before all.
fn charts(view: &View<'_>, histogram: &Histogram, is_log: bool) -> Vec<BarChart> {
    let theme = view.settings.theme;
    let is_split = histogram.groups.len() > 1;
    let mut below = vec![0.0; histogram.bins()];
    let mut charts = Vec::new();
    let stands_back = view.selection.is_brush() && histogram.chosen.iter().any(|c| *c > 0);
    let mut add = |name: &str, counts: &[u32], colour: Color32, below: &mut [f64]| {
        let colour = match stands_back {
            true => colour.gamma_multiply(STANDS_BACK),
            false => colour,
        };
        if is_split && counts.iter().all(|c| *c == 0) {
            return;
        }
        let bars = counts
            .iter()
            .enumerate()
            .filter(|(_, count)| **count > 0)
            .map(|(bin, &count)| {
                let base = height(below[bin], is_log);
                below[bin] += f64::from(count);
                Bar::new(histogram.middle(bin), height(below[bin], is_log) - base)
                    .base_offset(base)
                    .width(histogram.width())
                    .stroke(egui::Stroke::new(0.5, theme.deep()))
                    .fill(colour)
                    .name(format!("{name}: {count}"))
            })
            .collect();
        let told = |bar: &Bar, _: &BarChart| bar.name.clone();
        charts.push(
            BarChart::new(name, bars)
                .color(colour)
                .element_formatter(Box::new(told)),
        );
    };
    for (class, counts) in histogram.groups.iter().enumerate().skip(1) {
        let name = view.live.classes.get(class - 1).map_or("", |c| c.name.as_str());
        add(name, counts, theme.class_colour(class - 1), &mut below);
    }
    if let Some(counts) = histogram.groups.first() {
        let name = if is_split { "no label" } else { "objects" };
        add(name, counts, theme.weak().gamma_multiply(0.6), &mut below);
    }
    if histogram.chosen.iter().any(|c| *c > 0) {
        charts.push(chosen(view, histogram, is_log));
    }
    charts
}

/// Narrow bars of the selected objects, from the ground up.
fn chosen(view: &View<'_>, histogram: &Histogram, is_log: bool) -> BarChart {
    let theme = view.settings.theme;
    let counts = histogram.chosen.iter().enumerate().filter(|(_, c)| **c > 0);
    let bars = counts
        .map(|(bin, &count)| {
            Bar::new(histogram.middle(bin), height(f64::from(count), is_log))
                .width(histogram.width() * 0.6)
                .stroke(egui::Stroke::new(1.5, theme.text()))
                .fill(theme.accent())
                .name(format!("selected: {count}"))
        })
        .collect();
    BarChart::new("selected", bars)
        .color(theme.accent())
        .element_formatter(Box::new(|bar: &Bar, _: &BarChart| bar.name.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_logarithmic_axis_shows_counts() {
        for count in [0.0, 1.0, 10.0, 1000.0] {
            assert_eq!(count_of(height(count, true)), count as u64);
        }
        let marks = log_marks(GridInput {
            bounds: (0.0, 2.1),
            base_step_size: 0.1,
        });
        assert_eq!(marks.len(), 4, "0, 1, 10 and 100");
    }
}
