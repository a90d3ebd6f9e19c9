//! Undo and redo: both append. What stands and what was taken back is folded from the journal itself,
//! so that it is the same for every process and after every restart.

use super::super::error::ProjectError;
use super::super::store::Store;
use super::{Author, Event, Kind, append, next_batch, now, read_events};
use serde::Serialize;
use std::collections::HashMap;

/// What an undo did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Undone {
    /// The batch that was taken back.
    pub batch: i64,
    /// Objects whose value changed back.
    pub objects: usize,
    /// Who had given the batch, and from where.
    pub origin: String,
    /// What was put back: object, label or mark, the value that stands now.
    pub changed: Vec<(i64, Kind, Option<String>)>,
}

/// What could be taken back and what could be given again: batches, newest last.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Steps {
    /// Batches that stand.
    pub done: Vec<i64>,
    /// Undos that a redo would take back; emptied by anything new.
    pub undone: Vec<i64>,
}

/// Folds the journal into what stands and what was taken back. Undos and redos are batches too:
/// one whose target is an undo gives again what that undo took.
pub fn steps(store: &Store) -> Result<Steps, ProjectError> {
    store.read(steps_of)
}

fn steps_of(db: &rusqlite::Connection) -> rusqlite::Result<Steps> {
    let mut query =
        db.prepare_cached("SELECT batch, max(undoes) FROM event GROUP BY batch ORDER BY batch")?;
    let mut rows = query.query([])?;
    let mut steps = Steps::default();
    // What each undo took, to give it back its place.
    let mut taken: HashMap<i64, i64> = HashMap::new();
    while let Some(row) = rows.next()? {
        let (batch, undoes): (i64, Option<i64>) = (row.get(0)?, row.get(1)?);
        match undoes {
            None => {
                steps.done.push(batch);
                steps.undone.clear();
            }
            Some(undo) if taken.contains_key(&undo) => {
                steps.undone.retain(|&b| b != undo);
                steps.done.extend(taken.get(&undo));
            }
            Some(target) => {
                steps.done.retain(|&b| b != target);
                steps.undone.push(batch);
                taken.insert(batch, target);
            }
        }
    }
    Ok(steps)
}

/// Takes back the newest batch that stands, whoever gave it. `None` when there is nothing to undo.
pub fn undo(store: &mut Store, author: &Author) -> Result<Option<Undone>, ProjectError> {
    reverse(store, author, |steps| steps.done.last().copied())
}

/// Gives again what the newest undo took, unless something new was said since.
pub fn redo(store: &mut Store, author: &Author) -> Result<Option<Undone>, ProjectError> {
    reverse(store, author, |steps| steps.undone.last().copied())
}

/// Appends a batch that puts back what the chosen batch replaced.
fn reverse(
    store: &mut Store,
    author: &Author,
    choose: impl Fn(&Steps) -> Option<i64>,
) -> Result<Option<Undone>, ProjectError> {
    store.write(|tx| {
        let Some(target) = choose(&steps_of(tx)?) else {
            return Ok(None);
        };
        let batch = next_batch(tx)?;
        let now = now();
        let events: Vec<Event> = read_events(tx, "WHERE batch = ?1 ORDER BY id DESC", &[&target])?;
        // The target is the newest batch that stands, so what each event replaced is what was there before it.
        let mut changed = Vec::new();
        for event in &events {
            append(
                tx,
                batch,
                &now,
                author,
                event.object,
                event.kind,
                event.previous.as_deref(),
                Some(target),
            )?;
            changed.push((event.object, event.kind, event.previous.clone()));
        }
        let origin = events
            .first()
            .map_or_else(String::new, |e| format!("{}, {}", e.who, e.origin));
        Ok(Some(Undone {
            batch: target,
            objects: events.len(),
            origin,
            changed,
        }))
    })
}
