//! Objects in the plane of two columns: a million as a picture of their density, a few as marks; moved,
//! gone closer to and selected from by hand. The map and the scatter plot are this.

mod frame;
mod hand;
mod ink;
mod layer;
mod legend;
mod marks;

use super::Choosing;
use crate::app::command::Command;
use crate::app::context::{View, meets_by};
use crate::app::derived::Derived;
use crate::app::theme::{STANDS_BACK, Theme};
use crate::display::points::{Cloud, Ink, Region, Window, paint, short_number};
use egui::{Role, Sense, Stroke, WidgetInfo};
use frame::Frame;
pub use hand::Tool;
use hand::{CLOSER, Hand};
pub use ink::DENSITY;
use ink::{Colouring, rgb, tones};
use layer::{Drawn, Layer};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Points of the screen for one pixel of a density picture.
const GRAIN: f32 = 1.5;
/// How far from the cursor an object is still meant, points: first near, then farther.
const REACH: [f32; 2] = [4.0, 11.0];

/// What is drawn against what, coloured by what: names of columns.
pub struct Axes<'a> {
    /// To the right.
    pub x: &'a str,
    /// Upwards.
    pub y: &'a str,
    /// Colour: a column, or [`DENSITY`].
    pub colour: &'a str,
}

type Names = [String; 2];

/// A cloud and the columns it was made from; `None` without a finite value.
struct Placed {
    names: Names,
    cloud: Option<Arc<Cloud>>,
}

/// Survey, columns and their generations.
type PlacedKey = (u64, Names, [u64; 2]);
/// Survey, column, its generation, theme.
type InkKey = (u64, String, u64, Theme);

#[derive(Debug, Clone, PartialEq)]
struct PictureKey {
    cloud: u64,
    ink: u64,
    /// The filter's answer, or the selection.
    generation: u64,
    theme: Theme,
    window: Window,
    size: [usize; 2],
}

/// The state of one such view; window and tool are found again in the next session.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CloudView {
    tool: Tool,
    /// The window that is looked at and the columns it belongs to; `None` shows everything.
    window: Option<(Names, Window)>,
    #[serde(skip)]
    placed: Derived<PlacedKey, Placed>,
    #[serde(skip)]
    colouring: Derived<InkKey, Colouring>,
    #[serde(skip)]
    picture: Layer<PictureKey>,
    #[serde(skip)]
    chosen: Layer<PictureKey>,
    #[serde(skip)]
    hand: Hand,
    #[serde(skip)]
    choosing: Choosing,
    /// The box selected last, to filter by.
    #[serde(skip)]
    last_box: Option<(Names, Window)>,
    /// Objects in view that pass the filter.
    #[serde(skip)]
    in_view: Option<usize>,
    /// Objects of a place with the strongest colour; `None` while all are marks.
    #[serde(skip)]
    peak: Option<f64>,
}

impl CloudView {
    /// One whose first tool is to select a box.
    pub fn brushing() -> Self {
        Self {
            tool: Tool::Box,
            ..Default::default()
        }
    }

    /// Buttons of tools and window, for a row of the pane.
    pub fn tools_ui(&mut self, ui: &mut egui::Ui, view: &View<'_>) {
        ui.spacing_mut().item_spacing.x = 4.0;
        ui.spacing_mut().button_padding.x = 5.0;
        for tool in Tool::ALL {
            let response = ui
                .selectable_label(self.tool == tool, tool.name())
                .on_hover_text(tool.help());
            if response.clicked() {
                self.tool = tool;
            }
        }
        ui.separator();
        let placed = self.placed.held().cloned();
        let cloud = placed.as_ref().and_then(|p| p.cloud.clone());
        let enabled = cloud.is_some();
        let button = |ui: &mut egui::Ui, text: &str, name: &str, help: &str| {
            let response = ui.add_enabled(enabled, egui::Button::new(text));
            response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, name));
            response.on_hover_text(help).clicked()
        };
        let mut zoom = 1.0;
        if button(ui, "−", "Zoom out", "Go farther away (wheel, or −)") {
            zoom = 1.0 / CLOSER;
        }
        if button(ui, "+", "Zoom in", "Go closer (wheel, or +)") {
            zoom = CLOSER;
        }
        if button(ui, "Fit", "Fit", "Show all objects (double click, or Home)") {
            self.window = None;
        }
        let select = {
            // The number stands on the button that takes them: one word less in a narrow pane.
            let count = self.in_view.map_or_else(String::new, |n| format!(" {n}"));
            let help = format!("Select all{count} objects in view that the filter lets through (Enter)");
            button(ui, &format!("Select{count} in view"), "Select in view", &help)
        };
        if let (Some(placed), Some(cloud)) = (placed, cloud) {
            let window = self.window_on(&placed.names, &cloud);
            if zoom != 1.0 {
                let centre = [
                    (window.x[0] + window.x[1]) / 2.0,
                    (window.y[0] + window.y[1]) / 2.0,
                ];
                self.window = Some((placed.names.clone(), window.zoomed(zoom, centre)));
            }
            if select {
                self.select(ui, view, &cloud, Region::Box(window));
            }
            self.filter_button(ui, view, &placed.names);
        }
    }

    fn filter_button(&mut self, ui: &mut egui::Ui, view: &View<'_>, names: &Names) {
        if let Some((of, w)) = &self.last_box
            && of == names
        {
            let help = "Show only objects in the box selected last, in all views";
            if ui.button("Filter to box").on_hover_text(help).clicked() {
                let [x, y] = names;
                let text = format!("{} and {}", within(x, w.x), within(y, w.y));
                view.send(Command::Filter(text));
            }
        }
    }

    /// The window to draw.
    fn window_on(&self, names: &Names, cloud: &Cloud) -> Window {
        match &self.window {
            Some((of, window)) if of == names && window.is_sound() => *window,
            _ => cloud.fit(),
        }
    }

    fn select(&mut self, ui: &egui::Ui, view: &View<'_>, cloud: &Arc<Cloud>, region: Region) {
        let (cloud, passes) = (cloud.clone(), view.visible.passes.clone());
        let meets = meets_by(ui.input(|i| i.modifiers));
        self.choosing.start(ui.ctx(), meets, move || {
            let shown = |o: u32| {
                passes
                    .as_ref()
                    .is_none_or(|p| p.get(o as usize).copied().unwrap_or(false))
            };
            cloud.inside(&region, shown)
        });
    }

    /// Draws the cloud in all the room there is. `name` is what assistive technology calls it.
    pub fn ui(&mut self, ui: &mut egui::Ui, view: &View<'_>, name: &str, axes: &Axes<'_>) {
        self.choosing.poll(view);
        let colouring = self.colour(ui.ctx(), view, axes.colour);
        if let Some(colouring) = &colouring {
            let peak = self.peak.filter(|_| self.in_view.is_some());
            legend::ui(ui, view.settings.theme, axes.colour, &colouring.legend, peak);
        }
        let size = ui.available_size().max(egui::vec2(120.0, 100.0));
        let (whole, _) = ui.allocate_exact_size(size, Sense::hover());
        let names: Names = [axes.x.to_owned(), axes.y.to_owned()];
        let placed = self.place(ui.ctx(), view, &names);
        let (Some(placed), Some(colouring)) = (placed.filter(|p| p.names == names), colouring) else {
            self.in_view = None;
            return told(ui, whole, "Reading the columns…");
        };
        let Some(cloud) = placed.cloud.clone() else {
            self.in_view = None;
            return told(
                ui,
                whole,
                "No object has a number in both columns: choose others.",
            );
        };
        let mut frame = Frame::inside(whole, self.window_on(&names, &cloud));
        let response = ui.interact(
            frame.rect,
            ui.scope_id().with(("cloud", name)),
            Sense::click_and_drag(),
        );
        response.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, name));
        let done = self.hand.follow(ui, &response, &frame, self.tool);
        if let Some(window) = done.window {
            self.window = Some((names.clone(), window));
        }
        if done.fit {
            self.window = None;
        }
        frame.window = self.window_on(&names, &cloud);
        if let Some(region) = done.region {
            if let Region::Box(window) = &region {
                self.last_box = Some((names.clone(), *window));
            }
            self.select(ui, view, &cloud, region);
        }
        if let Some(object) = done.clicked.and_then(|at| near(&frame, view, &cloud, at)) {
            view.clicked(object, ui.input(|i| i.modifiers));
        }
        self.draw(ui, view, axes, &frame, &cloud, &colouring);
        if response.has_focus() {
            let ink = Stroke::new(2.0, view.settings.theme.accent());
            ui.painter()
                .rect_stroke(frame.rect, 0.0, ink, egui::StrokeKind::Inside);
        }
        if self.hand.line().is_empty()
            && !response.dragged()
            && let Some(at) = response.hover_pos()
            && let Some(object) = near(&frame, view, &cloud, at)
        {
            marks::draw_card(ui, &frame, view, &cloud, &colouring, object);
        }
    }

    fn place(&mut self, ctx: &egui::Context, view: &View<'_>, names: &Names) -> Option<Arc<Placed>> {
        let generation = |name: &String| view.columns.generation(view.live, name);
        let generations = [generation(&names[0]), generation(&names[1])];
        let key: PlacedKey = (view.survey.generation, names.clone(), generations);
        let (columns, live, names) = (view.columns.clone(), view.live.clone(), names.clone());
        self.placed.get(ctx, &key, move || {
            let x = columns.numbers(&live, &names[0]);
            let y = columns.numbers(&live, &names[1]);
            let cloud = x.zip(y).and_then(|(x, y)| Cloud::new(&x, &y)).map(Arc::new);
            Placed { names, cloud }
        })
    }

    fn colour(&mut self, ctx: &egui::Context, view: &View<'_>, name: &str) -> Option<Arc<Colouring>> {
        let theme = view.settings.theme;
        let generation = view.columns.generation(view.live, name);
        let key: InkKey = (view.survey.generation, name.to_owned(), generation, theme);
        let (columns, live, name) = (view.columns.clone(), view.live.clone(), name.to_owned());
        self.colouring
            .get(ctx, &key, move || Colouring::new(&columns, &live, &name, theme))
    }

    fn draw(
        &mut self,
        ui: &egui::Ui,
        view: &View<'_>,
        axes: &Axes<'_>,
        frame: &Frame,
        cloud: &Arc<Cloud>,
        colouring: &Arc<Colouring>,
    ) {
        let theme = view.settings.theme;
        let names: Names = [axes.x.to_owned(), axes.y.to_owned()];
        let inside = ui.painter().with_clip_rect(frame.rect);
        frame.draw_ground(ui.painter(), theme);
        let mut key = PictureKey {
            cloud: cloud.id,
            ink: colouring.id,
            generation: view.visible.generation,
            theme,
            window: frame.window,
            size: [frame.rect.width(), frame.rect.height()].map(|s| (s / GRAIN).ceil().max(1.0) as usize),
        };
        let (window, size) = (key.window, key.size);
        let make = {
            let (cloud, colouring, passes) = (cloud.clone(), colouring.clone(), view.visible.passes.clone());
            let names = names.clone();
            move || {
                let passes = passes.as_ref().map(|p| p.as_slice());
                let picture = paint(&cloud, &colouring.ink, &tones(theme), passes, window, size);
                Drawn::new(names, picture)
            }
        };
        if let Some(drawn) = self.picture.get(ui.ctx(), &key, &names, make) {
            let whole = egui::Color32::WHITE;
            let tint = match view.selection.is_brush() {
                true => whole.gamma_multiply(STANDS_BACK),
                false => whole,
            };
            self.picture.draw(&inside, frame, &drawn, tint);
            marks::draw_marks(&inside, frame, view, &drawn.picture.marks);
            self.in_view = Some(drawn.picture.count);
            self.peak = drawn.is_picture().then_some(drawn.picture.peak);
        }
        let set = view.selection.set().clone();
        if set.len() <= marks::MOST_RINGS {
            let at = set.iter().filter_map(|o| cloud.place_of(*o));
            marks::draw_rings(&inside, frame, view, set.len(), at);
        } else {
            key.generation = view.selection.generation;
            key.ink = 0;
            let colour = Ink::Plain(rgb(theme.accent()));
            let (cloud, names_of) = (cloud.clone(), names.clone());
            let make = move || {
                let picture = paint(&cloud.only(&set), &colour, &tones(theme), None, window, size);
                Drawn::new(names_of, picture)
            };
            if let Some(drawn) = self.chosen.get(ui.ctx(), &key, &names, make) {
                self.chosen.draw(&inside, frame, &drawn, egui::Color32::WHITE);
                let marks = &drawn.picture.marks;
                let at = marks.iter().map(|m| m.at);
                marks::draw_rings(&inside, frame, view, marks.len(), at);
            }
        }
        marks::draw_focus(&inside, frame, view, cloud);
        self.draw_line(&inside, theme);
        let named = |name: &str| match view.columns.info(view.live, name) {
            Some(c) if !c.unit.is_empty() => format!("{name} ({})", c.unit),
            _ => name.to_owned(),
        };
        frame.draw_axes(ui.painter(), theme, [&named(axes.x), &named(axes.y)]);
    }

    /// The box or line being drawn.
    fn draw_line(&self, painter: &egui::Painter, theme: Theme) {
        let ink = Stroke::new(1.5, theme.accent());
        match (self.tool, self.hand.line()) {
            (Tool::Box, [a, b]) => {
                let rect = egui::Rect::from_two_pos(*a, *b);
                painter.rect(
                    rect,
                    0.0,
                    theme.accent().gamma_multiply(0.12),
                    ink,
                    egui::StrokeKind::Inside,
                );
            }
            (Tool::Lasso, line) if line.len() > 1 => {
                painter.add(egui::Shape::closed_line(line.to_vec(), ink));
            }
            _ => {}
        }
    }
}

/// The visible object that a place on the screen means.
fn near(frame: &Frame, view: &View<'_>, cloud: &Cloud, at: egui::Pos2) -> Option<u32> {
    if !frame.rect.contains(at) {
        return None;
    }
    let value = frame.value(at);
    REACH
        .iter()
        .find_map(|reach| cloud.nearest(value, frame.reach(*reach), |o| view.visible.has(o)))
}

/// A range of a column as a filter says it, as exactly as a hand can mean it.
pub fn within(column: &str, [low, high]: [f64; 2]) -> String {
    let step = ((high - low) / 1000.0).max(f64::MIN_POSITIVE);
    let (low, high) = (short_number(low, step), short_number(high, step));
    format!("{column} >= {low} and {column} <= {high}")
}

fn told(ui: &egui::Ui, rect: egui::Rect, text: &str) {
    let font = egui::TextStyle::Body.resolve(ui.style());
    ui.painter().text(
        rect.center(),
        egui::Align2::CENTER_CENTER,
        text,
        font,
        ui.visuals().weak_text_color(),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_said_as_a_filter() {
        assert_eq!(
            within("mag_r", [18.0, 21.5]),
            "mag_r >= 18.000 and mag_r <= 21.500"
        );
        assert_eq!(within("x", [-0.25, 0.25]), "x >= -0.2500 and x <= 0.2500");
    }
}
