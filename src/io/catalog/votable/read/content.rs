//! What stands between tags: cells, rows of cells, texts and the characters XML writes as entities.

use super::Pass;
use crate::io::catalog::CatalogError;
use quick_xml::events::{BytesRef, Event};

impl Pass<'_> {
    /// The rest of a `TR`, after its start tag.
    pub(super) fn tabledata_row(&mut self) -> Result<(), CatalogError> {
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
    pub(super) fn row(&mut self, given: usize) {
        for c in self.columns.iter_mut().skip(given) {
            c.push_text("", self.rows);
        }
        self.rows += 1;
    }

    /// The text up to the end of the element just begun.
    pub(super) fn text_to_end(&mut self) -> Result<String, CatalogError> {
        let mut text = String::new();
        self.append_to_end(&mut text)?;
        Ok(text)
    }

    /// As [`Self::text_to_end`], into a buffer that is used again.
    pub(super) fn append_to_end(&mut self, text: &mut String) -> Result<(), CatalogError> {
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

    pub(super) fn character(&self, r: &BytesRef) -> Result<char, CatalogError> {
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
}
