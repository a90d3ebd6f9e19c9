//! A list of colour maps to choose from, each beside its colours.

use crate::display::Colormap;
use egui::{Button, Rect, Ui, pos2, vec2};

/// Width of the list, and of the colours at its right, points.
const WIDTH: f32 = 176.0;
const BAR: f32 = 88.0;

/// Draws the list in an open combo box; true if another map was chosen.
pub fn colormaps(ui: &mut Ui, chosen: &mut Colormap) -> bool {
    ui.set_min_width(WIDTH);
    let mut is_other = false;
    for &map in Colormap::ALL {
        let is_it = *chosen == map;
        let button = Button::selectable(is_it, map.name()).min_size(vec2(WIDTH, 0.0));
        let response = ui.add(button).on_hover_text(map.help());
        let table = map.table(false);
        let right = response.rect.right() - 4.0;
        let (top, bottom) = (response.rect.top() + 3.0, response.rect.bottom() - 3.0);
        let steps = BAR as usize;
        for i in 0..steps {
            let left = right - BAR + i as f32;
            let part = Rect::from_min_max(pos2(left, top), pos2(left + 1.0, bottom));
            let [r, g, b] = table[i * 255 / (steps - 1)];
            ui.painter()
                .rect_filled(part, 0.0, egui::Color32::from_rgb(r, g, b));
        }
        if response.clicked() && !is_it {
            *chosen = map;
            is_other = true;
        }
    }
    is_other
}
