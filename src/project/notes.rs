//! What the database remembers beside objects and labels: facts, runs, cutout flags, what was skipped.

use super::{Project, ProjectError, journal};
use rusqlite::{OptionalExtension, params};

impl Project {
    /// A remembered fact, such as a setting.
    pub fn fact(&self, key: &str) -> Result<Option<String>, ProjectError> {
        self.store.read(|db| {
            db.query_row("SELECT value FROM fact WHERE key = ?1", [key], |row| row.get(0))
                .optional()
        })
    }

    /// Remembers a fact.
    pub fn set_fact(&mut self, key: &str, value: &str) -> Result<(), ProjectError> {
        self.store.write(|tx| {
            tx.execute(
                "INSERT OR REPLACE INTO fact (key, value) VALUES (?1, ?2)",
                params![key, value],
            )
            .map(|_| ())
        })
    }

    /// Remembers that a run exists and was used now.
    pub fn register_run(&mut self, run: &str, encoder: &str) -> Result<(), ProjectError> {
        let now = journal::now();
        self.store.write(|tx| {
            tx.execute(
                "INSERT INTO run (id, encoder, created, used) VALUES (?1, ?2, ?3, ?3)
                 ON CONFLICT (id) DO UPDATE SET used = ?3",
                params![run, encoder, now],
            )
            .map(|_| ())
        })
    }

    /// Runs as (run, encoder), the most recently used first. A run whose folder was deleted is none.
    pub fn runs(&self) -> Result<Vec<(String, String)>, ProjectError> {
        let mut runs: Vec<(String, String)> = self.store.read(|db| {
            let mut query = db.prepare("SELECT id, encoder FROM run ORDER BY used DESC, id")?;
            query
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect()
        })?;
        let folder = self.embeddings();
        runs.retain(|(run, _)| folder.join(run).is_dir());
        Ok(runs)
    }

    /// Forgets a run and what it skipped; its folder is another matter
    /// ([`remove`](super::runs::remove)).
    pub fn forget_run(&mut self, run: &str) -> Result<(), ProjectError> {
        self.store.write(|tx| {
            tx.execute("DELETE FROM skipped WHERE run_id = ?1", [run])?;
            tx.execute("DELETE FROM run WHERE id = ?1", [run]).map(|_| ())
        })
    }

    /// How many objects each run skipped; runs that skipped none are left out.
    pub fn skipped_counts(&self) -> Result<std::collections::HashMap<String, usize>, ProjectError> {
        self.store.read(|db| {
            let mut query = db.prepare("SELECT run_id, COUNT(*) FROM skipped GROUP BY run_id")?;
            query
                .query_map([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)? as usize)))?
                .collect()
        })
    }

    /// Keeps the cutout flags of objects ([`CutoutFlags`](crate::sky::cutout::CutoutFlags) bits).
    pub fn set_flags(&mut self, flags: &[(i64, u8)]) -> Result<(), ProjectError> {
        self.store.write(|tx| {
            let mut insert = tx.prepare("INSERT OR REPLACE INTO flag VALUES (?1, ?2)")?;
            for (id, bits) in flags {
                insert.execute(params![id, bits])?;
            }
            Ok(())
        })
    }

    /// Cutout flags by object; objects that aren't there have none.
    pub fn flags(&self) -> Result<std::collections::HashMap<i64, u8>, ProjectError> {
        self.store.read(|db| {
            let mut query = db.prepare("SELECT object_id, flags FROM flag")?;
            query
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect()
        })
    }

    /// Replaces what a run skipped among `tried` objects.
    pub fn set_skipped(
        &mut self,
        run: &str,
        tried: &[i64],
        skipped: &[(i64, String)],
    ) -> Result<(), ProjectError> {
        self.store.write(|tx| {
            let mut delete = tx.prepare("DELETE FROM skipped WHERE run_id = ?1 AND object_id = ?2")?;
            for id in tried {
                delete.execute(params![run, id])?;
            }
            let mut insert = tx.prepare("INSERT OR REPLACE INTO skipped VALUES (?1, ?2, ?3)")?;
            for (id, reason) in skipped {
                insert.execute(params![run, id, reason])?;
            }
            Ok(())
        })
    }
}
