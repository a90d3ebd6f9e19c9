//! From typed words to library calls, and from their results to tables.

use super::args::{
    Anomalies, Classify, Cutouts, Embed, Export, Import, Label, Map, MapArg, MethodArg, PoolingArg, Relocate,
    Similar, Simulate,
};
use super::bar::Bars;
use super::table::{Column, print, real, text};
use super::{Outcome, note, say};
use crate::encoder::registry::{EncoderOptions, open_encoder};
use crate::encoder::vit_encoder::Pooling;
use crate::project::journal::{INTERESTING, ORDINARY};
use crate::project::{Project, objects};
use crate::sky::detect::DetectSettings;
use crate::tasks::anomalies::{AnomalyRequest, Method};
use crate::tasks::classify::{Classified, ClassifyOptions};
use crate::tasks::cutouts::{self, Shown, short_name};
use crate::tasks::import::{ImportOptions, author, current_user};
use crate::tasks::map::MapMethod;
use crate::tasks::similar::SimilarOptions;
use crate::{simulate as simulation, tasks};
use serde_json::{Map as Facts, Value, json};

fn number(value: Option<f64>) -> Value {
    value.map_or(Value::Null, |v| json!(v))
}

fn facts(value: Value) -> Facts<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Facts::new(),
    }
}

/// `1 object`, `2 objects`.
fn count(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// Says at once, not after minutes of work, that a file can't be written where it should be.
fn check_place(path: &std::path::Path) -> anyhow::Result<()> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty());
    if let Some(folder) = folder
        && !folder.is_dir()
    {
        anyhow::bail!(
            "{}: there is no folder {}: make it first",
            path.display(),
            folder.display()
        );
    }
    if path.is_dir() {
        anyhow::bail!("{}: this is a folder: name a file", path.display());
    }
    Ok(())
}

/// As [`check_place`], for a picture.
fn check_picture(path: &std::path::Path) -> anyhow::Result<()> {
    if !is_picture(path) {
        anyhow::bail!("{}: end the picture's name in .png", path.display());
    }
    check_place(path)
}

fn is_picture(path: &std::path::Path) -> bool {
    let endings = ["png", "jpg", "jpeg", "tif", "tiff"];
    path.extension()
        .is_some_and(|e| endings.iter().any(|known| e.eq_ignore_ascii_case(known)))
}

/// What was given as `A,B,C`: one object whose name has commas, or a list.
fn split_ids(project: &Project, given: &[String]) -> anyhow::Result<Vec<String>> {
    let mut ids = Vec::new();
    for text in given {
        if text.contains(',') && objects::find(project.store(), text).is_err() {
            ids.extend(
                text.split(',')
                    .map(str::trim)
                    .filter(|t| !t.is_empty())
                    .map(str::to_owned),
            );
        } else {
            ids.push(text.clone());
        }
    }
    Ok(ids)
}

pub(super) fn import(a: Import, progress: &Bars) -> Outcome {
    let options = ImportOptions {
        paths: a.paths,
        catalog: a.catalog,
        ra: a.ra,
        dec: a.dec,
        x: a.x,
        y: a.y,
        id: a.id,
        size: a.size,
        crop: a.crop,
        detect: a.detect,
        detection: DetectSettings {
            threshold_sigma: a.threshold,
            min_area_px: a.min_area,
            ..Default::default()
        },
        plane: a.plane,
        who: current_user(),
    };
    let (project, report) = tasks::import::import_into(&a.project.project, &options, progress)?;
    progress.clear();
    for field in &report.fields {
        let bands = if field.bands.len() > 1 {
            format!(" ({})", field.bands.join(", "))
        } else {
            String::new()
        };
        say(&format!(
            "{}{bands}: {}",
            field.name,
            count(field.objects, "object", "objects")
        ));
        for sentence in &field.how {
            say(&format!("  {sentence}"));
        }
    }
    if let Some(project) = &project {
        say(&format!(
            "{} added to {}, which now has {}",
            count(report.objects, "object", "objects"),
            a.project.project.display(),
            project.count()?
        ));
    }
    if report.objects == 0 && !report.skipped.iter().any(|s| s.why.contains("already")) {
        super::list(&report.skipped);
        anyhow::bail!("nothing was imported");
    }
    Ok(report.skipped)
}

pub(super) fn embed(a: Embed, threads: usize, progress: &Bars) -> Outcome {
    let mut project = Project::open(&a.project.project, false)?;
    let pooling = a.pooling.map(|p| match p {
        PoolingArg::Cls => Pooling::Cls,
        PoolingArg::Mean => Pooling::MeanPatches,
        PoolingArg::Both => Pooling::ClsAndMean,
    });
    let encoder = open_encoder(
        &a.encoder,
        &EncoderOptions {
            threads,
            block: a.block,
            pooling,
        },
    )?;
    let report = tasks::embed::embed(&mut project, encoder.as_ref(), a.batch, threads, progress)?;
    progress.clear();
    let spec = encoder.spec();
    let rate = report.done as f64 / report.seconds.max(1e-3);
    say(&format!(
        "{}: {} of {} numbers each, {:.1} s ({rate:.0}/s); {} were there already",
        spec.name,
        count(report.done, "vector", "vectors"),
        spec.dim,
        report.seconds,
        report.already
    ));
    if report.cancelled {
        anyhow::bail!(
            "stopped as asked: {} vectors are kept, the same command goes on from here",
            report.done + report.already
        );
    }
    Ok(report.skipped)
}

pub(super) fn similar(a: Similar, threads: usize, progress: &Bars) -> Outcome {
    let project = Project::open(&a.project.project, false)?;
    a.montage.as_deref().map_or(Ok(()), check_picture)?;
    let options = SimilarOptions {
        like: split_ids(&project, &a.like)?,
        unlike: split_ids(&project, &a.unlike)?,
        image: a.image.clone(),
        k: a.k,
        on: a.on.on,
        threads,
    };
    let hits = tasks::similar::similar(&project, &options, progress)?;
    progress.clear();
    let columns = [
        text("rank"),
        text("object"),
        real("similarity", 4),
        text("label"),
        real("ra", 5),
        real("dec", 5),
        text("id"),
    ];
    let rows: Vec<Vec<Value>> = hits
        .iter()
        .enumerate()
        .map(|(i, h)| {
            let o = &h.object;
            vec![
                json!(i + 1),
                json!(o.name),
                json!(h.similarity),
                json!(h.label),
                number(o.ra_deg),
                number(o.dec_deg),
                json!(format!("#{}", o.id)),
            ]
        })
        .collect();
    let query = a
        .image
        .as_ref()
        .map_or_else(|| json!(a.like), |i| json!(i.display().to_string()));
    print(a.format, &columns, &rows, &facts(json!({ "query": query })))?;
    if let Some(path) = a.montage {
        let mut shown = Vec::new();
        for id in &options.like {
            let object = objects::find(project.store(), id)?;
            shown.push(Shown {
                object: object.id,
                caption: format!("{} (query)", short_name(&object)),
            });
        }
        shown.extend(hits.iter().map(|h| Shown {
            object: h.object.id,
            caption: format!("{:.2} {}", h.similarity, short_name(&h.object)),
        }));
        let skipped = cutouts::draw_montage(
            &project,
            &shown,
            None,
            cutouts::TILE_PX,
            Some("most similar first"),
            &path,
            progress,
        )?;
        note(progress, &format!("wrote {}", path.display()));
        return Ok(skipped);
    }
    Ok(vec![])
}

pub(super) fn label(a: Label, progress: &Bars) -> Outcome {
    let mut project = Project::open(&a.project.project, false)?;
    if let Some(file) = &a.from {
        let author = author(a.who.as_deref(), &format!("file {}", file.display()));
        let report = tasks::label::from_file(&mut project, file, a.column.as_deref(), &author, progress)?;
        progress.clear();
        let mut classes: Vec<String> = report
            .classes
            .iter()
            .take(20)
            .map(|(c, n)| format!("{} {n}", super::table::shorten(c, 40)))
            .collect();
        if report.classes.len() > classes.len() {
            classes.push(format!("{} classes more", report.classes.len() - classes.len()));
        }
        say(&format!(
            "{} given, {} were so already: {}",
            count(report.changed, "label", "labels"),
            report.unchanged,
            classes.join(", ")
        ));
        return Ok(report.skipped);
    }
    let author = author(a.who.as_deref(), "command line");
    if a.undo {
        match tasks::label::undo(&mut project, &author)? {
            Some(undone) => say(&format!(
                "undone: step {} ({}) on {}",
                undone.batch,
                undone.origin,
                count(undone.objects, "object", "objects")
            )),
            None => say("nothing to undo"),
        }
    } else if let Some(id) = &a.history {
        let (object, events) = tasks::label::history(&project, id)?;
        say(&format!("{} (#{})", object.name, object.id));
        let columns = [
            text("event"),
            text("at"),
            text("who"),
            text("from"),
            text("what"),
            text("value"),
            text("replaces"),
            text("undoes"),
        ];
        let rows: Vec<Vec<Value>> = events
            .iter()
            .map(|e| {
                vec![
                    json!(e.id),
                    json!(e.at),
                    json!(e.who),
                    json!(e.origin),
                    json!(e.kind),
                    json!(e.value),
                    json!(e.previous),
                    e.undoes.map_or(Value::Null, |b| json!(format!("step {b}"))),
                ]
            })
            .collect();
        print(Default::default(), &columns, &rows, &Facts::new())?;
    } else if let Some(id) = &a.id {
        let class = a.class.as_deref().filter(|_| !a.clear);
        let (object, previous) = tasks::label::set(&mut project, id, class, &author)?;
        let before = previous.map_or_else(String::new, |p| format!(" (was {p})"));
        say(&format!(
            "{}: {}{before}",
            object.name,
            class.map_or("no label", str::trim)
        ));
    }
    Ok(vec![])
}

pub(super) fn classify(a: Classify, progress: &Bars) -> Outcome {
    let mut project = Project::open(&a.project.project, false)?;
    let options = ClassifyOptions {
        on: a.on.on,
        next: a.next,
        c: a.strength,
        seed: a.seed,
        validate: true,
    };
    let found = tasks::classify::classify(&mut project, &options, progress)?;
    progress.clear();
    if a.all {
        return all_predictions(&project, &found, a.format);
    }
    let accuracy = found.validation.as_ref().map(|v| {
        json!({"accuracy": v.accuracy, "low": v.accuracy_low, "high": v.accuracy_high, "balanced": v.balanced_accuracy, "labels": v.tested})
    });
    if a.format == super::args::Format::Table {
        summary(&found, progress);
    }
    let columns = [text("object"), real("doubt", 3), text("why"), text("id")];
    let mut rows = Vec::new();
    for s in &found.suggestions {
        let name = objects::get(project.store(), s.row as i64)?.map_or_else(String::new, |o| o.name);
        rows.push(vec![
            json!(name),
            json!(s.doubt),
            json!(s.reason),
            json!(format!("#{}", s.row)),
        ]);
    }
    let heading = json!({"classes": found.classes, "labels": found.labels, "cross_validation": accuracy, "note": found.note});
    if a.format == super::args::Format::Table {
        if rows.is_empty() {
            if a.next > 0 {
                say("\nevery object with a vector is labelled");
            }
            return Ok(vec![]);
        }
        say("\nlabel these next:");
    }
    print(a.format, &columns, &rows, &facts(heading))?;
    Ok(vec![])
}

fn summary(found: &Classified, progress: &Bars) {
    if let Some(why) = &found.note {
        note(progress, why);
    }
    let Some(predictions) = &found.predictions else {
        return;
    };
    let columns = [text("class"), text("labels"), text("predicted")];
    let rows: Vec<Vec<Value>> = found
        .classes
        .iter()
        .enumerate()
        .map(|(c, name)| {
            let predicted = (0..predictions.rows())
                .filter(|&i| predictions.class(i) == Some(c))
                .count();
            vec![json!(name), json!(found.labels.get(c)), json!(predicted)]
        })
        .collect();
    // A failed write to the standard output shows at the next one.
    let _ = print(Default::default(), &columns, &rows, &Facts::new());
    if let Some(v) = &found.validation {
        say(&format!(
            "\ncross-validated accuracy {:.0} % (95 %: {:.0}–{:.0} %), balanced {:.0} %, on {} labels in {} folds",
            100.0 * v.accuracy,
            100.0 * v.accuracy_low,
            100.0 * v.accuracy_high,
            100.0 * v.balanced_accuracy,
            v.tested,
            v.folds
        ));
    }
}

fn all_predictions(project: &Project, found: &Classified, format: super::args::Format) -> Outcome {
    let Some(predictions) = &found.predictions else {
        anyhow::bail!(
            found
                .note
                .clone()
                .unwrap_or_else(|| "there are no predictions yet".into())
        );
    };
    // Column names live as long as the program: there are as many as classes.
    let names: Vec<&'static str> = predictions
        .classes
        .iter()
        .map(|&c| {
            &*Box::leak(format!("p_{}", found.classes.get(c).map_or("", String::as_str)).into_boxed_str())
        })
        .collect();
    let mut columns = vec![text("object"), text("predicted"), real("doubt", 3)];
    columns.extend(names.into_iter().map(|n| Column {
        name: n,
        digits: Some(3),
    }));
    let objects = objects::all(project.store())?;
    let rows: Vec<Vec<Value>> = objects
        .iter()
        .take(predictions.rows())
        .enumerate()
        .map(|(i, o)| {
            let class = predictions.class(i).and_then(|c| found.classes.get(c));
            let mut row = vec![json!(o.name), json!(class), json!(predictions.entropy[i])];
            row.extend(predictions.row(i).iter().map(|p| json!(p)));
            row
        })
        .collect();
    print(format, &columns, &rows, &facts(json!({"classes": found.classes})))?;
    Ok(vec![])
}

pub(super) fn anomalies(a: Anomalies, progress: &Bars) -> Outcome {
    let mut project = Project::open(&a.project.project, false)?;
    a.montage.as_deref().map_or(Ok(()), check_picture)?;
    let author = author(a.who.as_deref(), "command line");
    let marks = [
        (split_ids(&project, &a.interesting)?, INTERESTING),
        (split_ids(&project, &a.ordinary)?, ORDINARY),
    ];
    tasks::label::mark(&mut project, &marks, &author)?;
    let method = match a.method {
        MethodArg::Isolation => Method::Isolation,
        MethodArg::Knn => Method::Knn,
        MethodArg::Mahalanobis => Method::Mahalanobis,
        MethodArg::Combined => Method::Combined,
    };
    let request = AnomalyRequest {
        method,
        unguided: a.unguided,
        on: a.on.on,
        k: a.k,
        seed: a.seed,
    };
    let ranking = tasks::anomalies::anomalies(&mut project, &request, progress)?;
    progress.clear();
    let how = if ranking.model_weight > 0.0 {
        format!(
            "guided by {} interesting and {} ordinary marks (weight {:.2}), for the rest by {}",
            ranking.marks.0,
            ranking.marks.1,
            ranking.model_weight,
            method.name()
        )
    } else {
        format!("by {}", method.name())
    };
    note(
        progress,
        &format!("{} ranked {how}", count(ranking.ranked, "object", "objects")),
    );
    let columns = [
        text("rank"),
        text("object"),
        real("score", 4),
        text("mark"),
        text("label"),
        text("what drives it"),
        text("id"),
    ];
    let rows: Vec<Vec<Value>> = ranking
        .strangest
        .iter()
        .enumerate()
        .map(|(i, s)| {
            let drivers: Vec<String> = s
                .drivers
                .iter()
                .map(|d| format!("{} {:+.1}σ", d.name.trim_start_matches("morph_"), d.z))
                .collect();
            vec![
                json!(i + 1),
                json!(s.object.name),
                json!(s.score),
                json!(s.mark),
                json!(s.label),
                json!(drivers.join(", ")),
                json!(format!("#{}", s.object.id)),
            ]
        })
        .collect();
    print(
        a.format,
        &columns,
        &rows,
        &facts(json!({"ranked": ranking.ranked, "how": how})),
    )?;
    if let Some(path) = a.montage {
        let shown: Vec<Shown> = ranking
            .strangest
            .iter()
            .enumerate()
            .map(|(i, s)| Shown {
                object: s.object.id,
                caption: format!("{}. {}", i + 1, short_name(&s.object)),
            })
            .collect();
        let skipped = cutouts::draw_montage(
            &project,
            &shown,
            None,
            cutouts::TILE_PX,
            Some("strangest first"),
            &path,
            progress,
        )?;
        note(progress, &format!("wrote {}", path.display()));
        return Ok(skipped);
    }
    Ok(vec![])
}

pub(super) fn map(a: Map, progress: &Bars) -> Outcome {
    let mut project = Project::open(&a.project.project, false)?;
    let method = match a.method {
        MapArg::Pca => MapMethod::Pca,
        MapArg::Umap => MapMethod::Umap,
    };
    let found = tasks::map::map(&mut project, method, a.on.on.as_deref(), a.seed, progress)?;
    progress.clear();
    let Some(format) = a.format else {
        say(&format!(
            "{}; kept in the project, `astrolabel export` writes the coordinates",
            found.how
        ));
        return Ok(vec![]);
    };
    let columns = [text("object"), real("x", 4), real("y", 4), text("id")];
    let rows: Vec<Vec<Value>> = objects::all(project.store())?
        .iter()
        .zip(&found.places)
        .filter(|(_, p)| p[0].is_finite())
        .map(|(o, p)| {
            vec![
                json!(o.name),
                json!(p[0]),
                json!(p[1]),
                json!(format!("#{}", o.id)),
            ]
        })
        .collect();
    print(format, &columns, &rows, &facts(json!({"how": found.how})))?;
    Ok(vec![])
}

pub(super) fn export(a: Export, progress: &Bars) -> Outcome {
    let project = Project::open(&a.project.project, false)?;
    for path in a.out.iter().chain(&a.vectors) {
        check_place(path)?;
    }
    let mut skipped = Vec::new();
    if let Some(path) = &a.out {
        let report = tasks::export::export(&project, path, progress)?;
        progress.clear();
        let files: Vec<String> = report.files.iter().map(|f| f.display().to_string()).collect();
        say(&format!(
            "{} rows, {} columns: {}",
            report.rows,
            report.columns,
            files.join(", ")
        ));
        skipped = report.skipped;
    }
    if let Some(path) = &a.vectors {
        let report = tasks::export::export_vectors(&project, path, a.on.as_deref(), progress)?;
        progress.clear();
        say(&format!(
            "{} vectors of {} numbers: {}",
            report.rows,
            report.columns - 1,
            path.display()
        ));
    }
    Ok(skipped)
}

pub(super) fn cutouts(a: Cutouts, progress: &Bars) -> Outcome {
    let mut project = Project::open(&a.project.project, false)?;
    if is_picture(&a.out) {
        check_picture(&a.out)?;
    } else if a.out.is_file() {
        anyhow::bail!(
            "{}: this is a file: name a folder, or a .png for a montage",
            a.out.display()
        );
    }
    let asked = split_ids(&project, &a.ids)?;
    let shown = cutouts::choose(&mut project, &asked, progress)?;
    if is_picture(&a.out) {
        let skipped =
            cutouts::draw_montage(&project, &shown, a.size, a.tile as usize, None, &a.out, progress)?;
        progress.clear();
        say(&format!(
            "{} in {}",
            count(shown.len() - skipped.len(), "cutout", "cutouts"),
            a.out.display()
        ));
        return Ok(skipped);
    }
    let (written, skipped) = cutouts::write_files(&project, &shown, a.size, &a.out, progress)?;
    progress.clear();
    say(&format!(
        "{} written to {}",
        count(written, "cutout", "cutouts"),
        a.out.display()
    ));
    Ok(skipped)
}

pub(super) fn simulate(a: Simulate, progress: &Bars) -> Outcome {
    let options = simulation::SimulateOptions {
        seed: a.seed,
        side: a.side as usize,
        objects: a.objects,
    };
    let files = simulation::simulate(&a.out, &options, progress)?;
    progress.clear();
    for file in files {
        say(&file.display().to_string());
    }
    Ok(vec![])
}

pub(super) fn relocate(a: Relocate) -> Outcome {
    let mut project = Project::open(&a.project.project, false)?;
    let absolute = |p: &std::path::Path| std::path::absolute(p).unwrap_or_else(|_| p.to_owned());
    let new = absolute(&a.new);
    if !new.exists() {
        anyhow::bail!("{}: there is nothing here", new.display());
    }
    let moved = objects::relocate(project.store_mut(), &absolute(&a.old), &new)?;
    if moved == 0 {
        anyhow::bail!(
            "{}: the project has no file there; `astrolabel info PROJECT` lists them",
            a.old.display()
        );
    }
    say(&format!(
        "{} now looked for below {}",
        count(moved, "path", "paths"),
        new.display()
    ));
    Ok(vec![])
}
