//! The finished table, with notes on what was left out or could not be read.

use super::Pass;
use crate::io::catalog::names::unique_names;
use crate::io::catalog::table::field;
use crate::io::catalog::{CatalogError, NOTE, Table};

impl Pass<'_> {
    pub(super) fn finish(mut self) -> Result<Table, CatalogError> {
        if self.rows == 0
            && let Some(cause) = self.failure
        {
            return Err(CatalogError::unsupported(self.path, cause));
        }
        if self.columns.is_empty() {
            return Err(CatalogError::unsupported(
                self.path,
                "there is no table with columns in this VOTable",
            ));
        }
        let given: Vec<&String> = self.columns.iter().map(|c| &c.name).collect();
        let names = unique_names(&given);
        let mut columns = Vec::new();
        for (name, c) in names.iter().zip(&mut self.columns) {
            if c.is_skipped() {
                self.notes
                    .push(format!("column `{name}` of type {} was left out", c.type_name()));
                continue;
            }
            if let Some((row, value)) = &c.first_bad {
                self.notes.push(format!(
                    "{} cells of column `{name}` are not {} and count as missing, the first is `{value}` in row {}",
                    c.bad,
                    c.type_name(),
                    row + 1
                ));
            }
            if let Some(array) = c.finish(self.path)? {
                columns.push((
                    field(name, array.data_type().clone(), &c.unit, &c.ucd, &c.description),
                    array,
                ));
            }
        }
        let mut table = Table::new(columns).map_err(|e| CatalogError::arrow(self.path, e))?;
        if self.tables > 1 {
            self.notes.push(format!(
                "the file holds {} tables; the first with rows was read",
                self.tables
            ));
        }
        table.meta = self.meta;
        table.meta.extend(self.table_meta);
        table
            .meta
            .extend(self.notes.into_iter().map(|note| (NOTE.to_owned(), note)));
        Ok(table)
    }
}
