//! How an encoder is used: numbers, pooling, block, turns, scales, classical numbers beside it.

use crate::encoder::computation::Computation;
use crate::encoder::device::Wanted;
use crate::encoder::network::Pooling;
use crate::encoder::plan::isa::{Isa, Precision};
use crate::encoder::registry::EncoderOptions;
use crate::encoder::representation::{Combine, MAX_SCALES, Representation};
use egui::{DragValue, Role, Ui, WidgetInfo};

/// What the scales are at first, percent of the cutout's side.
const PERCENT: [f64; MAX_SCALES] = [100.0, 50.0, 25.0];

/// What was chosen.
pub struct Options {
    device: Wanted,
    precision: Option<Precision>,
    pooling: Option<Pooling>,
    block: Option<usize>,
    symmetric: bool,
    /// How many of the scales are used.
    scales: usize,
    percent: [f64; MAX_SCALES],
    combine: Combine,
    morphometry: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            device: Wanted::Auto,
            precision: None,
            pooling: None,
            block: None,
            symmetric: false,
            scales: 1,
            percent: PERCENT,
            combine: Combine::default(),
            morphometry: false,
        }
    }
}

impl Options {
    /// Another network is used as it is described.
    pub fn forget_network(&mut self) {
        (self.pooling, self.block) = (None, None);
    }

    /// Who computes; classical numbers are the processor's.
    pub fn device(&self, is_network: bool) -> Wanted {
        if is_network {
            self.device
        } else {
            Wanted::Processor
        }
    }

    /// What decides a network's own vectors, besides who computes.
    pub fn of_network(&self, is_network: bool) -> EncoderOptions {
        if !is_network {
            return EncoderOptions::default();
        }
        EncoderOptions {
            block: self.block,
            pooling: self.pooling,
            computation: Computation {
                precision: self.precision,
                ..Computation::default()
            },
            ..EncoderOptions::default()
        }
    }

    /// How vectors are put together.
    pub fn representation(&self, is_network: bool) -> Representation {
        if !is_network {
            return Representation::default();
        }
        let scales: Vec<f64> = self.percent[..self.scales].iter().map(|p| p / 100.0).collect();
        Representation {
            symmetric: self.symmetric,
            // The whole cutout alone is no choice, and has no place in the run's name.
            scales: if scales == [1.0] { Vec::new() } else { scales },
            combine: self.combine,
            morphometry: self.morphometry,
        }
    }

    /// Draws the options; `blocks` are the network's, if they are known.
    pub fn ui(&mut self, ui: &mut Ui, is_network: bool, family: Option<&str>, blocks: Option<usize>) {
        ui.strong("How it is used");
        if !is_network {
            let text = "Classical numbers are measured in one way. Choose a network for options.";
            ui.add(egui::Label::new(egui::RichText::new(text).weak()).wrap());
            return;
        }
        egui::Grid::new("options")
            .num_columns(2)
            .spacing([14.0, 8.0])
            .show(ui, |ui| {
                ui.label("computed by");
                ui.horizontal(|ui| self.device_ui(ui));
                ui.end_row();
                ui.label("computes in");
                ui.horizontal(|ui| self.precision_ui(ui));
                ui.end_row();
                ui.label("vector is");
                ui.horizontal_wrapped(|ui| self.pooling_ui(ui, family));
                ui.end_row();
                ui.label("block");
                ui.horizontal(|ui| self.block_ui(ui, blocks));
                ui.end_row();
                ui.label("looks at");
                ui.vertical(|ui| self.scales_ui(ui));
                ui.end_row();
                ui.label("turned");
                ui.checkbox(&mut self.symmetric, "average over turns and mirror images")
                    .on_hover_text(
                        "An object and its turned twin get the same vector. Eight times the work.",
                    );
                ui.end_row();
                ui.label("beside it");
                ui.checkbox(&mut self.morphometry, "append the classical numbers")
                    .on_hover_text("As a block of its own, which counts as much as the network's");
                ui.end_row();
            });
    }

    fn device_ui(&mut self, ui: &mut Ui) {
        let known = [
            (
                Wanted::Auto,
                "automatic",
                "A graphics card, if there is a real one that computes as the processor does; else the processor",
            ),
            (
                Wanted::Processor,
                "the processor",
                "In f32 or, where that is as good, in fewer bits",
            ),
            (
                Wanted::Card,
                "a graphics card",
                "By Vulkan, Metal or DirectX 12, in f32; even one that is software, which is slow",
            ),
        ];
        for (device, text, help) in known {
            let is_there = device != Wanted::Card || cfg!(feature = "gpu");
            ui.add_enabled_ui(is_there, |ui| {
                let response = ui.selectable_label(self.device == device, text);
                if response
                    .on_hover_text(help)
                    .on_disabled_hover_text("This program was built without (Cargo feature gpu)")
                    .clicked()
                {
                    self.device = device;
                }
            });
        }
    }

    fn precision_ui(&mut self, ui: &mut Ui) {
        let here = match self.device {
            Wanted::Card => vec![Precision::F32],
            _ => Isa::best().map_or_else(|| vec![Precision::F32], Isa::precisions),
        };
        if !self.precision.is_none_or(|p| here.contains(&p)) {
            self.precision = None;
        }
        let auto = ui.selectable_label(self.precision.is_none(), "the fastest");
        if auto
            .on_hover_text(
                "The fastest numbers whose vectors are as good as f32's on this network: it is checked",
            )
            .clicked()
        {
            self.precision = None;
        }
        for precision in [Precision::F32, Precision::Bf16, Precision::Int8] {
            let is_chosen = self.precision == Some(precision);
            ui.add_enabled_ui(here.contains(&precision), |ui| {
                let response = ui.selectable_label(is_chosen, precision.name());
                if response
                    .on_disabled_hover_text("Who computes has none of these")
                    .clicked()
                {
                    self.precision = Some(precision);
                }
            });
        }
    }

    fn pooling_ui(&mut self, ui: &mut Ui, family: Option<&str>) {
        let usual = ui.selectable_label(self.pooling.is_none(), "as described");
        if usual
            .on_hover_text("What the encoder's own description says")
            .clicked()
        {
            self.pooling = None;
        }
        // Other families have no class token.
        let has_choice = family.is_none_or(|f| f == "vit");
        for pooling in Pooling::ALL {
            ui.add_enabled_ui(has_choice, |ui| {
                let is_chosen = self.pooling == Some(pooling);
                let response = ui.selectable_label(is_chosen, pooling.words());
                if response
                    .on_disabled_hover_text("This family has one way only")
                    .clicked()
                {
                    self.pooling = Some(pooling);
                }
            });
        }
    }

    fn block_ui(&mut self, ui: &mut Ui, blocks: Option<usize>) {
        if ui
            .selectable_label(self.block.is_none(), "as described")
            .on_hover_text("The last one, or what the encoder's own description says")
            .clicked()
        {
            self.block = None;
        }
        ui.add_enabled_ui(blocks.is_some(), |ui| {
            let help =
                "Read an earlier block: the last is often not the best for galaxies, and earlier is quicker";
            let response = ui.selectable_label(self.block.is_some(), "stop after");
            if response
                .on_hover_text(help)
                .on_disabled_hover_text("How many blocks there are is known when the network has been tried")
                .clicked()
                && self.block.is_none()
            {
                self.block = blocks.map(|b| b.saturating_sub(1));
            }
        });
        if let (Some(block), Some(blocks)) = (&mut self.block, blocks) {
            let last = blocks.saturating_sub(1);
            let response = ui.add(DragValue::new(block).range(0..=last).speed(0.05));
            response.widget_info(|| WidgetInfo::labeled(Role::SpinButton, true, "Block"));
            ui.weak(format!("of 0 to {last}"));
        }
    }

    fn scales_ui(&mut self, ui: &mut Ui) {
        ui.horizontal(|ui| {
            for (n, text) in [(1, "one scale"), (2, "two"), (3, "three")] {
                let response = ui.selectable_label(self.scales == n, text);
                response.widget_info(|| {
                    let name = format!("Scales: {n}");
                    WidgetInfo::selected(Role::Button, true, self.scales == n, name)
                });
                if response
                    .on_hover_text("Central parts of the cutout that are looked at, one after the other")
                    .clicked()
                {
                    self.scales = n;
                }
            }
        });
        ui.horizontal(|ui| {
            for (i, percent) in self.percent[..self.scales].iter_mut().enumerate() {
                let value = DragValue::new(percent)
                    .range(1.0..=100.0)
                    .speed(0.5)
                    .custom_formatter(|percent, _| ((percent * 10.0).round() / 10.0).to_string())
                    .suffix(" %");
                let response = ui.add(value).on_hover_text("Central part of the cutout's side");
                let name = format!("Scale {}", i + 1);
                response.widget_info(|| WidgetInfo::labeled(Role::SpinButton, true, &name));
            }
            ui.weak("of the side");
        });
        if self.scales > 1 {
            ui.horizontal(|ui| {
                for (combine, text) in [(Combine::Concat, "side by side"), (Combine::Mean, "their mean")] {
                    if ui.selectable_label(self.combine == combine, text).clicked() {
                        self.combine = combine;
                    }
                }
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_touched_is_no_choice() {
        let mut options = Options::default();
        assert!(options.representation(true).is_plain());
        assert_eq!(options.of_network(true), EncoderOptions::default());
        assert_eq!(
            [true, false].map(|n| options.device(n)),
            [Wanted::Auto, Wanted::Processor]
        );
        options.scales = 2;
        options.block = Some(3);
        assert_eq!(options.representation(true).scales, [1.0, 0.5]);
        // Morphometry has none of these, whatever was chosen for a network before.
        assert_eq!(options.representation(false), Representation::default());
        assert_eq!(options.of_network(false), EncoderOptions::default());
        options.forget_network();
        assert_eq!(options.of_network(true).block, None);
    }
}
