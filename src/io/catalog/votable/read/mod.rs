//! VOTable in: the first table with rows, whatever its serialization.
//!
//! Elements are told by their local names, so any namespace and prefix will do. Entities beyond
//! XML's own five are never expanded, which leaves nothing to an expansion bomb. Variable-length
//! and complex numbers are left out with a note; strings of any length are text. An empty cell, a
//! NaN and `VALUES null` are missing values; an empty string can't be told from a missing one.

mod content;
mod elements;
mod table;

use super::builder::Column;
use crate::io::catalog::{CatalogError, Table};
use crate::progress::Progress;
use quick_xml::events::Event;
use quick_xml::reader::Reader;
use std::path::Path;

/// Elements nested deeper than this are no VOTable.
const MAX_DEPTH: usize = 200;

/// The state of one pass through the document.
struct Pass<'a> {
    path: &'a Path,
    text: &'a str,
    reader: Reader<&'a [u8]>,
    /// Where in `text` the reader began.
    base: usize,
    /// The open elements' local names.
    open: Vec<String>,
    /// The table being read or kept.
    columns: Vec<Column>,
    rows: usize,
    /// The table in `columns` has rows and is the one to keep.
    kept: bool,
    tables: usize,
    meta: Vec<(String, String)>,
    table_meta: Vec<(String, String)>,
    notes: Vec<String>,
    failure: Option<String>,
    /// One cell's text, kept for its memory.
    cell: String,
}

/// Reads a VOTable document.
pub(in crate::io::catalog) fn read_votable(
    path: &Path,
    text: &str,
    progress: &dyn Progress,
) -> Result<Table, CatalogError> {
    let mut pass = Pass {
        path,
        text,
        reader: Reader::from_str(text),
        base: 0,
        open: Vec::new(),
        columns: Vec::new(),
        rows: 0,
        kept: false,
        tables: 0,
        meta: Vec::new(),
        table_meta: Vec::new(),
        notes: Vec::new(),
        failure: None,
        cell: String::new(),
    };
    pass.run(progress)?;
    pass.finish()
}

impl<'a> Pass<'a> {
    fn bad(&self, cause: impl Into<String>) -> CatalogError {
        let at = self.base as u64 + self.reader.buffer_position().max(self.reader.error_position());
        CatalogError::malformed(self.path, format!("byte {at}"), cause)
    }

    fn next(&mut self) -> Result<Event<'a>, CatalogError> {
        match self.reader.read_event() {
            Ok(event) => Ok(event),
            Err(e) => Err(self.bad(format!(
                "the XML is damaged or cut off ({e}); fetch the file again"
            ))),
        }
    }

    fn run(&mut self, progress: &dyn Progress) -> Result<(), CatalogError> {
        loop {
            if progress.cancelled() {
                return Err(CatalogError::Cancelled {
                    path: self.path.to_owned(),
                });
            }
            match self.next()? {
                Event::Start(e) => {
                    let name = e.local_name().as_ref().to_owned();
                    if self.open.is_empty() && name != "VOTABLE" {
                        return Err(CatalogError::UnknownFormat {
                            path: self.path.to_owned(),
                            cause: format!("this is XML, but its root is <{name}> and not <VOTABLE>"),
                        });
                    }
                    if self.open.len() >= MAX_DEPTH {
                        return Err(self.bad("elements are nested too deep for a VOTable"));
                    }
                    self.start(&name, &e, false, progress)?;
                }
                Event::Empty(e) => {
                    let name = e.local_name().as_ref().to_owned();
                    self.start(&name, &e, true, progress)?;
                }
                Event::End(e) => {
                    let name = self.open.pop();
                    // The reader itself has forgotten what was open where it was put ahead.
                    if name.as_deref() != Some(e.local_name().as_ref()) {
                        return Err(self.bad(format!(
                            "</{}> closes what isn't open; the XML is damaged, fetch it again",
                            e.local_name().as_ref()
                        )));
                    }
                    if name.as_deref() == Some("VOTABLE") {
                        return Ok(());
                    }
                }
                Event::DocType(d) if d.contains("<!ENTITY") => {
                    return Err(
                        self.bad("the document defines entities, which are not expanded here for safety")
                    );
                }
                Event::Eof => {
                    let cause = match self.open.last() {
                        Some(name) => {
                            format!("the file ends within <{name}>; it was cut off, fetch it again")
                        }
                        None => "there is no <VOTABLE>; is this a VOTable?".to_owned(),
                    };
                    return Err(self.bad(cause));
                }
                _ => {}
            }
        }
    }

    fn inside(&self, name: &str) -> bool {
        self.open.iter().any(|n| n == name)
    }
}
