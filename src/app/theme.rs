//! Colours: a light and a dark theme whose text has a contrast of at least 4.5 to its ground (WCAG AA),
//! and class colours that people with a colour vision deficiency tell apart.

use egui::{Color32, CornerRadius, Stroke, Visuals};
use serde::{Deserialize, Serialize};

/// Light or dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Theme {
    /// For a dark room, as most viewers of images are.
    #[default]
    Dark,
    /// For a bright room and for print.
    Light,
}

/// Okabe & Ito (2008), without the black and with a lighter blue, for the dark theme.
const ON_DARK: [Color32; 9] = [
    Color32::from_rgb(0xE6, 0x9F, 0x00),
    Color32::from_rgb(0x56, 0xB4, 0xE9),
    Color32::from_rgb(0x00, 0xB8, 0x8A),
    Color32::from_rgb(0xF0, 0xE4, 0x42),
    Color32::from_rgb(0x5A, 0x9B, 0xFF),
    Color32::from_rgb(0xF0, 0x7A, 0x2D),
    Color32::from_rgb(0xDD, 0x8F, 0xBE),
    Color32::from_rgb(0xC8, 0xC8, 0xC8),
    Color32::from_rgb(0xB0, 0x8C, 0xF0),
];

/// The same hues, dark enough for a light ground.
const ON_LIGHT: [Color32; 9] = [
    Color32::from_rgb(0x90, 0x5C, 0x00),
    Color32::from_rgb(0x18, 0x68, 0x9C),
    Color32::from_rgb(0x00, 0x78, 0x58),
    Color32::from_rgb(0x70, 0x66, 0x00),
    Color32::from_rgb(0x1F, 0x4F, 0xC4),
    Color32::from_rgb(0xB3, 0x45, 0x00),
    Color32::from_rgb(0xA8, 0x3F, 0x80),
    Color32::from_rgb(0x50, 0x50, 0x50),
    Color32::from_rgb(0x6A, 0x3F, 0xC0),
];

impl Theme {
    /// The other one.
    pub fn other(self) -> Self {
        match self {
            Self::Dark => Self::Light,
            Self::Light => Self::Dark,
        }
    }

    /// The colour of class `class`, counted from 0; beyond the ninth they come round again.
    pub fn class_colour(self, class: usize) -> Color32 {
        let all = match self {
            Self::Dark => &ON_DARK,
            Self::Light => &ON_LIGHT,
        };
        all[class % all.len()]
    }

    /// What is chosen.
    pub fn accent(self) -> Color32 {
        match self {
            Self::Dark => Color32::from_rgb(0x4F, 0xC3, 0xF7),
            Self::Light => Color32::from_rgb(0x00, 0x5F, 0x9E),
        }
    }

    /// Ground of panels.
    pub fn ground(self) -> Color32 {
        match self {
            Self::Dark => Color32::from_rgb(0x16, 0x19, 0x1E),
            Self::Light => Color32::from_rgb(0xF6, 0xF7, 0xF9),
        }
    }

    /// Ground of pictures and plots.
    pub fn deep(self) -> Color32 {
        match self {
            Self::Dark => Color32::from_rgb(0x0C, 0x0E, 0x11),
            Self::Light => Color32::from_rgb(0xFF, 0xFF, 0xFF),
        }
    }

    /// Text.
    pub fn text(self) -> Color32 {
        match self {
            Self::Dark => Color32::from_rgb(0xE3, 0xE6, 0xEA),
            Self::Light => Color32::from_rgb(0x1B, 0x1F, 0x24),
        }
    }

    /// Text that stands back.
    pub fn weak(self) -> Color32 {
        match self {
            Self::Dark => Color32::from_rgb(0xA4, 0xAC, 0xB6),
            Self::Light => Color32::from_rgb(0x55, 0x5D, 0x67),
        }
    }

    /// Done, warning, error.
    pub fn level(self, level: super::notices::Level) -> Color32 {
        use super::notices::Level;
        match (self, level) {
            (Self::Dark, Level::Done) => Color32::from_rgb(0x5C, 0xD6, 0xA4),
            (Self::Dark, Level::Warning) => Color32::from_rgb(0xFF, 0xC1, 0x4D),
            (Self::Dark, Level::Error) => Color32::from_rgb(0xFF, 0x8A, 0x80),
            (Self::Light, Level::Done) => Color32::from_rgb(0x00, 0x6B, 0x45),
            (Self::Light, Level::Warning) => Color32::from_rgb(0x7A, 0x4F, 0x00),
            (Self::Light, Level::Error) => Color32::from_rgb(0xB0, 0x1E, 0x1E),
        }
    }

    /// egui's colours in this theme.
    pub fn visuals(self) -> Visuals {
        let mut v = match self {
            Self::Dark => Visuals::dark(),
            Self::Light => Visuals::light(),
        };
        v.panel_fill = self.ground();
        v.window_fill = match self {
            Self::Dark => Color32::from_rgb(0x1E, 0x22, 0x28),
            Self::Light => Color32::from_rgb(0xFF, 0xFF, 0xFF),
        };
        v.extreme_bg_color = self.deep();
        v.faint_bg_color = match self {
            Self::Dark => Color32::from_rgb(0x1C, 0x20, 0x26),
            Self::Light => Color32::from_rgb(0xEC, 0xEF, 0xF3),
        };
        v.override_text_color = Some(self.text());
        v.weak_text_color = Some(self.weak());
        v.hyperlink_color = self.accent();
        v.warn_fg_color = self.level(super::notices::Level::Warning);
        v.error_fg_color = self.level(super::notices::Level::Error);
        v.selection.bg_fill = match self {
            Self::Dark => Color32::from_rgb(0x0D, 0x4F, 0x73),
            Self::Light => Color32::from_rgb(0xB7, 0xDD, 0xF5),
        };
        v.selection.stroke = Stroke::new(1.0, self.accent());
        let line = match self {
            Self::Dark => Color32::from_rgb(0x3A, 0x41, 0x4B),
            Self::Light => Color32::from_rgb(0xC5, 0xCB, 0xD3),
        };
        v.widgets.noninteractive.bg_stroke = Stroke::new(1.0, line);
        v.window_stroke = Stroke::new(1.0, line);
        for w in [
            &mut v.widgets.inactive,
            &mut v.widgets.hovered,
            &mut v.widgets.active,
            &mut v.widgets.open,
            &mut v.widgets.noninteractive,
        ] {
            w.corner_radius = CornerRadius::same(4);
        }
        v.window_corner_radius = CornerRadius::same(8);
        v
    }
}

/// Sizes of text: egui's smallest is hard to read on a large screen.
pub fn text_sizes(style: &mut egui::Style) {
    for (which, size) in [
        (egui::TextStyle::Small, 11.5),
        (egui::TextStyle::Body, 13.5),
        (egui::TextStyle::Button, 13.5),
    ] {
        if let Some(font) = style.text_styles.get_mut(&which) {
            font.size = size;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::notices::Level;
    use super::*;

    /// Contrast ratio of two colours (WCAG 2.1, 1 to 21).
    fn contrast(a: Color32, b: Color32) -> f64 {
        let luminance = |c: Color32| {
            let channel = |v: u8| {
                let v = f64::from(v) / 255.0;
                if v <= 0.04045 {
                    v / 12.92
                } else {
                    ((v + 0.055) / 1.055).powf(2.4)
                }
            };
            0.2126 * channel(c.r()) + 0.7152 * channel(c.g()) + 0.0722 * channel(c.b())
        };
        let (x, y) = (luminance(a), luminance(b));
        (x.max(y) + 0.05) / (x.min(y) + 0.05)
    }

    #[test]
    fn text_can_be_read_in_both_themes() {
        for theme in [Theme::Dark, Theme::Light] {
            let v = theme.visuals();
            for ground in [theme.ground(), theme.deep(), v.window_fill, v.faint_bg_color] {
                let mut inks = vec![theme.text(), theme.weak(), theme.accent()];
                inks.extend([Level::Done, Level::Warning, Level::Error].map(|l| theme.level(l)));
                inks.extend((0..9).map(|c| theme.class_colour(c)));
                for ink in inks {
                    let ratio = contrast(ink, ground);
                    assert!(ratio >= 4.5, "{theme:?}: {ink:?} on {ground:?} has {ratio:.2}");
                }
            }
        }
    }
}
