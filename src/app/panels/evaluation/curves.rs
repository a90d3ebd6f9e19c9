//! Curves of all encoders in one plot: learning, precision and recall against rank, reliability.

use crate::app::panels::plots::{grid_colour, legend_ui, round_marks, round_text};
use crate::app::theme::Theme;
use crate::app::widgets::{Choice, choose};
use crate::evaluate::ranking::RankPoint;
use crate::evaluate::report::{Report, method_name};
use egui_plot::{FilledArea, GridMark, Line, Plot, PlotPoints, Points};

/// A line of an encoder, with a band about it.
struct Curve {
    name: String,
    colour: egui::Color32,
    points: Vec<[f64; 2]>,
    band: Vec<f64>,
    marks: bool,
}

fn colour(theme: Theme, encoder: usize) -> egui::Color32 {
    theme.class_colour(encoder)
}

/// Draws curves; x is the logarithm to base 10 where `log`.
fn plot_ui(
    ui: &mut egui::Ui,
    title: &str,
    axes: (&str, &str),
    log: bool,
    diagonal: bool,
    curves: Vec<Curve>,
    height: f32,
) {
    let grid = grid_colour(ui);
    let weak = ui.visuals().weak_text_color();
    let named: Vec<String> = curves.iter().map(|c| c.name.clone()).collect();
    let hover_title = title.to_owned();
    let mut plot = Plot::new(title.to_owned())
        .height(height)
        .grid_color(grid)
        .y_grid_spacer(round_marks)
        .y_axis_formatter(round_text)
        .x_axis_label(axes.0)
        .y_axis_label(axes.1)
        .allow_scroll(false)
        .allow_boxed_zoom(false)
        .include_y(0.0)
        .include_y(1.0);
    plot = if log {
        plot.x_grid_spacer(|input| {
            let (low, high) = input.bounds;
            let decades = (low.floor() as i32)..=(high.ceil() as i32);
            let mark = |value: f64| GridMark {
                value,
                step_size: 1.0,
            };
            decades
                .flat_map(|d| [1.0, 2.0, 5.0].map(|m: f64| f64::from(d) + m.log10()))
                .filter(|v| (low..=high).contains(v))
                .map(mark)
                .collect()
        })
        .x_axis_formatter(|mark, _| format!("{:.0}", 10f64.powf(mark.value)))
    } else {
        plot.x_grid_spacer(round_marks)
            .x_axis_formatter(round_text)
            .include_x(0.0)
            .include_x(1.0)
    };
    plot = plot.label_formatter(move |at| match at {
        egui_plot::HoverPosition::NearDataPoint {
            plot_name, position, ..
        } => {
            let x = if log { 10f64.powf(position.x) } else { position.x };
            let x = if log { format!("{x:.0}") } else { format!("{x:.2}") };
            Some(format!("{plot_name}\n{:.3} at {x}", position.y))
        }
        _ => None,
    });
    let shown = plot.show(ui, |plot| {
        if diagonal {
            let line = Line::new("as sure as right", PlotPoints::from(vec![[0.0, 0.0], [1.0, 1.0]]));
            plot.line(line.color(weak).style(egui_plot::LineStyle::dashed_loose()));
        }
        for curve in curves {
            let x = |v: f64| if log { v.max(1e-3).log10() } else { v };
            let points: Vec<[f64; 2]> = curve.points.iter().map(|p| [x(p[0]), p[1]]).collect();
            if curve.band.iter().any(|b| *b > 0.0) {
                let xs: Vec<f64> = points.iter().map(|p| p[0]).collect();
                let side = |sign: f64| -> Vec<f64> {
                    points
                        .iter()
                        .zip(&curve.band)
                        .map(|(p, b)| p[1] + sign * b)
                        .collect()
                };
                let area = FilledArea::new(curve.name.clone(), &xs, &side(-1.0), &side(1.0));
                plot.add(area.fill_color(curve.colour.gamma_multiply(0.16)));
            }
            if curve.marks {
                let dots = Points::new(curve.name.clone(), PlotPoints::from(points.clone()));
                plot.points(dots.color(curve.colour).radius(3.5));
            }
            let line = Line::new(curve.name, PlotPoints::from(points));
            plot.line(line.color(curve.colour).width(2.0));
        }
    });
    shown.response.widget_info(|| {
        egui::WidgetInfo::labeled(
            egui::Role::Canvas,
            true,
            format!("{hover_title}: {}", named.join(", ")),
        )
    });
}

fn encoders_ui(ui: &mut egui::Ui, report: &Report, theme: Theme) {
    let entries = report.encoders.iter().enumerate();
    legend_ui(ui, entries.map(|(i, f)| (f.name.as_str(), colour(theme, i))));
}

/// Balanced accuracy against labels a class.
pub fn learning_ui(ui: &mut egui::Ui, report: &Report, theme: Theme) {
    encoders_ui(ui, report, theme);
    let curves = report.encoders.iter().enumerate().map(|(i, f)| Curve {
        name: f.name.clone(),
        colour: colour(theme, i),
        points: f
            .few_shot
            .iter()
            .map(|t| [t.shots as f64, t.accuracy.mean])
            .collect(),
        band: f.few_shot.iter().map(|t| t.accuracy.spread).collect(),
        marks: true,
    });
    let curves = curves.collect();
    let height = ui.available_height() - 4.0;
    plot_ui(
        ui,
        "Learning curve",
        ("labels a class", "balanced accuracy"),
        true,
        false,
        curves,
        height,
    );
}

/// How often right against how sure.
pub fn reliability_ui(ui: &mut egui::Ui, report: &Report, theme: Theme) {
    encoders_ui(ui, report, theme);
    let curves = report.encoders.iter().enumerate().filter_map(|(i, f)| {
        let bins = &f.calibration.as_ref()?.bins;
        Some(Curve {
            name: format!("{} (error {:.3})", f.name, f.calibration.as_ref()?.expected_error),
            colour: colour(theme, i),
            points: bins.iter().map(|b| [b.confidence, b.accuracy]).collect(),
            band: vec![],
            marks: true,
        })
    });
    let curves = curves.collect();
    let height = ui.available_height() - 4.0;
    plot_ui(
        ui,
        "Reliability",
        ("how sure", "how often right"),
        false,
        true,
        curves,
        height,
    );
}

/// Precision and recall against rank, one above the other.
fn ranks_ui(ui: &mut egui::Ui, curves: &[(String, egui::Color32, &[RankPoint])]) {
    let height = ((ui.available_height() - 12.0) / 2.0).max(120.0);
    for (what, recall) in [("precision", false), ("recall", true)] {
        let drawn = curves.iter().map(|(name, colour, curve)| Curve {
            name: name.clone(),
            colour: *colour,
            points: curve
                .iter()
                .map(|p| [p.rank as f64, if recall { p.recall } else { p.precision }])
                .collect(),
            band: vec![],
            marks: false,
        });
        let title = format!("{what} against rank");
        plot_ui(
            ui,
            &title,
            ("objects looked at", what),
            true,
            false,
            drawn.collect(),
            height,
        );
    }
}

fn named_choices(names: &[String]) -> Vec<Choice> {
    let choice = |n: &String| Choice {
        name: n.clone(),
        beside: String::new(),
        help: String::new(),
    };
    names.iter().map(choice).collect()
}

/// The class made rare, by the chosen method.
pub fn rare_ui(ui: &mut egui::Ui, report: &Report, theme: Theme, chosen: &mut String) {
    let methods: Vec<(String, String)> = (report.encoders.first().into_iter())
        .flat_map(|f| &f.rare)
        .map(|r| (method_name(&r.method), r.method.clone()))
        .collect();
    let (Some(rare), Some(first)) = (&report.rare, methods.first()) else {
        ui.label("No class was made rare: choose one beside the button, and evaluate again.");
        return;
    };
    if !methods.iter().any(|(n, _)| n == chosen) {
        chosen.clone_from(&first.0);
    }
    let names: Vec<String> = methods.iter().map(|(n, _)| n.clone()).collect();
    ui.horizontal_wrapped(|ui| {
        ui.label(format!("Finding {rare} by"));
        choose(ui, "method", "Method", || named_choices(&names), chosen);
        encoders_ui(ui, report, theme);
    });
    let method = methods
        .iter()
        .find(|(n, _)| n == chosen)
        .map_or("", |m| m.1.as_str());
    let curves: Vec<(String, egui::Color32, &[RankPoint])> = (report.encoders.iter().enumerate())
        .filter_map(|(i, f)| {
            let r = f.rare.iter().find(|r| r.method == method)?;
            let name = format!("{} (AUC {:.3} ± {:.3})", f.name, r.auc.mean, r.auc.spread);
            Some((name, colour(theme, i), r.curve.as_slice()))
        })
        .collect();
    ranks_ui(ui, &curves);
}

/// One class by its cross-validated probability.
pub fn class_ui(ui: &mut egui::Ui, report: &Report, theme: Theme, chosen: &mut String) {
    if !report.classes.contains(chosen) {
        *chosen = report.classes.first().cloned().unwrap_or_default();
    }
    ui.horizontal_wrapped(|ui| {
        ui.label("Ranked by the probability of");
        choose(ui, "class", "Class", || named_choices(&report.classes), chosen);
        encoders_ui(ui, report, theme);
    });
    let at = report
        .classes
        .iter()
        .position(|c| c == chosen)
        .unwrap_or_default();
    let curves: Vec<(String, egui::Color32, &[RankPoint])> = (report.encoders.iter().enumerate())
        .filter_map(|(i, f)| {
            let curve = f.calibration.as_ref()?.curves.get(at)?;
            Some((f.name.clone(), colour(theme, i), curve.as_slice()))
        })
        .collect();
    ranks_ui(ui, &curves);
}
