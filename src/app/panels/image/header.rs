//! The header of a band: all its cards, searchable, in a window of its own.

use crate::display::pyramid::Scene;
use crate::io::fits::{Card, CardValue};

/// What the window keeps.
#[derive(Default)]
pub struct HeaderWindow {
    /// Whether it is up.
    pub is_open: bool,
    band: usize,
    search: String,
}

impl HeaderWindow {
    /// Draws the window, if it is up.
    pub fn ui(&mut self, ctx: &egui::Context, scene: &Scene) {
        let mut is_open = self.is_open;
        egui::Window::new("FITS header")
            .open(&mut is_open)
            .constrain(true)
            .min_width(320.0)
            // A card has 80 letters; beside the panes at the left and clear of the menus.
            .default_pos([300.0, 120.0])
            .default_size([680.0, 440.0])
            .show(ctx, |ui| self.cards_ui(ui, scene));
        self.is_open = is_open;
    }

    fn cards_ui(&mut self, ui: &mut egui::Ui, scene: &Scene) {
        let bands: Vec<_> = scene.bands().collect();
        self.band = self.band.min(bands.len().saturating_sub(1));
        ui.horizontal_wrapped(|ui| {
            if bands.len() > 1 {
                for (i, band) in bands.iter().enumerate() {
                    ui.selectable_value(&mut self.band, i, band.name.as_str())
                        .on_hover_text("Show the header of this band");
                }
            }
            let label = ui.label("Find");
            ui.add(
                egui::TextEdit::singleline(&mut self.search)
                    .hint_text("keyword, value or comment")
                    .desired_width(220.0),
            )
            .labelled_by(label.id)
            .accessible_name("Find in header");
        });
        let Some(band) = bands.get(self.band) else { return };
        ui.weak(format!("{}, HDU {}", band.path.display(), band.hdu));
        let wanted = self.search.to_lowercase();
        // A header has some hundred cards, thousands at most: written anew with every frame.
        let lines: Vec<String> = band.header.cards.iter().map(text_of).collect();
        let found: Vec<&String> = lines
            .iter()
            .filter(|l| wanted.is_empty() || l.to_lowercase().contains(&wanted))
            .collect();
        if found.is_empty() {
            ui.label("No card holds this.");
        }
        let height = ui.text_style_height(&egui::TextStyle::Monospace);
        egui::ScrollArea::both()
            .auto_shrink(false)
            .show_rows(ui, height, found.len(), |ui, rows| {
                for line in found.get(rows).into_iter().flatten() {
                    ui.add(
                        egui::Label::new(egui::RichText::new(*line).monospace())
                            .extend()
                            .selectable(true),
                    );
                }
            });
    }
}

/// A card as FITS writes it, about.
fn text_of(card: &Card) -> String {
    let value = match &card.value {
        None => return format!("{:<8} {}", card.keyword, card.comment),
        Some(CardValue::Logical(v)) => if *v { "T" } else { "F" }.to_owned(),
        Some(CardValue::Integer(v)) => v.to_string(),
        Some(CardValue::Real(v)) => v.to_string(),
        Some(CardValue::Text(v)) => format!("'{v}'"),
        Some(CardValue::Other(v)) => v.clone(),
    };
    if card.comment.is_empty() {
        format!("{:<8}= {value:>20}", card.keyword)
    } else {
        format!("{:<8}= {value:>20} / {}", card.keyword, card.comment)
    }
}
