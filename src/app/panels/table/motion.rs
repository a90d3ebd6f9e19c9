//! How keys move through a list, and what they and clicks choose.

use crate::app::selection::Meets;
use egui::{InputState, Key, Modifiers};

/// A way to move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Motion {
    /// By rows, down for positive.
    Rows(isize),
    /// By pages, down for positive.
    Pages(isize),
    /// To the first.
    First,
    /// To the last.
    Last,
}

/// Keys that move.
const KEYS: [(Key, Motion); 6] = [
    (Key::ArrowUp, Motion::Rows(-1)),
    (Key::ArrowDown, Motion::Rows(1)),
    (Key::PageUp, Motion::Pages(-1)),
    (Key::PageDown, Motion::Pages(1)),
    (Key::Home, Motion::First),
    (Key::End, Motion::Last),
];

/// Takes the motions that were pressed in this frame, and whether shift was held.
pub fn pressed(input: &mut InputState) -> Vec<(Motion, bool)> {
    let mut found = Vec::new();
    for (key, motion) in KEYS {
        for (modifiers, extends) in [(Modifiers::SHIFT, true), (Modifiers::NONE, false)] {
            for _ in 0..input.count_and_consume_key(modifiers, key) {
                found.push((motion, extends));
            }
        }
    }
    found
}

/// Where a motion leads in a list of `len` from `place`, with `page` rows in view.
pub fn moved(place: Option<usize>, len: usize, page: usize, motion: Motion) -> Option<usize> {
    let last = len.checked_sub(1)?;
    let Some(place) = place else {
        return Some(match motion {
            Motion::Last => last,
            _ => 0,
        });
    };
    // One row of the page before stays in sight.
    let page = page.saturating_sub(1).max(1) as isize;
    Some(match motion {
        Motion::Rows(by) => place.saturating_add_signed(by).min(last),
        Motion::Pages(by) => place.saturating_add_signed(by * page).min(last),
        Motion::First => 0,
        Motion::Last => last,
    })
}

/// What is chosen from the row where a range began to another: the other first, which is then looked
/// at.
pub fn range(list: &[u32], anchor: usize, to: usize) -> Vec<u32> {
    let (low, high) = (anchor.min(to), anchor.max(to));
    let Some(part) = list.get(low..=high) else {
        return Vec::new();
    };
    let mut chosen = Vec::with_capacity(part.len() + 1);
    chosen.extend(list.get(to));
    chosen.extend_from_slice(part);
    chosen
}

/// How a click on a row meets the selection; `None` for a range from where the last one was.
pub fn meets(modifiers: Modifiers) -> Option<Meets> {
    if modifiers.shift {
        None
    } else if modifiers.command {
        Some(Meets::Toggles)
    } else {
        Some(Meets::Replaces)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_stay_within_the_list() {
        assert_eq!(moved(None, 0, 10, Motion::Rows(1)), None);
        assert_eq!(moved(None, 5, 10, Motion::Rows(1)), Some(0));
        assert_eq!(moved(None, 5, 10, Motion::Last), Some(4));
        assert_eq!(moved(Some(0), 5, 10, Motion::Rows(-1)), Some(0));
        assert_eq!(moved(Some(4), 5, 10, Motion::Rows(1)), Some(4));
        assert_eq!(moved(Some(4), 100, 10, Motion::Pages(1)), Some(13));
        assert_eq!(moved(Some(4), 100, 10, Motion::Pages(-1)), Some(0));
        assert_eq!(moved(Some(4), 100, 0, Motion::Pages(1)), Some(5));
        assert_eq!(moved(Some(4), 100, 10, Motion::First), Some(0));
        assert_eq!(moved(Some(4), 100, 10, Motion::Last), Some(99));
    }

    #[test]
    fn a_range_goes_either_way_and_looks_at_its_end() {
        let list = [9, 7, 5, 3, 1];
        assert_eq!(range(&list, 1, 3), [3, 7, 5, 3]);
        assert_eq!(range(&list, 3, 1), [7, 7, 5, 3]);
        assert_eq!(range(&list, 2, 2), [5, 5]);
        assert!(range(&list, 2, 9).is_empty());
    }
}
