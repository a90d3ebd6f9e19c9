//! VOTable in: the first table with rows, whatever its serialization.
//!
//! Elements are told by their local names, so any namespace and prefix will do. Entities beyond
//! XML's own five are never expanded, which leaves nothing to an expansion bomb. Variable-length
//! and complex numbers are left out with a note; strings of any length are text. An empty cell, a
//! NaN and `VALUES null` are missing values; an empty string can't be told from a missing one.

use super::binary::{decode_base64, read_rows};
use super::builder::{Column, Primitive, Size};
use super::rows::read_plain_rows;
use crate::io::catalog::names::unique_names;
use crate::io::catalog::table::field;
use crate::io::catalog::{CatalogError, NOTE, Table};
use crate::progress::Progress;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesRef, BytesStart, Event};
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

fn attribute(element: &BytesStart, name: &str) -> Option<String> {
    let found = element
        .attributes()
        .with_checks(false)
        .flatten()
        .find(|a| a.key.local_name().as_ref() == name)?;
    let value = found.normalized_value(XmlVersion::default()).ok()?;
    Some(value.into_owned())
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

    fn start(
        &mut self,
        name: &str,
        e: &BytesStart,
        empty: bool,
        progress: &dyn Progress,
    ) -> Result<(), CatalogError> {
        let mut closed = empty;
        match name {
            "TABLE" => {
                self.tables += 1;
                // The first table that has got rows is kept once the next one begins.
                self.kept = self.rows > 0;
                if !self.kept {
                    self.columns.clear();
                    self.table_meta.clear();
                    if let Some(name) = attribute(e, "name") {
                        self.table_meta.push(("name".to_owned(), name));
                    }
                }
            }
            "FIELD" if !self.kept => self.field(e)?,
            "VALUES" if !self.kept && self.open.last().is_some_and(|n| n == "FIELD") => {
                if let (Some(null), Some(column)) = (attribute(e, "null"), self.columns.last_mut()) {
                    let null = null.trim();
                    column.null = match null.strip_prefix("0x") {
                        Some(hex) => i64::from_str_radix(hex, 16).ok(),
                        None => null.parse().ok(),
                    };
                }
            }
            "PARAM" | "INFO" => self.fact(name, e),
            "COOSYS" => {
                if let Some(system) = attribute(e, "system") {
                    self.meta.push(("COOSYS".to_owned(), system));
                }
            }
            "DESCRIPTION" if !empty => {
                let text = self.text_to_end()?;
                closed = true;
                let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
                match self.open.last().map(String::as_str) {
                    Some("FIELD") if !self.kept => {
                        if let Some(column) = self.columns.last_mut() {
                            column.description = text;
                        }
                    }
                    Some("TABLE") if !self.kept => self.table_meta.push(("description".to_owned(), text)),
                    Some("VOTABLE" | "RESOURCE") => self.meta.push(("description".to_owned(), text)),
                    _ => {}
                }
            }
            "FITS" | "PARQUET" if !self.kept => {
                self.failure = Some(format!(
                    "its data are embedded as {name}, not as VOTable rows; unpack that file and open it"
                ));
            }
            "TR" if !self.kept && self.inside("TABLEDATA") => {
                if empty {
                    self.row(0);
                } else {
                    self.tabledata_row()?;
                    closed = true;
                }
                if self.rows.is_multiple_of(4096) && progress.cancelled() {
                    return Err(CatalogError::Cancelled {
                        path: self.path.to_owned(),
                    });
                }
            }
            "STREAM" if !self.kept && (self.inside("BINARY") || self.inside("BINARY2")) => {
                if attribute(e, "href").is_some() {
                    self.failure = Some(
                        "its rows are in another file (STREAM href); download it as one file".to_owned(),
                    );
                } else if !empty {
                    let masked = self.inside("BINARY2");
                    let text = self.text_to_end()?;
                    closed = true;
                    let bytes = decode_base64(self.path, &text)?;
                    self.rows += read_rows(self.path, &bytes, &mut self.columns, masked)?;
                }
            }
            _ => {}
        }
        if !closed {
            self.open.push(name.to_owned());
        }
        if name == "TABLEDATA" && !closed && !self.kept {
            let at = self
                .base
                .saturating_add(usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX));
            let ahead = self.text.get(at..).unwrap_or_default();
            let (used, rows) =
                read_plain_rows(ahead, &mut self.columns, self.rows, &|| !progress.cancelled());
            self.rows += rows;
            if used > 0 {
                self.base = at + used;
                self.reader = Reader::from_str(&ahead[used..]);
                self.reader.config_mut().allow_unmatched_ends = true;
            }
        }
        Ok(())
    }

    /// A FIELD's column.
    fn field(&mut self, e: &BytesStart) -> Result<(), CatalogError> {
        let name = attribute(e, "name")
            .or_else(|| attribute(e, "ID"))
            .unwrap_or_default();
        let datatype = attribute(e, "datatype").unwrap_or_else(|| "char".to_owned());
        let primitive = Primitive::named(datatype.trim()).ok_or_else(|| {
            self.bad(format!(
                "FIELD `{name}` has datatype `{datatype}`, which VOTable does not know"
            ))
        })?;
        let size = Size::parse(attribute(e, "arraysize").as_deref());
        let mut column = Column::new(name, primitive, size);
        column.unit = attribute(e, "unit").unwrap_or_default();
        column.ucd = attribute(e, "ucd").unwrap_or_default();
        self.columns.push(column);
        Ok(())
    }

    /// A PARAM or INFO.
    fn fact(&mut self, element: &str, e: &BytesStart) {
        let name = attribute(e, "name")
            .or_else(|| attribute(e, "ID"))
            .unwrap_or_default();
        let value = attribute(e, "value").unwrap_or_default();
        if element == "INFO" && name == "QUERY_STATUS" {
            if value == "ERROR" {
                self.failure =
                    Some("the service that made it reports a failed query (QUERY_STATUS=ERROR)".to_owned());
            } else if value == "OVERFLOW" {
                self.notes.push(
                    "the service cut the result off at its row limit (QUERY_STATUS=OVERFLOW)".to_owned(),
                );
            }
        }
        let in_table = self.inside("TABLE");
        if in_table && !self.kept {
            self.table_meta.push((name, value));
        } else if !in_table {
            self.meta.push((name, value));
        }
    }

    /// The rest of a `TR`, after its start tag.
    fn tabledata_row(&mut self) -> Result<(), CatalogError> {
        let mut column = 0;
        let mut text = std::mem::take(&mut self.cell);
        loop {
            match self.next()? {
                Event::Start(e) if e.local_name().as_ref() == "TD" => {
                    text.clear();
                    self.append_to_end(&mut text)?;
                    if let Some(c) = self.columns.get_mut(column) {
                        c.push_text(&text, self.rows);
                    }
                    column += 1;
                }
                Event::Empty(e) if e.local_name().as_ref() == "TD" => {
                    if let Some(c) = self.columns.get_mut(column) {
                        c.push_text("", self.rows);
                    }
                    column += 1;
                }
                Event::End(_) => break,
                Event::Text(t) if t.trim().is_empty() => {}
                Event::Comment(_) | Event::PI(_) => {}
                Event::Eof => {
                    return Err(self.bad("the file ends within a row; it was cut off, fetch it again"));
                }
                _ => {
                    return Err(self.bad(format!(
                        "row {}: something other than <TD> in a row",
                        self.rows + 1
                    )));
                }
            }
        }
        self.cell = text;
        if column > self.columns.len() {
            return Err(self.bad(format!(
                "row {}: {column} cells where the table has {} fields",
                self.rows + 1,
                self.columns.len()
            )));
        }
        self.row(column);
        Ok(())
    }

    /// Ends a row of which `given` cells were there; the others are missing.
    fn row(&mut self, given: usize) {
        for c in self.columns.iter_mut().skip(given) {
            c.push_text("", self.rows);
        }
        self.rows += 1;
    }

    /// The text up to the end of the element just begun.
    fn text_to_end(&mut self) -> Result<String, CatalogError> {
        let mut text = String::new();
        self.append_to_end(&mut text)?;
        Ok(text)
    }

    /// As [`Self::text_to_end`], into a buffer that is used again.
    fn append_to_end(&mut self, text: &mut String) -> Result<(), CatalogError> {
        let mut depth = 0usize;
        loop {
            match self.next()? {
                Event::Text(t) => text.push_str(&t.xml10_content()),
                Event::CData(t) => text.push_str(&t.xml10_content()),
                Event::GeneralRef(r) => text.push(self.character(&r)?),
                Event::Start(_) => depth += 1,
                Event::End(_) if depth == 0 => return Ok(()),
                Event::End(_) => depth -= 1,
                Event::Eof => {
                    return Err(self.bad("the file ends within an element; it was cut off, fetch it again"));
                }
                _ => {}
            }
        }
    }

    fn character(&self, r: &BytesRef) -> Result<char, CatalogError> {
        match r.as_ref() {
            "lt" => Ok('<'),
            "gt" => Ok('>'),
            "amp" => Ok('&'),
            "quot" => Ok('"'),
            "apos" => Ok('\''),
            other => match r.resolve_char_ref() {
                Ok(Some(c)) => Ok(c),
                _ => Err(self.bad(format!(
                    "entity `&{other};` is not one of XML's own and is not expanded"
                ))),
            },
        }
    }

    fn finish(mut self) -> Result<Table, CatalogError> {
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
