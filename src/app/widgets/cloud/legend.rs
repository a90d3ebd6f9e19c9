//! What the colours say, in a row above the picture: it never lies over an object.

use super::ink::{Legend, density_table, number_table};
use crate::app::theme::Theme;
use egui::{Color32, Label, Painter, Rect, RichText, Sense, Shape, Ui, pos2, vec2};

/// Size of a colour bar, points.
const BAR: egui::Vec2 = vec2(110.0, 10.0);
/// Letters of a word that are shown.
const LETTERS: usize = 18;

/// Draws the legend; `peak` is the number of objects with the strongest colour of a density, `None`
/// while each object is a mark.
pub fn ui(ui: &mut Ui, theme: Theme, name: &str, legend: &Legend, peak: Option<f64>) {
    ui.horizontal_wrapped(|ui| match legend {
        Legend::Density => {
            if let Some(peak) = peak {
                bar(
                    ui,
                    &density_table(theme),
                    "1",
                    &format!("≥ {peak:.0}"),
                    "objects in a place",
                );
            }
        }
        Legend::Numbers(low, high) => bar(
            ui,
            &number_table(theme),
            &format!("≤ {}", brief(*low)),
            &format!("≥ {}", brief(*high)),
            name,
        ),
        Legend::Words(words, more) => {
            for (word, colour) in words {
                let (rect, _) = ui.allocate_exact_size(vec2(10.0, 14.0), Sense::hover());
                ui.painter().circle_filled(rect.center(), 4.5, *colour);
                let short = match word.char_indices().nth(LETTERS) {
                    Some((end, _)) => format!("{}…", &word[..end]),
                    None => word.clone(),
                };
                small(ui, &short, theme.text()).on_hover_text(word);
            }
            if *more > 0 {
                small(ui, &format!("{more} more"), theme.weak())
                    .on_hover_text("Only the nine most frequent words have a colour of their own");
            }
        }
    });
}

fn small(ui: &mut Ui, text: &str, colour: Color32) -> egui::Response {
    ui.add(Label::new(RichText::new(text).size(11.5).color(colour)).extend())
}

fn bar(ui: &mut Ui, table: &[[u8; 3]; 256], low: &str, high: &str, name: &str) {
    let weak = ui.visuals().weak_text_color();
    small(ui, low, weak);
    let (rect, _) = ui.allocate_exact_size(BAR, Sense::hover());
    draw_bar(ui.painter(), rect, table);
    small(ui, high, weak);
    small(ui, name, weak);
}

/// A number for the end of a colour bar.
fn brief(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 {
        return "0".into();
    }
    if (0.01..1e5).contains(&size) {
        let digits = (2 - size.max(1e-9).log10().floor() as i32).clamp(0, 4) as usize;
        format!("{value:.digits$}")
    } else {
        format!("{value:.1e}")
    }
}

fn draw_bar(painter: &Painter, rect: Rect, table: &[[u8; 3]; 256]) {
    let mut mesh = egui::Mesh::default();
    let steps = 32;
    for i in 0..=steps {
        let part = i as f32 / steps as f32;
        let [r, g, b] = table[(part * 255.0) as usize];
        let colour = Color32::from_rgb(r, g, b);
        let x = rect.left() + part * rect.width();
        mesh.colored_vertex(pos2(x, rect.top()), colour);
        mesh.colored_vertex(pos2(x, rect.bottom()), colour);
        if i > 0 {
            let n = 2 * i as u32;
            mesh.add_triangle(n - 2, n - 1, n);
            mesh.add_triangle(n - 1, n, n + 1);
        }
    }
    painter.add(Shape::mesh(mesh));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_of_a_bar_are_short() {
        let all = [0.0, 0.5, 21.37, 123456.0].map(brief);
        assert_eq!(all, ["0", "0.500", "21.4", "1.2e5"]);
    }
}
