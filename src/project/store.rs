//! The project's database: its tables, how it is opened, and why a label in it survives `kill -9`.
//!
//! SQLite in write-ahead mode with `synchronous=FULL`: a transaction has reached the disk when
//! `COMMIT` returns. Where the file system can't do write-ahead logging (some network mounts) SQLite
//! falls back to its rollback journal, which gives the same promise more slowly. Writers of other
//! processes are waited for.

use super::error::{ProjectError, db_at};
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Format of the tables below. Raise it with every change that an older program can't read.
pub const FORMAT: i64 = 1;
/// Marks the file as Astrolabel's ("AstL").
const APPLICATION_ID: i64 = 0x4173_744C;
/// How long a write waits for another process before it gives up.
const BUSY: Duration = Duration::from_secs(30);

const TABLES: &str = "
CREATE TABLE fact (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

-- One sky in one or more aligned bands, or one folder of ready-made cutouts.
CREATE TABLE field (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('mosaic', 'folder')),
    name TEXT NOT NULL,
    root TEXT NOT NULL,
    size TEXT,
    crop REAL NOT NULL DEFAULT 1.0
);
CREATE TABLE band (
    field_id INTEGER NOT NULL REFERENCES field (id),
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    path TEXT NOT NULL,
    hdu INTEGER NOT NULL,
    plane INTEGER NOT NULL,
    fingerprint TEXT NOT NULL,
    PRIMARY KEY (field_id, position)
) WITHOUT ROWID;

-- Identity of every object; ids are dense from 0 and never reused: they number the vectors' rows.
CREATE TABLE object (
    id INTEGER PRIMARY KEY,
    field_id INTEGER NOT NULL REFERENCES field (id),
    name TEXT NOT NULL,
    x REAL, y REAL, ra REAL, dec REAL,
    file TEXT
);
CREATE TABLE import (
    id INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    who TEXT NOT NULL,
    version TEXT NOT NULL,
    first_object INTEGER NOT NULL,
    objects INTEGER NOT NULL,
    report TEXT NOT NULL
);

-- The journal: only ever appended to. `kind` is 'label' (a class) or 'mark' (interesting, ordinary).
-- A null value clears; `undoes` names the batch that an undo takes back.
CREATE TABLE event (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    batch INTEGER NOT NULL,
    at TEXT NOT NULL,
    who TEXT NOT NULL,
    origin TEXT NOT NULL,
    object_id INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('label', 'mark')),
    value TEXT,
    previous TEXT,
    undoes INTEGER
);
CREATE INDEX event_by_object ON event (object_id, id);
CREATE INDEX event_by_batch ON event (batch);
CREATE TRIGGER event_never_updated BEFORE UPDATE ON event
BEGIN SELECT RAISE(ABORT, 'the label journal is only appended to'); END;
CREATE TRIGGER event_never_deleted BEFORE DELETE ON event
BEGIN SELECT RAISE(ABORT, 'the label journal is only appended to'); END;

-- What the journal adds up to, written in the same transaction as its event.
CREATE TABLE current (
    object_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    event_id INTEGER NOT NULL,
    PRIMARY KEY (object_id, kind)
) WITHOUT ROWID;
CREATE TABLE class (name TEXT PRIMARY KEY, position INTEGER NOT NULL) WITHOUT ROWID;

CREATE TABLE run (
    id TEXT PRIMARY KEY,
    encoder TEXT NOT NULL,
    created TEXT NOT NULL,
    used TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE skipped (
    run_id TEXT NOT NULL,
    object_id INTEGER NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (run_id, object_id)
) WITHOUT ROWID;

-- What is wrong with an object's cutout; objects without a row have nothing wrong.
CREATE TABLE flag (object_id INTEGER PRIMARY KEY, flags INTEGER NOT NULL);

-- Derived answers (scores, probabilities, coordinates) and how each came about; the values are in index/.
CREATE TABLE answer (
    kind TEXT PRIMARY KEY,
    at TEXT NOT NULL,
    provenance TEXT NOT NULL
) WITHOUT ROWID;
";

/// Whether the file or its folder can't be written: it isn't allowed, or the disk has no room.
pub(super) fn is_refused(cause: &rusqlite::Error) -> bool {
    matches!(
        cause.sqlite_error_code(),
        Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied)
    ) || is_without_room(cause)
}

/// Whether a full disk can be the cause. SQLite says so of a page it can't add, and calls it an I/O
/// error where it can't make a file of its own.
pub(super) fn is_without_room(cause: &rusqlite::Error) -> bool {
    matches!(
        cause.sqlite_error_code(),
        Some(ErrorCode::DiskFull | ErrorCode::SystemIoFailure)
    )
}

/// An open database.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    connection: Connection,
    /// Why it is open for reading alone: SQLite's code and words.
    refused: Option<(i32, String)>,
}

impl Store {
    /// Opens the database at `path`; makes it when `create` is set and there is none.
    pub fn open(path: &Path, create: bool) -> Result<Self, ProjectError> {
        if !create && !path.is_file() {
            let folder = path.parent().unwrap_or(path).display().to_string();
            return Err(ProjectError::NotAProject { path: folder });
        }
        let is_there = !create || path.metadata().is_ok_and(|m| m.len() > 0);
        let store = Self::open_to_write(path, create);
        match store {
            Err(ProjectError::Database { cause, path: named }) if is_there && is_refused(&cause) => {
                let code = cause
                    .sqlite_extended_error_code()
                    .filter(|_| is_without_room(&cause));
                let mut store = Self::open_to_read(path);
                if let (Some(store), Some(code)) = (&mut store, code) {
                    store.refused = Some((code, cause.to_string()));
                }
                store.ok_or(ProjectError::Database { cause, path: named })
            }
            other => other,
        }
    }

    /// A project in a folder that can't be written (an archive, a colleague's, a full disk) can be
    /// looked at.
    fn open_to_read(path: &Path) -> Option<Self> {
        let checked = |connection: Connection| {
            let format: i64 = connection
                .query_row("PRAGMA user_version", [], |row| row.get(0))
                .ok()?;
            (format == FORMAT).then_some(Self {
                path: path.to_owned(),
                connection,
                refused: None,
            })
        };
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
        if let Some(store) = Connection::open_with_flags(path, flags).ok().and_then(checked) {
            return Some(store);
        }
        // Without its log beside it nobody is writing, and the file can be taken as it is.
        let mut log = path.as_os_str().to_owned();
        log.push("-wal");
        if Path::new(&log).metadata().is_ok_and(|m| m.len() > 0) {
            return Self::open_alone(path).and_then(checked);
        }
        let mut uri = "file:".to_owned();
        for byte in std::path::absolute(path).ok()?.to_str()?.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' => uri.push(byte as char),
                other => uri.push_str(&format!("%{other:02X}")),
            }
        }
        uri.push_str("?immutable=1");
        Connection::open_with_flags(uri, flags).ok().and_then(checked)
    }

    /// With a log that must be read, and no room for the index that is shared with other processes:
    /// SQLite keeps the index in memory for one that has the file to itself.
    fn open_alone(path: &Path) -> Option<Connection> {
        let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE).ok()?;
        connection
            .pragma_update_and_check(None, "locking_mode", "EXCLUSIVE", |_| Ok(()))
            .ok()?;
        Some(connection)
    }

    fn open_to_write(path: &Path, create: bool) -> Result<Self, ProjectError> {
        let at = db_at(path);
        let connection = Connection::open(path).map_err(&at)?;
        connection.busy_timeout(BUSY).map_err(&at)?;
        // The answer is the mode that was possible; both keep the promise made above.
        let _mode: String = connection
            .query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))
            .map_err(&at)?;
        connection
            .pragma_update(None, "synchronous", "FULL")
            .map_err(&at)?;
        connection
            .pragma_update(None, "foreign_keys", true)
            .map_err(&at)?;
        let mut store = Self {
            path: path.to_owned(),
            connection,
            refused: None,
        };
        store.prepare(create)?;
        Ok(store)
    }

    fn prepare(&mut self, create: bool) -> Result<(), ProjectError> {
        let at = db_at(&self.path);
        // Immediate: of two processes that make the same project, one makes it and the other waits.
        let tx = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(&at)?;
        let format: i64 = tx
            .query_row("PRAGMA user_version", [], |row| row.get(0))
            .map_err(&at)?;
        let tables: i64 = tx
            .query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0))
            .map_err(&at)?;
        match format {
            FORMAT => {}
            0 if tables == 0 && !create => {
                return Err(ProjectError::Damaged {
                    path: self.path.display().to_string(),
                    cause: "this database is empty: restore it from a copy, or import again".into(),
                });
            }
            0 if tables == 0 => {
                tx.execute_batch(TABLES).map_err(&at)?;
                tx.pragma_update(None, "user_version", FORMAT).map_err(&at)?;
                tx.pragma_update(None, "application_id", APPLICATION_ID)
                    .map_err(&at)?;
            }
            0 => {
                return Err(ProjectError::Damaged {
                    path: self.path.display().to_string(),
                    cause: "this database is not an Astrolabel project's".into(),
                });
            }
            found => {
                let path = self.path.display().to_string();
                return Err(ProjectError::TooNew {
                    path,
                    found,
                    known: FORMAT,
                });
            }
        }
        tx.commit().map_err(&at)
    }

    /// Runs `work` in one transaction that is on the disk when this returns; all of it or nothing.
    pub fn write<T>(
        &mut self,
        work: impl FnOnce(&rusqlite::Transaction<'_>) -> Result<T, rusqlite::Error>,
    ) -> Result<T, ProjectError> {
        self.write_then(work, || Ok(()))
    }

    /// As [`Store::write`], with a last step before the commit (putting a file in its place) whose
    /// failure takes everything back.
    pub fn write_then<T>(
        &mut self,
        work: impl FnOnce(&rusqlite::Transaction<'_>) -> Result<T, rusqlite::Error>,
        before_commit: impl FnOnce() -> Result<(), ProjectError>,
    ) -> Result<T, ProjectError> {
        let at = db_at(&self.path);
        if let Some((code, words)) = &self.refused {
            let error = rusqlite::ffi::Error::new(*code);
            return Err(at(rusqlite::Error::SqliteFailure(error, Some(words.clone()))));
        }
        let tx = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(&at)?;
        let value = work(&tx).map_err(&at)?;
        before_commit()?;
        tx.commit().map_err(&at)?;
        Ok(value)
    }

    /// Runs a reading query.
    pub fn read<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, rusqlite::Error>,
    ) -> Result<T, ProjectError> {
        work(&self.connection).map_err(db_at(&self.path))
    }
}
