//! Choosing a column by its name, by typing part of its name or of what it means.

use super::choice::{Choice, choose};
use crate::app::columns::Holds;
use crate::app::context::View;

/// A button with the chosen column; it opens a list of the columns there are now, or of those that
/// hold `holds`. `label` names the button for assistive technology and isn't drawn: put a visible
/// label before it. Returns whether another column was chosen.
pub fn column_picker(
    ui: &mut egui::Ui,
    id: &str,
    label: &str,
    view: &View<'_>,
    holds: Option<Holds>,
    chosen: &mut String,
) -> bool {
    column_picker_with(ui, id, label, view, holds, &[], chosen)
}

/// As [`column_picker`], with choices before the columns that are none: name and meaning.
pub fn column_picker_with(
    ui: &mut egui::Ui,
    id: &str,
    label: &str,
    view: &View<'_>,
    holds: Option<Holds>,
    first: &[(&str, &str)],
    chosen: &mut String,
) -> bool {
    let options = || {
        let first = first.iter().map(|(name, help)| Choice {
            name: (*name).to_owned(),
            beside: String::new(),
            help: (*help).to_owned(),
        });
        let columns = view
            .columns
            .all(view.live)
            .into_iter()
            .filter(|c| holds.is_none_or(|h| c.holds == h))
            .map(|c| Choice {
                name: c.name,
                beside: c.unit,
                help: c.description,
            });
        first.chain(columns).collect()
    };
    choose(ui, id, label, options, chosen)
}
