//! The Table pane: every object and any of its columns, filtered, sorted, chosen by click and keys.

mod choice;
mod chooser;
mod copy;
mod filter_bar;
mod grid;
mod marks;
mod motion;

use crate::app::columns::ColumnInfo;
use crate::app::command::{Action, Command};
use crate::app::context::View;
use crate::app::listing::{Listing, Order};
use crate::app::mind::counted;
use crate::app::notices::Notice;
use crate::app::selection::Meets;
use choice::Choice;
use chooser::Chooser;
use copy::Copying;
use egui::{Event, Modifiers};
use filter_bar::FilterBar;
use grid::{Done, Grid, HEADER, HeaderAsks};
use serde::{Deserialize, Serialize};
use std::ops::{Range, RangeInclusive};
use std::sync::Arc;

/// Width of a column before a person changes it, points.
const WIDTH: f32 = 92.0;
/// Rows shown around one that is scrolled to.
const AROUND: u64 = 3;
/// Width of the column of names.
const NAME_WIDTH: f32 = 130.0;

/// What the pane keeps.
#[derive(Serialize, Deserialize)]
#[serde(default)]
pub struct TablePanel {
    filter: FilterBar,
    choice: Choice,
    order: Order,
    /// Whether the object looked at is scrolled to when it was chosen elsewhere.
    follows: bool,
    #[serde(skip)]
    chooser: Chooser,
    #[serde(skip)]
    listing: Listing,
    #[serde(skip)]
    copying: Option<Copying>,
    /// Whether keys are meant for the rows: the pane was clicked last, or just came up.
    #[serde(skip)]
    has_hand: bool,
    /// The object where a range begins.
    #[serde(skip)]
    anchor: Option<u32>,
    /// The frame the pane was last drawn in.
    #[serde(skip)]
    drawn: u64,
    /// Rows in view in the last frame.
    #[serde(skip)]
    rows: Range<u64>,
    #[serde(skip)]
    place: Place,
}

impl Default for TablePanel {
    fn default() -> Self {
        Self {
            filter: FilterBar::default(),
            choice: Choice::default(),
            order: Order::default(),
            follows: true,
            chooser: Chooser::default(),
            listing: Listing::default(),
            copying: None,
            has_hand: false,
            anchor: None,
            drawn: 0,
            rows: 0..0,
            place: Place::default(),
        }
    }
}

/// Where the object that is looked at stands in the list.
#[derive(Default)]
struct Place {
    list: Option<Arc<Vec<u32>>>,
    focus: Option<u32>,
    place: Option<usize>,
}

impl Place {
    /// Looks it up if the list or the object is another; whether it is. A million objects are looked
    /// through in well under a millisecond.
    fn follow(&mut self, list: &Arc<Vec<u32>>, focus: Option<u32>) -> bool {
        let is_same = self.focus == focus && self.list.as_ref().is_some_and(|l| Arc::ptr_eq(l, list));
        if !is_same {
            self.list = Some(list.clone());
            self.focus = focus;
            self.place = focus.and_then(|f| list.iter().position(|o| *o == f));
        }
        !is_same
    }
}

impl TablePanel {
    /// Whether rows were in view in the last frame.
    pub fn has_rows(&self) -> bool {
        !self.rows.is_empty()
    }

    /// Draws the pane.
    pub fn ui(&mut self, ui: &mut egui::Ui, view: &View<'_>) {
        self.watch_hand(ui);
        let asked = self.filter.ui(ui, view);
        if asked.to_rows {
            self.has_hand = true;
        }
        let all = view.columns.all(view.live);
        let shown = self.choice.shown(&all);
        let source = (view.survey.generation, view.columns, view.live);
        let list = self
            .listing
            .get(ui.ctx(), source, view.visible, &self.order, None)
            .map(|placed| placed.order.clone());
        self.tools_ui(ui, view, &all, &shown, list.as_ref());
        self.finish_copy(ui, view);
        let Some(list) = list else {
            ui.horizontal(|ui| {
                ui.spinner();
                ui.label("Sorting…");
            });
            return;
        };
        if list.is_empty() {
            return self.empty_ui(ui, view);
        }
        let scroll = self.move_focus(ui, view, &list);
        let done = self.grid_ui(ui, view, &shown, &list, scroll);
        self.rows = done.rows.clone();
        self.follow(view, &all, &list, done);
    }

    /// Keys belong to the pane that was clicked last, or that just came up.
    fn watch_hand(&mut self, ui: &egui::Ui) {
        let frame = ui.ctx().cumulative_frame_nr();
        if frame > self.drawn + 1 {
            self.has_hand = true;
        }
        self.drawn = frame;
        let rect = ui.max_rect();
        let pressed = ui.input(|i| {
            i.pointer
                .any_pressed()
                .then(|| i.pointer.interact_pos())
                .flatten()
        });
        if let Some(pos) = pressed {
            self.has_hand = rect.contains(pos);
        }
    }

    fn tools_ui(
        &mut self,
        ui: &mut egui::Ui,
        view: &View<'_>,
        all: &[ColumnInfo],
        shown: &[ColumnInfo],
        list: Option<&Arc<Vec<u32>>>,
    ) {
        ui.horizontal_wrapped(|ui| {
            let total = view.survey.count();
            ui.label(match view.visible.passes {
                Some(_) => format!("{} of {}", grouped(view.visible.count), grouped(total)),
                None => format!("{} objects", grouped(total)),
            });
            self.chooser.ui(ui, all, &mut self.choice);
            let select = ui
                .button("Select all shown")
                .on_hover_text(Action::SelectAll.help());
            if select.clicked() {
                view.send(Command::Do(Action::SelectAll));
            }
            let can_copy = !view.selection.is_empty() && self.copying.is_none();
            let copy = ui
                .add_enabled(can_copy, egui::Button::new("Copy rows"))
                .on_hover_text("Copy the selected rows as tab-separated text (Ctrl+C)");
            let is_key =
                self.takes_keys(ui) && ui.input(|i| i.events.iter().any(|e| matches!(e, Event::Copy)));
            if let Some(list) = list
                && can_copy
                && (copy.clicked() || is_key)
            {
                self.start_copy(ui, view, shown, list);
            }
            ui.checkbox(&mut self.follows, "Follow")
                .on_hover_text("Scroll to the object that is chosen in another view");
        });
    }

    /// Nothing is listed: why, and what to do.
    fn empty_ui(&mut self, ui: &mut egui::Ui, view: &View<'_>) {
        ui.vertical_centered(|ui| {
            ui.add_space(40.0);
            if view.visible.passes.is_some() {
                ui.label("No object passes the filter.");
                if ui.button("Show all objects").clicked() {
                    self.filter.clear(view);
                }
            } else {
                ui.label("This project has no objects yet: open images or a catalogue.");
            }
        });
    }

    fn takes_keys(&self, ui: &egui::Ui) -> bool {
        self.has_hand && !ui.ctx().egui_wants_keyboard_input()
    }

    /// Moves with the keys; the rows to scroll to, if any.
    fn move_focus(
        &mut self,
        ui: &egui::Ui,
        view: &View<'_>,
        list: &Arc<Vec<u32>>,
    ) -> Option<RangeInclusive<u64>> {
        let is_new = self.place.follow(list, view.selection.focus());
        let start = self.place.place;
        let mut place = start;
        let mut extends = false;
        if self.takes_keys(ui) {
            let page = (self.rows.end - self.rows.start) as usize;
            for (motion, shift) in ui.input_mut(motion::pressed) {
                place = motion::moved(place, list.len(), page, motion);
                extends = shift;
            }
        }
        if place != start
            && let Some(to) = place
            && let Some(&object) = list.get(to)
        {
            self.choose(view, list, to, object, extends.then_some(Modifiers::SHIFT));
            return Some(to as u64..=to as u64);
        }
        // It changed elsewhere, or stands elsewhere now.
        let to = start.filter(|_| is_new && self.follows)? as u64;
        let is_in_view = self.rows.contains(&to);
        // With some rows around it, to be seen among its like.
        let around = to.saturating_sub(AROUND)..=(to + AROUND).min(list.len() as u64 - 1);
        (!is_in_view).then_some(around)
    }

    /// Chooses a row with the keys held.
    fn choose(
        &mut self,
        view: &View<'_>,
        list: &[u32],
        row: usize,
        object: u32,
        modifiers: Option<Modifiers>,
    ) {
        match motion::meets(modifiers.unwrap_or_default()) {
            Some(meets) => {
                self.anchor = Some(object);
                view.send(Command::Choose(vec![object], meets));
            }
            None => {
                let anchor = self.anchor.or(view.selection.focus());
                let from = anchor.and_then(|a| list.iter().position(|o| *o == a));
                self.anchor = anchor.or(Some(object));
                let range = motion::range(list, from.unwrap_or(row), row);
                view.send(Command::Choose(range, Meets::Replaces));
            }
        }
    }

    fn grid_ui(
        &mut self,
        ui: &mut egui::Ui,
        view: &View<'_>,
        shown: &[ColumnInfo],
        list: &[u32],
        scroll: Option<RangeInclusive<u64>>,
    ) -> Done {
        // Classes and similarities come when the column has long been fitted to nothing.
        let least = |name: &str| match name {
            "label" | "predicted" => WIDTH,
            "similarity" => WIDTH + 10.0,
            _ => 40.0,
        };
        let column = |name: &str, width| {
            egui_table::Column::new(width)
                .range(egui::Rangef::new(least(name), 600.0))
                .id(egui::Id::unique(("table column", name)))
        };
        let mut columns = vec![column(choice::NAME, NAME_WIDTH)];
        columns.extend(shown.iter().map(|c| column(&c.name, WIDTH)));
        let mut table = egui_table::Table::new()
            .id_salt("objects")
            .num_rows(list.len() as u64)
            .num_sticky_cols(1)
            .headers([egui_table::HeaderRow::new(HEADER)])
            .columns(columns);
        if let Some(rows) = scroll {
            // Without an alignment: that would move the columns, too.
            table = table.scroll_to_rows(rows, None);
        }
        let mut grid = Grid {
            view,
            list,
            columns: shown,
            order: &self.order,
            done: Done::default(),
        };
        table.show(ui, &mut grid);
        grid.done
    }

    /// Does what was asked of the cells.
    fn follow(&mut self, view: &View<'_>, all: &[ColumnInfo], list: &[u32], done: Done) {
        if let Some((row, modifiers)) = done.clicked
            && let Some(&object) = list.get(row)
        {
            self.choose(view, list, row, object, Some(modifiers));
        }
        match done.header {
            Some(HeaderAsks::Sort(order)) => self.order = order,
            Some(HeaderAsks::Hide(name)) => self.choice.set(all, &name, false),
            Some(HeaderAsks::Move(name, by)) => self.choice.step(all, &name, by),
            Some(HeaderAsks::Filter(name)) => {
                self.filter
                    .add(&format!("{} ", crate::tasks::filter::written(&name)));
            }
            None => {}
        }
    }

    fn start_copy(&mut self, ui: &egui::Ui, view: &View<'_>, shown: &[ColumnInfo], list: &Arc<Vec<u32>>) {
        if view.selection.len() > copy::MOST {
            let why = format!(
                "At most {} rows are copied; export the catalogue instead.",
                copy::MOST
            );
            return view.send(Command::Tell(Notice::warning("Nothing was copied", why)));
        }
        let survey = view.survey.clone();
        let name = move |o: u32| {
            survey
                .objects()
                .get(o as usize)
                .map_or_else(String::new, |o| o.name.clone())
        };
        let values = (view.columns.clone(), view.live.clone());
        let rows = (list.clone(), view.selection.set().clone());
        self.copying = Copying::start(ui.ctx(), values, shown.to_vec(), rows, name);
    }

    fn finish_copy(&mut self, ui: &egui::Ui, view: &View<'_>) {
        if let Some((text, rows)) = self.copying.as_ref().and_then(Copying::take) {
            self.copying = None;
            if rows == 0 {
                let why = "None of the selected objects is shown; clear the filter to copy them.";
                return view.send(Command::Tell(Notice::warning("Nothing was copied", why)));
            }
            ui.ctx().copy_text(text);
            let told = format!("Copied {}", counted(rows, "row"));
            view.send(Command::Tell(Notice::done(told)));
        }
    }
}

/// A whole number with a space between thousands.
fn grouped(n: usize) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(c);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        assert_eq!(grouped(7), "7");
        assert_eq!(grouped(123), "123");
        assert_eq!(grouped(12_345), "12 345");
        assert_eq!(grouped(1_000_000), "1 000 000");
    }
}
