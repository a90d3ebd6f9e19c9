//! `astrolabel demo`: the whole way through on the sample survey, each step with the command that
//! does it.

use super::args::{
    Anomalies, Classify, Cutouts, Demo, Embed, Export, Format, Import, In, Map, MapArg, MethodArg, On,
    Similar,
};
use super::bar::Bars;
use super::{Outcome, commands, say};
use crate::encoder::registry::OWN_NETWORK;
use crate::project::{Project, catalog, objects};
use crate::tasks::{self, import::author};
use std::collections::BTreeMap;
use std::path::Path;

/// Labels given to each class from the truth column, as a person would give them by eye.
const LABELS_PER_CLASS: usize = 5;
/// Classes with fewer objects than this are left for the anomaly ranking to find.
const COMMON: usize = 20;

pub(super) fn demo(a: Demo, threads: usize, progress: &Bars) -> Outcome {
    let project = In {
        project: a.project.clone(),
    };
    let at = a.project.display().to_string();
    if !a.data.is_dir() {
        anyhow::bail!(
            "{}: there is no such folder; run this from the folder that has sample_data, or give another",
            a.data.display()
        );
    }
    let step = |command: &str| say(&format!("\n$ astrolabel {command}"));

    step(&format!("import {} --project {at} --size 48px", a.data.display()));
    let import = Import {
        paths: vec![a.data.clone()],
        project: project.clone(),
        catalog: None,
        ra: None,
        dec: None,
        x: None,
        y: None,
        id: None,
        size: super::args::parse_size("48px").ok(),
        crop: None,
        detect: false,
        threshold: 1.5,
        min_area: 5,
        deblend_levels: 32,
        deblend_contrast: 0.005,
        branch_limit: 1024,
        plane: None,
    };
    let mut skipped = commands::import(import, progress)?;
    // A second run of the demo finds its own project, which is as it should be.
    skipped.retain(|s| !s.why.contains("already"));

    step(&format!("embed --project {at}"));
    let embed = Embed {
        project: project.clone(),
        encoder: OWN_NETWORK.into(),
        batch: 32,
        block: None,
        pooling: None,
        symmetric: false,
        scales: vec![],
        combine: Default::default(),
        with_morphometry: false,
        precision: None,
        device: Default::default(),
    };
    skipped.extend(commands::embed(embed, threads, progress)?);

    let truth = truth_of(&a.project)?;
    if let Some(first) = example(&truth, "ring").or_else(|| truth.values().flatten().next().cloned()) {
        step(&format!("similar --project {at} --like {first} -k 8"));
        let similar = Similar {
            project: project.clone(),
            like: vec![first],
            unlike: vec![],
            image: None,
            k: 8,
            on: On { on: None },
            montage: None,
            format: Format::Table,
        };
        commands::similar(similar, threads, progress)?;
    }
    label_some(&a.project, &truth, &at)?;

    step(&format!("classify --project {at} --next 5"));
    let classify = Classify {
        project: project.clone(),
        next: 5,
        on: On { on: None },
        strength: 0.1,
        seed: 0,
        all: false,
        format: Format::Table,
    };
    commands::classify(classify, progress)?;
    compare(&a.project)?;

    let montage = a.project.join("strangest.png");
    step(&format!(
        "anomalies --project {at} -k 24 --montage {}",
        montage.display()
    ));
    let anomalies = Anomalies {
        project: project.clone(),
        method: MethodArg::Combined,
        interesting: vec![],
        ordinary: vec![],
        unguided: false,
        k: 24,
        on: On { on: None },
        seed: 0,
        montage: Some(montage.clone()),
        who: None,
        format: Format::Table,
    };
    commands::anomalies(anomalies, progress)?;

    step(&format!("map --project {at}"));
    commands::map(
        Map {
            project: project.clone(),
            method: MapArg::Umap,
            on: On { on: None },
            seed: 0,
            format: None,
        },
        progress,
    )?;

    let out = a.project.join("catalogue.fits");
    step(&format!("export --project {at} --out {}", out.display()));
    commands::export(
        Export {
            project: project.clone(),
            out: Some(out),
            vectors: None,
            on: None,
        },
        progress,
    )?;

    if let Some(ring) = example(&truth, "ring") {
        let picture = a.project.join("similar.png");
        step(&format!(
            "cutouts --project {at} --ids similar:{ring}:23 --out {}",
            picture.display()
        ));
        let cutouts = Cutouts {
            project,
            ids: vec![format!("similar:{ring}:23")],
            out: picture,
            size: None,
            tile: 128,
        };
        commands::cutouts(cutouts, progress)?;
    }
    say(&format!(
        "\nLook at {}: the strangest objects, strangest first.",
        montage.display()
    ));
    Ok(skipped)
}

/// Names of the objects of each true class, where the catalogue has a column `truth`.
fn truth_of(folder: &Path) -> anyhow::Result<BTreeMap<String, Vec<String>>> {
    let project = Project::open(folder, false)?;
    let mut classes: BTreeMap<String, Vec<String>> = BTreeMap::new();
    if let Some(table) = catalog::read(&project)?
        && let (Some(truth), Some(ids)) = (table.texts("truth"), catalog::object_ids(&table))
    {
        for (class, id) in truth.into_iter().zip(ids) {
            if let Some(object) = objects::get(project.store(), id)? {
                classes.entry(class).or_default().push(object.name);
            }
        }
    }
    Ok(classes)
}

fn example(truth: &BTreeMap<String, Vec<String>>, class: &str) -> Option<String> {
    truth.get(class).and_then(|names| names.first()).cloned()
}

fn label_some(folder: &Path, truth: &BTreeMap<String, Vec<String>>, at: &str) -> anyhow::Result<()> {
    let common: Vec<(&String, &Vec<String>)> =
        truth.iter().filter(|(_, names)| names.len() >= COMMON).collect();
    if common.len() < 2 {
        return Ok(());
    }
    say(&format!(
        "\n{LABELS_PER_CLASS} objects of each common class are labelled from the column truth, as you would by eye:"
    ));
    let mut project = Project::open(folder, false)?;
    let who = author(None, "demo");
    for (class, names) in common {
        let chosen = &names[..LABELS_PER_CLASS.min(names.len())];
        say(&format!(
            "$ astrolabel label --project {at} {} {class}    (and {})",
            chosen[0],
            chosen[1..].join(", ")
        ));
        for name in chosen {
            tasks::label::set(&mut project, name, Some(class), &who)?;
        }
    }
    Ok(())
}

/// How often the classifier is right on objects it has no label of, by the truth column.
fn compare(folder: &Path) -> anyhow::Result<()> {
    let project = Project::open(folder, false)?;
    let (Some(table), Some(answer)) = (
        catalog::read(&project)?,
        crate::project::answers::load(&project, "classify")?,
    ) else {
        return Ok(());
    };
    let (Some(truth), Some(ids), Some(predicted)) = (
        table.texts("truth"),
        catalog::object_ids(&table),
        answer.table.texts("predicted"),
    ) else {
        return Ok(());
    };
    let labels = crate::project::journal::standing(project.store(), crate::project::journal::Kind::Label)?;
    let known: std::collections::HashSet<&String> = labels.values().collect();
    let (mut right, mut all) = (0_u32, 0_u32);
    for (class, id) in truth.iter().zip(ids) {
        if known.contains(class) && !labels.contains_key(&id) {
            all += 1;
            right += u32::from(predicted.get(id as usize) == Some(class));
        }
    }
    if all > 0 {
        say(&format!(
            "\nBy the column truth, {right} of {all} unlabelled objects of these classes are predicted right ({:.0} %). This sky is simulated.",
            100.0 * f64::from(right) / f64::from(all)
        ));
    }
    Ok(())
}
