//! The Gallery pane: cutouts side by side, as many as there are objects. Only the rows in view are laid
//! out; what is listed and its order are made off the window's thread.

mod badges;
mod bar;
mod empty;
mod layout;
mod list;
mod look;
mod tile;

pub use look::look_ui;
pub use tile::name_of;

use crate::app::context::View;
use crate::app::listing::{Order, Placed};
use crate::app::selection::Meets;
use egui::scroll_area::ScrollBarVisibility;
use egui::style::ScrollStyle;
use egui::{Key, Modifiers, Pos2, Rect, Ui};
use layout::Layout;
use list::{List, Source};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::sync::Arc;

/// Frames for which a new list is held at its top: in the first it isn't begun yet.
const TO_TOP: u8 = 2;

/// What the pane keeps.
#[derive(Serialize, Deserialize)]
#[serde(default)]
pub struct GalleryPanel {
    source: Source,
    /// One order a source.
    orders: [Order; 5],
    /// Whether the order stays while values change.
    hold: bool,
    /// Side of a tile, points.
    side: f32,
    badges: bool,
    shows_look: bool,
    #[serde(skip)]
    list: List,
    /// The project that the list is of, kept to know whether its place in the list is still meant.
    root: PathBuf,
    /// From where shift chooses.
    #[serde(skip)]
    anchor: Option<u32>,
    /// The object that was last brought into view.
    #[serde(skip)]
    revealed: Option<u32>,
    /// Frames for which the list is still held at its top.
    #[serde(skip)]
    to_top: u8,
    /// The list that was last drawn, and whether the object looked at was in view.
    #[serde(skip)]
    drawn: Option<(Arc<Placed>, bool)>,
    /// Top of the view in the grid and its height, points, as of the last frame.
    #[serde(skip)]
    scrolled: (f64, f64),
    #[serde(skip)]
    layout: Option<Layout>,
    /// Whether the arrow keys are the gallery's: the last press was on it.
    #[serde(skip)]
    active: bool,
    #[serde(skip)]
    place: Option<(Rect, u64)>,
    /// Frames drawn, to know whether the pane is on the screen.
    #[serde(skip)]
    frame: Option<egui::Context>,
}

impl Default for GalleryPanel {
    fn default() -> Self {
        Self {
            source: Source::All,
            orders: Default::default(),
            hold: false,
            side: 96.0,
            badges: true,
            shows_look: false,
            list: List::default(),
            root: PathBuf::new(),
            anchor: None,
            revealed: None,
            to_top: 0,
            drawn: None,
            scrolled: (0.0, 0.0),
            layout: None,
            active: true,
            place: None,
            frame: None,
        }
    }
}

impl GalleryPanel {
    /// What the gallery lists, in its order.
    pub fn order(&self) -> Option<Arc<Vec<u32>>> {
        self.list.placed().map(|p| p.order.clone())
    }

    /// Where an object stands in the list.
    pub fn place_of(&self, object: u32) -> Option<usize> {
        self.list.placed()?.place_of(object)
    }

    /// Sets the side of a tile, points.
    pub fn set_side(&mut self, side: f32) {
        self.side = side;
    }

    /// Whether the list shown is the newest there can be.
    pub fn is_settled(&self) -> bool {
        !self.list.is_pending()
    }

    /// Whether a place on the screen is on the gallery, as it was last drawn.
    pub fn is_at(&self, pos: Pos2) -> bool {
        self.is_shown() && self.place.is_some_and(|(rect, _)| rect.contains(pos))
    }

    /// Whether the gallery is on the screen: a pane behind another tab isn't drawn and is nowhere.
    pub fn is_shown(&self) -> bool {
        let (Some((_, drawn)), Some(ctx)) = (self.place, &self.frame) else {
            return false;
        };
        ctx.cumulative_pass_nr().saturating_sub(drawn) <= 2
    }

    /// Shows what was found, most similar first.
    pub fn show_found(&mut self) {
        self.orders[Source::Found.index()] = Order::default();
        self.turn_to(Source::Found);
    }

    /// Lists something else, from its top.
    fn turn_to(&mut self, source: Source) {
        self.source = source;
        self.to_top = TO_TOP;
    }

    /// Draws the pane.
    pub fn ui(&mut self, ui: &mut Ui, view: &View<'_>) {
        if self.root != view.survey.root {
            // Nothing of another project's list may be shown or stepped through.
            self.root.clone_from(&view.survey.root);
            self.list = List::default();
            (self.anchor, self.revealed, self.drawn) = (None, None, None);
            self.to_top = TO_TOP;
        }
        let rect = ui.max_rect();
        self.place = Some((rect, ui.ctx().cumulative_pass_nr()));
        self.frame.get_or_insert_with(|| ui.ctx().clone());
        let press = ui.input(|i| {
            i.pointer
                .any_pressed()
                .then(|| i.pointer.interact_pos())
                .flatten()
        });
        if let Some(pos) = press {
            self.active = rect.contains(pos);
        }
        let order = self.orders[self.source.index()].clone();
        let placed = self.list.follow(ui.ctx(), view, self.source, &order, self.hold);
        self.bar_ui(ui, view);
        ui.add_space(2.0);
        if !self.has_list(view) {
            self.nothing_ui(ui, view);
            return;
        }
        match placed {
            Some(placed) if placed.order.is_empty() => self.empty_list_ui(ui, view),
            Some(placed) => {
                self.keys(ui, view, &placed);
                self.grid_ui(ui, view, &placed);
            }
            None => {
                ui.weak("Sorting…");
            }
        }
    }

    /// Up and down go by a row, page keys by what is in view, Home and End to the ends. (Left and right
    /// are the window's: next and previous.)
    fn keys(&mut self, ui: &Ui, view: &View<'_>, placed: &Arc<Placed>) {
        let Some(layout) = self.layout else { return };
        if !self.active || ui.ctx().egui_wants_keyboard_input() || placed.order.is_empty() {
            return;
        }
        let row = layout.columns as i64;
        let page = ((self.scrolled.1 / layout.pitch()).floor() as i64).max(1) * row;
        let all = placed.order.len() as i64;
        let steps = [
            (Key::ArrowUp, -row),
            (Key::ArrowDown, row),
            (Key::PageUp, -page),
            (Key::PageDown, page),
            (Key::Home, -all),
            (Key::End, all),
        ];
        let by: i64 = ui.input_mut(|i| {
            let count = |(key, by): (Key, i64)| i.count_and_consume_key(Modifiers::NONE, key) as i64 * by;
            steps.map(count).iter().sum()
        });
        if by == 0 {
            return;
        }
        let at = view.selection.focus().and_then(|f| placed.place_of(f));
        let to = at.map_or(0, |p| stepped(p as i64, by, row, all));
        if let Some(&object) = placed.order.get(to as usize) {
            self.anchor = Some(object);
            self.choose(view, vec![object], Meets::Replaces);
        }
    }

    fn grid_ui(&mut self, ui: &mut Ui, view: &View<'_>, placed: &Arc<Placed>) {
        ui.spacing_mut().scroll = ScrollStyle::solid();
        let outer = ui.available_rect_before_wrap();
        // The frame of a selected tile is drawn around it and needs room.
        let width = outer.width() - ui.spacing().scroll.allocated_width() - 6.0;
        let layout = Layout::new(placed.order.len(), self.side, width.max(48.0));
        let mut area = egui::ScrollArea::vertical()
            .id_salt("gallery grid")
            .auto_shrink(false)
            .scroll_bar_visibility(ScrollBarVisibility::AlwaysVisible);
        if self.to_top > 0 {
            ui.ctx().request_repaint();
        }
        if let Some(to) = self.scroll_to(view, placed, layout, f64::from(outer.height())) {
            area = area.vertical_scroll_offset(to as f32);
        }
        self.layout = Some(layout);
        let shown = area.show_viewport(ui, |ui, viewport| {
            ui.set_width(width + 6.0);
            ui.set_height(layout.height() as f32 + 6.0);
            let top = f64::from(viewport.min.y);
            let rows = layout.rows_in(top - 3.0, f64::from(viewport.height()) + 3.0);
            let places = rows.start * layout.columns..(rows.end * layout.columns).min(placed.order.len());
            for place in places {
                let (left, y) = layout.corner(place);
                // From the view's top, not the grid's: at a million objects single precision would shake.
                let corner = outer.min + egui::vec2(left + 3.0, (y - top) as f32 + 3.0);
                let tile = Rect::from_min_size(corner, egui::Vec2::splat(layout.side));
                if let Some(&object) = placed.order.get(place) {
                    self.tile_ui(ui, view, tile, object, placed);
                }
            }
        });
        self.scrolled = (
            f64::from(shown.state.clamped_offset().y),
            f64::from(shown.inner_rect.height()),
        );
        let rows = layout.rows_in(self.scrolled.0, self.scrolled.1);
        let place = view.selection.focus().and_then(|f| placed.place_of(f));
        let in_view = place.is_some_and(|p| rows.contains(&(p / layout.columns)));
        self.drawn = Some((placed.clone(), in_view));
    }

    /// Where to scroll before drawing: the object looked at comes into view when it changes, and stays in
    /// view when tiles change their size or the list its order; another list starts at its top.
    fn scroll_to(
        &mut self,
        view: &View<'_>,
        placed: &Arc<Placed>,
        layout: Layout,
        height: f64,
    ) -> Option<f64> {
        let focus = view.selection.focus();
        let is_new = focus != self.revealed;
        let is_resized = self
            .layout
            .is_some_and(|l| (l.columns, l.side) != (layout.columns, layout.side));
        if self.to_top > 0 {
            if !self.list.is_pending() {
                self.to_top -= 1;
            }
            self.revealed = focus;
            return Some(0.0);
        }
        let is_moved = (self.drawn.as_ref()).is_some_and(|(p, seen)| *seen && !Arc::ptr_eq(p, placed));
        let is_new = is_new || is_moved;
        if !is_new && !is_resized {
            return None;
        }
        let place = focus.and_then(|f| placed.place_of(f));
        if is_resized && !is_new {
            // What was in view stays in view, whether it is the object looked at or the first row.
            let old = self.layout?;
            let top = old.rows_in(self.scrolled.0, self.scrolled.1);
            let in_view = |p: &usize| top.contains(&(p / old.columns));
            let keep = place.filter(in_view);
            return match keep {
                Some(place) => {
                    let from = layout.corner(place).1 - height / 2.0 + layout.pitch() / 2.0;
                    Some(from.max(0.0))
                }
                None => Some(layout.corner(top.start * old.columns).1),
            };
        }
        self.revealed = focus;
        layout.reveal(place?, self.scrolled.0, height - 6.0)
    }
}

/// The place `by` from `at` among `all`; a step by rows of `row` that would leave the list stays in its
/// column's last row, larger steps go to the ends.
fn stepped(at: i64, by: i64, row: i64, all: i64) -> i64 {
    let to = at + by;
    if (0..all).contains(&to) {
        to
    } else if by.abs() >= all {
        to.clamp(0, all - 1)
    } else if by == row && at / row < (all - 1) / row {
        // The last row is short: its last one.
        all - 1
    } else if by < 0 {
        at % row
    } else {
        let last = (all - 1) / row * row + at % row;
        if last < all { last } else { (last - row).max(at) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrows_stay_in_the_list() {
        // Ten in rows of four: 0-3, 4-7, 8-9.
        assert_eq!(stepped(1, 4, 4, 10), 5);
        assert_eq!(stepped(5, 4, 4, 10), 9);
        assert_eq!(stepped(6, 4, 4, 10), 9, "into the short last row");
        assert_eq!(stepped(9, 4, 4, 10), 9, "stays in the last row");
        assert_eq!(stepped(2, -4, 4, 10), 2, "stays in the first row");
        assert_eq!(stepped(5, -8, 4, 10), 1, "a page up ends in the first row");
        assert_eq!(stepped(5, 10, 4, 10), 9, "End");
        assert_eq!(stepped(5, -10, 4, 10), 0, "Home");
    }
}
