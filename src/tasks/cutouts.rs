//! Cutouts to look at: files, or one picture of many.

use super::images::Images;
use super::{Skipped, anomalies, classify};
use crate::display::{RgbImage, StretchRecipe, montage, render};
use crate::io::fits::{Card, CardValue, Compression, ImageToWrite, write_images};
use crate::progress::Progress;
use crate::project::journal::{self, Kind};
use crate::project::{Object, PROGRAM, Project, ProjectError, answers, objects};
use crate::sky::cutout::{Cutout, CutoutSize};
use std::path::{Path, PathBuf};

/// Side of a montage's tile: a name from a position fits below it.
pub const TILE_PX: usize = 144;

/// An object's name for a caption: of a file, what stands between its folders and its ending.
pub fn short_name(object: &Object) -> String {
    match &object.file {
        Some(file) => {
            let base = file.rsplit('/').next().unwrap_or(file);
            let lower = base.to_ascii_lowercase();
            let ending = [
                ".fits.gz", ".fits.fz", ".fits", ".fit", ".jpeg", ".jpg", ".png", ".tiff", ".tif",
            ]
            .iter()
            .find(|e| lower.ends_with(**e) && lower.len() > e.len())
            .map_or(0, |e| e.len());
            base[..base.len() - ending].to_owned()
        }
        None => object.name.clone(),
    }
}

/// An object to show, with what to write below it.
#[derive(Debug, Clone)]
pub struct Shown {
    /// Which.
    pub object: i64,
    /// The caption.
    pub caption: String,
}

/// Reads what a person asked to see: ids, `strangest:N`, `next:N`, `label:CLASS`, `similar:ID:N`.
pub fn choose(
    project: &mut Project,
    asked: &[String],
    progress: &dyn Progress,
) -> Result<Vec<Shown>, ProjectError> {
    let mut shown = Vec::new();
    for text in asked {
        let number = |n: &str| {
            n.parse::<usize>().map_err(|_| {
                ProjectError::Ask(format!("'{text}': what follows the last colon must be a number"))
            })
        };
        match text.split_once(':') {
            Some(("strangest", n)) => shown.extend(strangest(project, number(n)?)?),
            Some(("next", n)) => {
                let options = classify::ClassifyOptions {
                    next: number(n)?,
                    ..Default::default()
                };
                for s in classify::classify(project, &options, progress)?.suggestions {
                    let name = objects::get(project.store(), s.row as i64)?
                        .map_or_else(String::new, |o| short_name(&o));
                    shown.push(Shown {
                        object: s.row as i64,
                        caption: format!("{name} {:.2}", s.doubt),
                    });
                }
            }
            Some(("label", class)) => {
                let mut ids: Vec<i64> = journal::standing(project.store(), Kind::Label)?
                    .into_iter()
                    .filter(|(_, c)| c == class)
                    .map(|(id, _)| id)
                    .collect();
                ids.sort_unstable();
                if ids.is_empty() {
                    return Err(ProjectError::Ask(format!("no object is labelled '{class}'")));
                }
                for id in ids {
                    let name =
                        objects::get(project.store(), id)?.map_or_else(String::new, |o| short_name(&o));
                    shown.push(Shown {
                        object: id,
                        caption: name,
                    });
                }
            }
            Some(("similar", rest)) => {
                let (id, n) = rest
                    .rsplit_once(':')
                    .ok_or_else(|| ProjectError::Ask(format!("'{text}': write similar:ID:N")))?;
                let options = super::similar::SimilarOptions {
                    like: vec![id.to_owned()],
                    k: number(n)?,
                    threads: 1,
                    ..Default::default()
                };
                let first = objects::find(project.store(), id)?;
                shown.push(Shown {
                    object: first.id,
                    caption: format!("{} (query)", short_name(&first)),
                });
                for hit in super::similar::similar(project, &options, progress)? {
                    shown.push(Shown {
                        object: hit.object.id,
                        caption: format!("{:.2} {}", hit.similarity, short_name(&hit.object)),
                    });
                }
            }
            _ => {
                let object = objects::find(project.store(), text)?;
                shown.push(Shown {
                    object: object.id,
                    caption: short_name(&object),
                });
            }
        }
    }
    Ok(shown)
}

fn strangest(project: &Project, n: usize) -> Result<Vec<Shown>, ProjectError> {
    let answer = answers::load(project, anomalies::ANSWER)?.ok_or_else(|| {
        ProjectError::Ask("nothing has been ranked yet: run `astrolabel anomalies` first".into())
    })?;
    let ranks = answer.table.numbers("anomaly_rank").unwrap_or_default();
    let mut rows: Vec<(usize, f64)> = ranks
        .into_iter()
        .enumerate()
        .filter(|(_, r)| *r <= n as f64)
        .collect();
    rows.sort_by(|a, b| a.1.total_cmp(&b.1));
    rows.into_iter()
        .map(|(row, rank)| {
            let name =
                objects::get(project.store(), row as i64)?.map_or_else(String::new, |o| short_name(&o));
            Ok(Shown {
                object: row as i64,
                caption: format!("{rank:.0}. {name}"),
            })
        })
        .collect()
}

/// Draws the objects into one picture. Those that can't be cut out are left out and reported.
pub fn draw_montage(
    project: &Project,
    shown: &[Shown],
    size: Option<CutoutSize>,
    tile_px: usize,
    title: Option<&str>,
    path: &Path,
    progress: &dyn Progress,
) -> Result<Vec<Skipped>, ProjectError> {
    let images = Images::of(project)?;
    let recipe = StretchRecipe::default();
    let mut skipped = Vec::new();
    let mut tiles: Vec<(RgbImage, String)> = Vec::new();
    progress.begin("drawing", Some(shown.len() as u64));
    for one in shown {
        if progress.cancelled() {
            return Err(ProjectError::Cancelled);
        }
        match images.cut(one.object as usize, size) {
            Ok(cutout) => tiles.push((render(&cutout, &recipe), one.caption.clone())),
            Err(why) => skipped.push(Skipped::new(&one.caption, why)),
        }
        progress.advance(1);
    }
    if tiles.is_empty() {
        let why = skipped
            .first()
            .map_or("there is nothing to draw".to_owned(), |s| {
                format!("{}: {}", s.what, s.why)
            });
        return Err(ProjectError::Ask(why));
    }
    montage(&tiles, None, tile_px, title)
        .save(path)
        .map_err(|e| ProjectError::Ask(e.to_string()))?;
    Ok(skipped)
}

/// Writes one FITS file (fluxes, one HDU a band) and one PNG an object into `folder`; a picture
/// that came as a picture gives the PNG only. Returns how many and what was left out.
pub fn write_files(
    project: &Project,
    shown: &[Shown],
    size: Option<CutoutSize>,
    folder: &Path,
    progress: &dyn Progress,
) -> Result<(usize, Vec<Skipped>), ProjectError> {
    std::fs::create_dir_all(folder).map_err(|cause| ProjectError::Io {
        path: folder.display().to_string(),
        cause,
    })?;
    let images = Images::of(project)?;
    let recipe = StretchRecipe::default();
    let (mut written, mut skipped) = (0, Vec::new());
    progress.begin("writing cutouts", Some(shown.len() as u64));
    for one in shown {
        if progress.cancelled() {
            return Err(ProjectError::Cancelled);
        }
        let Some(object) = images.objects().get(one.object as usize) else {
            continue;
        };
        let outcome = images
            .cut(one.object as usize, size)
            .and_then(|cutout| write_one(object, &cutout, &recipe, folder));
        match outcome {
            Ok(()) => written += 1,
            Err(why) => skipped.push(Skipped::new(&object.name, why)),
        }
        progress.advance(1);
    }
    Ok((written, skipped))
}

fn write_one(object: &Object, cutout: &Cutout, recipe: &StretchRecipe, folder: &Path) -> Result<(), String> {
    let base: PathBuf = folder.join(file_base(object));
    // Not `with_extension`: names such as J1234.5+67 have points of their own.
    let named = |ending: &str| PathBuf::from(format!("{}.{ending}", base.display()));
    render(cutout, recipe)
        .save(&named("png"))
        .map_err(|e| e.to_string())?;
    if cutout.is_picture {
        return Ok(());
    }
    let mut cards = vec![
        Card::new(
            "OBJECT",
            CardValue::Text(object.name.clone()),
            "name in the project",
        ),
        Card::new(
            "ORIGIN",
            CardValue::Text(PROGRAM.to_owned()),
            "program that cut it out",
        ),
        Card::new(
            "FLAGS",
            CardValue::Integer(i64::from(cutout.flags.0)),
            "1 edge, 2 blank pixels, 4 band missing",
        ),
    ];
    if let (Some(ra), Some(dec), Some(scale)) = (object.ra_deg, object.dec_deg, cutout.pixel_scale_arcsec) {
        // Only the place of its middle is claimed: rotation and distortion stay with the mosaic.
        cards.push(Card::new(
            "RA_OBJ",
            CardValue::Real(ra),
            "[deg] ICRS, at the middle",
        ));
        cards.push(Card::new(
            "DEC_OBJ",
            CardValue::Real(dec),
            "[deg] ICRS, at the middle",
        ));
        cards.push(Card::new(
            "PIXSCALE",
            CardValue::Real(scale),
            "[arcsec] size of a pixel",
        ));
    }
    let per_band: Vec<Vec<Card>> = cutout
        .band_names
        .iter()
        .map(|band| {
            let mut all = cards.clone();
            all.push(Card::new("FILTER", CardValue::Text(band.clone()), "band"));
            all
        })
        .collect();
    let images: Vec<ImageToWrite<'_>> = cutout
        .bands
        .iter()
        .zip(&cutout.band_names)
        .zip(&per_band)
        .map(|((plane, name), cards)| ImageToWrite {
            plane,
            name: Some(name),
            cards,
            compression: Compression::None,
        })
        .collect();
    write_images(&named("fits"), &images).map_err(|e| e.to_string())
}

/// A file name from an object's name: its number keeps equal names apart.
fn file_base(object: &Object) -> String {
    let safe: String = object
        .name
        .chars()
        .map(|c| {
            if c.is_alphanumeric() || "+-_.".contains(c) {
                c
            } else {
                '_'
            }
        })
        .take(80)
        .collect();
    format!("{:06}_{}", object.id, safe.trim_start_matches('.'))
}
