//! Figures of all encoders in rows.

use crate::evaluate::Figures;
use crate::evaluate::report::{Cell, Report, cells};
use egui_extras::{Column, TableBuilder};

/// A table with one row an encoder; the best of each column stands out where `high` is best.
fn grid_ui(
    ui: &mut egui::Ui,
    id: &str,
    report: &Report,
    names: &[String],
    best: impl Fn(&str) -> Option<bool>,
) {
    let rows: Vec<(&Figures, Vec<Cell>)> = report.encoders.iter().map(|f| (f, cells(f))).collect();
    let column = |name: &str| {
        rows.iter()
            .filter_map(|(_, row)| row.iter().find(|c| c.name == name))
            .map(|c| c.value)
            .collect::<Vec<f64>>()
    };
    let bests: Vec<Option<f64>> = names
        .iter()
        .map(|name| {
            let is_high = best(name).filter(|_| rows.len() > 1)?;
            let sign = if is_high { 1.0 } else { -1.0 };
            let values = column(name).into_iter();
            Some(sign * values.map(|v| sign * v).fold(f64::NEG_INFINITY, f64::max))
        })
        .collect();
    // A column's names lie over each other where they are long: every encoder is a row of little cells.
    egui::ScrollArea::horizontal().id_salt(id).show(ui, |ui| {
        ui.style_mut().wrap_mode = Some(egui::TextWrapMode::Extend);
        TableBuilder::new(ui)
            .id_salt(id)
            .striped(true)
            .vscroll(true)
            .auto_shrink([false, true])
            .column(Column::auto().at_least(120.0))
            .columns(Column::auto().at_least(70.0), names.len() + 1)
            .header(22.0, |mut row| {
                row.col(|ui| {
                    ui.strong("encoder");
                });
                row.col(|ui| {
                    ui.strong("numbers");
                });
                for name in names {
                    row.col(|ui| {
                        ui.strong(name);
                    });
                }
            })
            .body(|mut body| {
                for (f, row_cells) in &rows {
                    body.row(20.0, |mut row| {
                        row.col(|ui| {
                            ui.label(&f.name);
                        });
                        row.col(|ui| {
                            ui.label(f.dim.to_string());
                        });
                        for (name, best) in names.iter().zip(&bests) {
                            row.col(|ui| match row_cells.iter().find(|c| c.name == *name) {
                                Some(cell) if *best == Some(cell.value) => drop(ui.strong(cell.text())),
                                Some(cell) => drop(ui.label(cell.text())),
                                None => drop(ui.weak("–")),
                            });
                        }
                    });
                }
            });
    });
}

/// The main figures.
pub fn main_ui(ui: &mut egui::Ui, report: &Report) {
    let objects: usize = report.counts.iter().sum();
    ui.horizontal_wrapped(|ui| {
        ui.label(format!(
            "{objects} objects of {} classes; ± is the standard deviation over {} seeds.",
            report.classes.len(),
            report.seeds
        ));
    });
    let few: Vec<String> = crate::evaluate::report::cell_names(report)
        .into_iter()
        .filter(|n| n == "5-NN" || n == "P@10" || (n.ends_with(" a class") && !n.contains(':')))
        .collect();
    ui.push_id("neighbours", |ui| {
        grid_ui(ui, "neighbours", report, &few, |_| Some(true))
    });
    if let Some(rare) = &report.rare {
        ui.add_space(10.0);
        ui.strong(format!("Finding {rare}, made 5 % of the set"));
        let names: Vec<String> = crate::evaluate::report::cell_names(report)
            .into_iter()
            .filter(|n| n.ends_with(": AUC") || n.ends_with("recall@5 %"))
            .collect();
        ui.push_id("rare", |ui| grid_ui(ui, "rare", report, &names, |_| Some(true)));
    }
    ui.add_space(10.0);
    let names = ["accuracy", "balanced accuracy", "calibration error", "log loss"].map(str::to_owned);
    let high = |n: &str| Some(n.contains("accuracy"));
    ui.push_id("sure", |ui| grid_ui(ui, "sure", report, &names, high));
    notes_ui(ui, report);
}

fn notes_ui(ui: &mut egui::Ui, report: &Report) {
    let own = report
        .encoders
        .iter()
        .flat_map(|f| f.notes.iter().map(move |n| format!("{}: {n}", f.name)));
    for note in report.notes.iter().cloned().chain(own) {
        ui.add(egui::Label::new(egui::RichText::new(crate::app::mind::capitalised(&note)).weak()).wrap());
    }
}

/// What alterations do.
pub fn robustness_ui(ui: &mut egui::Ui, report: &Report) {
    let tried: Vec<&Figures> = report
        .encoders
        .iter()
        .filter(|f| !f.robustness.is_empty())
        .collect();
    let Some(first) = tried.first() else {
        ui.label("No object was altered: set how many beside the button, and evaluate again.");
        return;
    };
    ui.add(
        egui::Label::new(format!(
            "{} objects altered and embedded again: cosine of the z-scored vectors before and after, and the 5-NN \
             accuracy after and before.",
            first.robustness[0].objects
        ))
        .wrap(),
    );
    TableBuilder::new(ui)
        .id_salt("robustness")
        .striped(true)
        .vscroll(true)
        .column(Column::auto().at_least(150.0))
        .columns(Column::auto().at_least(170.0), tried.len())
        .header(22.0, |mut row| {
            row.col(|ui| {
                ui.strong("altered");
            });
            for f in &tried {
                row.col(|ui| {
                    ui.strong(&f.name);
                });
            }
        })
        .body(|mut body| {
            for (i, kept) in first.robustness.iter().enumerate() {
                body.row(20.0, |mut row| {
                    row.col(|ui| {
                        ui.label(&kept.alteration);
                    });
                    for k in tried.iter().filter_map(|f| f.robustness.get(i)) {
                        row.col(|ui| {
                            ui.label(format!(
                                "{:.3}; {:.2} of {:.2}",
                                k.cosine, k.accuracy_after, k.accuracy_before
                            ))
                            .on_hover_text(format!(
                                "Raw vectors {:.4}; nine of ten objects keep at least {:.3}",
                                k.cosine_raw, k.cosine_low
                            ));
                        });
                    }
                });
            }
        });
}

/// What the background explains.
pub fn background_ui(ui: &mut egui::Ui, report: &Report) {
    let Some(a) = &report.alone else {
        ui.label("The backgrounds aren't known: the labelled objects' pixels can't be read.");
        return;
    };
    let mut text = format!(
        "Balanced accuracy from the border's noise alone {:.3}, from its level alone {:.3}, from both {:.3}; by chance \
         {:.3}.",
        a.noise, a.level, a.both, a.chance
    );
    if let (Some(rare), Some(noise), Some(level)) = (&report.rare, a.noise_auc, a.level_auc) {
        text.push_str(&format!(
            " ROC AUC of {rare} from noise alone {noise:.3}, from level alone {level:.3}."
        ));
    }
    ui.add(egui::Label::new(text).wrap());
    let names: Vec<String> = crate::evaluate::report::cell_names(report)
        .into_iter()
        .filter(|n| n.contains("equal noise") || n.contains("correlation"))
        .collect();
    grid_ui(ui, "background", report, &names, |_| None);
}
