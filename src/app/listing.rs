//! Which objects a view lists, and in what order: the filter's, sorted by a column.

use super::columns::{Columns, Holds};
use super::derived::Derived;
use super::live::Live;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The objects that the filter lets through; everything when there is no filter.
#[derive(Debug, Clone, Default)]
pub struct Visible {
    /// By object; `None` lets all through.
    pub passes: Option<Arc<Vec<bool>>>,
    /// How many pass.
    pub count: usize,
    /// The expression.
    pub text: String,
    /// Why the expression can't be used; then the one before it still holds.
    pub error: Option<String>,
    /// Raised with every change.
    pub generation: u64,
}

impl Visible {
    /// Whether an object is shown.
    pub fn has(&self, object: u32) -> bool {
        self.passes
            .as_ref()
            .is_none_or(|p| p.get(object as usize).copied().unwrap_or(false))
    }
}

/// Order of a list.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// The column; empty for the objects' own order.
    pub column: String,
    /// Largest first.
    pub descending: bool,
}

/// What a list is made from; a list is made again when this changes.
#[derive(Debug, Clone, PartialEq)]
struct Key {
    order: Order,
    only: Option<Arc<Vec<u32>>>,
    survey: u64,
    values: u64,
    visible: u64,
}

/// A sorted list of objects, made off the window's thread.
#[derive(Default)]
pub struct Listing {
    made: Derived<Key, Vec<u32>>,
}

impl Listing {
    /// Whether a newer list is being made.
    pub fn is_pending(&self) -> bool {
        self.made.is_pending()
    }

    /// The list: `only` these objects (all if `None`) that are visible, in `order`. Objects without a
    /// value come last.
    pub fn get(
        &mut self,
        ctx: &egui::Context,
        (survey, columns, live): (u64, &Arc<Columns>, &Arc<Live>),
        visible: &Visible,
        order: &Order,
        only: Option<&Arc<Vec<u32>>>,
    ) -> Option<Arc<Vec<u32>>> {
        let key = Key {
            order: order.clone(),
            only: only.cloned(),
            survey,
            values: columns.generation(live, &order.column),
            visible: visible.generation,
        };
        let (columns, live, passes) = (columns.clone(), live.clone(), visible.passes.clone());
        let (order, only) = (order.clone(), only.cloned());
        self.made.get(ctx, &key, move || {
            sorted(&columns, &live, passes.as_deref(), &order, only.as_deref())
        })
    }
}

/// See [`Listing::get`].
fn sorted(
    columns: &Columns,
    live: &Live,
    passes: Option<&Vec<bool>>,
    order: &Order,
    only: Option<&Vec<u32>>,
) -> Vec<u32> {
    let shown = |o: &u32| passes.is_none_or(|p| p.get(*o as usize).copied().unwrap_or(false));
    let mut rows: Vec<u32> = match only {
        Some(only) => only.iter().copied().filter(shown).collect(),
        None => (0..columns.rows() as u32).filter(shown).collect(),
    };
    let holds = columns.info(live, &order.column).map(|c| c.holds);
    match holds {
        Some(Holds::Numbers) => {
            if let Some(values) = columns.numbers(live, &order.column) {
                let value = |o: &u32| values.get(*o as usize).copied().unwrap_or(f64::NAN);
                let turn = |x: f64| if order.descending { -x } else { x };
                rows.sort_by(|a, b| {
                    let (x, y) = (value(a), value(b));
                    x.is_nan().cmp(&y.is_nan()).then(turn(x).total_cmp(&turn(y)))
                });
            }
        }
        Some(Holds::Words) => {
            if let Some(found) = columns.categories(live, &order.column) {
                // Words are compared once, objects by their words' places.
                let mut places: Vec<usize> = (0..found.words.len()).collect();
                places.sort_by(|&a, &b| found.words[a].cmp(&found.words[b]));
                let mut place = vec![u32::MAX; found.words.len() + 1];
                for (new, &old) in places.iter().enumerate() {
                    let turned = if order.descending {
                        places.len() - 1 - new
                    } else {
                        new
                    };
                    place[old + 1] = turned as u32;
                }
                let key = |o: &u32| {
                    let word = found.of.get(*o as usize).copied().unwrap_or(0);
                    place.get(word as usize).copied().unwrap_or(u32::MAX)
                };
                rows.sort_by_key(key);
            }
        }
        None if order.descending => rows.reverse(),
        None => {}
    }
    rows
}
