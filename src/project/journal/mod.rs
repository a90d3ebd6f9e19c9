//! The label journal: who gave which object which class, when and from where. Only appended to;
//! undo appends too. What it adds up to is kept in step in the same transaction.

mod undo;

pub use undo::{Steps, Undone, redo, steps, undo};

use super::error::ProjectError;
use super::store::Store;
use rusqlite::{OptionalExtension, Transaction, params};
use serde::Serialize;
use std::collections::HashMap;

/// What an event is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A class given by a person or a file.
    Label,
    /// `interesting` or `ordinary`, which guide the anomaly ranking.
    Mark,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Kind::Label => "label",
            Kind::Mark => "mark",
        }
    }
}

/// The mark that says: more like this.
pub const INTERESTING: &str = "interesting";
/// The mark that says: not what I look for.
pub const ORDINARY: &str = "ordinary";

/// One line of the journal.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Event {
    /// Number in the journal.
    pub id: i64,
    /// Events given together share a batch; undo takes back a whole batch.
    pub batch: i64,
    /// When, UTC, RFC 3339.
    pub at: String,
    /// Who.
    pub who: String,
    /// From which view, command or file.
    pub origin: String,
    /// Which object.
    pub object: i64,
    /// Label or mark.
    pub kind: Kind,
    /// The new value; `None` clears.
    pub value: Option<String>,
    /// The value it replaced.
    pub previous: Option<String>,
    /// The batch this event takes back, if it is an undo.
    pub undoes: Option<i64>,
}

/// Who speaks, and from where.
#[derive(Debug, Clone)]
pub struct Author {
    /// A person's name.
    pub who: String,
    /// A view, a command, or a file.
    pub origin: String,
}

/// Appends one batch: each object gets its value (`None` clears). Values that change nothing are
/// not written. Returns how many objects changed. On the disk when this returns.
pub fn give(
    store: &mut Store,
    author: &Author,
    kind: Kind,
    values: &[(i64, Option<String>)],
) -> Result<usize, ProjectError> {
    store.write(|tx| {
        let batch = next_batch(tx)?;
        let now = now();
        let mut changed = 0;
        for (object, value) in values {
            if append(tx, batch, &now, author, *object, kind, value.as_deref(), None)? {
                changed += 1;
            }
        }
        if kind == Kind::Label {
            for (_, class) in values {
                if let Some(class) = class {
                    tx.prepare_cached(
                        "INSERT OR IGNORE INTO class SELECT ?1, coalesce(max(position), 0) + 1 FROM class",
                    )?
                    .execute([class])?;
                }
            }
        }
        Ok(changed)
    })
}

/// All events of one object, oldest first.
pub fn history(store: &Store, object: i64) -> Result<Vec<Event>, ProjectError> {
    store.read(|db| read_events(db, "WHERE object_id = ?1 ORDER BY id", &[&object]))
}

/// Whether something of this kind was said after event `event`.
pub fn has_newer(store: &Store, kind: Kind, event: i64) -> Result<bool, ProjectError> {
    store.read(|db| {
        db.query_row(
            "SELECT EXISTS (SELECT 1 FROM event WHERE kind = ?1 AND id > ?2)",
            params![kind.as_str(), event],
            |row| row.get(0),
        )
    })
}

/// The values that stand now, by object.
pub fn standing(store: &Store, kind: Kind) -> Result<HashMap<i64, String>, ProjectError> {
    store.read(|db| {
        let mut query = db.prepare_cached("SELECT object_id, value FROM current WHERE kind = ?1")?;
        query
            .query_map([kind.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect()
    })
}

/// The newest event of each object that has a standing value, for export: by object.
pub fn standing_events(store: &Store, kind: Kind) -> Result<HashMap<i64, Event>, ProjectError> {
    let events = store.read(|db| {
        read_events(
            db,
            "WHERE id IN (SELECT event_id FROM current WHERE kind = ?1)",
            &[&kind.as_str()],
        )
    })?;
    Ok(events.into_iter().map(|e| (e.object, e)).collect())
}

/// Classes in the order they were first used.
pub fn classes(store: &Store) -> Result<Vec<String>, ProjectError> {
    store.read(|db| {
        let mut query = db.prepare_cached("SELECT name FROM class ORDER BY position, name")?;
        query.query_map([], |row| row.get(0))?.collect()
    })
}

/// Number of events, which changes with every label: answers made from labels remember it.
pub fn generation(store: &Store) -> Result<i64, ProjectError> {
    store.read(|db| db.query_row("SELECT coalesce(max(id), 0) FROM event", [], |row| row.get(0)))
}

/// Checks that the table of standing values is what the journal adds up to.
pub fn is_consistent(store: &Store) -> Result<bool, ProjectError> {
    let mut folded: HashMap<(i64, String), String> = HashMap::new();
    let events = store.read(|db| read_events(db, "ORDER BY id", &[]))?;
    for event in events {
        let key = (event.object, event.kind.as_str().to_owned());
        match event.value {
            Some(value) => folded.insert(key, value),
            None => folded.remove(&key),
        };
    }
    let stored: HashMap<(i64, String), String> = store.read(|db| {
        let mut query = db.prepare("SELECT object_id, kind, value FROM current")?;
        query
            .query_map([], |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?)))?
            .collect()
    })?;
    Ok(folded == stored)
}

/// Now, UTC, RFC 3339 with milliseconds.
pub fn now() -> String {
    format!("{:.3}", jiff::Timestamp::now())
}

fn next_batch(tx: &Transaction<'_>) -> Result<i64, rusqlite::Error> {
    tx.query_row("SELECT coalesce(max(batch), 0) + 1 FROM event", [], |row| {
        row.get(0)
    })
}

fn value_of(tx: &Transaction<'_>, object: i64, kind: Kind) -> Result<Option<String>, rusqlite::Error> {
    tx.prepare_cached("SELECT value FROM current WHERE object_id = ?1 AND kind = ?2")?
        .query_row(params![object, kind.as_str()], |row| row.get(0))
        .optional()
}

/// Appends unless nothing changes; keeps the standing values in step.
fn append(
    tx: &Transaction<'_>,
    batch: i64,
    now: &str,
    author: &Author,
    object: i64,
    kind: Kind,
    value: Option<&str>,
    undoes: Option<i64>,
) -> Result<bool, rusqlite::Error> {
    let previous = value_of(tx, object, kind)?;
    if previous.as_deref() == value && undoes.is_none() {
        return Ok(false);
    }
    insert(
        tx,
        batch,
        now,
        author,
        object,
        kind,
        value,
        previous.as_deref(),
        undoes,
    )?;
    Ok(true)
}

fn insert(
    tx: &Transaction<'_>,
    batch: i64,
    now: &str,
    author: &Author,
    object: i64,
    kind: Kind,
    value: Option<&str>,
    previous: Option<&str>,
    undoes: Option<i64>,
) -> Result<(), rusqlite::Error> {
    tx.prepare_cached(
        "INSERT INTO event (batch, at, who, origin, object_id, kind, value, previous, undoes)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute(params![
        batch,
        now,
        author.who,
        author.origin,
        object,
        kind.as_str(),
        value,
        previous,
        undoes
    ])?;
    let event = tx.last_insert_rowid();
    match value {
        Some(value) => tx
            .prepare_cached(
                "INSERT OR REPLACE INTO current (object_id, kind, value, event_id) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![object, kind.as_str(), value, event])?,
        None => tx
            .prepare_cached("DELETE FROM current WHERE object_id = ?1 AND kind = ?2")?
            .execute(params![object, kind.as_str()])?,
    };
    Ok(())
}

fn read_events(
    db: &rusqlite::Connection,
    rest: &str,
    arguments: &[&dyn rusqlite::ToSql],
) -> Result<Vec<Event>, rusqlite::Error> {
    let sql = format!(
        "SELECT id, batch, at, who, origin, object_id, kind, value, previous, undoes FROM event {rest}"
    );
    let mut query = db.prepare_cached(&sql)?;
    query
        .query_map(arguments, |row| {
            let kind: String = row.get(6)?;
            Ok(Event {
                id: row.get(0)?,
                batch: row.get(1)?,
                at: row.get(2)?,
                who: row.get(3)?,
                origin: row.get(4)?,
                object: row.get(5)?,
                kind: if kind == "mark" { Kind::Mark } else { Kind::Label },
                value: row.get(7)?,
                previous: row.get(8)?,
                undoes: row.get(9)?,
            })
        })?
        .collect()
}
