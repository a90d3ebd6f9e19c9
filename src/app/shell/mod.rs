//! The frame around the panes: menus, status, keys, drops, dialogs, and what is kept between sessions.

mod bars;
mod dialogs;
mod drops;
mod hands;
mod keys;
mod palette;
mod path;
mod welcome;

use super::apply::apply;
use super::command::Command;
use super::dock::Dock;
use super::encoders::Encoders;
use super::files::FilePicker;
use super::panels::{Pane, Panels};
use super::settings::Settings;
use super::state::AppState;
use crate::encoder::registry::Registry;
use egui_tiles::Tree;
use nucleo_matcher::{Config, Matcher};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::sync::Arc;

/// The key of what is kept between sessions.
const KEPT: &str = "astrolabel";

/// What is kept between sessions.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Kept {
    settings: Settings,
    tree: Option<Tree<Pane>>,
    panels: Panels,
    selection: Vec<u32>,
    focus: Option<u32>,
    filter: String,
}

/// The window.
pub struct Window {
    state: AppState,
    filter_at_start: String,
    matcher: Matcher,
    drops: drops::Drops,
    path: path::PathDialog,
}

impl Window {
    /// The window as it was left.
    pub fn new(cc: &eframe::CreationContext<'_>, picker: Arc<dyn FilePicker>) -> Self {
        let kept = cc
            .storage
            .and_then(|s| s.get_string(KEPT))
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default();
        Self::restored(kept, cc.egui_ctx.clone(), picker)
    }

    /// The window as it was kept by [`Window::kept`]; as new for an empty text.
    pub fn from_kept(text: &str, ctx: egui::Context, picker: Arc<dyn FilePicker>) -> Self {
        Self::restored(serde_json::from_str(text).unwrap_or_default(), ctx, picker)
    }

    fn restored(kept: Kept, ctx: egui::Context, picker: Arc<dyn FilePicker>) -> Self {
        // Hack has the arrows and triangles that the proportional font lacks.
        let mut fonts = egui::FontDefinitions::default();
        if let Some(family) = fonts.families.get_mut(&egui::FontFamily::Proportional) {
            family.push("Hack".to_owned());
        }
        ctx.set_fonts(fonts);
        let mut state = AppState::new(kept.settings, ctx, picker);
        if let Some(tree) = kept.tree {
            state.tree = tree;
        }
        state.panels = kept.panels;
        if !kept.selection.is_empty() {
            state.restore = Some((kept.selection, kept.focus));
        }
        Self {
            state,
            filter_at_start: kept.filter,
            matcher: Matcher::new(Config::DEFAULT),
            drops: drops::Drops::default(),
            path: path::PathDialog::default(),
        }
    }

    /// Says nothing of dropping files where the system can't hand them over.
    pub fn promise_no_drops(&mut self) {
        self.state.takes_drops = false;
    }

    /// Takes encoders from `registry` instead of the person's own folders, and fetches from `hub`.
    pub fn use_encoders(&mut self, registry: Registry, hub: String) {
        self.state.encoders = Encoders::of(registry, hub);
    }

    /// The state, for what measures the window.
    pub(in crate::app) fn state_mut(&mut self) -> &mut AppState {
        &mut self.state
    }

    /// What is kept between sessions, as text.
    pub fn kept(&self) -> String {
        #[derive(Serialize)]
        struct Keeping<'a> {
            settings: &'a Settings,
            tree: &'a Tree<Pane>,
            panels: &'a Panels,
            selection: &'a [u32],
            focus: Option<u32>,
            filter: &'a str,
        }
        let open = self.state.open.as_ref();
        let keeping = Keeping {
            settings: &self.state.settings,
            tree: &self.state.tree,
            panels: &self.state.panels,
            selection: open.map_or(&[], |o| o.selection.set()),
            focus: open.and_then(|o| o.selection.focus()),
            filter: open.map_or("", |o| o.visible.text.as_str()),
        };
        serde_json::to_string(&keeping).unwrap_or_default()
    }

    /// Opens what the command line names; without a word the project of the last session.
    pub fn open_at_start(&mut self, project: Option<PathBuf>, paths: Vec<PathBuf>) {
        let named = project.is_some() || !paths.is_empty();
        if named {
            self.state.restore = None;
            self.filter_at_start.clear();
        }
        match project {
            Some(root) if !paths.is_empty() => crate::app::apply::import_now(&mut self.state, root, paths),
            Some(root) if crate::project::Project::is_project(&root) => self.state.read_project(root),
            Some(root) => {
                let why = format!(
                    "{}: there is no project here yet; open files to make one",
                    root.display()
                );
                self.state
                    .notices
                    .tell(crate::app::notices::Notice::warning("Nothing to open", why));
            }
            None if !paths.is_empty() => self.state.out.send(Command::Open(paths)),
            None => {
                if let Some(last) = self.state.settings.project.clone()
                    && crate::project::Project::is_project(&last)
                {
                    self.state.read_project(last);
                }
            }
        }
    }

    /// One frame: everything but the platform's own.
    pub fn frame(&mut self, ui: &mut egui::Ui) {
        let ctx = ui.ctx().clone();
        self.dress(&ctx);
        self.state.poll();
        if let Some(open) = &mut self.state.open {
            if !self.filter_at_start.is_empty() {
                open.visible.text = std::mem::take(&mut self.filter_at_start);
            }
            open.thumbs.begin_frame(&ctx);
        }
        self.take_drops(&ctx);
        self.keys(&ctx);
        self.menus_ui(ui);
        self.status_ui(ui);
        self.middle_ui(ui);
        self.dialogs_ui(&ctx);
        self.hover_ui(&ctx);
        for command in self.state.out.take() {
            apply(&mut self.state, command);
            ctx.request_repaint();
        }
    }

    fn dress(&self, ctx: &egui::Context) {
        let theme = self.state.settings.theme;
        let wanted = match theme {
            crate::app::theme::Theme::Dark => egui::Theme::Dark,
            crate::app::theme::Theme::Light => egui::Theme::Light,
        };
        if ctx.theme() != wanted || ctx.global_style().visuals.panel_fill != theme.ground() {
            ctx.set_theme(wanted);
            ctx.set_visuals_of(wanted, theme.visuals());
            ctx.all_styles_mut(crate::app::theme::text_sizes);
        }
        if (ctx.zoom_factor() - self.state.settings.zoom).abs() > 1e-3 {
            ctx.set_zoom_factor(self.state.settings.zoom);
        }
    }

    fn middle_ui(&mut self, ui: &mut egui::Ui) {
        let state = &mut self.state;
        egui::CentralPanel::no_frame().show(ui, |ui| match &state.open {
            Some(open) => {
                ui.painter()
                    .rect_filled(ui.max_rect(), 0.0, state.settings.theme.ground());
                let view = open.view(&state.settings, &state.jobs, &state.notices, &state.out);
                let mut dock = Dock {
                    panels: &mut state.panels,
                    view: &view,
                };
                state.tree.ui(&mut dock, ui);
            }
            None => welcome::empty_ui(ui, state),
        });
    }
}

impl eframe::App for Window {
    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        self.frame(ui);
    }

    fn save(&mut self, storage: &mut dyn eframe::Storage) {
        storage.set_string(KEPT, self.kept());
    }
}
