//! The one selection that all views share, and the way back through earlier ones.

use std::sync::Arc;

/// How a new choice meets the old one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meets {
    /// In its place.
    Replaces,
    /// Added (shift or control).
    Adds,
    /// What is in both leaves, the rest comes (control on one object).
    Toggles,
    /// Taken out (alt).
    LeavesOut,
}

/// A choice of objects.
#[derive(Debug, Clone, Default, PartialEq)]
struct Choice {
    set: Arc<Vec<u32>>,
    focus: Option<u32>,
}

/// How many earlier choices are kept.
const REMEMBERED: usize = 200;
/// How many objects all earlier choices may hold together.
const REMEMBERED_OBJECTS: usize = 16_000_000;

/// Chosen objects, and the one the inspector shows.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    now: Choice,
    back: Vec<Choice>,
    forward: Vec<Choice>,
    /// Raised with every change.
    pub generation: u64,
}

impl Selection {
    /// The chosen objects, ascending.
    pub fn set(&self) -> &Arc<Vec<u32>> {
        &self.now.set
    }

    /// The one object that keys act on and the inspector shows.
    pub fn focus(&self) -> Option<u32> {
        self.now.focus
    }

    /// Whether an object is chosen.
    pub fn has(&self, object: u32) -> bool {
        self.now.set.binary_search(&object).is_ok()
    }

    /// Whether nothing is chosen.
    pub fn is_empty(&self) -> bool {
        self.now.set.is_empty()
    }

    /// Number of chosen objects.
    pub fn len(&self) -> usize {
        self.now.set.len()
    }

    /// Whether the rest stands back in every view: several objects are chosen, as by a brush. (One alone
    /// is only looked at.)
    pub fn is_brush(&self) -> bool {
        self.now.set.len() > 1
    }

    /// Whether an object stands back behind those that are chosen.
    pub fn dims(&self, object: u32) -> bool {
        self.is_brush() && !self.has(object)
    }

    /// Chooses objects; the first of them is looked at unless it leaves.
    pub fn choose(&mut self, objects: &[u32], meets: Meets) {
        let mut new: Vec<u32> = objects.to_vec();
        new.sort_unstable();
        new.dedup();
        let old = &self.now.set;
        let set: Vec<u32> = match meets {
            Meets::Replaces => new,
            Meets::Adds => {
                let mut all: Vec<u32> = old.iter().copied().chain(new).collect();
                all.sort_unstable();
                all.dedup();
                all
            }
            Meets::Toggles => {
                let mut all: Vec<u32> = old
                    .iter()
                    .copied()
                    .filter(|o| new.binary_search(o).is_err())
                    .collect();
                all.extend(new.iter().copied().filter(|o| old.binary_search(o).is_err()));
                all.sort_unstable();
                all
            }
            Meets::LeavesOut => old
                .iter()
                .copied()
                .filter(|o| new.binary_search(o).is_err())
                .collect(),
        };
        let has = |o: &u32| set.binary_search(o).is_ok();
        let focus = objects
            .first()
            .copied()
            .filter(has)
            .or(self.now.focus.filter(has))
            .or(set.first().copied());
        self.go(Choice {
            set: Arc::new(set),
            focus,
        });
    }

    /// Looks at one object: within a choice of several it stays, else it becomes the choice.
    pub fn look_at(&mut self, object: u32) {
        if self.now.focus == Some(object) {
            return;
        }
        if self.now.set.len() > 1 && self.has(object) {
            self.now.focus = Some(object);
            self.generation += 1;
        } else {
            self.choose(&[object], Meets::Replaces);
        }
    }

    fn go(&mut self, to: Choice) {
        if to == self.now {
            return;
        }
        let old = std::mem::replace(&mut self.now, to);
        self.back.push(old);
        // Choices of a million objects each would fill the memory.
        let mut held: usize = self.back.iter().map(|c| c.set.len()).sum();
        while self.back.len() > REMEMBERED || held > REMEMBERED_OBJECTS && self.back.len() > 1 {
            held -= self.back.remove(0).set.len();
        }
        self.forward.clear();
        self.generation += 1;
    }

    /// Whether there is an earlier choice.
    pub fn can_go_back(&self) -> bool {
        !self.back.is_empty()
    }

    /// Whether there is a later choice.
    pub fn can_go_forward(&self) -> bool {
        !self.forward.is_empty()
    }

    /// To the choice before.
    pub fn back(&mut self) {
        if let Some(choice) = self.back.pop() {
            self.forward.push(std::mem::replace(&mut self.now, choice));
            self.generation += 1;
        }
    }

    /// To the choice after.
    pub fn forward(&mut self) {
        if let Some(choice) = self.forward.pop() {
            self.back.push(std::mem::replace(&mut self.now, choice));
            self.generation += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_meet_and_are_found_again() {
        let mut s = Selection::default();
        s.choose(&[5, 3, 5], Meets::Replaces);
        assert_eq!((s.set().as_slice(), s.focus()), (&[3, 5][..], Some(5)));
        s.choose(&[7], Meets::Adds);
        s.choose(&[3], Meets::Toggles);
        assert_eq!((s.set().as_slice(), s.focus()), (&[5, 7][..], Some(7)));
        s.choose(&[7], Meets::LeavesOut);
        assert_eq!((s.set().as_slice(), s.focus()), (&[5][..], Some(5)));
        s.back();
        s.back();
        assert_eq!(s.set().as_slice(), &[3, 5, 7]);
        s.forward();
        assert_eq!(s.set().as_slice(), &[5, 7]);
        s.look_at(5);
        assert_eq!(
            (s.len(), s.focus()),
            (2, Some(5)),
            "looking within a choice keeps it"
        );
        s.look_at(9);
        assert_eq!((s.set().as_slice(), s.can_go_forward()), (&[9][..], false));
    }

    #[test]
    fn the_rest_stands_back_behind_several() {
        let mut selection = Selection::default();
        assert!(!selection.dims(3), "nothing is chosen");
        selection.choose(&[3], Meets::Replaces);
        assert!(!selection.dims(4), "one is only looked at");
        selection.choose(&[3, 5], Meets::Replaces);
        assert!(selection.dims(4) && !selection.dims(3) && !selection.dims(5));
    }
}
