//! What the classifier and the ranking think of the object, and what drives its strangeness.

use crate::app::command::{Action, Command};
use crate::app::context::View;
use crate::app::mind::capitalised;
use crate::discovery::anomaly::Driver;
use egui::{Align2, Color32, FontId, Rect, RichText, Sense, Ui};

/// Height of a bar, points.
const BAR: f32 = 18.0;
/// A bar of this many standard deviations fills its half, unless another is longer.
const FULL: f64 = 4.0;

/// Draws the part.
pub fn scores_ui(ui: &mut Ui, view: &View<'_>, object: u32) {
    egui::ScrollArea::vertical()
        .id_salt("inspector scores")
        .auto_shrink(false)
        .show(ui, |ui| {
            classes_ui(ui, view, object);
            ui.add_space(8.0);
            strangeness_ui(ui, view, object);
        });
}

fn classes_ui(ui: &mut Ui, view: &View<'_>, object: u32) {
    ui.strong("Probability of each class");
    let row = object as usize;
    let predicted = view.live.predicted.as_ref().map(|p| &p.predictions);
    let Some(p) = predicted.filter(|p| row < p.rows()) else {
        let why = view.live.classifier_note.as_deref().map(capitalised);
        wrapped(
            ui,
            why.as_deref()
                .unwrap_or("No classifier yet: give two classes a label each, and embed the objects."),
        );
        return;
    };
    if p.class(row).is_none() {
        wrapped(ui, "This object has no vector, so nothing can be said of it.");
        return;
    }
    for (&class, &probability) in p.classes.iter().zip(p.row(row)) {
        let name = view.live.classes.get(class).map_or("", |c| c.name.as_str());
        let ink = view.settings.theme.class_colour(class);
        let text = format!("{:.1} %", 100.0 * probability);
        bar_ui(ui, view, name, (0.0, f64::from(probability)), ink, &text, "");
    }
    if let Some(doubt) = p.entropy.get(row) {
        ui.weak(format!("Doubt {doubt:.2} (0 is sure, 1 knows nothing)"));
    }
}

fn strangeness_ui(ui: &mut Ui, view: &View<'_>, object: u32) {
    ui.strong("Strangeness");
    let Some(ranked) = &view.live.ranked else {
        if view.survey.runs.is_empty() {
            wrapped(ui, "Not ranked yet: embed the objects first.");
            if ui.button("Embed").clicked() {
                view.send(Command::Do(Action::Embed));
            }
        } else {
            wrapped(ui, "The ranking is being made.");
        }
        return;
    };
    let score = ranked.score.get(object as usize).copied().unwrap_or(f32::NAN);
    match view.live.rank_of(object) {
        Some(rank) => {
            let of = ranked.rank.iter().len();
            ui.label(format!("Rank {rank} of {of}, score {score:.3}"));
        }
        None => wrapped(ui, "This object has no vector and no rank."),
    }
    wrapped(ui, &crate::app::mind::capitalised(&ranked.how));
    ui.add_space(6.0);
    ui.strong("What drives it")
        .on_hover_text("The measurements that carry its distance from the others (Mahalanobis)");
    let Some((_, drivers)) = view.drivers.filter(|(o, _)| *o == object) else {
        wrapped(ui, "Known when the ranking of this session is made.");
        return;
    };
    if drivers.is_empty() {
        wrapped(ui, "Nothing stands out.");
        return;
    }
    let largest = drivers.iter().map(|d| d.z.abs()).fold(FULL, f64::max);
    for d in drivers {
        let ink = view.settings.theme.accent();
        let text = format!("{:+.1} σ", d.z);
        bar_ui(ui, view, &d.name, half(d.z, largest), ink, &text, &told(d));
    }
    wrapped(ui, "Standard deviations from the mean of all objects.");
}

/// From the middle to a z-score's place, on a scale of 0 to 1.
fn half(z: f64, largest: f64) -> (f64, f64) {
    let to = 0.5 + 0.5 * (z / largest).clamp(-1.0, 1.0);
    (to.min(0.5), to.max(0.5))
}

fn told(d: &Driver) -> String {
    let side = if d.z >= 0.0 { "above" } else { "below" };
    let joint = if d.z.abs() < 2.0 {
        "; usual by itself, unusual beside the others"
    } else {
        ""
    };
    format!(
        "{}: {:.1} standard deviations {side} the mean, {:.0} % of the distance{joint}",
        d.name,
        d.z.abs(),
        100.0 * d.share
    )
}

/// A named bar over part of a scale of 0 to 1, with its value at the right.
fn bar_ui(
    ui: &mut Ui,
    view: &View<'_>,
    name: &str,
    (from, to): (f64, f64),
    ink: Color32,
    text: &str,
    help: &str,
) {
    let width = ui.available_width();
    let (all, response) = ui.allocate_exact_size(egui::vec2(width, BAR), Sense::hover());
    response.widget_info(|| {
        egui::WidgetInfo::labeled(egui::Role::ProgressIndicator, true, format!("{name}: {text}"))
    });
    let (names, values) = ((width * 0.38).min(150.0), 58.0);
    let scale = Rect::from_min_max(
        all.min + egui::vec2(names, 3.0),
        all.max - egui::vec2(values, 3.0),
    );
    let theme = view.settings.theme;
    let painter = ui.painter();
    let font = FontId::proportional(13.0);
    let mut job = egui::text::LayoutJob::simple_singleline(name.to_owned(), font.clone(), theme.text());
    job.wrap.max_width = names - 6.0;
    job.wrap.max_rows = 1;
    job.wrap.break_anywhere = true;
    let galley = painter.layout_job(job);
    let place = Align2::LEFT_CENTER.anchor_size(all.left_center(), galley.size());
    painter.galley(place.min, galley, theme.text());
    if scale.width() > 4.0 {
        painter.rect_filled(scale, 2.0, ui.visuals().faint_bg_color);
        let at = |v: f64| scale.left() + scale.width() * v.clamp(0.0, 1.0) as f32;
        let bar = Rect::from_x_y_ranges(at(from)..=at(to), scale.y_range());
        painter.rect_filled(bar, 2.0, ink);
    }
    painter.text(all.right_center(), Align2::RIGHT_CENTER, text, font, theme.text());
    if !help.is_empty() {
        response.on_hover_text(help);
    }
}

fn wrapped(ui: &mut Ui, text: &str) {
    ui.add(egui::Label::new(RichText::new(text).weak()).wrap());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_go_from_the_middle_to_their_side() {
        assert_eq!(half(0.0, 4.0), (0.5, 0.5));
        assert_eq!(half(4.0, 4.0), (0.5, 1.0));
        assert_eq!(half(-2.0, 4.0), (0.25, 0.5));
        assert_eq!(half(-9.0, 4.0), (0.0, 0.5));
    }
}
