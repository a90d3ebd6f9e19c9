//! Which run vectors go into, so that none ever holds vectors of two versions of a file.

use crate::encoder::EncoderSpec;
use crate::progress::Progress;
use crate::project::runs::{Changed, FieldNote, FieldNow, Known, Place, Run, RunWriter, Sources, run_name};
use crate::project::{FieldKind, Project, ProjectError, fingerprint, journal, objects};
use crate::tasks::images::Images;
use rayon::prelude::*;
use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Duration;

/// Vectors taken over from an older run at a time.
const TAKEN_AT_ONCE: usize = 1024;

/// The project's files as they are now.
fn sources_of(project: &Project, images: &Images) -> Result<Sources, ProjectError> {
    let mut now = Sources::default();
    let mut folders: HashMap<i64, PathBuf> = HashMap::new();
    for mut field in objects::fields(project.store())? {
        if field.kind == FieldKind::Folder {
            folders.insert(field.id, field.root.clone());
        }
        let mut unreadable = Vec::with_capacity(field.bands.len());
        for band in &mut field.bands {
            let read = fingerprint::fingerprint(&band.path);
            unreadable.push(read.is_err());
            if let Ok(print) = read {
                band.fingerprint = print;
            }
        }
        let field_now = FieldNow {
            note: FieldNote::of(&field),
            unreadable,
            rows: Vec::new(),
        };
        now.fields.insert(field.id, field_now);
    }
    for object in images.objects() {
        if let Some(field) = now.fields.get_mut(&object.field) {
            field.rows.push(object.id as usize);
        }
    }
    now.files = (images.objects().par_iter())
        .filter_map(|o| {
            let path = folders.get(&o.field)?.join(o.file.as_ref()?);
            Some((o.id as usize, fingerprint::stamp(&path)?))
        })
        .collect();
    Ok(now)
}

/// Opens the run that vectors of the encoder of `spec` go into, with everything in it true, and waits
/// while another process writes it.
pub(super) fn opened(
    project: &Project,
    images: &Images,
    spec: &EncoderSpec,
    progress: &dyn Progress,
) -> Result<RunWriter, ProjectError> {
    let embeddings = project.embeddings();
    let now = sources_of(project, images)?;
    let base = run_name(spec);
    loop {
        let place = Place::of(&embeddings, &base, &now)?;
        let after = match &place {
            Place::Follows { after, .. } => Some(Known::read(&embeddings, after)?.manifest),
            _ => None,
        };
        let writer = RunWriter::open_as(&embeddings, place.run(), spec, &journal::now(), after.as_ref())?;
        let Some(mut writer) = writer else {
            if progress.cancelled() {
                return Err(ProjectError::Cancelled);
            }
            progress.begin("waiting for another process that embeds this run", None);
            std::thread::sleep(Duration::from_millis(500));
            continue;
        };
        let changed = writer.changed(&now)?;
        // What another process wrote between the look and the lock is looked at again.
        match &place {
            _ if changed.rows.is_empty() => {}
            Place::Replaces(..) if changed.kept == 0 => writer.start_over(&journal::now())?,
            _ => continue,
        }
        writer.note_sources(&now)?;
        let lost = writer.forget_lost(images.objects().len())?;
        if lost > 0 {
            progress.note(&format!(
                "{lost} vectors were in a segment that is cut short or gone: they are made again"
            ));
        }
        match &place {
            Place::Joins(_) => {}
            Place::Replaces(_, changed) => tell(images, changed, "", progress),
            Place::Follows { run, after, changed } => {
                let other = format!(" into a new run, {run}; {after} stays as it was");
                tell(images, changed, &other, progress);
                take_over(
                    project,
                    after,
                    &changed.rows,
                    images.objects().len(),
                    &mut writer,
                    progress,
                )?;
            }
        }
        return Ok(writer);
    }
}

/// Says what has changed and what follows.
fn tell(images: &Images, changed: &Changed, other: &str, progress: &dyn Progress) {
    for (name, vectors) in &changed.fields {
        progress.note(&format!(
            "{name} has changed since it was embedded: its {vectors} objects are embedded again{other}"
        ));
    }
    let Some(first) = changed.files.first().and_then(|&row| images.objects().get(row)) else {
        return;
    };
    progress.note(&match changed.files.len() {
        1 => format!(
            "{} has changed since it was embedded: it is embedded again{other}",
            first.name
        ),
        n => format!(
            "{n} cutouts have changed since they were embedded ({} is one): they are embedded again{other}",
            first.name
        ),
    });
}

/// Takes over the vectors of run `after` that are still true: all but those of `stale`, in order.
fn take_over(
    project: &Project,
    after: &str,
    stale: &[usize],
    objects: usize,
    writer: &mut RunWriter,
    progress: &dyn Progress,
) -> Result<(), ProjectError> {
    let old = match Run::open(&project.embeddings(), after, objects) {
        Ok(old) => old,
        // What can't be read is made again, as anything that is missing.
        Err(why) => {
            progress.note(&format!("nothing is taken over from {after}: {why}"));
            return Ok(());
        }
    };
    let vectors = old.vectors();
    let rows: Vec<usize> = (vectors.present_rows())
        .filter(|row| stale.binary_search(row).is_err() && !writer.is_done(*row))
        .collect();
    progress.begin("taking over what has not changed", Some(rows.len() as u64));
    let dim = vectors.dim();
    let mut values = vec![0.0; TAKEN_AT_ONCE * dim];
    for some in rows.chunks(TAKEN_AT_ONCE) {
        if progress.cancelled() {
            return Err(ProjectError::Cancelled);
        }
        for (row, vector) in some.iter().zip(values.chunks_exact_mut(dim)) {
            vectors.read_row(*row, vector);
        }
        writer.write(some, &values[..some.len() * dim])?;
        progress.advance(some.len() as u64);
    }
    writer.confirm()
}
