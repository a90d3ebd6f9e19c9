//! A button that opens a list to search by typing: arrows move, Enter takes, Escape leaves it as it was.

use egui::{Id, Key, Modifiers, Popup, PopupCloseBehavior, Role, WidgetInfo};

/// Width of the list, points.
const LIST_WIDTH: f32 = 260.0;
/// Largest height of the list, points.
const LIST_HEIGHT: f32 = 300.0;
/// Letters of the chosen name that the button shows.
const SHOWN_LETTERS: usize = 22;

/// One of several things to choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What is chosen by it, and shown.
    pub name: String,
    /// A short addition behind the name, such as a unit.
    pub beside: String,
    /// What it means.
    pub help: String,
}

/// What an open list remembers from frame to frame.
#[derive(Debug, Clone, Default)]
struct Search {
    text: String,
    place: usize,
}

/// A button with the chosen name and a list to search. `label` names it (it isn't drawn). `options` is
/// only asked while the list is open. Returns whether something else was chosen.
pub fn choose(
    ui: &mut egui::Ui,
    id: &str,
    label: &str,
    options: impl FnOnce() -> Vec<Choice>,
    chosen: &mut String,
) -> bool {
    let shown = match chosen.char_indices().nth(SHOWN_LETTERS) {
        _ if chosen.is_empty() => "choose…".to_owned(),
        Some((end, _)) => format!("{}…", &chosen[..end]),
        None => chosen.clone(),
    };
    // Room for the triangle, which no font is sure to have.
    let text = format!("{shown}    ");
    let button = ui.add(egui::Button::new(text).wrap_mode(egui::TextWrapMode::Extend));
    let tip = button.rect.right_center() + egui::vec2(-11.0, 3.0);
    let corners = [egui::vec2(-4.0, -5.0), egui::vec2(4.0, -5.0), egui::Vec2::ZERO].map(|d| tip + d);
    let ink = ui.visuals().weak_text_color();
    ui.painter().add(egui::Shape::convex_polygon(
        corners.to_vec(),
        ink,
        egui::Stroke::NONE,
    ));
    button.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, format!("{label}: {chosen}")));
    let button = button.on_hover_text(format!("{label}: {chosen}\nPress and type to search"));
    // The button's own number changes when something before it comes or goes; the list must stay open.
    let popup = Popup::from_toggle_button_response(&button)
        .id(ui.scope_id().with(("choose", id)))
        .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
        .accessible_name(label);
    let memory = popup.get_id().with("search");
    let was_open = popup.is_open();
    let before = chosen.clone();
    let mut has_changed = false;
    let shown = popup.show(|ui| {
        if !was_open {
            ui.data_mut(|d| d.insert_temp(memory, Search::default()));
        }
        if let Some(name) = list_ui(ui, memory, label, &options(), &before) {
            has_changed = name != before;
            *chosen = name;
            ui.close();
        }
    });
    if shown.is_none() {
        ui.data_mut(|d| d.remove::<Search>(memory));
    } else if shown.is_some_and(|s| s.response.should_close())
        && ui.input(|i| i.key_pressed(Key::Enter) || i.key_pressed(Key::Escape))
    {
        // A hand on the keyboard goes on from where it was; after a click the labelling keys are free.
        button.request_focus();
    }
    has_changed
}

/// The list; what was taken, if something was.
fn list_ui(ui: &mut egui::Ui, memory: Id, label: &str, all: &[Choice], chosen: &str) -> Option<String> {
    let mut search: Search = ui.data_mut(|d| d.get_temp(memory)).unwrap_or_default();
    ui.set_width(LIST_WIDTH);
    let (up, down, enter) = ui.input_mut(|i| {
        (
            i.consume_key(Modifiers::NONE, Key::ArrowUp),
            i.consume_key(Modifiers::NONE, Key::ArrowDown),
            i.key_pressed(Key::Enter),
        )
    });
    let field = ui.add(
        egui::TextEdit::singleline(&mut search.text)
            .hint_text("Type to search")
            .desired_width(f32::INFINITY),
    );
    field.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, format!("Search {label}")));
    field.request_focus();
    if field.changed() {
        search.place = 0;
    }
    let found = matching(all, &search.text);
    if down {
        search.place += 1;
    }
    if up {
        search.place = search.place.saturating_sub(1);
    }
    search.place = search.place.min(found.len().saturating_sub(1));
    let mut taken = enter
        .then(|| found.get(search.place).map(|c| c.name.clone()))
        .flatten();
    egui::ScrollArea::vertical()
        .max_height(LIST_HEIGHT)
        .show(ui, |ui| {
            for (i, choice) in found.iter().enumerate() {
                let text = if choice.name == chosen {
                    egui::RichText::new(&choice.name).strong()
                } else {
                    egui::RichText::new(&choice.name)
                };
                let button = egui::Button::new(text)
                    .selected(i == search.place)
                    .frame_when_inactive(false)
                    .truncate()
                    .shortcut_text(egui::RichText::new(&choice.beside).weak())
                    .min_size(egui::vec2(ui.available_width(), 20.0));
                let mut response = ui.add(button);
                response.widget_info(|| {
                    WidgetInfo::selected(Role::ListBoxOption, true, choice.name == chosen, &choice.name)
                });
                if !choice.help.is_empty() {
                    response = response.on_hover_text(&choice.help);
                }
                if i == search.place && (up || down) {
                    response.scroll_to_me(None);
                }
                if response.clicked() {
                    taken = Some(choice.name.clone());
                }
            }
            if found.is_empty() {
                ui.weak("Nothing of that name.");
            }
        });
    ui.data_mut(|d| d.insert_temp(memory, search));
    taken
}

/// Those whose name or meaning has the text: names that begin with it first, then names, then meanings.
fn matching<'a>(all: &'a [Choice], text: &str) -> Vec<&'a Choice> {
    let text = text.trim().to_lowercase();
    let rank = |c: &Choice| {
        let name = c.name.to_lowercase();
        match name.find(&text) {
            Some(0) => Some(0),
            Some(_) => Some(1),
            None => c.help.to_lowercase().contains(&text).then_some(2),
        }
    };
    let mut found: Vec<(u8, &Choice)> = all.iter().filter_map(|c| Some((rank(c)?, c))).collect();
    found.sort_by_key(|(rank, _)| *rank);
    found.into_iter().map(|(_, c)| c).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_begin_with_the_text_come_first() {
        let all = [
            ("radius_mag", ""),
            ("mag_r", ""),
            ("flux", "not a Mag"),
            ("ra", ""),
        ]
        .map(|(n, h)| Choice {
            name: n.into(),
            beside: String::new(),
            help: h.into(),
        });
        let names =
            |text: &str| -> Vec<String> { matching(&all, text).iter().map(|c| c.name.clone()).collect() };
        assert_eq!(names("MAG"), ["mag_r", "radius_mag", "flux"]);
        assert_eq!(names("").len(), 4, "no text leaves all");
        assert_eq!(names("zz").len(), 0);
    }
}
