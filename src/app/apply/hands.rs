//! What a hand on the keys does: labels, marks, and goes from object to object.

use crate::app::mind::Request;
use crate::app::selection::Meets;
use crate::app::state::{AppState, Open};

/// Chooses every object for which `wanted` holds.
pub(super) fn choose_where(state: &mut AppState, wanted: impl Fn(&Open, u32) -> bool) {
    if let Some(open) = &mut state.open {
        let all: Vec<u32> = (0..open.survey.count() as u32)
            .filter(|&o| wanted(open, o))
            .collect();
        open.selection.choose(&all, Meets::Replaces);
    }
}

pub(super) fn mark(state: &mut AppState, mark: Option<&'static str>) {
    if let Some(open) = &state.open {
        let objects = open.selection.set().to_vec();
        open.mind.ask(Request::Mark(objects, mark, "window, keys"));
    }
}

/// Labels the selection and, if it is one object, goes on: a hand on the keys needs nothing else.
pub(super) fn label_as(state: &mut AppState, class: usize) {
    let Some(open) = &state.open else { return };
    let Some(name) = open.live.classes.get(class).map(|c| c.name.clone()) else {
        return;
    };
    let objects = open.selection.set().to_vec();
    let is_one = objects.len() == 1;
    open.mind.ask(Request::Label(objects, Some(name), "window, keys"));
    if is_one && state.settings.advance {
        step(state, 1);
    }
}

/// To the next or previous object of what the gallery shows.
pub(super) fn step(state: &mut AppState, by: i64) {
    let Some(open) = &mut state.open else { return };
    let count = open.survey.count() as i64;
    if count == 0 {
        return;
    }
    let focus = open.selection.focus();
    let order = state.panels.gallery.order();
    let next = match (&order, focus) {
        (Some(order), focus) if !order.is_empty() => {
            let at = focus.and_then(|f| state.panels.gallery.place_of(f));
            let place = at.map_or(0, |p| (p as i64 + by).clamp(0, order.len() as i64 - 1));
            order.get(place as usize).copied()
        }
        (_, Some(f)) => Some((i64::from(f) + by).clamp(0, count - 1) as u32),
        _ => Some(0),
    };
    if let Some(next) = next {
        // Stepping leaves a choice of several: keys then act on the one that is shown.
        open.selection.choose(&[next], Meets::Replaces);
    }
}

/// To the first suggestion that isn't labelled and isn't this one.
pub(super) fn skip(state: &mut AppState) {
    let Some(open) = &mut state.open else { return };
    let rows: Vec<u32> = open.live.suggestions.iter().map(|s| s.row as u32).collect();
    let free = |o: &u32| open.live.label_of(*o).is_none();
    let at = open
        .selection
        .focus()
        .and_then(|f| rows.iter().position(|&r| r == f));
    let start = at.map_or(0, |i| i + 1);
    let next = rows[start..]
        .iter()
        .chain(&rows[..start])
        .find(|o| free(o))
        .copied();
    match next {
        Some(next) => open.selection.choose(&[next], Meets::Replaces),
        None => step(state, 1),
    }
}

pub(super) fn new_class(state: &mut AppState, name: &str) {
    let Some(open) = &mut state.open else { return };
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.is_empty() {
        return;
    }
    // It reaches the project with its first label.
    let live = std::sync::Arc::make_mut(&mut open.live);
    live.class_number(&name);
    live.generation += 1;
}
