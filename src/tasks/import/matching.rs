//! Rows of a catalogue onto images: by sky position through the WCS, or by pixel columns.

use super::catalog::{Catalog, shorten};
use super::file_name;
use super::mosaic::Mosaic;
use super::request::{FieldReport, ImportOptions, ImportReport};
use crate::io::catalog::Table;
use crate::io::catalog::roles::refused_positions;
use crate::project::{NewField, Object, ProjectError};
use crate::sky::coords;
use crate::sky::crossmatch::match_pixels;
use crate::tasks::Skipped;
use arrow::array::UInt32Array;
use rayon::prelude::*;

/// A row this near to an object of the project, in pixels, is that object.
const SAME_PX: f64 = 1.5;

/// Each row goes to the first mosaic that contains it.
pub(super) fn match_catalog(
    mosaics: &[Mosaic],
    catalog: &Catalog,
    options: &ImportOptions,
    fields: &mut Vec<NewField>,
    report: &mut ImportReport,
) -> Result<(), ProjectError> {
    let rows = catalog.table.rows();
    let at = |e: String| ProjectError::Ask(format!("{}: {e}", catalog.path.display()));
    // Only what was used: sizes and classes are kept as columns and no more.
    let used = |sentence: &&String| {
        !["size = ", "label = "]
            .iter()
            .any(|role| sentence.starts_with(role))
    };
    let mut how: Vec<String> = catalog.roles.why.iter().filter(used).cloned().collect();
    let sky: Option<Vec<(f64, f64)>> = match (&catalog.roles.ra, &catalog.roles.dec) {
        (Some(_), Some(_)) => Some(catalog.icrs().map_err(at)?),
        _ => None,
    };
    let pixels = catalog.pixels().map_err(at)?;
    let ids = catalog.roles.id.as_ref().and_then(|c| catalog.table.texts(c));
    if rows == 0 {
        report
            .skipped
            .push(Skipped::new(catalog.path.display(), "has no rows"));
        return Ok(());
    }
    if sky.is_none() && pixels.is_some() && mosaics.len() > 1 {
        return Err(at(format!(
            "its positions are pixels of one image, and {} were given: import them one at a time, each with its catalogue",
            mosaics.len()
        )));
    }
    let mut taken = vec![false; rows];
    let mut placed = 0;
    for mosaic in mosaics {
        let (image, _) = mosaic.reference();
        let positions: Vec<Option<(f64, f64)>> = match (&sky, &image.wcs, &pixels) {
            (Some(sky), Ok(wcs), _) => wcs.pixels_from_icrs(sky),
            (_, _, Some(pixels)) => pixels.iter().map(|&p| Some(p)).collect(),
            (Some(_), Err(why), None) => {
                report.skipped.push(Skipped::new(
                    mosaic.place(),
                    format!("sky positions can't be placed on it: {why}"),
                ));
                continue;
            }
            _ => {
                if let Some((ra, dec)) = refused_positions(&catalog.table) {
                    return Err(at(format!(
                        "its columns {ra} and {dec} are called like positions and hold something else (degrees from \
                         −180 to 360 and −90 to 90 are wanted in 99 of 100 rows): mend them, or say what is meant \
                         with --ra COL --dec COL or --x COL --y COL"
                    )));
                }
                return Err(at(format!(
                    "no position columns were recognised among {}: name them with --ra COL --dec COL or --x COL --y COL",
                    shorten(&catalog.table.names())
                )));
            }
        };
        let (width, height) = (image.shape.0 as f64, image.shape.1 as f64);
        let mut inside: Vec<usize> = (0..rows)
            .filter(|&i| !taken[i])
            .filter(|&i| {
                positions[i]
                    .is_some_and(|(x, y)| x >= -0.5 && y >= -0.5 && x < width - 0.5 && y < height - 0.5)
            })
            .collect();
        for &i in &inside {
            taken[i] = true;
        }
        placed += inside.len();
        let on_image = inside.len();
        if let Some((_, places)) = &mosaic.known {
            let at: Vec<(f64, f64)> = inside.iter().filter_map(|&i| positions[i]).collect();
            let mut same = match_pixels(&at, places, SAME_PX).into_iter();
            inside.retain(|_| same.next().is_none_or(|s| s.is_none()));
        }
        let objects = inside
            .par_iter()
            .with_min_len(1024)
            .filter_map(|&i| {
                let (x, y) = positions[i]?;
                let radec = match (&sky, &image.wcs) {
                    (Some(sky), _) => Some(sky[i]),
                    (None, Ok(wcs)) => wcs.icrs_from_pixel(x, y),
                    _ => None,
                };
                let id = ids
                    .as_ref()
                    .map(|ids| ids[i].trim().to_owned())
                    .filter(|id| !id.is_empty());
                let name = id.or_else(|| radec.map(|(ra, dec)| coords::position_name(ra, dec)));
                Some(Object {
                    id: 0,
                    field: 0,
                    name: name.unwrap_or_else(|| format!("row{}", i + 1)),
                    x: Some(x),
                    y: Some(y),
                    ra_deg: radec.map(|p| p.0),
                    dec_deg: radec.map(|p| p.1),
                    file: None,
                })
            })
            .collect::<Vec<Object>>();
        let batch = if inside.len() == rows {
            catalog.table.batch.clone()
        } else {
            let keep: UInt32Array = inside.iter().map(|&i| Some(i as u32)).collect();
            arrow::compute::take_record_batch(&catalog.table.batch, &keep).map_err(|e| at(e.to_string()))?
        };
        how.extend(mosaic.remark());
        how.push(match (&sky, &image.wcs) {
            (Some(_), Ok(wcs)) => format!(
                "{on_image} of {rows} rows of {} lie on the image (sky positions through its {} WCS)",
                file_name(&catalog.path),
                wcs.projection_code()
            ),
            _ => format!(
                "{on_image} of {rows} rows of {} lie on the image (pixel columns, {}-based)",
                file_name(&catalog.path),
                i32::from(catalog.roles.x_is_one_based)
            ),
        });
        if inside.len() < on_image {
            let known = on_image - inside.len();
            how.push(format!(
                "{known} of them are objects of this project already (within {SAME_PX} pixels) and are left as they are"
            ));
            if inside.is_empty() {
                report.skipped.push(Skipped::new(
                    catalog.path.display(),
                    format!(
                        "all it has on {} is in this project already: left as it is",
                        mosaic.name()
                    ),
                ));
            }
        }
        report.fields.push(FieldReport {
            name: mosaic.name(),
            bands: mosaic.band_names(),
            objects: objects.len(),
            how: std::mem::take(&mut how),
        });
        let columns = Some(Table {
            batch,
            meta: catalog.table.meta.clone(),
        });
        fields.push(NewField {
            field: mosaic.field(options)?,
            is_known: mosaic.known.is_some(),
            objects,
            columns,
        });
    }
    if placed == 0 {
        let why = off_every_image(mosaics, &sky, &pixels);
        report.skipped.push(Skipped::new(catalog.path.display(), why));
    } else if placed < rows
        && let Some(last) = report.fields.last_mut()
    {
        last.how.push(format!(
            "{} rows of {} lie on no image and were left out",
            rows - placed,
            file_name(&catalog.path)
        ));
    }
    Ok(())
}

/// Why not one row lies on an image: where the rows are and where the images are.
fn off_every_image(
    mosaics: &[Mosaic],
    sky: &Option<Vec<(f64, f64)>>,
    pixels: &Option<Vec<(f64, f64)>>,
) -> String {
    let range = |values: &mut dyn Iterator<Item = f64>| {
        values
            .filter(|v| v.is_finite())
            .fold(None, |range: Option<(f64, f64)>, v| {
                Some(range.map_or((v, v), |(low, high)| (low.min(v), high.max(v))))
            })
    };
    let Some(positions) = sky.as_ref().or(pixels.as_ref()) else {
        return "no row has a position".to_owned();
    };
    let (Some(x), Some(y)) = (
        range(&mut positions.iter().map(|p| p.0)),
        range(&mut positions.iter().map(|p| p.1)),
    ) else {
        return "no row has a position: what stands in its position columns are no numbers or angles; name others with --ra --dec or --x --y".to_owned();
    };
    let image = &mosaics[0].reference().0;
    let (width, height) = (image.shape.0 as f64, image.shape.1 as f64);
    let there = match (sky, &image.wcs) {
        (Some(_), Ok(wcs)) => match wcs.icrs_from_pixel((width - 1.0) / 2.0, (height - 1.0) / 2.0) {
            Some((ra, dec)) => {
                let (w, h) = (
                    width * wcs.pixel_scale_arcsec() / 3600.0,
                    height * wcs.pixel_scale_arcsec() / 3600.0,
                );
                format!(
                    "{} has its middle at RA {ra:.4}, Dec {dec:.4} and is {w:.3}°×{h:.3}°",
                    mosaics[0].name()
                )
            }
            None => format!("the middle of {} is off its projection", mosaics[0].name()),
        },
        _ => format!("{} is {width}×{height} pixels", mosaics[0].name()),
    };
    let (a, b) = if sky.is_some() { ("RA", "Dec") } else { ("x", "y") };
    format!(
        "no row lies on an image: the rows have {a} {:.4} to {:.4} and {b} {:.4} to {:.4}, and {there}; \
         check the columns with `astrolabel info` and name others with --ra --dec or --x --y",
        x.0, x.1, y.0, y.1
    )
}
