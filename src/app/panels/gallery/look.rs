//! Controls of a stretch recipe: limits, curve, colours, contrast and bias. Shown for all cutouts in
//! the gallery and for one object in the inspector.

use crate::app::widgets::colormaps;
use crate::display::{ColourMode, Limits, Stretch, StretchRecipe};
use egui::{ComboBox, DragValue, Slider, Ui};

/// Draws the controls; true if the recipe was changed. `of` says in accessible names what is drawn.
pub fn look_ui(ui: &mut Ui, of: &str, look: &mut StretchRecipe) -> bool {
    let before = look.clone();
    ui.horizontal_wrapped(|ui| {
        limits_ui(ui, of, &mut look.limits);
        ui.separator();
        curve_ui(ui, of, &mut look.stretch);
    });
    ui.horizontal_wrapped(|ui| {
        colour_ui(ui, of, look);
    });
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().slider_width = 90.0;
        ui.label("Contrast");
        let contrast = Slider::new(&mut look.contrast, 0.1..=10.0)
            .logarithmic(true)
            .max_decimals(2);
        ui.add(contrast).accessible_name(format!("Contrast of {of}"));
        ui.label("Bias");
        ui.add(Slider::new(&mut look.bias, 0.0..=1.0).max_decimals(2))
            .on_hover_text("The stretched value that becomes mid-grey")
            .accessible_name(format!("Bias of {of}"));
        ui.checkbox(&mut look.stretch_pictures, "Pictures too")
            .on_hover_text("Stretch PNG and JPEG cutouts again instead of showing them as they are")
            .accessible_name(format!("Stretch pictures too, {of}"));
        let is_default = *look == StretchRecipe::default();
        if ui
            .add_enabled(!is_default, egui::Button::new("Reset"))
            .on_hover_text("Percentiles 0.5 to 99.7, asinh, colours kept")
            .accessible_name(format!("Reset the stretch of {of}"))
            .clicked()
        {
            *look = StretchRecipe::default();
        }
    });
    *look != before
}

/// A list to choose one of; true if another was chosen.
fn choice_ui(ui: &mut Ui, name: &str, now: &str, all: &[&str]) -> Option<usize> {
    let mut chosen = None;
    let shown = ComboBox::from_id_salt(name)
        .selected_text(now)
        .width(92.0)
        .show_ui(ui, |ui| {
            for (i, text) in all.iter().enumerate() {
                if ui.selectable_label(*text == now, *text).clicked() {
                    chosen = Some(i);
                }
            }
        });
    shown.response.accessible_name(name);
    chosen
}

const LIMITS: [&str; 4] = ["percentiles", "zscale", "min to max", "fixed"];

fn limits_ui(ui: &mut Ui, of: &str, limits: &mut Limits) {
    ui.label("Limits");
    let now = match limits {
        Limits::Percentile { .. } => 0,
        Limits::ZScale => 1,
        Limits::MinMax => 2,
        Limits::Fixed { .. } => 3,
    };
    if let Some(i) = choice_ui(ui, &format!("Limits of {of}"), LIMITS[now], &LIMITS)
        && i != now
    {
        *limits = match i {
            0 => Limits::Percentile { low: 0.5, high: 99.7 },
            1 => Limits::ZScale,
            2 => Limits::MinMax,
            _ => Limits::Fixed { low: 0.0, high: 1.0 },
        };
    }
    match limits {
        Limits::Percentile { low, high } => {
            let (top, bottom) = (*high, *low);
            let black = DragValue::new(low).range(0.0..=top).speed(0.05).suffix(" %");
            ui.add(black)
                .on_hover_text("This percentile is drawn black")
                .accessible_name(format!("Lower percentile of {of}"));
            let white = DragValue::new(high)
                .range(bottom..=100.0)
                .speed(0.02)
                .suffix(" %");
            ui.add(white)
                .on_hover_text("This percentile is drawn white")
                .accessible_name(format!("Upper percentile of {of}"));
        }
        Limits::Fixed { low, high } => {
            let speed = ((*high - *low).abs() * 0.01).max(1e-9);
            ui.add(DragValue::new(low).speed(speed).max_decimals(6))
                .on_hover_text("This value is drawn black, in the image's own unit")
                .accessible_name(format!("Black value of {of}"));
            ui.add(DragValue::new(high).speed(speed).max_decimals(6))
                .on_hover_text("This value is drawn white, in the image's own unit")
                .accessible_name(format!("White value of {of}"));
        }
        Limits::MinMax | Limits::ZScale => {}
    }
}

const CURVES: [&str; 7] = [
    "linear",
    "square root",
    "squared",
    "log",
    "asinh",
    "sinh",
    "power",
];

fn curve_ui(ui: &mut Ui, of: &str, stretch: &mut Stretch) {
    ui.label("Stretch");
    let now = match stretch {
        Stretch::Linear => 0,
        Stretch::Sqrt => 1,
        Stretch::Squared => 2,
        Stretch::Log { .. } => 3,
        Stretch::Asinh { .. } => 4,
        Stretch::Sinh { .. } => 5,
        Stretch::Power { .. } => 6,
    };
    if let Some(i) = choice_ui(ui, &format!("Stretch of {of}"), CURVES[now], &CURVES)
        && i != now
    {
        *stretch = match i {
            0 => Stretch::Linear,
            1 => Stretch::Sqrt,
            2 => Stretch::Squared,
            3 => Stretch::LOG,
            4 => Stretch::ASINH,
            5 => Stretch::SINH,
            _ => Stretch::Power { gamma: 0.5 },
        };
    }
    let (value, range, what) = match stretch {
        Stretch::Log { a } => (a, 1.0..=100_000.0, "Larger is more logarithmic"),
        Stretch::Asinh { a } => (a, 0.001..=1.0, "Where the curve turns from linear to logarithmic"),
        Stretch::Sinh { a } => (a, 0.05..=10.0, "Larger is more linear"),
        Stretch::Power { gamma } => (gamma, 0.1..=5.0, "The exponent: below 1 brightens faint parts"),
        Stretch::Linear | Stretch::Sqrt | Stretch::Squared => return,
    };
    let speed = (*value * 0.02).max(1e-4);
    ui.add(DragValue::new(value).range(range).speed(speed).max_decimals(4))
        .on_hover_text(what)
        .accessible_name(format!("Stretch parameter of {of}"));
}

const COLOURS: [&str; 4] = ["colours kept", "each band alone", "Lupton", "one colour map"];

fn colour_ui(ui: &mut Ui, of: &str, look: &mut StretchRecipe) {
    ui.label("Colour");
    let now = match look.colour {
        ColourMode::ColourPreserving => 0,
        ColourMode::PerBand => 1,
        ColourMode::Lupton { .. } => 2,
        ColourMode::Gray => 3,
    };
    if let Some(i) = choice_ui(ui, &format!("Colour mode of {of}"), COLOURS[now], &COLOURS)
        && i != now
    {
        look.colour = match i {
            0 => ColourMode::ColourPreserving,
            1 => ColourMode::PerBand,
            2 => ColourMode::Lupton {
                stretch: 5.0,
                q: 8.0,
                minimum: 0.0,
            },
            _ => ColourMode::Gray,
        };
    }
    if let ColourMode::Lupton { stretch, q, minimum } = &mut look.colour {
        for (value, name, help) in [
            (
                stretch,
                "Lupton stretch",
                "Linear stretch, in the unit of the pixels",
            ),
            (q, "Lupton Q", "Asinh softening"),
            (minimum, "Lupton minimum", "Subtracted from every band"),
        ] {
            let speed = (value.abs() * 0.02).max(1e-3);
            ui.add(DragValue::new(value).speed(speed).max_decimals(4))
                .on_hover_text(format!("{name}: {help}"))
                .accessible_name(format!("{name} of {of}"));
        }
    }
    ui.label("Map");
    let shown = ComboBox::from_id_salt(("colour map", of))
        .selected_text(look.colormap.name())
        .width(92.0)
        .height(420.0)
        .show_ui(ui, |ui| colormaps(ui, &mut look.colormap));
    shown.response.accessible_name(format!("Colour map of {of}"));
    ui.checkbox(&mut look.inverted, "Invert")
        .on_hover_text(
            "Run the colour map backwards: bright objects dark. Only single bands and one colour map",
        )
        .accessible_name(format!("Invert {of}"));
}
