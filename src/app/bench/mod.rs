//! How quick the window is, measured in a real window: frame times of every view while a hand moves
//! things, time to the first pixels of a mosaic, and from a label to what it teaches.
//!
//! A frame's time is what passes between the starts of two frames that follow each other without a
//! pause and without waiting for the screen: drawing by the program, by egui and by the graphics
//! driver. Hands are played by events put into the window's input, so that all code on the way is
//! measured.

mod acts;
mod driver;
mod report;
mod survey;

use super::launch::{RendererChoice, native_options, renderer_of};
use crate::progress::Progress;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

pub use report::Report;

/// What to measure.
#[derive(Debug, Clone)]
pub struct UiBenchOptions {
    /// What draws.
    pub renderer: RendererChoice,
    /// Embedded objects of gallery, image, inspector and labelling.
    pub objects: usize,
    /// Objects of map, table and plots.
    pub points: usize,
    /// Side of the mosaic, pixels.
    pub side: usize,
    /// Size of the window, points.
    pub size: [f32; 2],
    /// Where the simulated survey is put, to be used again; a temporary folder if `None`.
    pub keep: Option<PathBuf>,
}

/// Makes the survey, opens a window, plays all acts and returns what was measured.
///
/// # Errors
/// Where there is no display, or the survey can't be made.
pub fn bench_ui(options: &UiBenchOptions, progress: &dyn Progress) -> anyhow::Result<Report> {
    let temporary;
    let dir = match &options.keep {
        Some(dir) => {
            std::fs::create_dir_all(dir)?;
            dir.as_path()
        }
        None => {
            temporary = tempfile::tempdir()?;
            temporary.path()
        }
    };
    let made = survey::make(dir, options.side, options.objects, options.points, progress)?;
    progress.begin("measuring the window", None);
    let renderer = renderer_of(options.renderer);
    let report = Arc::new(Mutex::new(Report::new(options, renderer)));
    let shared = report.clone();
    let mut native = native_options(renderer);
    native.viewport = native.viewport.with_inner_size(options.size);
    native.glow_options.vsync = false;
    native.wgpu_options.surface.present_mode = eframe::wgpu::PresentMode::AutoNoVsync;
    // Nothing of a person's session is read or overwritten.
    native.persist_window = false;
    eframe::run_native(
        "astrolabel-bench",
        native,
        Box::new(move |cc| Ok(Box::new(driver::Driver::new(cc, made, shared)))),
    )
    .map_err(|why| {
        anyhow::anyhow!("the window can't be opened: {why}. This bench needs a display (or xvfb-run)")
    })?;
    let report = Arc::into_inner(report)
        .and_then(|m| m.into_inner().ok())
        .ok_or_else(|| anyhow::anyhow!("the window was closed while it was measured"))?;
    anyhow::ensure!(
        report.is_complete,
        "{}",
        report
            .trouble
            .as_deref()
            .unwrap_or("the window was closed before all was measured")
    );
    Ok(report)
}
