//! Widgets that several panes use. Each has a name for assistive technology and is used by keyboard alone.

mod choice;
mod choosing;
mod cloud;
mod colormaps;
mod column_picker;
mod sprites;

pub use choice::{Choice, choose};
pub use choosing::Choosing;
pub use cloud::{Axes, CloudView, DENSITY, within};
pub use colormaps::colormaps;
pub use column_picker::{column_picker, column_picker_with};
pub use sprites::{Outline, draw_outlines};
