//! The curves of a training's losses as a page beside its log: a look at it says whether a training still
//! learns. The page asks for itself anew while the training goes on.

use super::TrainError;
use crate::encoder::weights::write_whole;
use crate::evaluate::report::html::STYLE;
use crate::evaluate::report::svg::{COLOURS, Plot, Series, escaped};
use crate::train::heads::Losses;
use serde::Deserialize;
use std::fmt::Write;
use std::path::Path;

/// A line of the log.
#[derive(Debug, Deserialize)]
struct Line {
    step: u64,
    losses: Losses,
}

/// Draws what the log at `log` says into `page`; `steps` is how many there will be.
///
/// # Errors
/// If the log can't be read or the page not written.
pub(super) fn draw(log: &Path, page: &Path, name: &str, steps: u64) -> Result<(), TrainError> {
    let wrong = |e: std::io::Error| TrainError::from(format!("{}: can't be read: {e}", log.display()));
    let text = std::fs::read_to_string(log).map_err(wrong)?;
    let mut lines: Vec<Line> = text
        .lines()
        .filter_map(|l| serde_json::from_str(l).ok())
        .collect();
    // A training that goes on from its checkpoint writes again what came after that.
    let mut from_back = u64::MAX;
    lines.reverse();
    lines.retain(|l| {
        let is_new = l.step < from_back;
        from_back = from_back.min(l.step);
        is_new
    });
    lines.reverse();
    Ok(write_whole(page, html(&lines, name, steps).as_bytes())?)
}

fn html(lines: &[Line], name: &str, steps: u64) -> String {
    let done = lines.last().map_or(0, |l| l.step);
    let again = if done < steps {
        "<meta http-equiv=\"refresh\" content=\"30\">"
    } else {
        ""
    };
    let mut s = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">{again}<title>Training {0}</title>\
         <style>{STYLE}</style></head><body><h1>Training {0}</h1><p>Step {done} of {steps}. Each loss is a mean over \
         the steps since the one before, divided by the first.</p><div class=\"p\">",
        escaped(name)
    );
    let mut table = String::new();
    for (k, (loss, colour)) in Losses::NAMES.into_iter().zip(COLOURS).enumerate() {
        let of = |l: &Losses| l.all()[k];
        let Some(first) = lines.iter().map(|l| of(&l.losses)).find(|v| *v > 0.0) else {
            continue;
        };
        let points: Vec<[f64; 3]> = (lines.iter())
            .map(|l| [l.step as f64, f64::from(of(&l.losses) / first), 0.0])
            .collect();
        let last = lines.last().map_or(0.0, |l| of(&l.losses));
        let _ = write!(
            table,
            "<tr><td>{loss}</td><td>{first:.4}</td><td>{last:.4}</td><td>{:.0} %</td></tr>",
            100.0 * last / first
        );
        let plot = Plot {
            title: loss,
            x_label: "step",
            y_label: "part of the first",
            log: false,
            x_marks: (0..=4).map(|i| (steps * i / 4) as f64).collect(),
            diagonal: false,
            series: vec![Series {
                name: loss.to_owned(),
                colour,
                points,
                marks: false,
            }],
        };
        let _ = write!(s, "<figure>{}</figure>", plot.svg());
    }
    let _ = write!(
        s,
        "</div><h2>Losses</h2><table><tr><th>loss</th><th>first</th><th>last</th><th>left</th></tr>{table}</table></body></html>"
    );
    s
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_again_is_drawn_once() {
        let folder = tempfile::tempdir().unwrap();
        let (log, page) = (folder.path().join("log.jsonl"), folder.path().join("losses.html"));
        let line = |step: u64, labels: f32| {
            let losses = Losses {
                labels,
                ..Losses::default()
            };
            serde_json::json!({ "step": step, "losses": losses }).to_string()
        };
        // Stopped after step 75, and gone on with from step 25.
        let lines = [
            line(25, 2.0),
            line(50, 1.8),
            line(75, 1.5),
            line(50, 1.0),
            "{\"step\": 60, \"lo".into(),
        ];
        std::fs::write(&log, lines.join("\n")).unwrap();
        draw(&log, &page, "a <net>", 100).unwrap();
        let text = std::fs::read_to_string(&page).unwrap();
        assert!(
            text.contains("Training a &lt;net&gt;") && text.contains("Step 50 of 100"),
            "{text}"
        );
        assert!(
            text.contains("<td>labels</td><td>2.0000</td><td>1.0000</td><td>50 %</td>"),
            "{text}"
        );
        // Nothing is said of losses that weren't asked for; the page asks for itself until the end.
        assert!(!text.contains("<td>votes</td>") && text.contains("http-equiv"));
        // A line from 1 down to half of it: two points.
        assert_eq!(text.matches("<path d=\"M").count(), 1);
        draw(&log, &page, "a", 50).unwrap();
        assert!(!std::fs::read_to_string(&page).unwrap().contains("http-equiv"));
        assert!(draw(&folder.path().join("none"), &page, "a", 50).is_err());
    }
}
