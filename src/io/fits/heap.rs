//! Variable-length arrays of binary tables: what of them fits into a catalogue of single values.
//!
//! Source: FITS Standard 4.0, section 7.3.5. A row holds the length and the place of its array in
//! a heap behind the rows. Arrays of characters are texts of any length. Arrays of at most one
//! number are that number, or missing; this is how some archives write optional values. Longer ones
//! have no place in a column of single values: they are left out, and it is said how many.

use super::column_reader::Reader;
use super::columns::{Column, Part, field_bytes};
use super::error::{Fault, Trouble};
use super::header::Header;
use super::layout::Placed;
use super::source::Source;
use super::table::{append_text, described};
use arrow::array::{ArrayRef, BooleanArray, StringBuilder};
use arrow::datatypes::{DataType, Field};
use std::sync::Arc;

/// Bytes of the heap read at a time.
const WINDOW_BYTES: usize = 1 << 20;
/// Texts may overlap in the heap, but not so that a small file fills the memory.
const MAX_SHARED_BYTES: u64 = 256 << 20;

/// A table's heap in its file.
pub(crate) struct Heap<'a> {
    source: &'a mut Source,
    header: &'a Header,
    /// The first byte…
    start: u64,
    /// …and the one behind the last.
    end: u64,
}

impl<'a> Heap<'a> {
    /// The heap behind `row_bytes` bytes of rows; a gap may be between them (THEAP).
    pub fn of(source: &'a mut Source, placed: &'a Placed, row_bytes: u64) -> Self {
        let gap = placed
            .header
            .integer("THEAP")
            .and_then(|n| u64::try_from(n).ok())
            .unwrap_or(row_bytes);
        Self {
            source,
            header: &placed.header,
            start: placed.data_offset.saturating_add(gap),
            end: placed.data_offset.saturating_add(placed.available),
        }
    }

    /// The first byte of an array of `bytes` bytes, if all of it is in the heap.
    fn place(&self, offset: u64, bytes: u64) -> Option<u64> {
        let first = self.start.checked_add(offset)?;
        (first.checked_add(bytes)? <= self.end).then_some(first)
    }

    /// Copies spans of the file, all inside the heap, to their places in `buffer`. They are met in the
    /// file's order, so that every part of the heap is read about once wherever the rows point.
    fn gather(&mut self, mut spans: Vec<Span>, buffer: &mut [u8]) -> Result<(), Trouble> {
        let cut = |e: std::io::Error| (Fault::Truncated, format!("reading variable-length arrays: {e}"));
        spans.sort_by_key(|span| span.from);
        let mut window: Vec<u8> = Vec::new();
        let mut window_start = 0_u64;
        for span in spans {
            let Some(target) = buffer.get_mut(span.to..span.to + span.bytes) else {
                continue;
            };
            let inside = |window: &[u8], start: u64| {
                let first = usize::try_from(span.from.checked_sub(start)?).ok()?;
                Some(first..first + span.bytes).filter(|r| r.end <= window.len())
            };
            if inside(&window, window_start).is_none() {
                if span.bytes >= WINDOW_BYTES {
                    self.source.read_at(span.from, target).map_err(cut)?;
                    continue;
                }
                let length = self.end.saturating_sub(span.from).min(WINDOW_BYTES as u64);
                window.resize(length as usize, 0);
                self.source.read_at(span.from, &mut window).map_err(cut)?;
                window_start = span.from;
            }
            if let Some(range) = inside(&window, window_start) {
                target.copy_from_slice(&window[range]);
            }
        }
        Ok(())
    }
}

/// One row's array: its elements and its place in the heap.
#[derive(Clone, Copy)]
struct Descriptor {
    length: u64,
    offset: u64,
}

/// Bytes to be copied from the file into a buffer.
struct Span {
    from: u64,
    to: usize,
    bytes: usize,
}

/// Collects a column of descriptors and then what they point to.
pub(crate) struct Arrays<'a> {
    column: &'a Column,
    letter: u8,
    rows: Vec<Descriptor>,
}

impl<'a> Arrays<'a> {
    /// Prepares for `rows` rows of a column of letter `P` or `Q`.
    pub fn new(column: &'a Column, rows: usize) -> Result<Self, String> {
        match column.array_letter {
            Some(letter) if field_bytes(letter, 1).is_some() && !matches!(letter, b'P' | b'Q') => Ok(Self {
                column,
                letter,
                rows: Vec::with_capacity(rows),
            }),
            _ => Err(format!(
                "column {} was left out: the format of its arrays is not known",
                column.name
            )),
        }
    }

    /// Appends the descriptors in a block of whole rows.
    pub fn push(&mut self, block: &[u8], row_bytes: usize) {
        // A negative number is no length or place; it becomes one beyond every heap.
        let wide = |n: i64| u64::try_from(n).unwrap_or(u64::MAX);
        for row in block.chunks_exact(row_bytes) {
            let field = row.get(self.column.offset..).unwrap_or_default();
            let pair = if self.column.letter == b'P' {
                let halves = field.as_chunks::<4>().0;
                halves
                    .first_chunk::<2>()
                    .map(|pair| pair.map(|b| wide(i64::from(i32::from_be_bytes(b)))))
            } else {
                let halves = field.as_chunks::<8>().0;
                halves
                    .first_chunk::<2>()
                    .map(|pair| pair.map(|b| wide(i64::from_be_bytes(b))))
            };
            let [length, offset] = pair.unwrap_or_default();
            self.rows.push(Descriptor { length, offset });
        }
    }

    /// The column, or the two of complex numbers, or none and a note.
    pub fn finish(self, heap: &mut Heap, notes: &mut Vec<String>) -> Result<Vec<(Field, ArrayRef)>, Trouble> {
        let name = &self.column.name;
        let long = || self.rows.iter().filter(|row| row.length > 1);
        let is_text = self.letter == b'A';
        if !is_text && let Some(longest) = long().map(|row| row.length).max() {
            notes.push(format!(
                "column {name} was left out: it holds arrays of variable length, with more than one value in \
                 {} of {} rows (up to {longest}), and a catalogue has one value a row",
                long().count(),
                self.rows.len()
            ));
            return Ok(Vec::new());
        }
        let bytes_of = |row: &Descriptor| {
            let length = usize::try_from(row.length).ok()?;
            field_bytes(self.letter, length)
        };
        // Where each row's bytes lie; `None` where there are none.
        let places: Vec<Option<(u64, usize)>> = self
            .rows
            .iter()
            .map(|row| {
                let bytes = bytes_of(row).filter(|_| row.length > 0)?;
                Some((heap.place(row.offset, bytes as u64)?, bytes))
            })
            .collect();
        let lost = places
            .iter()
            .zip(&self.rows)
            .filter(|(place, row)| place.is_none() && row.length > 0)
            .count();
        if lost > 0 {
            notes.push(format!(
                "column {name}: {lost} arrays are not inside the file's heap and were left empty"
            ));
        }
        if is_text {
            return self.texts(&places, heap, notes);
        }
        let Some(width) = field_bytes(self.letter, 1) else {
            return Ok(Vec::new());
        };
        let mut buffer = vec![0_u8; places.len().saturating_mul(width)];
        let spans = places.iter().enumerate().filter_map(|(row, place)| {
            place.map(|(from, bytes)| Span {
                from,
                to: row * width,
                bytes,
            })
        });
        heap.gather(spans.collect(), &mut buffer)?;
        let empty = BooleanArray::from_iter(places.iter().map(|place| Some(place.is_none())));
        let single = Column {
            letter: self.letter,
            array_letter: None,
            offset: 0,
            repeat: 1,
            bytes: width,
            part: Part::Whole,
            ..self.column.clone()
        };
        let mut done = Vec::new();
        for column in single.parts() {
            let mut reader = match Reader::new(heap.header, &column, places.len()) {
                Ok(reader) => reader,
                Err(note) => {
                    notes.push(note);
                    continue;
                }
            };
            reader.push(&buffer, width);
            let (field, array, note) = reader.finish()?;
            notes.extend(note);
            let array = arrow::compute::nullif(&array, &empty)
                .map_err(|e| (Fault::Corrupt, format!("column {name}: {e}")))?;
            done.push((field, array));
        }
        Ok(done)
    }

    /// Arrays of characters as texts.
    fn texts(
        &self,
        places: &[Option<(u64, usize)>],
        heap: &mut Heap,
        notes: &mut Vec<String>,
    ) -> Result<Vec<(Field, ArrayRef)>, Trouble> {
        let name = &self.column.name;
        let total: u64 = places.iter().flatten().map(|p| p.1 as u64).sum();
        let limit = MAX_SHARED_BYTES.max(heap.end.saturating_sub(heap.start));
        if total > limit.min(i32::MAX as u64) {
            notes.push(format!(
                "column {name} was left out: its texts have {total} bytes in all, too many to read"
            ));
            return Ok(Vec::new());
        }
        let mut buffer = vec![0_u8; total as usize];
        let mut spans = Vec::with_capacity(places.len());
        let mut to = 0;
        for &(from, bytes) in places.iter().flatten() {
            spans.push(Span { from, to, bytes });
            to += bytes;
        }
        heap.gather(spans, &mut buffer)?;
        let mut builder = StringBuilder::with_capacity(places.len(), buffer.len());
        let mut rest = buffer.as_slice();
        for place in places {
            match place.and_then(|(_, bytes)| rest.split_at_checked(bytes)) {
                Some((text, behind)) => {
                    append_text(&mut builder, text);
                    rest = behind;
                }
                None => builder.append_null(),
            }
        }
        let field = described(heap.header, self.column.number, name, DataType::Utf8);
        Ok(vec![(field, Arc::new(builder.finish()))])
    }
}
