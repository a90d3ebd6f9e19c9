//! The report's plots: every encoder a line.

use super::svg::{COLOURS, Plot, Series};
use super::{Report, method_name};
use crate::evaluate::ranking::RankPoint;
use std::fmt::Write;

/// An encoder's colour, the same in every plot.
pub(super) fn colour(encoder: usize) -> &'static str {
    COLOURS[encoder % COLOURS.len()]
}

fn figure(s: &mut String, plot: &Plot<'_>) {
    let _ = write!(s, "<figure>{}</figure>", plot.svg());
}

/// Balanced accuracy against labels a class.
pub(super) fn learning(s: &mut String, report: &Report) {
    let series = report.encoders.iter().enumerate().map(|(i, f)| Series {
        name: f.name.clone(),
        colour: colour(i),
        points: f
            .few_shot
            .iter()
            .map(|t| [t.shots as f64, t.accuracy.mean, t.accuracy.spread])
            .collect(),
        marks: true,
    });
    figure(
        s,
        &Plot {
            title: "Learning curve",
            x_label: "labels a class",
            y_label: "balanced accuracy",
            log: true,
            x_marks: vec![1.0, 5.0, 10.0, 25.0, 100.0],
            diagonal: false,
            series: series.filter(|s| !s.points.is_empty()).collect(),
        },
    );
}

/// Marks of a logarithmic axis of ranks.
fn rank_marks(last: usize) -> Vec<f64> {
    let mut marks: Vec<f64> = (0..)
        .map(|p| 10f64.powi(p))
        .take_while(|&m| m < last as f64 * 0.7)
        .collect();
    marks.push(last.max(2) as f64);
    marks
}

fn rank_series(name: String, colour: &'static str, curve: &[RankPoint], recall: bool) -> Series {
    let value = |p: &RankPoint| if recall { p.recall } else { p.precision };
    Series {
        name,
        colour,
        points: curve.iter().map(|p| [p.rank as f64, value(p), 0.0]).collect(),
        marks: false,
    }
}

/// Precision and recall against rank of the class made rare.
pub(super) fn rare_curves(s: &mut String, report: &Report) {
    for method in ["isolation", "knn", "combined", "guided5"] {
        for recall in [false, true] {
            let series: Vec<Series> = (report.encoders.iter().enumerate())
                .filter_map(|(i, f)| {
                    let r = f.rare.iter().find(|r| r.method == method)?;
                    Some(rank_series(f.name.clone(), colour(i), &r.curve, recall))
                })
                .collect();
            let last = series
                .iter()
                .filter_map(|s| s.points.last())
                .map(|p| p[0] as usize)
                .max();
            let Some(last) = last else { continue };
            let what = if recall { "recall" } else { "precision" };
            figure(
                s,
                &Plot {
                    title: &format!("{}: {what} against rank", method_name(method)),
                    x_label: "objects looked at",
                    y_label: what,
                    log: true,
                    x_marks: rank_marks(last),
                    diagonal: false,
                    series,
                },
            );
        }
    }
}

/// How often right against how sure.
pub(super) fn reliability(s: &mut String, report: &Report) {
    let series: Vec<Series> = (report.encoders.iter().enumerate())
        .filter_map(|(i, f)| {
            let bins = &f.calibration.as_ref()?.bins;
            Some(Series {
                name: f.name.clone(),
                colour: colour(i),
                points: bins.iter().map(|b| [b.confidence, b.accuracy, 0.0]).collect(),
                marks: true,
            })
        })
        .collect();
    if series.is_empty() {
        return;
    }
    figure(
        s,
        &Plot {
            title: "Reliability",
            x_label: "how sure",
            y_label: "how often right",
            log: false,
            x_marks: vec![0.0, 0.2, 0.4, 0.6, 0.8, 1.0],
            diagonal: true,
            series,
        },
    );
}

/// Precision against rank of each class.
pub(super) fn class_curves(s: &mut String, report: &Report) {
    for (c, class) in report.classes.iter().enumerate().take(8) {
        let series: Vec<Series> = (report.encoders.iter().enumerate())
            .filter_map(|(i, f)| {
                let curve = f.calibration.as_ref()?.curves.get(c)?;
                Some(rank_series(f.name.clone(), colour(i), curve, false))
            })
            .collect();
        let Some(last) = series
            .iter()
            .filter_map(|s| s.points.last())
            .map(|p| p[0] as usize)
            .max()
        else {
            continue;
        };
        figure(
            s,
            &Plot {
                title: &format!("{class}: precision against rank"),
                x_label: "objects looked at",
                y_label: "precision",
                log: true,
                x_marks: rank_marks(last),
                diagonal: false,
                series,
            },
        );
    }
}
