//! `astrolabel evaluate`.

use super::count;
use super::places::check_place;
use crate::cli::args::{Evaluate, Format};
use crate::cli::bar::Bars;
use crate::cli::table::{Column, facts, print, real, text};
use crate::cli::{Outcome, note, say};
use crate::evaluate::report::{Report, write_csv, write_html};
use crate::evaluate::{Figures, report};
use crate::project::Project;
use crate::tasks::evaluate::{EvaluateRequest, LabelChoice, evaluate as run};
use serde_json::{Value, json};

pub(in crate::cli) fn evaluate(a: Evaluate, threads: usize, progress: &Bars) -> Outcome {
    for place in [&a.html, &a.csv].into_iter().flatten() {
        check_place(place)?;
    }
    let project = a
        .project
        .as_deref()
        .map(|p| Project::open(p, false))
        .transpose()?;
    let request = EvaluateRequest {
        labels: LabelChoice {
            file: a.labels,
            column: a.column,
            only: a
                .only
                .iter()
                .map(|c| c.trim().to_owned())
                .filter(|c| !c.is_empty())
                .collect(),
            held_out: a.held_out,
            filter: a.filter,
        },
        rare: a.anomaly,
        encoders: a.encoder,
        files: a.vectors,
        seeds: a.seeds,
        robustness: a.robustness,
        crop: a.crop,
        threads,
    };
    let found = run(project.as_ref(), &request, progress)?;
    progress.clear();
    for said in &found.notes {
        note(progress, said);
    }
    if let Some(path) = &a.html {
        write_html(path, &found)?;
    }
    if let Some(path) = &a.csv {
        write_csv(path, &found)?;
    }
    let format = if a.json { Format::Json } else { a.format };
    if format == Format::Table {
        tables(&found)?;
    } else {
        all_figures(format, &found)?;
    }
    Ok(vec![])
}

/// Everything: as JSON the whole report, as CSV a row a figure.
fn all_figures(format: Format, found: &Report) -> std::io::Result<()> {
    if format == Format::Json {
        let mut whole = facts(serde_json::to_value(found).map_err(std::io::Error::other)?);
        whole.remove("encoders");
        let rows: Vec<Value> = found.encoders.iter().map(|f| json!(f)).collect();
        whole.insert("encoders".into(), json!(rows));
        say(&serde_json::to_string_pretty(&whole).map_err(std::io::Error::other)?);
        return Ok(());
    }
    let columns = [
        text("encoder"),
        text("figure"),
        real("value", 6),
        real("spread", 6),
    ];
    let rows: Vec<Vec<Value>> = found
        .encoders
        .iter()
        .flat_map(|f| {
            report::cells(f)
                .into_iter()
                .map(|c| vec![json!(f.name), json!(c.name), json!(c.value), json!(c.spread)])
        })
        .collect();
    print(format, &columns, &rows, &serde_json::Map::new())
}

/// A table of one row an encoder.
fn table(found: &Report, columns: &[Column], row: impl Fn(&Figures) -> Vec<Value>) -> std::io::Result<()> {
    let rows: Vec<Vec<Value>> = found
        .encoders
        .iter()
        .map(|f| [vec![json!(f.name), json!(f.dim)], row(f)].concat())
        .collect();
    let mut all = vec![text("encoder"), text("numbers")];
    all.extend(columns.iter().map(|c| Column { ..*c }));
    print(Format::Table, &all, &rows, &serde_json::Map::new())
}

fn tables(found: &Report) -> std::io::Result<()> {
    let classes: Vec<String> = (found.classes.iter().zip(&found.counts))
        .map(|(c, n)| format!("{c} {n}"))
        .collect();
    say(&format!(
        "{}: {} ({}), {}\n",
        found.labels,
        count(found.counts.iter().sum(), "object", "objects"),
        classes.join(", "),
        count(found.seeds, "seed", "seeds")
    ));
    let columns = ["5-NN", "P@10"].map(|n| real(n, 3));
    let shots = [
        "1 a class",
        "5 a class",
        "10 a class",
        "25 a class",
        "100 a class",
    ]
    .map(text);
    let worth = ["accuracy", "calibration error"].map(|n| real(n, 3));
    let main: Vec<Column> = columns.into_iter().chain(shots).chain(worth).collect();
    table(found, &main, |f| {
        let cells = report::cells(f);
        main.iter()
            .map(|column| {
                let cell = cells.iter().find(|c| c.name == column.name);
                cell.map_or(Value::Null, |c| match c.spread {
                    Some(_) => json!(c.text()),
                    None => json!(c.value),
                })
            })
            .collect()
    })?;
    if let Some(rare) = &found.rare {
        say(&format!(
            "\n{rare}, made 5 % of the set: ROC AUC, and the share found in the first 5 %"
        ));
        let methods = ["isolation", "knn", "combined", "guided1", "guided5", "guided10"];
        let names = [
            "isolation forest",
            "kNN distance",
            "combined score",
            "1 example",
            "5 examples",
            "10 examples",
        ]
        .map(text);
        table(found, &names, |f| {
            methods
                .iter()
                .map(|m| {
                    let r = f.rare.iter().find(|r| r.method == *m);
                    r.map_or(Value::Null, |r| {
                        json!(format!(
                            "{:.3} ± {:.3}, {:.2}",
                            r.auc.mean, r.auc.spread, r.recall_5.mean
                        ))
                    })
                })
                .collect()
        })?;
    }
    robustness(found)?;
    background(found);
    Ok(())
}

fn robustness(found: &Report) -> std::io::Result<()> {
    let tried: Vec<&Figures> = found
        .encoders
        .iter()
        .filter(|f| !f.robustness.is_empty())
        .collect();
    let Some(first) = tried.first() else {
        return Ok(());
    };
    say(&format!(
        "\n{} altered: cosine of the z-scored vectors before and after, and 5-NN accuracy after of before",
        count(first.robustness[0].objects, "object", "objects")
    ));
    let columns = [
        text("altered"),
        text("encoder"),
        real("cosine", 3),
        real("raw", 3),
        text("accuracy"),
    ];
    let mut rows = Vec::new();
    for f in &tried {
        for k in &f.robustness {
            rows.push(vec![
                json!(k.alteration),
                json!(f.name),
                json!(k.cosine),
                json!(k.cosine_raw),
                json!(format!("{:.3} of {:.3}", k.accuracy_after, k.accuracy_before)),
            ]);
        }
    }
    print(Format::Table, &columns, &rows, &serde_json::Map::new())
}

fn background(found: &Report) {
    let Some(a) = &found.alone else { return };
    say(&format!(
        "\nbackground alone: balanced accuracy {:.3} from the border's noise, {:.3} from its level, {:.3} from both; by chance {:.3}",
        a.noise, a.level, a.both, a.chance
    ));
    if let (Some(rare), Some(noise), Some(level)) = (&found.rare, a.noise_auc, a.level_auc) {
        say(&format!(
            "ROC AUC of {rare}: {noise:.3} from noise alone, {level:.3} from level alone"
        ));
    }
    for f in &found.encoders {
        let Some(m) = &f.matched else { continue };
        let ten = m.few_shot.iter().find(|t| t.shots == 10);
        let ten = ten.map_or(String::new(), |t| {
            format!(
                ", {:.3} ± {:.3} at 10 labels a class",
                t.accuracy.mean, t.accuracy.spread
            )
        });
        say(&format!(
            "{} on {} objects of equal noise: 5-NN {:.3}{ten}",
            f.name, m.objects, m.knn5
        ));
        for r in f
            .rare
            .iter()
            .filter(|r| ["isolation", "knn", "combined", "guided5"].contains(&r.method.as_str()))
        {
            if let (Some(matched), Some(rho)) = (&r.auc_matched, &r.noise_correlation) {
                say(&format!(
                    "  {}: AUC {:.3} at equal noise, {:.3} as it is; rank correlation with noise {:+.2}",
                    report::method_name(&r.method),
                    matched.mean,
                    r.auc.mean,
                    rho.mean
                ));
            }
        }
    }
}
