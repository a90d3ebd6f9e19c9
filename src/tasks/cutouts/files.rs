//! Cutouts as files: fluxes as FITS, what the eye sees as PNG.

use super::Shown;
use crate::display::{StretchRecipe, render};
use crate::io::fits::{Card, CardValue, Compression, ImageToWrite, write_images};
use crate::progress::Progress;
use crate::project::{Object, PROGRAM, Project, ProjectError};
use crate::sky::cutout::{Cutout, CutoutSize};
use crate::sky::wcs::Wcs;
use crate::tasks::Skipped;
use crate::tasks::images::{Frame, Images};
use std::path::{Path, PathBuf};

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
        let outcome = images.cut(one.object as usize, size).and_then(|cutout| {
            let frame = images.frame(one.object as usize, &cutout)?;
            write_one(object, &cutout, &frame, &recipe, folder)
        });
        match outcome {
            Ok(()) => written += 1,
            Err(why) => skipped.push(Skipped::new(&object.name, why)),
        }
        progress.advance(1);
    }
    Ok((written, skipped))
}

fn write_one(
    object: &Object,
    cutout: &Cutout,
    frame: &Frame,
    recipe: &StretchRecipe,
    folder: &Path,
) -> Result<(), String> {
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
        cards.push(Card::new(
            "RA_OBJ",
            CardValue::Real(ra),
            "[deg] ICRS, of the object",
        ));
        cards.push(Card::new(
            "DEC_OBJ",
            CardValue::Real(dec),
            "[deg] ICRS, of the object",
        ));
        cards.push(Card::new(
            "PIXSCALE",
            CardValue::Real(scale),
            "[arcsec] size of a pixel",
        ));
    }
    cards.extend(sky_cards(frame));
    let per_band: Vec<Vec<Card>> = cutout
        .band_names
        .iter()
        .enumerate()
        .map(|(i, band)| {
            let mut all = cards.clone();
            if !is_made_up(band) {
                all.push(Card::new("FILTER", CardValue::Text(band.clone()), "band"));
            }
            if let Some(unit) = frame.units.get(i).and_then(Option::as_ref) {
                all.push(Card::new(
                    "BUNIT",
                    CardValue::Text(unit.clone()),
                    "unit of the values",
                ));
            }
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

/// The image's WCS with its reference pixel counted from the cutout's first, so that every pixel keeps
/// its place on the sky: distortions are functions of the distance from that pixel and stay as they
/// are. None where the kind of WCS can't be written.
fn sky_cards(frame: &Frame) -> Vec<Card> {
    let Some(Ok(mut cards)) = frame.wcs.as_ref().map(Wcs::to_cards) else {
        return vec![];
    };
    for card in &mut cards {
        let first = match card.keyword.as_str() {
            "CRPIX1" => frame.first.0,
            "CRPIX2" => frame.first.1,
            _ => continue,
        };
        if let Some(CardValue::Real(pixel)) = &mut card.value {
            *pixel -= first as f64;
        }
    }
    cards
}

/// Whether a band is called by its place, since nothing told what it is.
fn is_made_up(band: &str) -> bool {
    let number = band.strip_prefix("band").or_else(|| band.strip_prefix("plane"));
    number.is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
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
