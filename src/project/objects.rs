//! Objects, and the fields of sky or folders of cutouts they come from.

use super::error::ProjectError;
use super::store::Store;
use crate::io::paths::whole_path;
use crate::sky::cutout::CutoutSize;
use rusqlite::{OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// What a field is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    /// Images of one sky, objects cut out of them.
    Mosaic,
    /// A folder of ready-made cutouts, one object a file.
    Folder,
}

/// One image of a field: where its pixels are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Band {
    /// `g`, `r`, `F814W`; a number where nothing tells.
    pub name: String,
    /// The image's file.
    pub path: PathBuf,
    /// Index of the HDU, 0 = primary.
    pub hdu: usize,
    /// Index of the plane in a cube.
    pub plane: usize,
    /// What the file looked like at import ([`super::fingerprint`]).
    pub fingerprint: String,
}

/// One sky in one or more bands, or one folder of cutouts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Field {
    /// Number in the project.
    pub id: i64,
    /// Mosaic or folder.
    pub kind: FieldKind,
    /// What it's called: file or folder name.
    pub name: String,
    /// The folder (cutouts) or the folder of the first image.
    pub root: PathBuf,
    /// How large a cutout is; `None` for ready-made cutouts, taken whole.
    pub size: Option<CutoutSize>,
    /// Central fraction kept of a ready-made cutout, 0 < crop ≤ 1.
    pub crop: f64,
    /// The images, blue to red; empty for a folder.
    pub bands: Vec<Band>,
}

impl Field {
    /// Index of the band whose pixels object positions are given in: the middle one, usually the
    /// deepest.
    pub fn reference(&self) -> usize {
        self.bands.len() / 2
    }
}

/// One object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Object {
    /// Number in the project, dense from 0: the row of its vector.
    pub id: i64,
    /// The field it lies in.
    pub field: i64,
    /// Its name: the catalogue's identifier, the file, or a name from its position.
    pub name: String,
    /// Zero-based pixel position in the field's reference band.
    pub x: Option<f64>,
    /// Zero-based pixel position in the field's reference band.
    pub y: Option<f64>,
    /// Right ascension, ICRS degrees.
    pub ra_deg: Option<f64>,
    /// Declination, ICRS degrees.
    pub dec_deg: Option<f64>,
    /// The ready-made cutout, relative to the field's folder.
    pub file: Option<String>,
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// All fields with their bands.
pub fn fields(store: &Store) -> Result<Vec<Field>, ProjectError> {
    store.read(|db| {
        let mut query = db.prepare("SELECT id, kind, name, root, size, crop FROM field ORDER BY id")?;
        let mut fields: Vec<Field> = query
            .query_map([], |row| {
                let (kind, root, size): (String, String, Option<String>) =
                    (row.get(1)?, row.get(3)?, row.get(4)?);
                Ok(Field {
                    id: row.get(0)?,
                    kind: if kind == "mosaic" {
                        FieldKind::Mosaic
                    } else {
                        FieldKind::Folder
                    },
                    name: row.get(2)?,
                    root: root.into(),
                    size: size.and_then(|s| serde_json::from_str(&s).ok()),
                    crop: row.get(5)?,
                    bands: Vec::new(),
                })
            })?
            .collect::<Result<_, _>>()?;
        let mut query = db.prepare(
            "SELECT name, path, hdu, plane, fingerprint FROM band WHERE field_id = ?1 ORDER BY position",
        )?;
        for field in &mut fields {
            field.bands = query
                .query_map([field.id], |row| {
                    let path: String = row.get(1)?;
                    Ok(Band {
                        name: row.get(0)?,
                        path: path.into(),
                        hdu: row.get::<_, i64>(2)? as usize,
                        plane: row.get::<_, i64>(3)? as usize,
                        fingerprint: row.get(4)?,
                    })
                })?
                .collect::<Result<_, _>>()?;
        }
        Ok(fields)
    })
}

/// Writes a field (its `id` is ignored) inside an import's transaction; returns its number.
pub(super) fn insert_field(tx: &rusqlite::Transaction<'_>, field: &Field) -> Result<i64, rusqlite::Error> {
    let kind = if field.kind == FieldKind::Mosaic {
        "mosaic"
    } else {
        "folder"
    };
    let size = field.size.and_then(|s| serde_json::to_string(&s).ok());
    tx.execute(
        "INSERT INTO field (kind, name, root, size, crop) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![kind, field.name, field.root.to_string_lossy(), size, field.crop],
    )?;
    let id = tx.last_insert_rowid();
    for (position, band) in field.bands.iter().enumerate() {
        tx.execute(
            "INSERT INTO band (field_id, position, name, path, hdu, plane, fingerprint)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![
                id,
                position as i64,
                band.name,
                band.path.to_string_lossy(),
                band.hdu as i64,
                band.plane as i64,
                band.fingerprint
            ],
        )?;
    }
    Ok(id)
}

/// Writes objects inside an import's transaction.
pub(super) fn insert_objects(
    tx: &rusqlite::Transaction<'_>,
    objects: impl Iterator<Item = Object>,
) -> Result<i64, rusqlite::Error> {
    let mut insert = tx.prepare(
        "INSERT INTO object (id, field_id, name, x, y, ra, dec, file) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    let mut count = 0;
    for o in objects {
        insert.execute(params![
            o.id, o.field, o.name, o.x, o.y, o.ra_deg, o.dec_deg, o.file
        ])?;
        count += 1;
    }
    Ok(count)
}

/// Number of objects; ids run from 0 to this minus one.
pub fn count(store: &Store) -> Result<usize, ProjectError> {
    store
        .read(|db| {
            db.query_row("SELECT coalesce(max(id) + 1, 0) FROM object", [], |r| {
                r.get::<_, i64>(0)
            })
        })
        .map(|n| n as usize)
}

const COLUMNS: &str = "id, field_id, name, x, y, ra, dec, file";

fn object_from(row: &Row<'_>) -> Result<Object, rusqlite::Error> {
    Ok(Object {
        id: row.get(0)?,
        field: row.get(1)?,
        name: row.get(2)?,
        x: row.get(3)?,
        y: row.get(4)?,
        ra_deg: row.get(5)?,
        dec_deg: row.get(6)?,
        file: row.get(7)?,
    })
}

/// One object by number.
pub fn get(store: &Store, id: i64) -> Result<Option<Object>, ProjectError> {
    store.read(|db| {
        db.prepare_cached(&format!("SELECT {COLUMNS} FROM object WHERE id = ?1"))?
            .query_row([id], object_from)
            .optional()
    })
}

/// The ready-made cutouts there are: field and file.
pub fn files(store: &Store) -> Result<Vec<(i64, String)>, ProjectError> {
    store.read(|db| {
        let mut query = db.prepare("SELECT field_id, file FROM object WHERE file IS NOT NULL")?;
        query
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect()
    })
}

/// All objects in order of their numbers.
pub fn all(store: &Store) -> Result<Vec<Object>, ProjectError> {
    let mut objects = Vec::with_capacity(count(store)?);
    store.read(|db| {
        let mut query = db.prepare(&format!("SELECT {COLUMNS} FROM object ORDER BY id"))?;
        for object in query.query_map([], object_from)? {
            objects.push(object?);
        }
        Ok(objects)
    })
}

/// Finds an object by what a person writes: its name, its file (whole relative path, or the base
/// name where that is unique), or `#` and its number. An object that is really called `#5` goes
/// before number 5, as in a file of labels.
pub fn find(store: &Store, text: &str) -> Result<Object, ProjectError> {
    let by = |filter: &str| -> Result<Vec<Object>, ProjectError> {
        store.read(|db| {
            let mut query = db.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM object WHERE {filter} ORDER BY id LIMIT 4"
            ))?;
            query.query_map([text], object_from)?.collect()
        })
    };
    for filter in [
        "name = ?1",
        "file = ?1",
        "substr(file, -length(?1) - 1) = '/' || ?1",
        "name = ?1 COLLATE NOCASE",
    ] {
        let mut found = by(filter)?;
        match found.len() {
            0 => {}
            1 => return Ok(found.remove(0)),
            _ => {
                let numbers: Vec<String> = found.iter().map(|o| format!("#{}", o.id)).collect();
                return Err(ProjectError::Ask(format!(
                    "'{text}' names several objects: say which by number, {}…",
                    numbers.join(", ")
                )));
            }
        }
    }
    if let Some(id) = text.strip_prefix('#').and_then(|n| n.parse().ok()) {
        return get(store, id)?.ok_or_else(|| {
            ProjectError::Ask(format!(
                "there is no object {text}: numbers run from #0 to #{}",
                count(store).unwrap_or(0).saturating_sub(1)
            ))
        });
    }
    Err(ProjectError::Ask(format!(
        "there is no object '{text}': give a name or file as in the exported catalogue, or # and a number"
    )))
}

/// Points every stored path that starts with `old` to `new`, which may be relative and go through
/// `..`; returns how many files moved.
pub fn relocate(store: &mut Store, old: &Path, new: &Path) -> Result<usize, ProjectError> {
    let (old, new) = (&whole_path(old), &whole_path(new));
    let moved = |path: &str| -> Option<String> {
        // A path that was kept with `..` in it is met by its plain form too.
        whole_path(Path::new(path)).strip_prefix(old).ok().map(|rest| {
            let full = if rest.as_os_str().is_empty() {
                new.clone()
            } else {
                new.join(rest)
            };
            full.to_string_lossy().into_owned()
        })
    };
    store.write(|tx| {
        let mut changed = 0;
        let bands: Vec<(i64, i64, String)> = tx
            .prepare("SELECT field_id, position, path FROM band")?
            .query_map([], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))?
            .collect::<Result<_, _>>()?;
        for (field, position, path) in bands {
            if let Some(path) = moved(&path) {
                changed += tx.execute(
                    "UPDATE band SET path = ?3 WHERE field_id = ?1 AND position = ?2",
                    params![field, position, path],
                )?;
            }
        }
        let roots: Vec<(i64, String)> = tx
            .prepare("SELECT id, root FROM field")?
            .query_map([], |r| Ok((r.get(0)?, r.get(1)?)))?
            .collect::<Result<_, _>>()?;
        for (field, root) in roots {
            if let Some(root) = moved(&root) {
                changed += tx.execute("UPDATE field SET root = ?2 WHERE id = ?1", params![field, root])?;
            }
        }
        Ok(changed)
    })
}
