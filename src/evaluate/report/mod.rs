//! The result of an evaluation: all encoders side by side, as rows of a table, CSV and HTML.

pub(crate) mod html;
mod plots;
pub(crate) mod svg;

pub use html::html;

use super::Figures;
use super::confound::Alone;
use super::sample::Spread;
use crate::io::replace::replace_file;
use serde::Serialize;
use std::path::Path;

/// All encoders on one set of labels.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Where the labels come from.
    pub labels: String,
    /// The classes, sorted.
    pub classes: Vec<String>,
    /// Objects of each.
    pub counts: Vec<usize>,
    /// The class that was made rare and looked for.
    pub rare: Option<String>,
    /// How often random halves and examples were drawn.
    pub seeds: usize,
    /// What the background alone says.
    pub alone: Option<Alone>,
    /// The encoders' figures.
    pub encoders: Vec<Figures>,
    /// What was left out, and what to know.
    pub notes: Vec<String>,
    /// Program and version.
    pub program: String,
}

/// One figure of one encoder.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// What it is, the same for all encoders.
    pub name: String,
    /// The figure.
    pub value: f64,
    /// Its standard deviation over seeds, where there are seeds.
    pub spread: Option<f64>,
}

impl Cell {
    fn plain(name: impl Into<String>, value: f64) -> Self {
        Self {
            name: name.into(),
            value,
            spread: None,
        }
    }

    fn spread(name: impl Into<String>, s: Spread) -> Self {
        Self {
            name: name.into(),
            value: s.mean,
            spread: Some(s.spread),
        }
    }

    /// As text with three digits: `.701 ± .012` with a leading zero.
    pub fn text(&self) -> String {
        match self.spread {
            Some(s) => format!("{:.3} ± {s:.3}", self.value),
            None => format!("{:.3}", self.value),
        }
    }
}

/// How a method is called in a table.
pub fn method_name(method: &str) -> String {
    match method {
        "isolation" => "isolation forest".into(),
        "knn" => "kNN distance".into(),
        "combined" => "combined score".into(),
        other => match other.strip_prefix("guided") {
            Some("1") => "1 example".into(),
            Some(n) => format!("{n} examples"),
            None => other.into(),
        },
    }
}

/// All figures of an encoder, in the order of the tables.
pub fn cells(f: &Figures) -> Vec<Cell> {
    let mut out = vec![Cell::plain("5-NN", f.knn5), Cell::plain("P@10", f.precision_10)];
    for t in &f.few_shot {
        out.push(Cell::spread(format!("{} a class", t.shots), t.accuracy));
    }
    for r in &f.rare {
        let name = method_name(&r.method);
        out.push(Cell::spread(format!("{name}: AUC"), r.auc));
        out.push(Cell::spread(format!("{name}: recall@1 %"), r.recall_1));
        out.push(Cell::spread(format!("{name}: recall@5 %"), r.recall_5));
        let more = [
            ("AUC at equal noise", r.auc_matched),
            ("correlation with noise", r.noise_correlation),
            ("correlation with level", r.level_correlation),
        ];
        for (what, value) in more {
            out.extend(value.map(|v| Cell::spread(format!("{name}: {what}"), v)));
        }
    }
    if let Some(c) = &f.calibration {
        out.push(Cell::plain("accuracy", c.accuracy));
        out.push(Cell::plain("balanced accuracy", c.balanced_accuracy));
        out.push(Cell::plain("calibration error", c.expected_error));
        out.push(Cell::plain("log loss", c.log_loss));
    }
    if let Some(m) = &f.matched {
        out.push(Cell::plain("equal noise: objects", m.objects as f64));
        out.push(Cell::plain("equal noise: 5-NN", m.knn5));
        for t in &m.few_shot {
            out.push(Cell::spread(
                format!("equal noise: {} a class", t.shots),
                t.accuracy,
            ));
        }
    }
    for k in &f.robustness {
        out.push(Cell::plain(format!("{}: cosine", k.alteration), k.cosine));
        out.push(Cell::plain(
            format!("{}: cosine, raw", k.alteration),
            k.cosine_raw,
        ));
        out.push(Cell::plain(
            format!("{}: accuracy kept", k.alteration),
            k.accuracy_after / k.accuracy_before,
        ));
    }
    out
}

/// Names of all figures that any encoder has, in order.
pub fn cell_names(report: &Report) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for f in &report.encoders {
        for cell in cells(f) {
            if !names.contains(&cell.name) {
                names.push(cell.name);
            }
        }
    }
    names
}

/// Why a report can't be written.
#[derive(Debug, thiserror::Error)]
#[error("{path}: can't be written: {cause}; choose another place or make room")]
pub struct ReportError {
    path: String,
    cause: std::io::Error,
}

/// Writes all figures as CSV, one row a figure: encoder, dim, objects, figure, value, spread.
///
/// # Errors
/// If the file can't be written; an older one is then as it was.
pub fn write_csv(path: &Path, report: &Report) -> Result<(), ReportError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let failed = |cause: std::io::Error| ReportError {
        path: path.display().to_string(),
        cause,
    };
    let io = |e: csv::Error| failed(std::io::Error::other(e));
    writer
        .write_record(["encoder", "dim", "objects", "figure", "value", "spread"])
        .map_err(io)?;
    for f in &report.encoders {
        for cell in cells(f) {
            writer
                .write_record([
                    f.name.clone(),
                    f.dim.to_string(),
                    f.objects.to_string(),
                    cell.name,
                    format!("{:.6}", cell.value),
                    cell.spread.map(|s| format!("{s:.6}")).unwrap_or_default(),
                ])
                .map_err(io)?;
        }
    }
    let bytes = writer.into_inner().map_err(|e| failed(e.into_error()))?;
    write_whole(path, &bytes)
}

/// Writes the report as one HTML file that needs nothing else.
///
/// # Errors
/// If the file can't be written; an older one is then as it was.
pub fn write_html(path: &Path, report: &Report) -> Result<(), ReportError> {
    write_whole(path, html(report).as_bytes())
}

fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), ReportError> {
    let failed = |cause| ReportError {
        path: path.display().to_string(),
        cause,
    };
    replace_file(path, failed, |file| file.write_all(bytes).map_err(failed))
}
