//! The mandatory keywords: what a header promises, believed only as far as it adds up.

use crate::io::fits::error::{Fault, Trouble};
use crate::io::fits::file::HduKind;
use crate::io::fits::groups;
use crate::io::fits::header::Header;

/// The mandatory keywords, checked.
pub(super) struct Facts {
    bitpix: i32,
    axes: Vec<u64>,
    pub(super) data_bytes: u64,
    pub(super) random_groups: bool,
}

impl Facts {
    pub(super) fn read(header: &Header, index: usize) -> Result<Self, Trouble> {
        let bad = |cause: String| (Fault::Header, cause);
        let bitpix = match header.integer("BITPIX") {
            Some(b @ (8 | 16 | 32 | 64 | -32 | -64)) => b as i32,
            Some(b) => return Err(bad(format!("BITPIX = {b} does not exist"))),
            None => return Err(bad("it has no valid BITPIX".to_owned())),
        };
        let naxis = match header.integer("NAXIS") {
            Some(n @ 0..=999) => n as usize,
            Some(n) => return Err(bad(format!("NAXIS = {n} is outside 0..999"))),
            None => return Err(bad("it has no valid NAXIS".to_owned())),
        };
        let mut axes = Vec::with_capacity(naxis);
        for k in 1..=naxis {
            match header.integer(&format!("NAXIS{k}")) {
                Some(n) if n >= 0 => axes.push(n as u64),
                Some(n) => return Err(bad(format!("NAXIS{k} = {n} is negative"))),
                None => return Err(bad(format!("NAXIS{k} is missing or not a whole number"))),
            }
        }
        let random_groups = index == 0 && header.logical("GROUPS") == Some(true) && axes.first() == Some(&0);
        let non_negative = |keyword: &str, otherwise: u64| match header.get(keyword) {
            None => Ok(otherwise),
            Some(_) => match header.integer(keyword) {
                Some(n) if n >= 0 => Ok(n as u64),
                _ => Err(bad(format!("{keyword} is not a whole number from 0 up"))),
            },
        };
        let (pcount, gcount) = if index > 0 || random_groups {
            (non_negative("PCOUNT", 0)?, non_negative("GCOUNT", 1)?)
        } else {
            (0, 1)
        };
        let counted = if random_groups { &axes[1..] } else { &axes[..] };
        let elements = if axes.is_empty() {
            Some(0)
        } else {
            counted
                .iter()
                .try_fold(1_u64, |product, &n| product.checked_mul(n))
        };
        let data_bytes = elements
            .and_then(|n| n.checked_add(pcount))
            .and_then(|n| n.checked_mul(gcount))
            .and_then(|n| n.checked_mul(u64::from(bitpix.unsigned_abs() / 8)))
            .filter(|&n| n <= i64::MAX as u64)
            .ok_or_else(|| bad(format!("its axes {axes:?} multiply to an impossible size")))?;
        Ok(Self {
            bitpix,
            axes,
            data_bytes,
            random_groups,
        })
    }

    pub(super) fn kind(&self, header: &Header, index: usize) -> HduKind {
        let extension = header.text("XTENSION").unwrap_or("").trim().to_ascii_uppercase();
        let size = |k: usize| {
            self.axes
                .get(k)
                .map_or(0, |&n| usize::try_from(n).unwrap_or(usize::MAX))
        };
        let columns = header
            .integer("TFIELDS")
            .filter(|n| (0..=999).contains(n))
            .unwrap_or(0) as usize;
        let is_table = self.axes.len() == 2 && self.bitpix == 8;
        match extension.as_str() {
            _ if self.random_groups => groups::kind(header, &self.axes, self.bitpix),
            "IMAGE" | "IUEIMAGE" | "" if index == 0 || !extension.is_empty() => {
                if self.axes.is_empty() {
                    HduKind::Empty
                } else {
                    HduKind::Image {
                        shape: (0..self.axes.len()).map(size).collect(),
                        bitpix: self.bitpix,
                        compression: None,
                    }
                }
            }
            "BINTABLE" | "A3DTABLE" if is_table => HduKind::BinaryTable {
                rows: size(1),
                columns,
            },
            "TABLE" if is_table => HduKind::AsciiTable {
                rows: size(1),
                columns,
            },
            other => HduKind::Other(other.to_owned()),
        }
    }
}
