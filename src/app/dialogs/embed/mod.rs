//! Embed: which encoder makes the vectors and how it is used, with what that gives and takes.

mod encoder;
mod expected;
mod options;

use super::Around;
use crate::app::command::Command;
use crate::app::context::View;
use crate::app::derived::Derived;
use crate::app::encoders::{Encoders, Known};
use crate::app::theme::sheet;
use crate::encoder::device::{Wanted, choose_for};
use crate::encoder::registry::{EncoderOptions, MORPHOMETRY, OWN_NETWORK, WeightsState};
use crate::project::Project;
use crate::tasks::probe::{Probe, probe};
use egui::{Align, Layout, RichText, Ui, vec2};
use options::Options;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Weights above this many bytes are only loaded for a trial when a person asks for it.
const LARGE_BYTES: u64 = 1_500_000_000;

/// What a trial is made for: the project as it was read, the encoders as they were found, the encoder,
/// and what of its use decides its vectors before they are put together.
type Key = (PathBuf, u64, u64, String, EncoderOptions, Wanted);

/// What is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct EmbedRequest {
    /// An encoder's name, or a weights file.
    pub encoder: String,
    /// How it is used; who computes is found out when it begins.
    pub options: EncoderOptions,
    /// Who is to compute.
    pub device: Wanted,
}

impl EmbedRequest {
    /// An encoder used as it is described.
    pub fn plain(encoder: impl Into<String>) -> Self {
        let encoder = encoder.into();
        Self {
            device: Options::default().device(encoder != MORPHOMETRY),
            encoder,
            options: EncoderOptions::default(),
        }
    }
}

/// What the dialog keeps while it is up.
pub struct EmbedDialog {
    encoder: String,
    /// The weights file that was chosen, to be chosen again.
    file: Option<PathBuf>,
    options: Options,
    /// Number of the network's blocks, once it has been tried.
    blocks: Option<usize>,
    /// Whether the large network that is chosen may be loaded for a trial.
    may_load: bool,
    tried: Derived<Key, (Key, Result<Probe, String>)>,
}

impl Default for EmbedDialog {
    fn default() -> Self {
        Self {
            encoder: OWN_NETWORK.to_owned(),
            file: None,
            options: Options::default(),
            blocks: None,
            may_load: false,
            tried: Derived::default(),
        }
    }
}

impl EmbedDialog {
    /// Chooses a weights file.
    pub fn take_file(&mut self, path: PathBuf) {
        self.choose(path.display().to_string());
        self.file = Some(path);
    }

    /// Chooses an encoder; another one's blocks and poolings are its own.
    fn choose(&mut self, encoder: String) {
        if self.encoder != encoder {
            self.options.forget_network();
            (self.may_load, self.blocks) = (false, None);
        }
        self.encoder = encoder;
    }

    /// Draws the dialog; whether it stays.
    pub fn ui(
        &mut self,
        ctx: &egui::Context,
        view: &View<'_>,
        encoders: &mut Encoders,
        around: &Around<'_>,
    ) -> bool {
        let known = encoders.known(ctx);
        let mut starts = false;
        let modal = egui::Modal::new(egui::Id::unique("embed"))
            .frame(sheet(ctx))
            .show(ctx, |ui| {
                let room = ctx.content_rect().size();
                let width = (room.x - 80.0).clamp(320.0, 1060.0);
                ui.set_width(width);
                ui.heading("Embed");
                let what = "An encoder turns the cutout of every object into a vector: what looks alike gets \
                            vectors that lie near each other.";
                ui.add(egui::Label::new(RichText::new(what).weak()).wrap());
                ui.add_space(6.0);
                let height = (room.y - 190.0).clamp(240.0, 560.0);
                let Some(known) = known else {
                    ui.allocate_ui(vec2(width, height), |ui| {
                        ui.set_min_size(vec2(width, height));
                        ui.weak("Looking at what encoders are here…");
                    });
                    return;
                };
                starts = self.body_ui(ui, vec2(width, height), view, &known, encoders, around);
            });
        if starts {
            view.send(Command::Embed(Box::new(self.request())));
        }
        !starts && !modal.should_close()
    }

    /// Draws the parts and the buttons; whether to begin.
    fn body_ui(
        &mut self,
        ui: &mut Ui,
        size: egui::Vec2,
        view: &View<'_>,
        known: &Arc<Known>,
        encoders: &Encoders,
        around: &Around<'_>,
    ) -> bool {
        let gap = 20.0;
        let left = ((size.x - gap) * 0.44).floor();
        let right = size.x - gap - left;
        let may_try = self.may_load || !self.is_large(known);
        let tried = if may_try {
            self.trial(ui, view, encoders, known)
        } else {
            None
        };
        let probe = tried.as_ref().map(|t| t.1.as_ref());
        // Kept while another use of it is tried, and where that fails.
        self.blocks = probe.and_then(Result::ok).and_then(|p| p.blocks).or(self.blocks);
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = gap;
            ui.allocate_ui_with_layout(vec2(left, size.y), Layout::top_down(Align::Min), |ui| {
                ui.set_min_size(vec2(left, size.y));
                ui.spacing_mut().item_spacing.x = 8.0;
                if let Some(chosen) = encoder::encoder_ui(ui, known, &self.encoder, self.file.as_deref(), around) {
                    self.choose(chosen);
                }
            });
            ui.allocate_ui_with_layout(vec2(right, size.y), Layout::top_down(Align::Min), |ui| {
                ui.set_min_size(vec2(right, size.y));
                ui.spacing_mut().item_spacing.x = 8.0;
                egui::ScrollArea::vertical().id_salt("how").auto_shrink(false).show(ui, |ui| {
                    ui.set_max_width(right - 14.0);
                    let is_network = self.encoder != MORPHOMETRY;
                    let family = known.of(&self.encoder).map(|f| f.family().to_owned());
                    self.options
                                .ui(ui, is_network, family.as_deref(), self.blocks);
                    ui.add_space(8.0);
                    if may_try {
                        let choice = self.options.representation(is_network);
                        expected::expected_ui(ui, probe, &choice, view.settings.theme);
                    } else if ui
                        .button("Try it on a few objects")
                        .on_hover_text("Loads the network, which is large, to say how wide its vectors are and how long it takes")
                        .clicked()
                    {
                        self.may_load = true;
                    }
                });
            });
        });
        ui.add_space(8.0);
        let choice = self.options.representation(self.encoder != MORPHOMETRY);
        let cant = match probe {
            Some(Err(_)) => Some("It can't be used so: see above"),
            Some(Ok(p)) if p.expected(&choice).is_err() => Some("It can't be used so: see above"),
            _ if !self.is_usable(known) => Some("Its weights are not here: get them first"),
            _ => None,
        };
        let count = crate::app::mind::counted(view.survey.count(), "object");
        let mut starts = false;
        ui.horizontal(|ui| {
            let button = egui::Button::new(format!("Embed {count}"))
                .selected(cant.is_none())
                .min_size(vec2(150.0, 28.0));
            let response = ui.add_enabled(cant.is_none(), button);
            starts = response
                .on_disabled_hover_text(cant.unwrap_or_default())
                .clicked();
            if ui
                .add(egui::Button::new("Cancel").min_size(vec2(90.0, 28.0)))
                .clicked()
            {
                ui.close();
            }
            if ui
                .add(egui::Button::new("Encoders…").min_size(vec2(90.0, 28.0)))
                .on_hover_text("Get, check, add and remove encoders")
                .clicked()
            {
                view.send(Command::ShowEncoders(None));
            }
        });
        starts
    }

    fn is_usable(&self, known: &Known) -> bool {
        known.of(&self.encoder).is_none_or(|f| f.state.is_usable())
    }

    fn is_large(&self, known: &Known) -> bool {
        let facts = known.of(&self.encoder);
        facts.is_some_and(|f| f.state == WeightsState::Here && f.bytes.is_some_and(|b| b > LARGE_BYTES))
    }

    /// The trial of what is chosen, as soon as it is made; an older one is none.
    fn trial(
        &mut self,
        ui: &Ui,
        view: &View<'_>,
        encoders: &Encoders,
        known: &Known,
    ) -> Option<Arc<(Key, Result<Probe, String>)>> {
        if !self.is_usable(known) || view.survey.count() == 0 {
            return None;
        }
        let root = view.survey.root.clone();
        let wanted = self.options.device(self.encoder != MORPHOMETRY);
        let options = EncoderOptions {
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            ..self.options.of_network(self.encoder != MORPHOMETRY)
        };
        let generations = (view.survey.generation, encoders.generation());
        let key = (
            root.clone(),
            generations.0,
            generations.1,
            self.encoder.clone(),
            options.clone(),
            wanted,
        );
        let (asked, name, registry) = (key.clone(), self.encoder.clone(), encoders.registry.clone());
        let made = self.tried.get(ui.ctx(), &key, move || {
            let found = choose_for(wanted, &options.computation).and_then(|choice| {
                let device = choice.device;
                let options = EncoderOptions { device, ..options };
                Project::open(&root, false)
                    .and_then(|p| probe(&p, &registry, &name, &options, &crate::progress::Silent))
                    .map_err(|e| e.to_string())
            });
            (asked, found)
        });
        made.filter(|m| m.0 == key)
    }

    fn request(&self) -> EmbedRequest {
        let is_network = self.encoder != MORPHOMETRY;
        EmbedRequest {
            encoder: self.encoder.clone(),
            options: EncoderOptions {
                representation: self.options.representation(is_network),
                ..self.options.of_network(is_network)
            },
            device: self.options.device(is_network),
        }
    }
}

/// What a weights file is called where there is little room.
fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(
        || path.display().to_string(),
        |n| n.to_string_lossy().into_owned(),
    )
}
