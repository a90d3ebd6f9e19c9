//! Two runs side by side: neighbours they share, and how well each tells the labels.

use crate::app::dialogs::shortened;
use crate::app::mind::capitalised;
use crate::app::theme::Theme;
use crate::tasks::compare::{Compared, Taught};
use egui::{Color32, Rect, Sense, Stroke, Ui, pos2, vec2};

/// Length of a bar from 0 to 1, points.
const BAR: f32 = 300.0;
/// Its thickness, points.
const THICK: f32 = 14.0;

/// Letters of a run's name that are shown.
const NAMED: usize = 30;

/// A share between 0 and 1 with its interval, drawn as a bar.
struct Share {
    value: f64,
    low: f64,
    high: f64,
    /// What chance would give.
    chance: Option<f64>,
}

/// Draws a comparison.
pub fn compared_ui(ui: &mut Ui, found: &Compared, theme: Theme) {
    let n = &found.agreement;
    let [first, second] = [&found.runs[0], &found.runs[1]];
    ui.add_space(4.0);
    egui::Grid::new("compared")
        .num_columns(3)
        .spacing([14.0, 6.0])
        .show(ui, |ui| {
            ui.label("same neighbours");
            let share = Share {
                value: n.overlap,
                low: n.low,
                high: n.high,
                chance: Some(n.chance),
            };
            bar_ui(ui, &share, theme.accent(), theme);
            ui.label(format!(
                "{:.0} %  (95 %: {:.0} to {:.0} %; by chance {:.1} %)",
                100.0 * n.overlap,
                100.0 * n.low,
                100.0 * n.high,
                100.0 * n.chance
            ));
            ui.end_row();
            if let Some(taught) = &found.taught {
                for (i, run) in [first, second].into_iter().enumerate() {
                    let a = &taught.accuracy[i];
                    ui.label(format!("right on labels: {}", shortened(&run.run, NAMED)))
                        .on_hover_text(&run.run);
                    let share = Share {
                        value: a.mean,
                        low: (a.mean - a.spread).max(0.0),
                        high: (a.mean + a.spread).min(1.0),
                        chance: None,
                    };
                    bar_ui(ui, &share, theme.class_colour(i), theme);
                    ui.label(format!(
                        "{:.1} ± {:.1} %  (classes weighed alike {:.1} %)",
                        100.0 * a.mean,
                        100.0 * a.spread,
                        100.0 * a.balanced
                    ));
                    ui.end_row();
                }
            }
        });
    let neighbours = format!(
        "Of the {} objects nearest to an object in one run, so many are among the {} nearest in the other; looked \
         up for {} of the {} objects that both runs have.",
        n.k, n.k, n.queries, found.objects
    );
    ui.add(egui::Label::new(egui::RichText::new(neighbours).weak()).wrap());
    match (&found.taught, &found.note) {
        (Some(taught), _) => {
            ui.add(egui::Label::new(verdict(taught, &second.run)).wrap());
            let how = format!(
                "Cross-validated on {} labels, dealt {} times to the same folds for both; ± is the standard \
                 deviation over the deals.",
                taught.labels, taught.deals
            );
            ui.add(egui::Label::new(egui::RichText::new(how).weak()).wrap());
        }
        (None, why) => {
            let why = why.as_ref().map_or_else(String::new, |w| format!(" ({w})"));
            let text = format!(
                "There are too few labels to say which teaches better{why}. Give at least five objects of each \
                 of two classes a label (Labels pane, keys 1 to 9), or read labels from a file (File, Import \
                 labels…), then compare again."
            );
            ui.add(egui::Label::new(capitalised(&text)).wrap());
        }
    }
}

/// Which run teaches better, if one does.
fn verdict(taught: &Taught, second: &str) -> String {
    let (by, spread) = (100.0 * taught.difference, 100.0 * taught.difference_spread);
    let more = if by < 0.0 { "less" } else { "more" };
    let sentence = format!(
        "{second} is right {:.1} ± {spread:.1} points {more} often.",
        by.abs()
    );
    if by.abs() <= spread {
        format!("{sentence} That is within the spread: these labels don't tell which is better.")
    } else {
        sentence
    }
}

/// Draws one share: the bar, its interval as a whisker, chance as an upright line.
fn bar_ui(ui: &mut Ui, share: &Share, ink: Color32, theme: Theme) {
    let (rect, _) = ui.allocate_exact_size(vec2(BAR, THICK), Sense::hover());
    let x = |v: f64| rect.left() + rect.width() * (v.clamp(0.0, 1.0) as f32);
    let painter = ui.painter();
    painter.rect_filled(rect, 3.0, ui.visuals().widgets.inactive.bg_fill);
    let filled = Rect::from_min_max(rect.min, pos2(x(share.value), rect.bottom()));
    painter.rect_filled(filled, 3.0, ink);
    let middle = rect.center().y;
    let whisker = [pos2(x(share.low), middle), pos2(x(share.high), middle)];
    // On the bar and beyond its end: a dark line with a light one in it is seen on both.
    painter.line_segment(whisker, Stroke::new(4.0, theme.ground()));
    painter.line_segment(whisker, Stroke::new(2.0, theme.text()));
    if let Some(chance) = share.chance {
        let line = [
            pos2(x(chance), rect.top() - 2.0),
            pos2(x(chance), rect.bottom() + 2.0),
        ];
        painter.line_segment(line, Stroke::new(2.0, theme.text()));
    }
}
