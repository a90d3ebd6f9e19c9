//! One encoder: whether it can be used, what can be done about it, and all that is known of it.

use super::list::ink;
use crate::app::apply::{Doing, working_on};
use crate::app::command::Command;
use crate::app::dialogs::{Around, bytes_said, running_ui, said_ui};
use crate::app::encoders::Encoders;
use crate::encoder::registry::{EncoderFacts, KnownSum, WeightsState, contract};
use egui::{Align, Label, Layout, RichText, Ui, vec2};

/// Room for the name of a fact, points.
const NAME: f32 = 150.0;
/// Room for the button that copies one.
const COPY: f32 = 62.0;

/// Draws all of it.
pub fn details_ui(
    ui: &mut Ui,
    facts: &EncoderFacts,
    removing: &mut bool,
    encoders: &Encoders,
    around: &Around<'_>,
) {
    let Some(entry) = &facts.entry else {
        return morphometry_ui(ui, around);
    };
    let known = &entry.description;
    let title = if known.title.is_empty() {
        &facts.name
    } else {
        &known.title
    };
    ui.add(Label::new(RichText::new(title).heading()).wrap());
    if !known.about.is_empty() {
        ui.add(Label::new(&known.about).wrap());
    }
    ui.add_space(4.0);
    state_ui(ui, facts, encoders, around);
    work_ui(ui, facts, removing, encoders, around);
    ui.add_space(6.0);
    ui.scope(|ui| {
        let dim = facts
            .dim()
            .map_or_else(|| "known when the weights are here".into(), |d| d.to_string());
        fact_ui(ui, "name", &facts.name);
        fact_ui(ui, "family", facts.family());
        fact_ui(ui, "size", &known.size);
        fact_ui(ui, "numbers", &dim);
        fact_ui(
            ui,
            "licence",
            if known.licence.is_empty() {
                "nobody said"
            } else {
                &known.licence
            },
        );
        copied_ui(ui, "citation", &known.citation);
        copied_ui(ui, "source", facts.url.as_deref().unwrap_or_default());
        if let Some(place) = &facts.place {
            let name = if facts.bytes.is_some() {
                "weights"
            } else {
                "weights go to"
            };
            copied_ui(ui, name, &place.display().to_string());
        }
        if let Some(second) = &facts.second {
            let state = if second.is_here { "here" } else { "not here" };
            fact_ui(
                ui,
                "second file",
                &format!("{} ({state})", second.place.display()),
            );
            copied_ui(ui, "its source", &second.url);
        }
        let sum = match &facts.checksum {
            Some(KnownSum::Described(sum)) => sum.clone(),
            Some(KnownSum::Recorded(sum, _)) => format!("{sum} (of their first use here)"),
            None => "unknown; that of the first use is held to".into(),
        };
        fact_ui(ui, "SHA-256", &sum);
        if let Some(file) = &entry.file {
            copied_ui(ui, "described in", &file.display().to_string());
        }
    });
    ui.add_space(8.0);
    ui.strong("From cutout to vector");
    ui.scope(|ui| {
        for (step, value) in contract(&known.preprocessing) {
            fact_ui(ui, &step.replace(['_', '.'], " "), &value);
        }
        let block = known
            .block
            .map_or_else(|| "the last".to_owned(), |b| format!("{b} (from 0)"));
        fact_ui(ui, "block", &block);
        fact_ui(ui, "pooling", known.pooling.words());
    });
}

fn morphometry_ui(ui: &mut Ui, around: &Around<'_>) {
    ui.heading("Classical morphometry");
    ui.add(
        Label::new(
            "Sizes, shapes, concentration, asymmetry, Gini, M20, colours and more, measured on the cutout by the \
             program itself. It needs no weights, and its numbers have meanings: they are columns of the table.",
        )
        .wrap(),
    );
    ui.add_space(4.0);
    let ready = RichText::new("Always ready.").color(around.theme.level(crate::app::notices::Level::Done));
    ui.label(ready);
}

/// Whether it can be used, and if not, why and what to do without a network here.
fn state_ui(ui: &mut Ui, facts: &EncoderFacts, encoders: &Encoders, around: &Around<'_>) {
    let text = match &facts.state {
        WeightsState::Unneeded => "Always ready.".to_owned(),
        WeightsState::Here => {
            let size = facts
                .bytes
                .map_or_else(String::new, |b| format!(" ({})", bytes_said(b)));
            format!("Ready: its weights are here{size}.")
        }
        WeightsState::Incomplete => "Its weights are here, but the second file that it needs is not.".into(),
        WeightsState::Begun(bytes) => {
            format!(
                "{} of its weights have been fetched; Get goes on from there.",
                bytes_said(*bytes)
            )
        }
        WeightsState::Missing if facts.url.is_none() => {
            "Its weights are not here, and no hub has them.".into()
        }
        WeightsState::Missing => "Its weights are not here.".into(),
        WeightsState::Damaged(why) => format!("Its weights can't be read: {why}"),
    };
    let text = RichText::new(text).color(ink(&facts.state, around.theme));
    ui.add(Label::new(text).wrap());
    // What was said of a fetching that failed has it too.
    let failed = encoders
        .said
        .get(&facts.name)
        .is_some_and(|s| s.text.contains(&facts.by_hand));
    if !facts.by_hand.is_empty() && !failed {
        let how = format!("Without a network here: {}.", facts.by_hand);
        ui.add(Label::new(RichText::new(how).weak()).wrap());
    }
}

/// What can be done, what is being done, and how that ended.
fn work_ui(ui: &mut Ui, facts: &EncoderFacts, removing: &mut bool, encoders: &Encoders, around: &Around<'_>) {
    let working = working_on(around.jobs, &facts.name);
    let is_busy = working.is_some();
    let send = |doing| around.out.send(Command::Encoder(facts.name.clone(), doing));
    ui.horizontal_wrapped(|ui| {
        let can_get = !is_busy && facts.url.is_some() && !facts.state.is_usable();
        let damaged = matches!(facts.state, WeightsState::Damaged(_));
        let get = ui.add_enabled(can_get && !damaged, egui::Button::new("Get"));
        let why_not = match &facts.state {
            WeightsState::Here => "They are here already",
            WeightsState::Damaged(_) => "Move the damaged file away first",
            _ if facts.url.is_none() => "No hub has them",
            _ => "Something is being done with it",
        };
        if get
            .on_hover_text(
                "Fetch the weights: can be stopped, goes on where it stopped, is checked at the end",
            )
            .on_disabled_hover_text(why_not)
            .clicked()
        {
            send(Doing::Get);
        }
        let verify = ui.add_enabled(!is_busy && facts.bytes.is_some(), egui::Button::new("Verify"));
        if verify
            .on_hover_text("Check the weights: their checksum, every tensor, and that a picture goes through")
            .on_disabled_hover_text("Its weights are not here")
            .clicked()
        {
            send(Doing::Verify);
        }
        if facts.is_own() {
            let remove = ui.add_enabled(!is_busy && !*removing, egui::Button::new("Remove…"));
            if remove
                .on_hover_text("Remove this encoder of yours; asks first")
                .clicked()
            {
                *removing = true;
            }
        }
    });
    if *removing {
        removing_ui(ui, facts, removing, &send);
    }
    if let Some(title) = working {
        running_ui(ui, around.jobs, around.out, &title);
    }
    if let Some(said) = encoders.said.get(&facts.name) {
        said_ui(ui, said, around.theme, &facts.name);
    }
}

fn removing_ui(ui: &mut Ui, facts: &EncoderFacts, removing: &mut bool, send: &dyn Fn(Doing)) {
    let Some(removal) = &facts.removal else { return };
    egui::Frame::group(ui.style()).show(ui, |ui| {
        ui.set_width(ui.available_width());
        let files: Vec<String> = removal.files.iter().map(|f| f.display().to_string()).collect();
        ui.add(Label::new(format!("Delete {}?", files.join(", "))).wrap());
        let stays = "Vectors made with it stay, and so does a file that it was added from.";
        ui.add(Label::new(RichText::new(stays).weak()).wrap());
        ui.horizontal(|ui| {
            if ui.button("Remove it").clicked() {
                send(Doing::Remove);
                *removing = false;
            }
            if ui.button("Keep it").clicked() {
                *removing = false;
            }
        });
    });
}

/// A name and a value; nothing for an empty value.
fn fact_ui(ui: &mut Ui, name: &str, value: &str) {
    if value.is_empty() {
        return;
    }
    ui.horizontal_top(|ui| {
        name_ui(ui, name);
        ui.add(Label::new(value).wrap());
    });
}

/// As [`fact_ui`], with a button that copies the value.
fn copied_ui(ui: &mut Ui, name: &str, value: &str) {
    if value.is_empty() {
        return;
    }
    ui.horizontal_top(|ui| {
        name_ui(ui, name);
        let room = ui.available_width() - COPY;
        ui.allocate_ui_with_layout(vec2(room, 0.0), Layout::top_down(Align::Min), |ui| {
            ui.set_width(room);
            ui.add(Label::new(value).wrap());
        });
        let copy = ui.small_button("Copy");
        copy.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, format!("Copy {name}")));
        if copy.on_hover_text(format!("Copy the {name}")).clicked() {
            ui.ctx().copy_text(value.to_owned());
        }
    });
}

/// The name of a fact, in as much room as those of the others.
fn name_ui(ui: &mut Ui, name: &str) {
    ui.allocate_ui_with_layout(vec2(NAME, 0.0), Layout::top_down(Align::Min), |ui| {
        ui.set_width(NAME);
        ui.add(Label::new(RichText::new(name).weak()).wrap());
    });
}
