//! What a choice would give: width, time, and whether such vectors are there already.

use crate::app::mind::{capitalised, counted};
use crate::app::notices::Level;
use crate::app::panels::jobs::duration;
use crate::app::theme::Theme;
use crate::encoder::representation::Representation;
use crate::tasks::probe::Probe;
use egui::{Label, RichText, Ui};
use std::time::Duration;

/// Draws it; `probe` is nothing until the encoder has been tried.
pub fn expected_ui(
    ui: &mut Ui,
    probe: Option<Result<&Probe, &String>>,
    choice: &Representation,
    theme: Theme,
) {
    ui.strong("What that gives");
    let error = |why: &str| RichText::new(capitalised(why)).color(theme.level(Level::Error));
    let probe = match probe {
        None => {
            ui.horizontal(|ui| {
                ui.spinner();
                ui.weak("Trying it on a few objects…");
            });
            return;
        }
        Some(Err(why)) => return drop(ui.add(Label::new(error(why)).wrap())),
        Some(Ok(probe)) => probe,
    };
    let expected = match probe.expected(choice) {
        Err(why) => return drop(ui.add(Label::new(error(&why)).wrap())),
        Ok(expected) => expected,
    };
    let precision = probe.spec.settings["precision"]
        .as_str()
        .map_or_else(String::new, |p| format!(", computed in {p}"));
    let by = probe.spec.settings["device"]["adapter"]
        .as_str()
        .map_or_else(String::new, |card| format!(" by {card}"));
    ui.label(format!(
        "Vectors of {}{precision}{by}.",
        counted(expected.dim, "number")
    ));
    if let Some(run) = probe.same_run(&expected) {
        let text = if run.done >= run.objects {
            format!(
                "These vectors are there already: run {}. Embedding again makes only those of objects whose images have changed.",
                run.run
            )
        } else {
            format!(
                "The run {} has {} of {} of them: embedding makes the missing ones.",
                run.run, run.done, run.objects
            )
        };
        ui.add(Label::new(RichText::new(text).color(theme.level(Level::Warning))).wrap());
    }
    let left = probe.objects - expected.already.min(probe.objects);
    if left > 0 {
        let rate = left as f64 / expected.seconds.max(1e-9);
        let text = format!(
            "About {} for {} on this machine ({}/s, tried on {}).",
            said(expected.seconds),
            counted(left, "object"),
            if rate >= 10.0 {
                format!("{rate:.0}")
            } else {
                format!("{rate:.1}")
            },
            counted(probe.tried, "object")
        );
        ui.add(Label::new(text).wrap());
    }
}

/// A time that is only about right.
fn said(seconds: f64) -> String {
    match seconds {
        s if s < 1.0 => "a second".into(),
        s if s < 1e9 => duration(Duration::from_secs_f64(s.ceil())),
        _ => "for ever".into(),
    }
}
