//! What each element means for the table being read.

use super::Pass;
use crate::io::catalog::CatalogError;
use crate::io::catalog::votable::binary::{decode_base64, read_rows};
use crate::io::catalog::votable::builder::{Column, Primitive, Size};
use crate::io::catalog::votable::rows::read_plain_rows;
use crate::progress::Progress;
use quick_xml::XmlVersion;
use quick_xml::events::BytesStart;
use quick_xml::reader::Reader;

fn attribute(element: &BytesStart, name: &str) -> Option<String> {
    let found = element
        .attributes()
        .with_checks(false)
        .flatten()
        .find(|a| a.key.local_name().as_ref() == name)?;
    let value = found.normalized_value(XmlVersion::default()).ok()?;
    Some(value.into_owned())
}

impl Pass<'_> {
    pub(super) fn start(
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
    pub(super) fn field(&mut self, e: &BytesStart) -> Result<(), CatalogError> {
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
    pub(super) fn fact(&mut self, element: &str, e: &BytesStart) {
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
}
