//! Widgets that several panes use. Each has a name for assistive technology and is used by keyboard alone.

mod choice;
mod column_picker;

pub use choice::{Choice, choose};
pub use column_picker::{column_picker, column_picker_with};
