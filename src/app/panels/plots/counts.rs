//! Counts of a column by class, made off the window's thread.

use crate::app::context::View;
use crate::app::derived::Derived;
use crate::display::histogram::Histogram;
use std::sync::Arc;

/// What counts are made from.
#[derive(Debug, Clone, PartialEq)]
struct Key {
    survey: u64,
    column: String,
    values: u64,
    labels: u64,
    visible: u64,
    selection: u64,
    bins: usize,
    by_class: bool,
}

/// Counts and the column they are of; `None` without a finite value.
pub struct Counted {
    /// The column.
    pub column: String,
    /// Group 0 has no label, group `c + 1` class `c`; a single group if not by class.
    pub histogram: Option<Histogram>,
}

/// The newest counts.
#[derive(Default)]
pub struct Counts {
    made: Derived<Key, Counted>,
}

impl Counts {
    /// Counts of a column of all objects that the filter lets through; older ones of the same column
    /// until they are made.
    pub fn get(
        &mut self,
        ctx: &egui::Context,
        view: &View<'_>,
        column: &str,
        bins: usize,
        by_class: bool,
    ) -> Option<Arc<Counted>> {
        let key = Key {
            survey: view.survey.generation,
            column: column.to_owned(),
            values: view.columns.generation(view.live, column),
            labels: if by_class { view.live.generation } else { 0 },
            visible: view.visible.generation,
            selection: view.selection.generation,
            bins,
            by_class,
        };
        let (columns, live) = (view.columns.clone(), view.live.clone());
        let (passes, chosen) = (view.visible.passes.clone(), view.selection.set().clone());
        let name = column.to_owned();
        let made = self.made.get(ctx, &key, move || {
            let groups = if by_class { live.classes.len() + 1 } else { 1 };
            let group = |i: usize| {
                if by_class {
                    live.labels.get(i).map_or(0, |&l| l as usize)
                } else {
                    0
                }
            };
            let shown = |i: usize| passes.as_ref().is_none_or(|p| p.get(i).copied().unwrap_or(false));
            let histogram = columns
                .numbers(&live, &name)
                .and_then(|values| Histogram::new(&values, bins, groups, group, shown, &chosen));
            Counted {
                column: name,
                histogram,
            }
        })?;
        (made.column == column).then_some(made)
    }
}
