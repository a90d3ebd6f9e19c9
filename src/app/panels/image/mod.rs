//! The Image pane: a field of sky, its tiles read and coloured by threads as they are looked at, with
//! objects and coordinates over it.

mod camera;
mod colours;
mod graticule;
mod hand;
mod header;
mod marks;
mod overlay;
mod picture;
mod status;
mod tiles;
mod toolbar;

use crate::app::command::{Action, Command};
use crate::app::context::View;
use crate::app::derived::Derived;
use crate::app::theme::Theme;
use crate::display::StretchRecipe;
use crate::display::pyramid::{BandPath, Channels, Scene};
use crate::project::{Field, FieldKind};
use camera::Camera;
use colours::Colours;
use egui::Rect;
use hand::Tool;
use header::HeaderWindow;
use marks::Marks;
use overlay::Overlays;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use tiles::Tiles;

/// A scene is opened again when this changes: the field, its files, the bands shown.
type SceneKey = (i64, Vec<BandPath>, usize, Channels);
/// What a scene's opening gave, with its field.
type Opened = (i64, Result<Arc<Scene>, String>);
/// Survey, scene and filter that marks belong to.
type MarksKey = (u64, u64, u64);

/// What the pane keeps.
#[derive(Serialize, Deserialize)]
#[serde(default)]
pub struct ImagePanel {
    field: Option<i64>,
    channels: Option<Channels>,
    look: StretchRecipe,
    camera: Camera,
    /// What the camera was last pointed at: field and size in pixels.
    camera_on: Option<(i64, usize, usize)>,
    tool: Tool,
    overlays: Overlays,
    follow: bool,
    #[serde(skip)]
    header: HeaderWindow,
    #[serde(skip)]
    scene: Derived<SceneKey, Opened>,
    #[serde(skip)]
    root: std::path::PathBuf,
    #[serde(skip)]
    tiles: Option<Tiles>,
    #[serde(skip)]
    loaded_field: Option<i64>,
    #[serde(skip)]
    scene_number: u64,
    #[serde(skip)]
    marks: Derived<MarksKey, Marks>,
    #[serde(skip)]
    density: Option<(Arc<Marks>, egui::TextureHandle)>,
    #[serde(skip)]
    colours: Derived<(String, u64, u64, Theme), Option<Colours>>,
    #[serde(skip)]
    lines: Derived<(u64, [i64; 4]), Vec<graticule::Line>>,
    #[serde(skip)]
    rect: Rect,
    #[serde(skip)]
    outline: Vec<[f64; 2]>,
    #[serde(skip)]
    searched: Option<[f64; 4]>,
    #[serde(skip)]
    choosing: Option<hand::Choosing>,
    /// An object to be put in the middle, and whether closely.
    #[serde(skip)]
    go_to: Option<(u32, bool)>,
    #[serde(skip)]
    last_focus: Option<u32>,
}

impl Default for ImagePanel {
    fn default() -> Self {
        Self {
            field: None,
            channels: None,
            look: toolbar::first_look(),
            camera: Camera::default(),
            camera_on: None,
            tool: Tool::default(),
            overlays: Overlays::default(),
            follow: true,
            header: HeaderWindow::default(),
            scene: Derived::default(),
            root: std::path::PathBuf::new(),
            tiles: None,
            loaded_field: None,
            scene_number: 0,
            marks: Derived::default(),
            density: None,
            colours: Derived::default(),
            lines: Derived::default(),
            rect: Rect::ZERO,
            outline: Vec::new(),
            searched: None,
            choosing: None,
            go_to: None,
            last_focus: None,
        }
    }
}

impl ImagePanel {
    /// Whether the image that is shown has pixels on the screen.
    pub fn has_pixels(&self) -> bool {
        self.tiles.as_ref().is_some_and(Tiles::has_pixels)
    }

    /// Draws the pane.
    pub fn ui(&mut self, ui: &mut egui::Ui, view: &View<'_>) {
        let fields: Vec<&Field> = view
            .survey
            .fields
            .iter()
            .filter(|f| f.kind == FieldKind::Mosaic && !f.bands.is_empty())
            .collect();
        let Some(first) = fields.first().copied() else {
            return nothing_ui(ui, view);
        };
        self.follow_focus(view);
        let field = fields
            .iter()
            .copied()
            .find(|f| Some(f.id) == self.field)
            .unwrap_or(first);
        self.toolbar_ui(ui, view, &fields, field);
        self.open_scene(ui.ctx(), view, field);
        match self.scene.held().map(|s| s.1.clone()) {
            Some(Err(why)) if !self.scene.is_pending() => broken_ui(ui, view, &why),
            _ => self.picture_ui(ui, view),
        }
        if let Some(tiles) = &self.tiles {
            let scene = tiles.scene().clone();
            self.header.ui(ui.ctx(), &scene);
        }
    }

    /// The bands shown of a field; colours where there are several.
    fn channels_of(&self, field: &Field) -> Channels {
        self.channels
            .unwrap_or_else(|| Channels::colours_of(field.bands.len()))
            .within(field.bands.len())
    }

    /// Opens the scene that is wanted on a thread, and takes it when it is there.
    fn open_scene(&mut self, ctx: &egui::Context, view: &View<'_>, field: &Field) {
        if self.root != view.survey.root {
            // Another project's field may have the same number.
            self.root = view.survey.root.clone();
            self.scene = Derived::default();
            self.marks = Derived::default();
            (self.tiles, self.loaded_field, self.searched) = (None, None, None);
            self.last_focus = view.selection.focus();
        }
        let paths: Vec<BandPath> = field
            .bands
            .iter()
            .map(|b| BandPath {
                name: b.name.clone(),
                path: b.path.clone(),
                hdu: b.hdu,
                plane: b.plane,
            })
            .collect();
        let (id, reference, channels) = (field.id, field.reference(), self.channels_of(field));
        let key = (id, paths.clone(), reference, channels);
        let opened = self.scene.get(ctx, &key, move || {
            (id, Scene::open(&paths, reference, channels).map(Arc::new))
        });
        let Some((id, Ok(scene))) = opened.as_deref() else {
            return;
        };
        let is_new = self.tiles.as_ref().is_none_or(|t| !Arc::ptr_eq(t.scene(), scene));
        if is_new {
            self.point_camera(*id, scene);
            self.tiles = Some(Tiles::start(scene.clone(), ctx));
            self.loaded_field = Some(*id);
            self.scene_number += 1;
            self.searched = None;
        }
    }

    /// Keeps the same sky in view when another band of a field has other pixels.
    fn point_camera(&mut self, field: i64, scene: &Scene) {
        let now = (field, scene.grid.width, scene.grid.height);
        match self.camera_on {
            Some(on) if on == now => {}
            Some((old_field, ..)) if old_field == field && self.loaded_field == Some(field) => {
                let [x, y] = self.camera.centre;
                let moved = |x: f64, y: f64| {
                    let (x, y) = self.tiles.as_ref()?.scene().to_reference(x, y)?;
                    scene.from_reference(x, y)
                };
                match (moved(x, y), moved(x + 1.0, y)) {
                    (Some(a), Some(b)) => {
                        let ratio = (a.0 - b.0).hypot(a.1 - b.1).max(1e-6);
                        self.camera.zoom /= ratio;
                        self.camera.go([a.0, a.1], scene.grid);
                    }
                    _ => self.camera.fits = true,
                }
            }
            _ => self.camera.fits = true,
        }
        self.camera_on = Some(now);
    }

    /// Notes an object that is looked at elsewhere, to be shown if it lies outside.
    fn follow_focus(&mut self, view: &View<'_>) {
        let focus = view.selection.focus();
        if focus != self.last_focus {
            self.last_focus = focus;
            if self.follow && self.go_to.is_none() {
                self.go_to = focus.map(|f| (f, false));
            }
        }
        if let Some((object, _)) = self.go_to
            && let Some(field) = view.survey.field_of(object)
            && field.kind == FieldKind::Mosaic
        {
            self.field = Some(field.id);
        }
    }

    /// Moves to the object that was asked for, once its field is shown.
    fn go_to_object(&mut self, view: &View<'_>, scene: &Scene) {
        let Some((object, closely)) = self.go_to else {
            return;
        };
        let Some(o) = view.survey.objects().get(object as usize) else {
            self.go_to = None;
            return;
        };
        if Some(o.field) != self.loaded_field {
            // Its field is being opened, or it has none.
            if !self.scene.is_pending() {
                self.go_to = None;
            }
            return;
        }
        self.go_to = None;
        let (Some(x), Some(y)) = (o.x, o.y) else { return };
        let Some((x, y)) = scene.from_reference(x, y) else {
            return;
        };
        if closely {
            self.camera.zoom = self.camera.zoom.max(4.0);
            self.camera.fits = false;
        }
        let inner = self.rect.shrink(self.rect.size().min_elem() * 0.04);
        if closely || !inner.contains(self.camera.screen(self.rect, x, y)) {
            self.camera.fits = false;
            self.camera.go([x, y], scene.grid);
        }
    }
}

fn nothing_ui(ui: &mut egui::Ui, view: &View<'_>) {
    ui.vertical_centered(|ui| {
        ui.add_space(ui.available_height() * 0.3);
        if view.survey.fields.is_empty() {
            ui.strong("There is no image yet");
            ui.label("Open FITS images, with their catalogue if there is one.");
            if ui.button(Action::OpenFiles.text()).clicked() {
                view.send(Command::Do(Action::OpenFiles));
            }
        } else {
            ui.strong("This project has ready-made cutouts");
            ui.label("There is no field of sky to show: see the gallery.");
            if ui.button("Show the gallery").clicked() {
                view.send(Command::Do(Action::ShowGallery));
            }
        }
    });
}

fn broken_ui(ui: &mut egui::Ui, view: &View<'_>, why: &str) {
    ui.vertical_centered(|ui| {
        ui.add_space(ui.available_height() * 0.3);
        let ink = view.settings.theme.level(crate::app::notices::Level::Error);
        ui.label(
            egui::RichText::new("This image can't be shown")
                .color(ink)
                .strong(),
        );
        ui.label(why);
    });
}
