//! A small simulated survey: three bands of one sky with distorted coordinates, and a catalogue
//! that says what everything is. For trying the program and for tests; nothing here claims to be a
//! model of the sky.

mod artefact;
mod galaxy;
mod stamp;
pub mod stamps;
mod survey;

use crate::io::catalog::{Table, table};
use crate::io::fits::{Card, CardValue, Compression, ImageToWrite, write_images, write_table};
use crate::progress::Progress;
use arrow::array::{ArrayRef, Float32Array, Float64Array, StringArray};
use arrow::datatypes::{DataType, Field};
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use survey::{Made, Survey};

/// What to simulate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SimulateOptions {
    /// The same seed gives the same survey.
    pub seed: u64,
    /// Side of the images in pixels.
    pub side: usize,
    /// Number of objects.
    pub objects: usize,
}

impl Default for SimulateOptions {
    /// The sample survey that comes with the program.
    fn default() -> Self {
        Self {
            seed: 1,
            side: 2048,
            objects: 400,
        }
    }
}

/// The bands, blue to red.
pub const BANDS: [&str; 3] = ["g", "r", "i"];
/// Magnitude that gives one count.
pub const ZERO_POINT_MAG: f64 = 27.5;
/// Standard deviation of the sky noise in counts, by band.
pub const SKY_NOISE: [f64; 3] = [1.6, 1.6, 2.2];

/// Why a survey can't be written.
#[derive(Debug, thiserror::Error)]
pub enum SimulateError {
    /// A file can't be written.
    #[error("{path}: {cause}")]
    Write {
        /// The file.
        path: String,
        /// What happened.
        cause: String,
    },
    /// The options ask for the impossible.
    #[error("{0}")]
    Options(String),
    /// The user asked to stop.
    #[error("stopped as asked")]
    Cancelled,
}

/// Writes `survey_g.fits.fz`, `survey_r.fits.fz`, `survey_i.fits.fz`, `catalog.fits` and a
/// `README.md` into `out`; returns the paths.
pub fn simulate(
    out: &Path,
    options: &SimulateOptions,
    progress: &dyn Progress,
) -> Result<Vec<PathBuf>, SimulateError> {
    let fail = |path: &Path| {
        let path = path.display().to_string();
        move |cause: String| SimulateError::Write {
            path: path.clone(),
            cause,
        }
    };
    let survey = Survey::make(options, progress)?;
    std::fs::create_dir_all(out).map_err(|e| fail(out)(e.to_string()))?;
    let mut written = Vec::new();
    progress.begin("writing", Some(BANDS.len() as u64 + 2));
    for (b, band) in BANDS.iter().enumerate() {
        let path = out.join(format!("survey_{band}.fits.fz"));
        let mut cards = common_cards(options);
        cards.push(Card::new("FILTER", CardValue::Text((*band).into()), "band"));
        cards.push(Card::new(
            "BUNIT",
            CardValue::Text("count".into()),
            "unit of the pixels",
        ));
        cards.push(Card::new(
            "MAGZERO",
            CardValue::Real(ZERO_POINT_MAG),
            "[mag] magnitude of one count",
        ));
        cards.extend(survey.wcs_cards(b));
        let image = ImageToWrite {
            plane: &survey.images[b],
            name: Some(band),
            cards: &cards,
            compression: Compression::Rice { quantize: 4.0 },
        };
        write_images(&path, &[image]).map_err(|e| fail(&path)(e.to_string()))?;
        written.push(path);
        progress.advance(1);
    }
    let path = out.join("catalog.fits");
    let table = catalog(&survey.objects).map_err(|e| fail(&path)(e.to_string()))?;
    let _notes = write_table(&path, &table, "CATALOG", &common_cards(options))
        .map_err(|e| fail(&path)(e.to_string()))?;
    written.push(path);
    let path = out.join("README.md");
    std::fs::write(&path, readme(options)).map_err(|e| fail(&path)(e.to_string()))?;
    written.push(path);
    Ok(written)
}

fn common_cards(options: &SimulateOptions) -> Vec<Card> {
    vec![
        Card::new(
            "ORIGIN",
            CardValue::Text("astrolabel simulate".into()),
            "SIMULATED, not an observation",
        ),
        Card::new("SIMULATD", CardValue::Logical(true), "this sky does not exist"),
        Card::new(
            "SEED",
            CardValue::Integer(options.seed as i64),
            "seed of the simulation",
        ),
    ]
}

fn catalog(objects: &[Made]) -> Result<Table, arrow::error::ArrowError> {
    let text = |f: fn(&Made) -> String| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(objects.iter().map(f)))
    };
    let wide =
        |f: fn(&Made) -> f64| -> ArrayRef { Arc::new(Float64Array::from_iter_values(objects.iter().map(f))) };
    let short = |f: fn(&Made) -> f64| -> ArrayRef {
        Arc::new(Float32Array::from_iter_values(
            objects.iter().map(|o| f(o) as f32),
        ))
    };
    let column = |name: &str, t: DataType, unit: &str, ucd: &str, what: &str| -> Field {
        table::field(name, t, unit, ucd, what)
    };
    Table::new(vec![
        (
            column("id", DataType::Utf8, "", "meta.id;meta.main", "name"),
            text(|o| o.id.clone()),
        ),
        (
            column(
                "ra",
                DataType::Float64,
                "deg",
                "pos.eq.ra;meta.main",
                "right ascension, ICRS",
            ),
            wide(|o| o.ra_deg),
        ),
        (
            column(
                "dec",
                DataType::Float64,
                "deg",
                "pos.eq.dec;meta.main",
                "declination, ICRS",
            ),
            wide(|o| o.dec_deg),
        ),
        (
            column(
                "mag_g",
                DataType::Float32,
                "mag",
                "phot.mag;em.opt.B",
                "magnitude in g",
            ),
            short(|o| o.mag[0]),
        ),
        (
            column(
                "mag_r",
                DataType::Float32,
                "mag",
                "phot.mag;em.opt.R",
                "magnitude in r",
            ),
            short(|o| o.mag[1]),
        ),
        (
            column(
                "mag_i",
                DataType::Float32,
                "mag",
                "phot.mag;em.opt.I",
                "magnitude in i",
            ),
            short(|o| o.mag[2]),
        ),
        (
            column(
                "radius",
                DataType::Float32,
                "arcsec",
                "phys.angSize",
                "half-light radius; 0 for points",
            ),
            short(|o| o.radius_arcsec),
        ),
        (
            column(
                "truth",
                DataType::Utf8,
                "",
                "meta.code.class",
                "what was simulated",
            ),
            text(|o| o.class.name().to_owned()),
        ),
    ])
}

fn readme(options: &SimulateOptions) -> String {
    format!(
        "# A simulated survey\n\n**This sky does not exist.** It was made by\n\n    astrolabel simulate --out DIR --seed {} --side {} --objects {}\n\n\
         to try Astrolabel on: three bands (g, r, i) of {} x {} pixels of 0.25 arcsec with TAN-SIP coordinates, each band\n\
         shifted a little against the others, Gaussian seeing, sky and photon noise; RICE tile-compressed FITS. `catalog.fits` has\n\
         positions, magnitudes, half-light radii, and in column `truth` what each object is: smooth, disc, edge-on, spiral, ring,\n\
         merger, lens, star, and the artefacts trail, cosmic-ray and saturated. Shapes are simple formulas: good for learning the\n\
         program, not for judging how well it does on the real sky.\n",
        options.seed, options.side, options.objects, options.side, options.side
    )
}
