//! The slim bar above the picture: bands, look, zoom, tools, overlays. It wraps where it is narrow.

use super::ImagePanel;
use super::hand::Tool;
use super::tiles::Tiles;
use crate::app::columns::Holds;
use crate::app::columns::number;
use crate::app::context::View;
use crate::app::widgets::colormaps;
use crate::display::pyramid::Channels;
use crate::display::{ColourMode, Limits, Stretch, StretchRecipe};
use crate::project::Field;
use egui::{ComboBox, DragValue, Ui};

const STRETCHES: [(&str, Stretch); 7] = [
    ("linear", Stretch::Linear),
    ("sqrt", Stretch::Sqrt),
    ("squared", Stretch::Squared),
    ("log", Stretch::LOG),
    ("asinh", Stretch::ASINH),
    ("sinh", Stretch::SINH),
    ("power 0.5", Stretch::Power { gamma: 0.5 }),
];

/// Symmetric percentile limits on offer, percent kept.
const KEPT: [f64; 7] = [99.9, 99.5, 99.0, 98.0, 95.0, 92.5, 90.0];

/// How an image is drawn at first, and after a reset.
pub fn first_look() -> StretchRecipe {
    StretchRecipe {
        limits: Limits::keeping_percent(99.5),
        ..Default::default()
    }
}

fn combo(ui: &mut Ui, name: &'static str, text: &str, help: &str, contents: impl FnOnce(&mut Ui)) {
    ComboBox::from_id_salt(name)
        .selected_text(text)
        .width(0.0)
        .height(420.0)
        .show_ui(ui, contents)
        .response
        .on_hover_text(help)
        .accessible_name(format!("{name}: {text}"));
}

/// Little room between and within buttons: many stand in a row.
fn tight(ui: &mut Ui) {
    ui.spacing_mut().item_spacing.x = 4.0;
    ui.spacing_mut().button_padding.x = 5.0;
}

/// A button that is pressed or not.
fn toggle(ui: &mut Ui, on: &mut bool, text: &str, help: &str) {
    if ui
        .add(egui::Button::selectable(*on, text))
        .on_hover_text(help)
        .clicked()
    {
        *on = !*on;
    }
}

impl ImagePanel {
    /// Draws the bar. `fields` are the mosaics.
    pub(super) fn toolbar_ui(&mut self, ui: &mut Ui, view: &View<'_>, fields: &[&Field], field: &Field) {
        // Two rows of one concern each, so that a narrow pane doesn't break them anywhere: how the sky is
        // drawn, then what a hand does on it.
        ui.horizontal_wrapped(|ui| {
            tight(ui);
            self.field_ui(ui, fields, field);
            self.bands_ui(ui, field);
            self.look_ui(ui);
        });
        ui.horizontal_wrapped(|ui| {
            tight(ui);
            for tool in Tool::ALL {
                if ui
                    .add(egui::Button::selectable(self.tool == tool, tool.name()))
                    .on_hover_text(tool.help())
                    .clicked()
                {
                    self.tool = tool;
                }
            }
            ui.separator();
            self.zoom_ui(ui, view);
            toggle(
                ui,
                &mut self.follow,
                "Follow",
                "Move to the object looked at when it lies outside the picture",
            );
            ui.separator();
            self.overlays_ui(ui, view);
            toggle(
                ui,
                &mut self.header.is_open,
                "Header",
                "Show the FITS header of this image",
            );
        });
    }

    fn field_ui(&mut self, ui: &mut Ui, fields: &[&Field], field: &Field) {
        if fields.len() > 1 {
            combo(ui, "Field", &field.name, "The field of sky that is shown", |ui| {
                for f in fields {
                    if ui.selectable_label(f.id == field.id, &f.name).clicked() {
                        self.field = Some(f.id);
                    }
                }
            });
        }
    }

    fn bands_ui(&mut self, ui: &mut Ui, field: &Field) {
        let name = |i: usize| field.bands.get(i).map_or("", |b| b.name.as_str());
        let channels = self.channels_of(field);
        let text = match channels {
            Channels::One(b) => name(b).to_owned(),
            // With three bands or more each has a list of its own beside this one.
            Channels::Colours(_, Some(_), _) if field.bands.len() > 2 => "RGB".to_owned(),
            Channels::Colours(r, g, b) => format!("RGB {} {} {}", name(r), g.map_or("mean", name), name(b)),
        };
        if field.bands.len() < 2 {
            return;
        }
        let mut wanted = channels;
        combo(
            ui,
            "Band",
            &text,
            "One band, or three as a colour picture",
            |ui| {
                let colours = Channels::colours_of(field.bands.len());
                ui.selectable_value(&mut wanted, colours, "RGB")
                    .on_hover_text("The reddest, a middle and the bluest band as red, green and blue");
                for i in 0..field.bands.len() {
                    ui.selectable_value(&mut wanted, Channels::One(i), name(i));
                }
            },
        );
        if let Channels::Colours(r, Some(g), b) = wanted
            && field.bands.len() > 2
        {
            let mut three = [r, g, b];
            for (slot, title) in three.iter_mut().zip(["Red", "Green", "Blue"]) {
                combo(
                    ui,
                    title,
                    name(*slot),
                    &format!("The band drawn {}", title.to_lowercase()),
                    |ui| {
                        for i in 0..field.bands.len() {
                            ui.selectable_value(slot, i, name(i));
                        }
                    },
                );
            }
            wanted = Channels::Colours(three[0], Some(three[1]), three[2]);
        }
        self.channels = Some(wanted);
    }

    fn look_ui(&mut self, ui: &mut Ui) {
        let is_coloured = self.tiles.as_ref().is_some_and(|t| t.scene().is_coloured());
        let limits = self.tiles.as_ref().and_then(Tiles::limits);
        let look = &mut self.look;
        if is_coloured {
            colour_mode_ui(ui, look, limits.as_deref());
        }
        if !(is_coloured && matches!(look.colour, ColourMode::Lupton { .. })) {
            let text = STRETCHES
                .iter()
                .find(|(_, s)| *s == look.stretch)
                .map_or("curve", |(n, _)| *n);
            combo(ui, "Stretch", text, "The curve between black and white", |ui| {
                for (name, stretch) in STRETCHES {
                    ui.selectable_value(&mut look.stretch, stretch, name);
                }
            });
            limits_ui(ui, look, limits.as_deref());
        }
        if !is_coloured {
            combo(
                ui,
                "Colour map",
                look.colormap.name(),
                "The colours of values",
                |ui| {
                    colormaps(ui, &mut look.colormap);
                },
            );
            toggle(
                ui,
                &mut look.inverted,
                "Invert",
                "Run the colours backwards: bright objects dark",
            );
        }
        let number = |value| DragValue::new(value).speed(0.01).max_decimals(2);
        ui.add(number(&mut look.contrast).range(0.05..=20.0).prefix("contrast "))
            .on_hover_text("Contrast; drag up and down on the picture with the right button")
            .accessible_name("Contrast");
        ui.add(number(&mut look.bias).range(-0.5..=1.5).prefix("bias "))
            .on_hover_text("Bias; drag left and right on the picture with the right button")
            .accessible_name("Bias");
        let reset = ui.add_enabled(*look != first_look(), egui::Button::new("Reset"));
        if reset
            .on_hover_text("Limits, stretch, contrast, bias and colours as at first")
            .accessible_name("Reset look")
            .clicked()
        {
            *look = first_look();
        }
    }

    fn zoom_ui(&mut self, ui: &mut Ui, view: &View<'_>) {
        let Some(grid) = self.tiles.as_ref().map(|t| t.scene().grid) else {
            return;
        };
        let middle = self.rect.center();
        for (text, name, factor) in [("−", "Zoom out (−)", 0.5), ("+", "Zoom in (+)", 2.0)] {
            let button = ui.button(text).on_hover_text(name).accessible_name(name);
            if button.clicked() {
                self.camera.zoom_about(self.rect, middle, factor, grid);
            }
        }
        if ui.button("Fit").on_hover_text("The whole image (F)").clicked() {
            self.camera.fit(self.rect, grid);
        }
        if ui
            .button("1:1")
            .on_hover_text("A pixel of the image on a pixel of the screen (R)")
            .clicked()
        {
            self.one_to_one(ui.ctx());
        }
        let focus = view.selection.focus();
        let go = ui.add_enabled(focus.is_some(), egui::Button::new("Go to object"));
        if go
            .on_hover_text("Put the object looked at in the middle, closely (G)")
            .clicked()
        {
            self.go_to = focus.map(|f| (f, true));
        }
    }

    fn overlays_ui(&mut self, ui: &mut Ui, view: &View<'_>) {
        let overlays = &mut self.overlays;
        let config = egui::containers::menu::MenuConfig::new()
            .close_behavior(egui::PopupCloseBehavior::CloseOnClickOutside);
        let button = egui::containers::menu::MenuButton::new("Overlays").config(config);
        let (response, _) = button.ui(ui, |ui| {
            ui.checkbox(&mut overlays.objects, "Objects");
            ui.checkbox(&mut overlays.grid, "Coordinate grid");
            ui.checkbox(&mut overlays.compass, "Compass");
            ui.checkbox(&mut overlays.scale, "Scale bar");
            ui.separator();
            ui.label("Colour objects by");
            egui::ScrollArea::vertical().max_height(240.0).show(ui, |ui| {
                ui.radio_value(&mut overlays.colour_by, String::new(), "label");
                for column in view.columns.all(view.live) {
                    if column.name == "label" || (column.holds == Holds::Words && !column.is_live) {
                        continue;
                    }
                    ui.radio_value(&mut overlays.colour_by, column.name.clone(), &column.name)
                        .on_hover_text(&column.description);
                }
            });
        });
        response.on_hover_text("Objects and their colours, coordinates, compass, scale");
    }
}

fn colour_mode_ui(ui: &mut Ui, look: &mut StretchRecipe, limits: Option<&[(f64, f64)]>) {
    let text = match look.colour {
        ColourMode::Gray | ColourMode::PerBand => "each band",
        ColourMode::Lupton { .. } => "Lupton 2004",
        ColourMode::ColourPreserving => "colours kept",
    };
    combo(ui, "Colours", text, "How three bands become colours", |ui| {
        ui.selectable_value(&mut look.colour, ColourMode::ColourPreserving, "colours kept")
            .on_hover_text("Lupton's scheme with these limits and this stretch: ratios of bands are kept");
        ui.selectable_value(&mut look.colour, ColourMode::PerBand, "each band")
            .on_hover_text("Each band by its own limits");
        let is_lupton = matches!(look.colour, ColourMode::Lupton { .. });
        if ui
            .selectable_label(is_lupton, "Lupton 2004")
            .on_hover_text("Lupton et al. 2004, with stretch, Q and minimum in the image's unit")
            .clicked()
            && !is_lupton
        {
            // What is on the screen now is a start that shows something in any unit.
            let (low, high) = limits.and_then(|l| l.first().copied()).unwrap_or((0.0, 50.0));
            look.colour = ColourMode::Lupton {
                stretch: (high - low).abs().max(1e-12) / 10.0,
                q: 8.0,
                minimum: low,
            };
        }
    });
    if let ColourMode::Lupton { stretch, q, minimum } = &mut look.colour {
        let speed = stretch.abs().max(1e-12) * 0.02;
        for (value, name, speed) in [
            (stretch, "stretch", speed),
            (q, "Q", 0.1),
            (minimum, "minimum", speed),
        ] {
            let least = if name == "minimum" { f64::MIN } else { 1e-12 };
            ui.add(
                DragValue::new(value)
                    .speed(speed)
                    .range(least..=f64::MAX)
                    .prefix(format!("{name} ")),
            )
            .accessible_name(format!("Lupton {name}"));
        }
    }
}

fn limits_ui(ui: &mut Ui, look: &mut StretchRecipe, limits: Option<&[(f64, f64)]>) {
    let percent = |kept: f64| format!("{kept} %");
    let text = match look.limits {
        Limits::ZScale => "zscale".to_owned(),
        Limits::MinMax => "min to max".to_owned(),
        Limits::Fixed { .. } => "fixed".to_owned(),
        Limits::Percentile { low, high } => percent(((high - low) * 10.0).round() / 10.0),
    };
    let now = limits.map_or_else(String::new, |all| {
        let pairs: Vec<String> = all
            .iter()
            .map(|(low, high)| format!("{} to {}", number(*low), number(*high)))
            .collect();
        format!("\nNow {}", pairs.join(", "))
    });
    let help = format!("The values drawn black and white{now}");
    combo(ui, "Limits", &text, &help, |ui| {
        ui.selectable_value(&mut look.limits, Limits::ZScale, "zscale");
        for kept in KEPT {
            ui.selectable_value(&mut look.limits, Limits::keeping_percent(kept), percent(kept));
        }
        ui.selectable_value(&mut look.limits, Limits::MinMax, "min to max");
        let is_fixed = matches!(look.limits, Limits::Fixed { .. });
        if ui.selectable_label(is_fixed, "fixed").clicked() && !is_fixed {
            let (low, high) = limits.and_then(|l| l.first().copied()).unwrap_or((0.0, 1.0));
            look.limits = Limits::Fixed { low, high };
        }
    });
    if let Limits::Fixed { low, high } = &mut look.limits {
        let speed = (*high - *low).abs().max(1e-12) * 0.005;
        for (value, name) in [(low, "black"), (high, "white")] {
            ui.add(DragValue::new(value).speed(speed).prefix(format!("{name} ")))
                .accessible_name(format!("Value drawn {name}"));
        }
    }
}
