//! Whoever hears the window instead of seeing it: every control has a name.

use super::support::Desk;
use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT, Queryable};

/// Controls on the screen that assistive technology could only call "button".
pub fn nameless(desk: &Desk) -> Vec<String> {
    let controls = [
        Role::Button,
        Role::CheckBox,
        Role::RadioButton,
        Role::ComboBox,
        Role::Slider,
        Role::SpinButton,
        Role::TextInput,
        Role::Link,
    ];
    let mut seen = 0;
    let found = desk
        .harness
        .query_all_by(|_| true)
        .filter_map(|n| {
            let node = n.accesskit_node();
            let named = node.label().is_some_and(|l| l.chars().any(char::is_alphanumeric));
            let is_control = controls.contains(&node.role());
            seen += usize::from(is_control);
            (is_control && !named).then(|| {
                format!(
                    "{:?} {:?} {:?} at {:?}",
                    node.role(),
                    node.label(),
                    node.value(),
                    n.rect()
                )
            })
        })
        .collect();
    assert!(seen > 10, "only {seen} controls were looked at");
    found
}

#[test]
fn every_control_has_a_name() {
    let (mut desk, _) = Desk::with_project();
    desk.see_part("Plain outlier score");
    desk.press(Key::ArrowRight);
    for key in [
        Key::Num1,
        Key::Num2,
        Key::Num3,
        Key::Num4,
        Key::Num5,
        Key::Num7,
        Key::Num8,
    ] {
        desk.press_with(Modifiers::COMMAND, key);
        desk.frame();
        assert_eq!(nameless(&desk), Vec::<String>::new(), "with Ctrl+{key:?}");
    }
    desk.press_with(Modifiers::COMMAND, Key::Num5);
    for plot in ["Histogram", "Scatter", "Learning curve", "Scores by class"] {
        desk.click(plot);
        assert_eq!(nameless(&desk), Vec::<String>::new(), "{plot}");
    }
    for part in ["Picture", "Scores", "Neighbours", "Columns", "Encoder", "History"] {
        desk.click(part);
        assert_eq!(nameless(&desk), Vec::<String>::new(), "{part}");
    }
    desk.press_with(Modifiers::COMMAND, Key::Num1);
    desk.click("Stretch");
    assert_eq!(
        nameless(&desk),
        Vec::<String>::new(),
        "the stretch of the gallery"
    );
    desk.press(Key::F1);
    desk.see("Keys and mouse");
    assert_eq!(nameless(&desk), Vec::<String>::new(), "keys");
}
