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

/// Orange, blue, green, yellow, periwinkle, brown, rose, grey, violet: hues after Okabe & Ito (2008), with
/// lightness and hue moved until every two differ for people without red, green or blue cones.
const ON_DARK: [Color32; 9] = [
    Color32::from_rgb(0xFF, 0x71, 0x1F),
    Color32::from_rgb(0x12, 0x96, 0xAF),
    Color32::from_rgb(0x7D, 0xEA, 0xB3),
    Color32::from_rgb(0xF8, 0xFB, 0x64),
    Color32::from_rgb(0xAF, 0xB3, 0xFE),
    Color32::from_rgb(0xA5, 0x83, 0x65),
    Color32::from_rgb(0xFF, 0xD6, 0xF6),
    Color32::from_rgb(0xB7, 0xB7, 0xB7),
    Color32::from_rgb(0xB8, 0x64, 0xFF),
];

/// The same for a light ground: dark enough to be read on it, which leaves less room between them.
const ON_LIGHT: [Color32; 9] = [
    Color32::from_rgb(0x77, 0x1F, 0x00),
    Color32::from_rgb(0x15, 0x4C, 0x7C),
    Color32::from_rgb(0x04, 0x79, 0x75),
    Color32::from_rgb(0x6E, 0x6E, 0x44),
    Color32::from_rgb(0x14, 0x00, 0x69),
    Color32::from_rgb(0xD4, 0x17, 0x06),
    Color32::from_rgb(0x27, 0x01, 0x20),
    Color32::from_rgb(0x33, 0x33, 0x33),
    Color32::from_rgb(0xB4, 0x09, 0xD1),
];

/// What is left of the ink of objects that stand back behind the chosen ones.
pub const STANDS_BACK: f32 = 0.35;

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
        // Buttons of the ground's own hue: egui's neutral grey looks brown on it.
        let fills = match self {
            Self::Dark => [0x2B_31_3A, 0x38_41_4D, 0x46_51_60],
            Self::Light => [0xE1_E6_EC, 0xD3_DA_E3, 0xC2_CC_D8],
        }
        .map(|rgb: u32| {
            let [_, r, g, b] = rgb.to_be_bytes();
            Color32::from_rgb(r, g, b)
        });
        for (w, fill) in [
            (&mut v.widgets.inactive, fills[0]),
            (&mut v.widgets.hovered, fills[1]),
            (&mut v.widgets.active, fills[2]),
            (&mut v.widgets.open, fills[0]),
        ] {
            w.weak_bg_fill = fill;
            w.bg_fill = fill;
        }
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

/// The frame of a dialog: room around what stands in it.
pub fn sheet(ctx: &egui::Context) -> egui::Frame {
    egui::Frame::popup(&ctx.global_style()).inner_margin(14.0)
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

    /// CIE Lab of a colour as it is seen through `eyes`, a matrix on linear light.
    fn lab(c: Color32, eyes: [[f64; 3]; 3]) -> [f64; 3] {
        let linear = [c.r(), c.g(), c.b()].map(|v| {
            let v = f64::from(v) / 255.0;
            if v <= 0.04045 {
                v / 12.92
            } else {
                ((v + 0.055) / 1.055).powf(2.4)
            }
        });
        let by = |m: [[f64; 3]; 3], v: [f64; 3]| m.map(|r| r[0] * v[0] + r[1] * v[1] + r[2] * v[2]);
        let seen = by(eyes, linear).map(|v| v.clamp(0.0, 1.0));
        let xyz = by(
            [
                [0.4339, 0.3762, 0.1899],
                [0.2126, 0.7152, 0.0722],
                [0.0177, 0.1095, 0.8728],
            ],
            seen,
        );
        let f = |v: f64| {
            if v > 0.008_856 {
                v.cbrt()
            } else {
                7.787 * v + 16.0 / 116.0
            }
        };
        let [x, y, z] = xyz.map(f);
        [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
    }

    #[test]
    fn classes_are_told_apart_by_all_eyes() {
        // Full deficiencies by Machado, Oliveira & Fernandes (2009).
        let eyes = [
            ("all cones", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
            (
                "no red cones",
                [
                    [0.152286, 1.052583, -0.204868],
                    [0.114503, 0.786281, 0.099216],
                    [-0.003882, -0.048116, 1.051998],
                ],
            ),
            (
                "no green cones",
                [
                    [0.367322, 0.860646, -0.227968],
                    [0.280085, 0.672501, 0.047413],
                    [-0.011820, 0.042940, 0.968881],
                ],
            ),
            (
                "no blue cones",
                [
                    [1.255528, -0.076749, -0.178779],
                    [-0.078411, 0.930809, 0.147602],
                    [0.004733, 0.691367, 0.303900],
                ],
            ),
        ];
        for theme in [Theme::Dark, Theme::Light] {
            for (name, eyes) in eyes {
                let seen: Vec<[f64; 3]> = (0..9).map(|c| lab(theme.class_colour(c), eyes)).collect();
                for (i, a) in seen.iter().enumerate() {
                    for (j, b) in seen.iter().enumerate().skip(i + 1) {
                        let apart = (0..3).map(|k| (a[k] - b[k]).powi(2)).sum::<f64>().sqrt();
                        assert!(
                            apart >= 14.0,
                            "{theme:?}, {name}: classes {} and {}: {apart:.1}",
                            i + 1,
                            j + 1
                        );
                    }
                }
            }
        }
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
            let fills = [&v.widgets.inactive, &v.widgets.hovered, &v.widgets.active].map(|w| w.weak_bg_fill);
            for ground in fills.into_iter().chain([v.selection.bg_fill]) {
                let ratio = contrast(theme.text(), ground);
                assert!(ratio >= 4.5, "{theme:?}: text on {ground:?} has {ratio:.2}");
            }
        }
    }
}
