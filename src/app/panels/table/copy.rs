//! Rows as tab-separated text, for a spreadsheet or an editor. Made off the window's thread.

use crate::app::columns::{ColumnInfo, Columns};
use crate::app::live::Live;
use crossbeam_channel::{Receiver, bounded};
use std::sync::Arc;

/// Most rows that are copied; more is what an export is for.
pub const MOST: usize = 100_000;

/// A text in the making.
pub struct Copying {
    made: Receiver<(String, usize)>,
}

impl Copying {
    /// Copies what of a list is selected, in the list's order, with a line of names first; `name` gives
    /// an object's name.
    pub fn start(
        ctx: &egui::Context,
        (columns, live): (Arc<Columns>, Arc<Live>),
        shown: Vec<ColumnInfo>,
        (list, selected): (Arc<Vec<u32>>, Arc<Vec<u32>>),
        name: impl Fn(u32) -> String + Send + 'static,
    ) -> Option<Self> {
        let (sender, made) = bounded(1);
        let wake = ctx.clone();
        let run = move || {
            let mut text = line(
                std::iter::once(super::choice::NAME.to_owned()).chain(shown.iter().map(|c| {
                    if c.unit.is_empty() {
                        c.name.clone()
                    } else {
                        format!("{} [{}]", c.name, c.unit)
                    }
                })),
            );
            let mut rows = 0;
            for &row in list.iter().filter(|o| selected.binary_search(o).is_ok()) {
                rows += 1;
                let cells = shown.iter().map(|c| columns.exact(&live, c, row));
                text.push_str(&line(std::iter::once(name(row)).chain(cells)));
            }
            let _ = sender.send((text, rows));
            wake.request_repaint();
        };
        std::thread::Builder::new()
            .name("copy".into())
            .spawn(run)
            .is_ok()
            .then_some(Self { made })
    }

    /// The text and its number of rows, once it is made.
    pub fn take(&self) -> Option<(String, usize)> {
        self.made.try_recv().ok()
    }
}

/// Cells as one line; tabs and line ends in them become spaces.
fn line(cells: impl Iterator<Item = String>) -> String {
    let clean = |c: String| c.replace(['\t', '\n', '\r'], " ");
    let mut line = cells.map(clean).collect::<Vec<_>>().join("\t");
    line.push('\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_stay_in_their_columns() {
        let cells = ["a\tb", "", "c\nd"].map(str::to_owned);
        assert_eq!(line(cells.into_iter()), "a b\t\tc d\n");
    }
}
