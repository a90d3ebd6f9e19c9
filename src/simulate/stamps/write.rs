//! Stamps as files: PNG pictures and `labels.csv`.

use super::super::SimulateError;
use super::{Kind, MOST_SIDE, Parameters, Stamp, develop, draw};
use crate::io::replace::replace_file;
use crate::progress::Progress;
use image::{ExtendedColorType, ImageFormat};
use rayon::prelude::*;
use std::io::Cursor;
use std::path::{Path, PathBuf};

/// Which stamps to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StampsOptions {
    /// The same seed gives the same stamps.
    pub seed: u64,
    /// How many.
    pub count: u64,
    /// Side in pixels.
    pub side: usize,
}

/// Writes `000000.png`, … and `labels.csv` (file, label, and the parameters that apply) into `out`, by as
/// many threads as rayon has; gives the table's path. The table is written last, so that a folder with
/// one is complete.
///
/// # Errors
/// If a file can't be written, the side is out of range, or the user asks to stop.
pub fn write(out: &Path, options: &StampsOptions, progress: &dyn Progress) -> Result<PathBuf, SimulateError> {
    if !(super::LEAST_SIDE..=MOST_SIDE).contains(&options.side) {
        return Err(SimulateError::Options(format!(
            "stamps of {} pixels can't be drawn: choose a side from {} to {MOST_SIDE}",
            options.side,
            super::LEAST_SIDE
        )));
    }
    std::fs::create_dir_all(out).map_err(|e| failed(out, e.to_string()))?;
    progress.begin("drawing stamps", Some(options.count));
    let drawn: Vec<(Kind, Parameters)> = (0..options.count)
        .into_par_iter()
        .map(|number| {
            if progress.cancelled() {
                return Err(SimulateError::Cancelled);
            }
            let stamp = draw(options.seed, number, options.side);
            write_png(&out.join(name(number)), &stamp)?;
            progress.advance(1);
            Ok((stamp.label, stamp.parameters))
        })
        .collect::<Result<_, _>>()?;
    let path = out.join("labels.csv");
    let table = table(&drawn).map_err(|e| failed(&path, e.to_string()))?;
    let io = |e: std::io::Error| failed(&path, e.to_string());
    replace_file(&path, io, |out| out.write_all(&table).map_err(io))?;
    Ok(path)
}

fn name(number: u64) -> String {
    format!("{number:06}.png")
}

fn failed(path: &Path, cause: String) -> SimulateError {
    SimulateError::Write {
        path: path.display().to_string(),
        cause,
    }
}

/// Grey stamps are files of one channel.
fn write_png(path: &Path, stamp: &Stamp) -> Result<(), SimulateError> {
    let kind = if stamp.planes.len() == 3 {
        ExtendedColorType::Rgb8
    } else {
        ExtendedColorType::L8
    };
    let (width, height) = (stamp.planes[0].width as u32, stamp.planes[0].height as u32);
    let mut file = Cursor::new(Vec::new());
    let bytes = develop::bytes(&stamp.planes);
    image::write_buffer_with_format(&mut file, &bytes, width, height, kind, ImageFormat::Png)
        .map_err(|e| failed(path, e.to_string()))?;
    // Not waiting for the disk at each of thousands: a folder without its table is not complete.
    std::fs::write(path, file.get_ref()).map_err(|e| failed(path, e.to_string()))
}

fn table(drawn: &[(Kind, Parameters)]) -> Result<Vec<u8>, csv::Error> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(
        ["file", "label"]
            .into_iter()
            .chain(Parameters::NAMES.iter().copied()),
    )?;
    for (number, (label, parameters)) in drawn.iter().enumerate() {
        let values = parameters.values();
        let values = values.iter().map(|v| v.map_or_else(String::new, rounded));
        csv.write_record(
            [name(number as u64), label.name().to_owned()]
                .into_iter()
                .chain(values),
        )?;
    }
    csv.into_inner().map_err(|e| e.into_error().into())
}

/// Four digits are more than a picture tells.
fn rounded(value: f64) -> String {
    let digits = if value.abs() >= 1000.0 {
        0
    } else if value.abs() >= 10.0 {
        2
    } else {
        4
    };
    let text = format!("{value:.digits$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}
