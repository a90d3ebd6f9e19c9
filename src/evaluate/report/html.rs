//! The report as one page: tables with spread and plots, readable in any browser without a network.

use super::plots::{class_curves, colour, learning, rare_curves, reliability};
use super::svg::escaped;
use super::{Cell, Report, cells};
use crate::evaluate::Figures;
use std::fmt::Write;

/// What all pages of the program look like.
pub(crate) const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:1180px;padding:0 1rem;\
color:#222;background:#fff}h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2.2rem}\
table{border-collapse:collapse;font-variant-numeric:tabular-nums}td,th{padding:.25rem .6rem;text-align:right;\
border-bottom:1px solid #ddd;white-space:nowrap}th:first-child,td:first-child{text-align:left}\
.best{font-weight:700}.s{color:#777;font-size:.85em}.w{overflow-x:auto}.p{display:flex;flex-wrap:wrap;gap:1rem}\
figure{margin:0;width:430px}svg{width:100%;height:auto}.t{font:600 13px system-ui}.a{font:11px system-ui;fill:#555}\
.g{stroke:#e3e3e3;fill:none}.d{stroke:#999;stroke-dasharray:4 4;fill:none}.k span{display:inline-block;width:.8em;\
height:.8em;border-radius:50%;margin:0 .35em 0 1em}.n{color:#555}";

/// The whole page.
pub fn html(report: &Report) -> String {
    let mut s = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Encoders on {0}</title>\
         <style>{STYLE}</style></head><body><h1>Encoders on {0}</h1>",
        escaped(&report.labels)
    );
    let classes: Vec<String> = (report.classes.iter().zip(&report.counts))
        .map(|(c, n)| format!("{} {n}", escaped(c)))
        .collect();
    let _ = write!(
        s,
        "<p>{} objects: {}. {} seeds; ± is the standard deviation over them. {}.</p>",
        report.counts.iter().sum::<usize>(),
        classes.join(", "),
        report.seeds,
        escaped(&report.program)
    );
    legend(&mut s, report);
    let is_main = |n: &str| n == "5-NN" || n == "P@10" || (n.ends_with(" a class") && !n.contains(':'));
    table(
        &mut s,
        report,
        "Neighbours and few labels",
        &|f| of(f, &is_main),
        true,
    );
    s.push_str(
        "<p class=\"n\">5-NN: accuracy by cosine in five folds. P@10: share of the ten nearest of the same class, \
         mean over classes. Few labels: balanced accuracy on a held half after so many labels a class.</p>",
    );
    s.push_str("<div class=\"p\">");
    learning(&mut s, report);
    s.push_str("</div>");
    if let Some(rare) = &report.rare {
        let title = format!("Finding {rare} at 5 % of the set");
        let wanted = |n: &str| n.contains(": AUC") && !n.contains("equal") || n.contains(": recall@");
        table(&mut s, report, &title, &|f| of(f, &wanted), true);
        s.push_str("<div class=\"p\">");
        rare_curves(&mut s, report);
        s.push_str("</div>");
    }
    let wanted = |n: &str| ["accuracy", "balanced accuracy", "calibration error", "log loss"].contains(&n);
    table(&mut s, report, "Probabilities", &|f| of(f, &wanted), false);
    s.push_str(
        "<p class=\"n\">A regression on four fifths of the labels judges the rest. Calibration error: mean distance \
         between how sure it is and how often it is right; 0 is best.</p><div class=\"p\">",
    );
    reliability(&mut s, report);
    class_curves(&mut s, report);
    s.push_str("</div>");
    confusion(&mut s, report);
    robustness(&mut s, report);
    confound(&mut s, report);
    let notes: Vec<String> = (report.notes.iter().cloned())
        .chain(
            report
                .encoders
                .iter()
                .flat_map(|f| f.notes.iter().map(move |n| format!("{}: {n}", f.name))),
        )
        .map(|n| format!("<li>{}</li>", escaped(&n)))
        .collect();
    if !notes.is_empty() {
        let _ = write!(s, "<h2>To know</h2><ul>{}</ul>", notes.concat());
    }
    s.push_str("</body></html>\n");
    s
}

fn legend(s: &mut String, report: &Report) {
    s.push_str("<p class=\"k\">");
    for (i, f) in report.encoders.iter().enumerate() {
        let _ = write!(
            s,
            "<span style=\"background:{}\"></span>{}",
            colour(i),
            escaped(&f.name)
        );
    }
    s.push_str("</p>");
}

/// A row an encoder; `high` says whether the largest of a column is the best.
fn table(s: &mut String, report: &Report, title: &str, row: &dyn Fn(&Figures) -> Vec<Cell>, high: bool) {
    let rows: Vec<Vec<Cell>> = report.encoders.iter().map(row).collect();
    let mut names: Vec<String> = Vec::new();
    for cell in rows.iter().flatten() {
        if !names.contains(&cell.name) {
            names.push(cell.name.clone());
        }
    }
    if names.is_empty() {
        return;
    }
    let _ = write!(
        s,
        "<h2>{}</h2><div class=\"w\"><table><tr><th>encoder</th><th>numbers</th>",
        escaped(title)
    );
    for name in &names {
        let _ = write!(s, "<th>{}</th>", escaped(name));
    }
    s.push_str("</tr>");
    let best: Vec<f64> = names
        .iter()
        .map(|n| {
            let column = rows.iter().flatten().filter(|c| c.name == *n).map(|c| c.value);
            column.fold(f64::NEG_INFINITY, f64::max)
        })
        .collect();
    for (f, row) in report.encoders.iter().zip(&rows) {
        let _ = write!(s, "<tr><td>{}</td><td>{}</td>", escaped(&f.name), f.dim);
        for (name, best) in names.iter().zip(&best) {
            let Some(cell) = row.iter().find(|c| c.name == *name) else {
                s.push_str("<td>–</td>");
                continue;
            };
            let class = if high && cell.value >= *best && rows.len() > 1 {
                " class=\"best\""
            } else {
                ""
            };
            let _ = write!(s, "<td{class}>{:.3}", cell.value);
            if let Some(spread) = cell.spread {
                let _ = write!(s, " <span class=\"s\">± {spread:.3}</span>");
            }
            s.push_str("</td>");
        }
        s.push_str("</tr>");
    }
    s.push_str("</table></div>");
}

fn confusion(s: &mut String, report: &Report) {
    let known = report
        .encoders
        .iter()
        .filter_map(|f| Some((f, f.calibration.as_ref()?)));
    for (i, (f, c)) in known.enumerate() {
        if i == 0 {
            s.push_str("<h2>Which class is taken for which</h2><div class=\"p\">");
        }
        let _ = write!(
            s,
            "<div class=\"w\"><table><caption>{}</caption><tr><th>true \\ said</th>",
            escaped(&f.name)
        );
        for class in &report.classes {
            let _ = write!(s, "<th>{}</th>", escaped(class));
        }
        s.push_str("</tr>");
        for (class, row) in report.classes.iter().zip(&c.confusion) {
            let all = row.iter().sum::<usize>().max(1) as f64;
            let _ = write!(s, "<tr><td>{}</td>", escaped(class));
            for &n in row {
                let share = n as f64 / all;
                let _ = write!(
                    s,
                    "<td style=\"background:rgba(0,114,178,{:.2})\">{n} <span class=\"s\">{:.0} %</span></td>",
                    0.55 * share,
                    100.0 * share
                );
            }
            s.push_str("</tr>");
        }
        s.push_str("</table></div>");
    }
    if report.encoders.iter().any(|f| f.calibration.is_some()) {
        s.push_str("</div>");
    }
}

fn robustness(s: &mut String, report: &Report) {
    let tried: Vec<&Figures> = report
        .encoders
        .iter()
        .filter(|f| !f.robustness.is_empty())
        .collect();
    let Some(first) = tried.first() else { return };
    s.push_str("<h2>What doesn't matter</h2><div class=\"w\"><table><tr><th>altered</th>");
    for f in &tried {
        let _ = write!(s, "<th>{0}: cosine</th><th>accuracy</th>", escaped(&f.name));
    }
    s.push_str("</tr>");
    for (i, kept) in first.robustness.iter().enumerate() {
        let _ = write!(s, "<tr><td>{}</td>", escaped(&kept.alteration));
        for k in tried.iter().filter_map(|f| f.robustness.get(i)) {
            let _ = write!(
                s,
                "<td>{:.3} <span class=\"s\">(raw {:.3})</span></td><td>{:.3} <span class=\"s\">of {:.3}</span></td>",
                k.cosine, k.cosine_raw, k.accuracy_after, k.accuracy_before
            );
        }
        s.push_str("</tr>");
    }
    let _ = write!(
        s,
        "</table></div><p class=\"n\">{} objects were altered and embedded again. Cosine of the z-scored vectors before and \
         after, and the 5-NN accuracy of the altered ones among the unaltered others, of what it was before.</p>",
        first.robustness[0].objects
    );
}

fn confound(s: &mut String, report: &Report) {
    let Some(a) = &report.alone else { return };
    s.push_str("<h2>What the background alone explains</h2>");
    let _ = write!(
        s,
        "<p>Balanced accuracy from the border's noise alone <b>{:.3}</b>, from its level alone <b>{:.3}</b>, from both \
         <b>{:.3}</b>; by chance {:.3}.",
        a.noise, a.level, a.both, a.chance
    );
    if let (Some(rare), Some(noise), Some(level)) = (&report.rare, a.noise_auc, a.level_auc) {
        let _ = write!(
            s,
            " ROC AUC of {} from noise alone {noise:.3}, from level alone {level:.3}.",
            escaped(rare)
        );
    }
    s.push_str("</p>");
    let wanted =
        |n: &str| n.starts_with("equal noise") || n.contains("at equal noise") || n.contains("correlation");
    table(
        s,
        report,
        "Where the noise can't help",
        &|f| of(f, &wanted),
        false,
    );
}

/// An encoder's figures whose names are wanted.
fn of(f: &Figures, wanted: &dyn Fn(&str) -> bool) -> Vec<Cell> {
    cells(f).into_iter().filter(|c| wanted(&c.name)).collect()
}
