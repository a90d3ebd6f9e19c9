//! Every label and mark that the object was given: when, by whom, from where, in place of what.

use crate::app::context::View;
use crate::project::journal::{Event, Kind};
use egui::{RichText, Ui};

/// Draws the part, newest first.
pub fn history_ui(ui: &mut Ui, view: &View<'_>, object: u32) {
    let Some((_, events)) = view.history.filter(|(o, _)| *o == object) else {
        ui.weak("Reading…");
        return;
    };
    if events.is_empty() {
        ui.label("No label and no mark yet.");
        ui.weak("Press the number of a class to label it, I or O to mark it.");
        return;
    }
    egui::ScrollArea::vertical()
        .id_salt("inspector history")
        .auto_shrink(false)
        .show(ui, |ui| {
            for event in events.iter().rev() {
                ui.horizontal_wrapped(|ui| {
                    let class = event
                        .value
                        .as_ref()
                        .filter(|_| event.kind == Kind::Label)
                        .and_then(|v| view.live.classes.iter().position(|c| c.name == *v));
                    let ink = class.map_or(view.settings.theme.text(), |c| {
                        view.settings.theme.class_colour(c)
                    });
                    ui.label(RichText::new(said(event)).color(ink));
                    if let Some(old) = &event.previous {
                        ui.weak(format!("in place of {old}"));
                    }
                });
                ui.weak(format!("{} · {} · {}", when(&event.at), event.who, event.origin));
                ui.add_space(6.0);
            }
        });
}

/// What an event says.
fn said(event: &Event) -> String {
    let what = match event.kind {
        Kind::Label => "Label",
        Kind::Mark => "Mark",
    };
    let value = event.value.as_deref().unwrap_or("none");
    let how = if event.undoes.is_some() {
        " (taken back)"
    } else {
        ""
    };
    format!("{what}: {value}{how}")
}

/// A time of the journal to the second, as people read it.
fn when(at: &str) -> String {
    let seconds = at.get(..19).unwrap_or(at);
    format!("{} UTC", seconds.replacen('T', " ", 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_told_in_words() {
        let mut event = Event {
            id: 1,
            batch: 1,
            at: "2026-11-23T23:27:02.123Z".into(),
            who: "anna".into(),
            origin: "window, keys".into(),
            object: 3,
            kind: Kind::Label,
            value: Some("merger".into()),
            previous: None,
            undoes: None,
        };
        assert_eq!(said(&event), "Label: merger");
        assert_eq!(when(&event.at), "2026-11-23 23:27:02 UTC");
        (event.value, event.undoes) = (None, Some(1));
        assert_eq!(said(&event), "Label: none (taken back)");
        assert_eq!(when("odd"), "odd UTC");
    }
}
