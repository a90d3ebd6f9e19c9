//! How everything came about, as cards of a FITS header.

use super::plain;
use crate::io::fits::{Card, CardValue};
use crate::tasks::{anomalies, classify};
use serde_json::{Map, Value, json};

/// The provenance as FITS cards: short keywords for the facts, JSON in long strings for the rest.
pub(super) fn cards_of(provenance: &Map<String, Value>) -> Vec<Card> {
    let text = |k: String, v: String, c: &str| Card::new(&k, CardValue::Text(v), c);
    let mut cards = Vec::new();
    let mut others = 0;
    for (key, value) in provenance {
        match key.as_str() {
            "program" => cards.push(text("PROGRAM".into(), plain(value), "program and version")),
            "exported" => cards.push(text("DATE".into(), plain(value), "when exported, UTC")),
            "runs" => {
                for (i, run) in value.as_array().into_iter().flatten().enumerate() {
                    let n = i + 1;
                    let encoder = &run["encoder"];
                    cards.push(text(format!("ENCODER{n}"), plain(&encoder["name"]), "encoder"));
                    if let Some(sha) = encoder["weights_sha256"].as_str() {
                        cards.push(text(format!("WSHA{n}"), sha.to_owned(), "SHA-256 of its weights"));
                    }
                    cards.push(text(
                        format!("ESET{n}"),
                        encoder["settings"].to_string(),
                        "its settings",
                    ));
                    cards.push(text(format!("ERUN{n}"), json!({"run": run["run"], "fields": run["fields"], "program": run["program"], "created": run["created"]}).to_string(), "run"));
                }
            }
            _ => {
                others += 1;
                let short = match key.as_str() {
                    classify::ANSWER => "CLASSIFY".to_owned(),
                    anomalies::ANSWER => "ANOMALY".to_owned(),
                    "map-pca" => "MAPPCA".to_owned(),
                    "map-umap" => "MAPUMAP".to_owned(),
                    _ => format!("PROV{others}"),
                };
                if let Some(seed) = value.get("seed").and_then(Value::as_i64) {
                    cards.push(Card::new(
                        &format!("{}SD", &short[..short.len().min(6)]),
                        CardValue::Integer(seed),
                        "seed",
                    ));
                }
                cards.push(text(short, plain(value), "how it came about"));
            }
        }
    }
    cards
}
