//! What the colours say, in a corner of the picture.

use super::ink::{Legend, density_table, number_table};
use crate::app::columns::number;
use crate::app::theme::Theme;
use egui::{Align2, Color32, FontId, Painter, Rect, Shape, pos2, vec2};

const WIDTH: f32 = 128.0;
const LINE: f32 = 16.0;

/// Draws the legend at the upper right of `rect`; `peak` is the number of objects with the strongest
/// colour of a density.
pub fn draw(painter: &Painter, rect: Rect, theme: Theme, name: &str, legend: &Legend, peak: f64) {
    if rect.width() < 2.0 * WIDTH {
        return;
    }
    let lines = match legend {
        Legend::Words(words, more) => 1 + words.len() + usize::from(*more > 0),
        _ => 3,
    };
    let height = lines as f32 * LINE + 8.0;
    if height > rect.height() - 12.0 {
        return;
    }
    let corner = rect.right_top() + vec2(-WIDTH - 6.0, 6.0);
    let card = Rect::from_min_size(corner, vec2(WIDTH, height));
    painter.rect_filled(card, 4.0, theme.ground().gamma_multiply(0.88));
    let text = |row: usize, indent: f32, words: &str, colour: Color32| {
        let at = card.min + vec2(6.0 + indent, 4.0 + row as f32 * LINE);
        let room = WIDTH - 12.0 - indent;
        put(painter, at, room, words, colour);
    };
    match legend {
        Legend::Density => {
            text(0, 0.0, "objects in a place", theme.text());
            bar(painter, &card, &density_table(theme));
            ends(painter, &card, theme, "1", &format!("≥ {}", number(peak.round())));
        }
        Legend::Numbers(low, high) => {
            text(0, 0.0, name, theme.text());
            bar(painter, &card, &number_table(theme));
            ends(
                painter,
                &card,
                theme,
                &format!("≤ {}", brief(*low)),
                &format!("≥ {}", brief(*high)),
            );
        }
        Legend::Words(words, more) => {
            text(0, 0.0, name, theme.text());
            for (i, (word, colour)) in words.iter().enumerate() {
                let at = card.min + vec2(11.0, 4.0 + (i as f32 + 1.5) * LINE);
                painter.circle_filled(at, 4.5, *colour);
                text(i + 1, 16.0, word, theme.text());
            }
            if *more > 0 {
                text(words.len() + 1, 16.0, &format!("{more} more words"), theme.weak());
            }
        }
    }
}

fn put(painter: &Painter, at: egui::Pos2, room: f32, words: &str, colour: Color32) {
    let mut job =
        egui::text::LayoutJob::simple_singleline(words.to_owned(), FontId::proportional(11.5), colour);
    job.wrap = egui::text::TextWrapping::truncate_at_width(room);
    painter.galley(at, painter.layout_job(job), colour);
}

/// A number for the end of a colour bar.
fn brief(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 || (0.01..1e5).contains(&size) {
        let digits = (2 - size.max(1e-9).log10().floor() as i32).clamp(0, 4) as usize;
        format!("{value:.digits$}")
    } else {
        format!("{value:.1e}")
    }
}

fn bar(painter: &Painter, card: &Rect, table: &[[u8; 3]; 256]) {
    let rect = Rect::from_min_size(card.min + vec2(6.0, 4.0 + LINE + 2.0), vec2(WIDTH - 12.0, 10.0));
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

fn ends(painter: &Painter, card: &Rect, theme: Theme, low: &str, high: &str) {
    let font = FontId::proportional(11.0);
    let y = card.bottom() - 3.0;
    painter.text(
        pos2(card.left() + 6.0, y),
        Align2::LEFT_BOTTOM,
        low,
        font.clone(),
        theme.weak(),
    );
    painter.text(
        pos2(card.right() - 6.0, y),
        Align2::RIGHT_BOTTOM,
        high,
        font,
        theme.weak(),
    );
}
