//! Which objects a view lists, and in what order: the filter's, sorted by a column.

use super::columns::{Columns, Holds};
use super::derived::Derived;
use super::live::Live;
use rayon::prelude::*;
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

/// A list with the place of every object in it.
pub struct Placed {
    /// The objects in their order.
    pub order: Arc<Vec<u32>>,
    // By object: place + 1, 0 for none.
    places: Vec<u32>,
}

impl Placed {
    /// Notes where each object stands.
    pub fn new(order: Arc<Vec<u32>>) -> Self {
        let most = order.iter().copied().max().map_or(0, |m| m as usize + 1);
        let mut places = vec![0; most];
        for (place, &object) in order.iter().enumerate() {
            places[object as usize] = place as u32 + 1;
        }
        Self { order, places }
    }

    /// Where an object stands, counted from 0.
    pub fn place_of(&self, object: u32) -> Option<usize> {
        (*self.places.get(object as usize)? as usize).checked_sub(1)
    }

    /// The objects from one to another, both included, in the list's order; the second first, so that
    /// it is the one looked at.
    pub fn range(&self, from: u32, to: u32) -> Vec<u32> {
        let (Some(a), Some(b)) = (self.place_of(from), self.place_of(to)) else {
            return vec![to];
        };
        let between = &self.order[a.min(b)..=a.max(b)];
        std::iter::once(to).chain(between.iter().copied()).collect()
    }
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
    made: Derived<Key, Placed>,
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
    ) -> Option<Arc<Placed>> {
        let key = Key {
            order: order.clone(),
            only: only.cloned(),
            survey,
            values: columns.generation(live, &order.column),
            visible: visible.generation,
        };
        let (columns, live, passes) = (columns.clone(), live.clone(), visible.passes.clone());
        let (order, only) = (order.clone(), only.cloned());
        self.made.get_soon(ctx, &key, move || {
            let rows = sorted(&columns, &live, passes.as_deref(), &order, only.as_deref());
            Placed::new(Arc::new(rows))
        })
    }
}

/// A whole number that orders as the values do, or the other way; NaN comes last either way.
fn sort_key(value: f64, descending: bool) -> u64 {
    if value.is_nan() {
        return u64::MAX;
    }
    // Zeros of either sign are one value.
    let bits = (value + 0.0).to_bits();
    let ascending = if bits >> 63 == 1 { !bits } else { bits | 1 << 63 };
    if descending { !ascending } else { ascending }
}

/// As [`sort_key`] for a value that single precision holds exactly, as all live scores are; `None` for
/// another.
fn short_key(value: f64, descending: bool) -> Option<u32> {
    if value.is_nan() {
        return Some(u32::MAX);
    }
    let short = value as f32;
    if f64::from(short) != value {
        return None;
    }
    let bits = (short + 0.0).to_bits();
    let ascending = if bits >> 31 == 1 { !bits } else { bits | 1 << 31 };
    Some(if descending { !ascending } else { ascending })
}

/// `rows` by their values, equals as they were. Keys stand beside the rows' places, so that a comparison
/// looks at nothing else; where both fit one whole number, which is sorted in half the time.
fn by_value(rows: &[u32], value: impl Fn(&u32) -> f64 + Sync, descending: bool) -> Vec<u32> {
    let packed = |(place, row): (usize, &u32)| {
        let key = short_key(value(row), descending)?;
        Some(u64::from(key) << 32 | place as u64)
    };
    let short = || rows.par_iter().enumerate().map(packed);
    if short().all(|k| k.is_some()) {
        let mut keyed: Vec<u64> = short().map(Option::unwrap_or_default).collect();
        keyed.par_sort_unstable();
        return keyed.into_iter().map(|k| rows[k as u32 as usize]).collect();
    }
    let wide = |(place, row): (usize, &u32)| (sort_key(value(row), descending), place as u32);
    let mut keyed: Vec<(u64, u32)> = rows.par_iter().enumerate().map(wide).collect();
    keyed.par_sort_unstable();
    keyed.into_iter().map(|k| rows[k.1 as usize]).collect()
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
                let value = |&o: &u32| values.get(o as usize).copied().unwrap_or(f64::NAN);
                rows = by_value(&rows, value, order.descending);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_object_knows_its_place() {
        let placed = Placed::new(Arc::new(vec![7, 2, 9, 4]));
        assert_eq!(placed.place_of(7), Some(0));
        assert_eq!(placed.place_of(4), Some(3));
        assert_eq!((placed.place_of(3), placed.place_of(100)), (None, None));
        assert_eq!(placed.range(2, 4), vec![4, 2, 9, 4]);
        assert_eq!(placed.range(9, 7), vec![7, 7, 2, 9]);
        assert_eq!(placed.range(3, 2), vec![2], "without a start only the end");
        assert_eq!(Placed::new(Arc::new(Vec::new())).place_of(0), None);
    }

    #[test]
    fn short_and_wide_keys_give_one_order_and_equals_stay_as_they_were() {
        let rows: Vec<u32> = (0..2000).rev().collect();
        let values: Vec<f64> = (0..2000i32)
            .map(|i| match i % 7 {
                0 => f64::NAN,
                1 => -0.0,
                2 => 0.0,
                _ => f64::from((i * 7919 % 401 - 200) as f32 * 0.37),
            })
            .collect();
        for descending in [false, true] {
            let mut want = rows.clone();
            want.sort_by(|&a, &b| {
                let (a, b) = (values[a as usize], values[b as usize]);
                match (a.is_nan(), b.is_nan()) {
                    (false, false) if descending => b.partial_cmp(&a).unwrap(),
                    (false, false) => a.partial_cmp(&b).unwrap(),
                    (x, y) => x.cmp(&y),
                }
            });
            assert_eq!(by_value(&rows, |&o| values[o as usize], descending), want);
            // A third of each value is in no single precision, and zero stays zero.
            let third = |&o: &u32| values[o as usize] / 3.0;
            assert!(rows.iter().any(|o| short_key(third(o), false).is_none()));
            assert_eq!(by_value(&rows, third, descending), want);
        }
    }

    #[test]
    fn keys_order_as_values_do() {
        let ascending = [
            f64::NEG_INFINITY,
            -2.5,
            -1e-300,
            0.0,
            1e-300,
            3.0,
            f64::INFINITY,
            f64::NAN,
        ];
        for pair in ascending.windows(2) {
            assert!(sort_key(pair[0], false) < sort_key(pair[1], false), "{pair:?}");
            if !pair[1].is_nan() {
                assert!(sort_key(pair[0], true) > sort_key(pair[1], true), "{pair:?}");
            }
        }
        assert_eq!(sort_key(-0.0, false), sort_key(0.0, false));
        assert_eq!(
            sort_key(f64::NAN, true),
            u64::MAX,
            "without a value last in either direction"
        );
    }
}
