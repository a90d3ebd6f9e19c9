//! Random groups: pictures with parameters between them.
//!
//! Source: FITS Standard 4.0, section 6. NAXIS1 is 0 and each of the GCOUNT groups is PCOUNT
//! parameters followed by an array of the axes from NAXIS2 on. Nearly all such files hold the
//! visibilities of an interferometer, whose first axis is COMPLEX: those are no picture and stay
//! unread. Groups of pictures are one image with a last axis that counts the groups.

use super::file::HduKind;
use super::header::{CardValue, Header};

/// Where the arrays of an image of random groups lie, in elements.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Groups {
    parameters: usize,
    array: usize,
}

impl Groups {
    /// The groups of a primary header as it stands in the file, if it has any.
    pub fn of(header: &Header) -> Option<Self> {
        if header.logical("GROUPS") != Some(true) || header.integer("NAXIS1") != Some(0) {
            return None;
        }
        let count = |keyword: &str| usize::try_from(header.integer(keyword)?).ok();
        let mut array = 1_usize;
        for k in 2..=count("NAXIS")? {
            array = array.checked_mul(count(&format!("NAXIS{k}"))?)?;
        }
        Some(Self {
            parameters: count("PCOUNT").unwrap_or(0),
            array,
        })
    }

    /// Where an element of the arrays, counted without parameters, lies in the data unit.
    pub fn position(&self, element: usize) -> Option<usize> {
        let before = element.checked_div(self.array)?.checked_add(1)?;
        element.checked_add(before.checked_mul(self.parameters)?)
    }
}

/// What a primary HDU of random groups with these NAXISn holds.
pub(crate) fn kind(header: &Header, axes: &[u64], bitpix: i32) -> HduKind {
    let is_visibilities = header
        .text("CTYPE2")
        .is_some_and(|t| t.trim().eq_ignore_ascii_case("COMPLEX"));
    let groups = header.integer("GCOUNT").unwrap_or(1).max(0) as u64;
    let shape: Option<Vec<usize>> = axes
        .iter()
        .skip(1)
        .chain([&groups])
        .map(|&n| usize::try_from(n).ok())
        .collect();
    match shape {
        Some(shape) if !is_visibilities && shape.len() >= 3 => HduKind::Image {
            shape,
            bitpix,
            compression: None,
        },
        _ => HduKind::RandomGroups,
    }
}

/// The header of that image: its axes count from NAXIS2 on, the last one is the groups'.
pub(crate) fn logical_header(file: &Header) -> Header {
    let mut header = Header::default();
    let axes = file.integer("NAXIS").unwrap_or(0);
    for card in &file.cards {
        let digits = card.keyword.trim_start_matches(|c: char| !c.is_ascii_digit());
        let root = &card.keyword[..card.keyword.len() - digits.len()];
        let number: Option<i64> = digits.parse().ok();
        let mut card = card.clone();
        match (root, number) {
            ("GROUPS" | "PCOUNT" | "GCOUNT", None) | ("PTYPE" | "PSCAL" | "PZERO", Some(_)) => continue,
            ("NAXIS" | "CTYPE" | "CRVAL" | "CRPIX" | "CDELT" | "CUNIT" | "CROTA", Some(n)) => {
                if n < 2 {
                    continue;
                }
                card.keyword = format!("{root}{}", n - 1);
            }
            _ => {}
        }
        let is_last_axis = root == "NAXIS" && number == Some(axes);
        header.cards.push(card);
        if is_last_axis {
            let count = CardValue::Integer(file.integer("GCOUNT").unwrap_or(1));
            header
                .cards
                .push(super::header::Card::new(&format!("NAXIS{axes}"), count, "groups"));
        }
    }
    header
}
