//! Many points in a plane: found by place through a grid, and drawn as a picture of their density when
//! they are too many for marks. Knows nothing of the window; a million points take some tens of
//! milliseconds, so this belongs on another thread.
//!
//! The way through: [`Cloud`] (points and grid) → [`Ink`] (what colours them) → [`paint`] (a picture of
//! a [`Window`] and, where they are few, the marks in it).

mod cloud;
mod ink;
mod picture;
mod region;
mod ticks;
mod window;

pub use cloud::Cloud;
pub use ink::{Ink, Tones, percentiles};
pub use picture::{FEW, Mark, Picture, paint};
pub use region::Region;
pub use ticks::{short_number, ticks};
pub use window::Window;
