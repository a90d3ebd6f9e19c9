//! Which columns a table shows, and in what order.

use crate::app::columns::ColumnInfo;
use serde::{Deserialize, Serialize};

/// Shown first until a person chooses, as far as they are there.
const FIRST: [&str; 7] = [
    "label",
    "predicted",
    "probability",
    "anomaly_rank",
    "similarity",
    "ra_icrs",
    "dec_icrs",
];
/// How many columns are shown until a person chooses.
const AT_FIRST: usize = 14;
/// The column of names, which always stands at the left.
pub const NAME: &str = "object";
/// Not shown until a person chooses: numbers of the project's own, and what stands elsewhere already.
const LATE: [&str; 9] = [
    "object_id",
    "cutout_flags",
    "x_pixel",
    "y_pixel",
    "source",
    "file",
    "id",
    "ra",
    "dec",
];

/// The columns a person chose, in their order; none while nothing was chosen.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Choice(Option<Vec<String>>);

impl Choice {
    /// The columns to show, of all there are.
    pub fn shown(&self, all: &[ColumnInfo]) -> Vec<ColumnInfo> {
        let find = |name: &str| all.iter().find(|c| c.name == name && name != NAME).cloned();
        if let Some(names) = &self.0 {
            let found: Vec<ColumnInfo> = names.iter().filter_map(|n| find(n)).collect();
            // A choice made in another project may name nothing that is here.
            if !found.is_empty() || names.is_empty() {
                return found;
            }
        }
        let mut shown: Vec<ColumnInfo> = FIRST.iter().filter_map(|n| find(n)).collect();
        for column in all {
            let is_late = column.name == NAME || LATE.contains(&column.name.as_str());
            if shown.len() < AT_FIRST && !is_late && !column.is_live && !shown.contains(column) {
                shown.push(column.clone());
            }
        }
        shown
    }

    /// The names to change, starting from what is shown; what was chosen and isn't there now stays.
    fn names(&mut self, all: &[ColumnInfo]) -> &mut Vec<String> {
        let shown = self.shown(all);
        let known = |n: &String| all.iter().any(|c| c.name == *n);
        let is_of_here = self
            .0
            .as_ref()
            .is_some_and(|names| names.iter().any(known) || names.is_empty());
        if !is_of_here {
            self.0 = None;
        }
        self.0
            .get_or_insert_with(|| shown.into_iter().map(|c| c.name).collect())
    }

    /// Shows a column, at the right of the others, or hides it.
    pub fn set(&mut self, all: &[ColumnInfo], name: &str, is_shown: bool) {
        let names = self.names(all);
        names.retain(|n| n != name);
        if is_shown {
            names.push(name.to_owned());
        }
    }

    /// Puts a column where `before` stands; at the end for `None`.
    pub fn put_before(&mut self, all: &[ColumnInfo], name: &str, before: Option<&str>) {
        if before == Some(name) {
            return;
        }
        let names = self.names(all);
        names.retain(|n| n != name);
        let place = before.and_then(|b| names.iter().position(|n| n == b));
        names.insert(place.unwrap_or(names.len()), name.to_owned());
    }

    /// Moves a column by places among those shown: −1 to the left, 1 to the right.
    pub fn step(&mut self, all: &[ColumnInfo], name: &str, by: isize) {
        let shown = self.shown(all);
        let Some(from) = shown.iter().position(|c| c.name == name) else {
            return;
        };
        let to = from.saturating_add_signed(by).min(shown.len() - 1);
        let names = self.names(all);
        // Both are exchanged in the choice, where columns that aren't here now may stand between.
        let place = |wanted: &str, names: &[String]| names.iter().position(|n| n == wanted);
        if let (Some(a), Some(b)) = (place(name, names), place(&shown[to].name, names)) {
            names.swap(a, b);
        }
    }

    /// Shows all.
    pub fn all(&mut self, all: &[ColumnInfo]) {
        let rest = all.iter().map(|c| &c.name).filter(|n| *n != NAME).cloned();
        let names = self.names(all);
        for name in rest {
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }

    /// Hides all but the name.
    pub fn none(&mut self) {
        self.0 = Some(Vec::new());
    }

    /// As it was before anything was chosen.
    pub fn reset(&mut self) {
        self.0 = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::columns::Holds;

    fn columns(names: &[&str]) -> Vec<ColumnInfo> {
        let column = |n: &&str| ColumnInfo {
            name: (*n).to_owned(),
            unit: String::new(),
            description: String::new(),
            holds: Holds::Numbers,
            is_live: *n == "label",
        };
        names.iter().map(column).collect()
    }

    fn names(choice: &Choice, all: &[ColumnInfo]) -> Vec<String> {
        choice.shown(all).into_iter().map(|c| c.name).collect()
    }

    #[test]
    fn columns_are_shown_hidden_and_moved() {
        let all = columns(&["object_id", "object", "label", "mag_g", "mag_r", "z"]);
        let mut choice = Choice::default();
        assert_eq!(names(&choice, &all), ["label", "mag_g", "mag_r", "z"]);
        choice.set(&all, "mag_g", false);
        choice.set(&all, "object_id", true);
        assert_eq!(names(&choice, &all), ["label", "mag_r", "z", "object_id"]);
        choice.step(&all, "z", -1);
        choice.step(&all, "label", -1);
        choice.step(&all, "object_id", 5);
        assert_eq!(names(&choice, &all), ["label", "z", "mag_r", "object_id"]);
        choice.put_before(&all, "object_id", Some("z"));
        choice.put_before(&all, "label", None);
        assert_eq!(names(&choice, &all), ["object_id", "z", "mag_r", "label"]);
        choice.none();
        assert!(names(&choice, &all).is_empty());
        choice.all(&all);
        assert_eq!(choice.shown(&all).len(), 5);
        choice.reset();
        assert_eq!(names(&choice, &all), ["label", "mag_g", "mag_r", "z"]);
    }

    #[test]
    fn a_choice_outlives_columns_that_go_and_projects_without_them() {
        let all = columns(&["object", "label", "probability", "z"]);
        let mut choice = Choice::default();
        choice.put_before(&all, "probability", Some("label"));
        let without = columns(&["object", "label", "z"]);
        assert_eq!(names(&choice, &without), ["label", "z"]);
        choice.step(&without, "z", -1);
        assert_eq!(names(&choice, &all), ["probability", "z", "label"]);
        let other = columns(&["object", "flux"]);
        assert_eq!(names(&choice, &other), ["flux"]);
        choice.set(&other, "flux", false);
        assert!(names(&choice, &other).is_empty());
    }
}
