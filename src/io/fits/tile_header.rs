//! The header of a compressed image as its owner meant it.
//!
//! Source: FITS Standard 4.0, section 10.1.2.

use super::header::{CardValue, Header};

/// The image's own header out of the table's: `ZBITPIX` → `BITPIX` and so on (section 10.1.2).
pub(crate) fn logical_header(table: &Header) -> Header {
    let mut header = Header::default();
    let numbered = |keyword: &str, root: &str| {
        keyword
            .strip_prefix(root)
            .is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
    };
    let has_simple = table.get("ZSIMPLE").is_some();
    for card in &table.cards {
        let keyword = card.keyword.as_str();
        let dropped = [
            "TTYPE", "TFORM", "TUNIT", "TDIM", "TNULL", "TSCAL", "TZERO", "TDISP",
        ];
        let renamed = match keyword {
            "XTENSION" if has_simple => continue,
            "XTENSION" => {
                let mut card = card.clone();
                card.value = Some(CardValue::Text("IMAGE".to_owned()));
                header.cards.push(card);
                continue;
            }
            "BITPIX" | "NAXIS" | "NAXIS1" | "NAXIS2" | "PCOUNT" | "GCOUNT" | "TFIELDS" | "THEAP"
            | "ZIMAGE" | "ZCMPTYPE" | "ZMASKCMP" | "ZQUANTIZ" | "ZDITHER0" | "ZSCALE" | "ZZERO"
            | "ZBLANK" | "CHECKSUM" | "DATASUM" => continue,
            "ZSIMPLE" => "SIMPLE",
            "ZTENSION" => continue,
            "ZEXTEND" => "EXTEND",
            "ZBLOCKED" => "BLOCKED",
            "ZPCOUNT" => "PCOUNT",
            "ZGCOUNT" => "GCOUNT",
            "ZHECKSUM" => "CHECKSUM",
            "ZDATASUM" => "DATASUM",
            "ZBITPIX" | "ZNAXIS" => &keyword[1..],
            _ if numbered(keyword, "ZNAXIS") => &keyword[1..],
            _ if ["ZTILE", "ZNAME", "ZVAL"]
                .iter()
                .any(|root| numbered(keyword, root)) =>
            {
                continue;
            }
            _ if dropped.iter().any(|root| numbered(keyword, root)) => continue,
            _ => keyword,
        };
        let mut card = card.clone();
        card.keyword = renamed.to_owned();
        header.cards.push(card);
    }
    header
}
