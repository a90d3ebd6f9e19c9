//! The contract between cutouts and a network as a person reads it: one line a step, from the
//! description or a run's manifest alike.

use serde::Serialize;
use serde_json::Value;

/// Everything in `preprocessing` (a contract, or what a manifest kept of one) as names and values in
/// the order of the file: `flux_stretch.low_percentile`, `0.5`.
pub fn contract(preprocessing: &impl Serialize) -> Vec<(String, String)> {
    let mut lines = Vec::new();
    if let Ok(value) = serde_json::to_value(preprocessing) {
        flatten(String::new(), &value, &mut lines);
    }
    lines
}

fn flatten(name: String, value: &Value, lines: &mut Vec<(String, String)>) {
    match value {
        Value::Object(parts) => {
            for (key, part) in parts {
                let name = if name.is_empty() {
                    key.clone()
                } else {
                    format!("{name}.{key}")
                };
                flatten(name, part, lines);
            }
        }
        Value::Array(items) if items.iter().any(|i| i.is_object() || i.is_array()) => {
            for (i, item) in items.iter().enumerate() {
                flatten(format!("{name}.{i}"), item, lines);
            }
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(plain).collect();
            lines.push((name, items.join(" ")));
        }
        Value::Null => {}
        one => lines.push((name, plain(one))),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.replace('_', " "),
        // Single precision, as it was meant, not as it is written with double's digits.
        Value::Number(n) if n.is_f64() => n
            .as_f64()
            .map_or_else(|| n.to_string(), |v| (v as f32).to_string()),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoder::preprocess::Preprocessing;

    #[test]
    fn every_step_has_its_line() {
        let lines = contract(&Preprocessing::default());
        let value = |name: &str| lines.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
        assert_eq!(value("image_px"), Some("224"));
        assert_eq!(value("mean"), Some("0.485 0.456 0.406"));
        assert_eq!(value("flux_stretch.high_percentile"), Some("99.7"));
        assert_eq!(value("resample"), Some("antialiased bicubic"));
    }
}
