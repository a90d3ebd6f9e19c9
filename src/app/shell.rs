//! The frame around the panes: menus, status, keys, drops, dialogs, and what is kept between sessions.

use super::apply::{apply, can};
use super::command::{Action, Command, Menu};
use super::dock::Dock;
use super::files::FilePicker;
use super::notices::Level;
use super::panels::{Pane, Panels};
use super::settings::Settings;
use super::state::{AppState, Dialog};
use egui::{Align, Key, Layout, Modifiers, RichText};
use egui_tiles::Tree;
use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// The key of what is kept between sessions.
const KEPT: &str = "astrolabel";
/// How long a notice stands in the status line.
const SHOWN: Duration = Duration::from_secs(12);

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
        }
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
            Some(root) if !paths.is_empty() => super::apply::import_now(&mut self.state, root, paths),
            Some(root) if crate::project::Project::is_project(&root) => self.state.read_project(root),
            Some(root) => {
                let why = format!(
                    "{}: there is no project here yet; drop files to make one",
                    root.display()
                );
                self.state
                    .notices
                    .tell(super::notices::Notice::warning("Nothing to open", why));
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
            super::theme::Theme::Dark => egui::Theme::Dark,
            super::theme::Theme::Light => egui::Theme::Light,
        };
        if ctx.theme() != wanted || ctx.global_style().visuals.panel_fill != theme.ground() {
            ctx.set_theme(wanted);
            ctx.set_visuals_of(wanted, theme.visuals());
            ctx.all_styles_mut(super::theme::text_sizes);
        }
        if (ctx.zoom_factor() - self.state.settings.zoom).abs() > 1e-3 {
            ctx.set_zoom_factor(self.state.settings.zoom);
        }
    }

    /// Files dropped on the window: to open, or, on the gallery, one picture to search for.
    fn take_drops(&mut self, ctx: &egui::Context) {
        let (files, pointer) = ctx.input(|i| (i.raw.dropped_files.clone(), i.pointer.latest_pos()));
        if files.is_empty() {
            return;
        }
        let paths: Vec<PathBuf> = files.iter().map(|f| f.path().to_owned()).collect();
        let on_gallery = pointer.is_some_and(|p| self.state.panels.gallery.is_at(p));
        if let [one] = paths.as_slice()
            && on_gallery
            && self.state.open.is_some()
            && is_picture(one)
        {
            self.state.out.send(Command::SimilarToFile(one.clone()));
        } else {
            self.state.out.send(Command::Open(paths));
        }
    }

    /// What a drop would do, while files hover.
    fn hover_ui(&self, ctx: &egui::Context) {
        let hovering = ctx.input(|i| !i.raw.hovered_files.is_empty());
        if !hovering {
            return;
        }
        let painter = ctx.layer_painter(egui::LayerId::new(
            egui::Order::Foreground,
            egui::Id::unique("drop"),
        ));
        let rect = ctx.content_rect();
        painter.rect_filled(rect, 0.0, egui::Color32::from_black_alpha(160));
        let text = if self.state.open.is_some() {
            "Drop to add to this project; a picture on the gallery is searched for"
        } else {
            "Drop to open"
        };
        painter.text(
            rect.center(),
            egui::Align2::CENTER_CENTER,
            text,
            egui::FontId::proportional(24.0),
            egui::Color32::WHITE,
        );
    }

    /// Keys of the actions, unless a text field has the keyboard.
    fn keys(&mut self, ctx: &egui::Context) {
        if self.state.dialog.is_some() || self.state.sheet.is_some() {
            return;
        }
        let typing = ctx.egui_wants_keyboard_input();
        let (in_text, in_menu) = (ctx.text_edit_focused(), egui::Popup::is_any_open(ctx));
        // Longer combinations first: Ctrl+Shift+Z is not Ctrl+Z.
        let mut actions: Vec<Action> = Action::ALL.to_vec();
        actions.sort_by_key(|a| {
            a.shortcut().map_or(0, |s| {
                -i32::from(s.modifiers.shift) - i32::from(s.modifiers.command) - i32::from(s.modifiers.alt)
            })
        });
        for action in actions {
            let Some(keys) = action.shortcut() else { continue };
            let is_plain = keys.modifiers == Modifiers::NONE || keys.modifiers == Modifiers::SHIFT;
            if typing && is_plain {
                continue;
            }
            // In a text field these select, undo and move within the text; Escape closes a menu first.
            let edits = keys.modifiers == Modifiers::ALT || matches!(keys.logical_key, Key::A | Key::Z);
            let closes = keys.logical_key == Key::Escape && in_menu;
            if in_text && edits || closes {
                continue;
            }
            // Each press counts: a fast hand gives several in one frame.
            let count = ctx.input_mut(|i| i.count_and_consume_key(keys.modifiers, keys.logical_key));
            for _ in 0..count {
                apply(&mut self.state, Command::Do(action));
            }
        }
    }

    fn menus_ui(&mut self, ui: &mut egui::Ui) {
        egui::Panel::top("menus").show(ui, |ui| {
            egui::MenuBar::new().ui(ui, |ui| {
                for menu in Menu::ALL {
                    ui.menu_button(menu.name(), |ui| {
                        for action in Action::ALL.iter().filter(|a| a.menu() == menu) {
                            self.item_ui(ui, *action);
                        }
                        if menu == Menu::File && !self.state.settings.recent.is_empty() {
                            ui.separator();
                            ui.menu_button("Recent", |ui| {
                                for path in &self.state.settings.recent {
                                    if ui.button(path.display().to_string()).clicked() {
                                        self.state.out.send(Command::Open(vec![path.clone()]));
                                        ui.close();
                                    }
                                }
                            });
                        }
                    });
                }
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    if let Some(open) = &self.state.open {
                        let text = format!(
                            "{}   {}",
                            open.survey.name(),
                            super::mind::counted(open.survey.count(), "object")
                        );
                        ui.add(egui::Label::new(RichText::new(text).weak()).truncate())
                            .on_hover_text(open.survey.root.display().to_string());
                    }
                });
            });
        });
    }

    fn item_ui(&self, ui: &mut egui::Ui, action: Action) {
        let mut text = action.text().to_owned();
        if let Some(name) = action
            .class()
            .and_then(|c| self.state.open.as_ref()?.live.classes.get(c))
            .map(|c| c.name.clone())
        {
            text = format!("Label as {name}");
        } else if action.class().is_some_and(|c| c > 0) {
            return;
        }
        let mut button = egui::Button::new(text);
        if let Some(keys) = action.shortcut() {
            button = button.shortcut_text(ui.ctx().format_shortcut(&keys));
        }
        let response = ui
            .add_enabled(can(&self.state, action), button)
            .on_hover_text(action.help());
        if response.clicked() {
            self.state.out.send(Command::Do(action));
            ui.close();
        }
    }

    fn status_ui(&mut self, ui: &mut egui::Ui) {
        egui::Panel::bottom("status").exact_size(26.0).show(ui, |ui| {
            ui.horizontal_centered(|ui| {
                if let Some(open) = &self.state.open {
                    let chosen = open.selection.len();
                    ui.label(format!("{} selected", chosen));
                    if open.visible.passes.is_some() {
                        ui.separator();
                        ui.label(format!("filter shows {}", open.visible.count));
                    }
                    if let Some(found) = &open.live.found {
                        ui.separator();
                        ui.label(&found.query);
                    }
                    ui.separator();
                }
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    if let Some(job) = self.state.jobs.running().first() {
                        let s = job.state.snapshot();
                        if ui
                            .small_button("Stop")
                            .on_hover_text("Stop this; what is done is kept")
                            .clicked()
                        {
                            self.state.out.send(Command::CancelJob(job.id));
                        }
                        let mut bar = egui::ProgressBar::new(s.fraction.unwrap_or(0.0))
                            .desired_width(110.0)
                            .desired_height(12.0);
                        if s.fraction.is_none() {
                            bar = bar.animate(true);
                        }
                        ui.add(bar);
                        let more = self.state.jobs.running().len() - 1;
                        let more = if more > 0 {
                            format!(" (+{more})")
                        } else {
                            String::new()
                        };
                        let left = s.left.map_or_else(String::new, |l| {
                            format!(", {} left", super::panels::jobs::duration(l))
                        });
                        ui.add(egui::Label::new(format!("{}{left}{more}", job.title)).truncate());
                    }
                    if let Some(n) = self
                        .state
                        .notices
                        .list()
                        .last()
                        .filter(|n| n.at.elapsed() < SHOWN)
                    {
                        ui.ctx().request_repaint_after(Duration::from_secs(1));
                        let colour = self.state.settings.theme.level(n.notice.level);
                        let text = n.notice.title.clone();
                        let label = egui::Label::new(RichText::new(text).color(colour))
                            .truncate()
                            .sense(egui::Sense::click());
                        let response = ui.add(label).on_hover_text(&n.notice.detail);
                        if response.clicked() || (n.notice.level == Level::Error && response.double_clicked())
                        {
                            self.state.out.send(Command::Show(Pane::Jobs));
                        }
                    }
                });
            });
        });
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
            None => empty_ui(ui, state),
        });
    }

    fn dialogs_ui(&mut self, ctx: &egui::Context) {
        if let Some(sheet) = &mut self.state.sheet {
            sheet.ui(ctx, &self.state.settings, &self.state.out);
            return;
        }
        let Some(mut dialog) = self.state.dialog.take() else {
            return;
        };
        let keep = match &mut dialog {
            Dialog::Palette(text, chosen) => self.palette_ui(ctx, text, chosen),
            Dialog::Path(text) => path_ui(ctx, text, &self.state),
            Dialog::Shortcuts => shortcuts_ui(ctx),
            Dialog::About => about_ui(ctx),
        };
        if keep && self.state.dialog.is_none() {
            self.state.dialog = Some(dialog);
        }
    }

    fn palette_ui(&mut self, ctx: &egui::Context, text: &mut String, chosen: &mut usize) -> bool {
        let pattern = Pattern::parse(text, CaseMatching::Ignore, Normalization::Smart);
        let mut found: Vec<(u32, Action)> = Action::ALL
            .iter()
            .filter(|a| can(&self.state, **a) && **a != Action::Palette)
            .filter_map(|a| {
                let mut buffer = Vec::new();
                let words = format!("{} {}", a.menu().name(), a.text());
                let hay = nucleo_matcher::Utf32Str::new(&words, &mut buffer);
                Some((pattern.score(hay, &mut self.matcher)?, *a))
            })
            .collect();
        found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        let (up, down, enter) = ctx.input_mut(|i| {
            (
                i.consume_key(Modifiers::NONE, Key::ArrowUp),
                i.consume_key(Modifiers::NONE, Key::ArrowDown),
                i.key_pressed(Key::Enter),
            )
        });
        if down {
            *chosen += 1;
        }
        if up {
            *chosen = chosen.saturating_sub(1);
        }
        *chosen = (*chosen).min(found.len().saturating_sub(1));
        let mut run = enter.then(|| found.get(*chosen).map(|(_, a)| *a)).flatten();
        let modal = egui::Modal::new(egui::Id::unique("palette")).show(ctx, |ui| {
            ui.set_width(460.0);
            let field = egui::TextEdit::singleline(text)
                .hint_text("Type a command")
                .desired_width(f32::INFINITY);
            let response = ui.add(field);
            response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, "Command"));
            response.request_focus();
            if response.changed() {
                *chosen = 0;
            }
            ui.add_space(4.0);
            egui::ScrollArea::vertical().max_height(360.0).show(ui, |ui| {
                for (i, (_, action)) in found.iter().enumerate() {
                    let mut button =
                        egui::Button::new(format!("{}: {}", action.menu().name(), action.text()))
                            .selected(i == *chosen)
                            .frame_when_inactive(false)
                            .min_size(egui::vec2(ui.available_width(), 22.0));
                    if let Some(keys) = action.shortcut() {
                        button = button.shortcut_text(ui.ctx().format_shortcut(&keys));
                    }
                    let response = ui.add(button).on_hover_text(action.help());
                    if i == *chosen && (up || down) {
                        response.scroll_to_me(None);
                    }
                    if response.clicked() {
                        run = Some(*action);
                    }
                }
                if found.is_empty() {
                    ui.weak("No command of that name can be done now.");
                }
            });
        });
        if let Some(action) = run {
            self.state.out.send(Command::Do(action));
            return false;
        }
        !modal.should_close()
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

/// Whether a file is one to search for rather than to import: a picture, or a small FITS image.
fn is_picture(path: &std::path::Path) -> bool {
    let ending = path
        .extension()
        .map(|e| e.to_string_lossy().to_lowercase())
        .unwrap_or_default();
    matches!(
        ending.as_str(),
        "png" | "jpg" | "jpeg" | "tif" | "tiff" | "fits" | "fit"
    )
}

/// Nothing is open: what to do.
fn empty_ui(ui: &mut egui::Ui, state: &AppState) {
    let rect = ui.available_rect_before_wrap();
    ui.painter().rect_filled(rect, 0.0, state.settings.theme.ground());
    ui.vertical_centered(|ui| {
        ui.add_space((rect.height() * 0.22).max(20.0));
        ui.label(RichText::new("Drop FITS images, catalogues or a folder of cutouts here").size(24.0));
        ui.add_space(8.0);
        ui.label("Every object is cut out, measured and arranged by what it looks like.");
        ui.label(
            "Then search for what looks similar, teach classes with a few examples, rank what is strange.",
        );
        ui.add_space(18.0);
        let row = [
            Action::OpenFiles,
            Action::OpenFolder,
            Action::OpenPath,
            Action::OpenSample,
        ];
        let width = 150.0 * row.len() as f32 + 24.0;
        ui.allocate_ui(egui::vec2(width.min(rect.width()), 34.0), |ui| {
            ui.horizontal_wrapped(|ui| {
                for action in row {
                    let button = egui::Button::new(action.text()).min_size(egui::vec2(146.0, 32.0));
                    if ui.add(button).on_hover_text(action.help()).clicked() {
                        state.out.send(Command::Do(action));
                    }
                }
            });
        });
        ui.add_space(14.0);
        if !state.settings.recent.is_empty() {
            ui.weak("Recent");
            for path in state.settings.recent.iter().take(6) {
                if ui.link(path.display().to_string()).clicked() {
                    state.out.send(Command::Open(vec![path.clone()]));
                }
            }
        }
        for job in state.jobs.running() {
            ui.add_space(10.0);
            ui.label(&job.title);
            let s = job.state.snapshot();
            ui.add(
                egui::ProgressBar::new(s.fraction.unwrap_or(0.0))
                    .desired_width(320.0)
                    .animate(s.fraction.is_none()),
            );
            ui.weak(super::panels::jobs::told(&s));
        }
        for n in state.notices.list().iter().rev().take(3) {
            ui.add_space(6.0);
            ui.colored_label(state.settings.theme.level(n.notice.level), &n.notice.title);
            if !n.notice.detail.is_empty() {
                ui.weak(&n.notice.detail);
            }
        }
    });
}

fn path_ui(ctx: &egui::Context, text: &mut String, state: &AppState) -> bool {
    let mut open = false;
    let modal = egui::Modal::new(egui::Id::unique("path")).show(ctx, |ui| {
        ui.set_width(520.0);
        ui.heading("Open a path");
        let label = ui.label("A FITS image, a catalogue, a folder of cutouts, or a project");
        let field = egui::TextEdit::singleline(text).desired_width(f32::INFINITY);
        let response = ui.add(field).labelled_by(label.id);
        // Asked before the field takes the keyboard again, after which it has lost nothing.
        let entered = response.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter));
        if ui.memory(|m| m.focused().is_none()) {
            response.request_focus();
        }
        let path = PathBuf::from(text.trim());
        let exists = !text.trim().is_empty() && path.exists();
        if !text.trim().is_empty() && !exists {
            ui.weak("There is nothing at this path.");
        } else {
            ui.weak(" ");
        }
        ui.horizontal(|ui| {
            open |= (ui.add_enabled(exists, egui::Button::new("Open")).clicked() || entered) && exists;
            if ui.button("Cancel").clicked() {
                ui.close();
            }
        });
    });
    if open {
        state.out.send(Command::Open(vec![PathBuf::from(text.trim())]));
    }
    !open && !modal.should_close()
}

fn shortcuts_ui(ctx: &egui::Context) -> bool {
    let modal = egui::Modal::new(egui::Id::unique("shortcuts")).show(ctx, |ui| {
        ui.set_width(640.0);
        ui.heading("Keyboard shortcuts");
        egui::ScrollArea::vertical()
            .max_height(ctx.content_rect().height() - 160.0)
            .show(ui, |ui| {
                for menu in Menu::ALL {
                    ui.add_space(6.0);
                    ui.strong(menu.name());
                    egui::Grid::new(menu.name())
                        .num_columns(3)
                        .striped(true)
                        .show(ui, |ui| {
                            for action in Action::ALL.iter().filter(|a| a.menu() == menu) {
                                if let Some(keys) = action.shortcut() {
                                    ui.monospace(ctx.format_shortcut(&keys));
                                    ui.label(action.text());
                                    ui.weak(action.help());
                                    ui.end_row();
                                }
                            }
                        });
                }
            });
        if ui.button("Close").clicked() {
            ui.close();
        }
    });
    !modal.should_close()
}

fn about_ui(ctx: &egui::Context) -> bool {
    let modal = egui::Modal::new(egui::Id::unique("about")).show(ctx, |ui| {
        ui.set_width(420.0);
        ui.heading(concat!("Astrolabel ", env!("CARGO_PKG_VERSION")));
        ui.label("Find rare things in large sky surveys, on your own machine.");
        ui.label("MIT or Apache-2.0, as you like.");
        if let Ok(home) = super::sample::home() {
            ui.weak(format!(
                "The sample survey's project is kept in {}",
                home.display()
            ));
        }
        if ui.button("Close").clicked() {
            ui.close();
        }
    });
    !modal.should_close()
}
