//! A project's images, asked for by many threads at once.

use astrolabel::progress::Silent;
use astrolabel::project::Project;
use astrolabel::simulate::{SimulateOptions, simulate};
use astrolabel::tasks::images::Images;
use astrolabel::tasks::import::{ImportOptions, import_into};
use rayon::prelude::*;
use std::path::Path;
use std::time::Duration;

/// A simulated survey in a folder of its own, added to the project `root`.
fn add_survey(root: &Path, survey: &Path, made: &SimulateOptions) {
    simulate(survey, made, &Silent).unwrap();
    let options = ImportOptions {
        paths: vec![survey.to_owned()],
        who: "tester".into(),
        ..Default::default()
    };
    import_into(root, &options, &Silent).unwrap();
}

#[test]
fn threads_that_open_fields_never_wait_for_themselves() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("p");
    // More fields than are open at a time, each cut into many tiles that are decoded in parallel.
    for seed in 0..6 {
        let survey = dir.path().join(format!("survey{seed}"));
        let made = SimulateOptions {
            seed,
            side: 1024,
            objects: 6,
        };
        add_survey(&root, &survey, &made);
    }
    let project = Project::open(&root, false).unwrap();
    let images = Images::of(&project).unwrap();
    let count = images.objects().len();
    assert!(count >= 12, "{count} objects");
    let alone: Vec<_> = (0..count).map(|i| images.cut(i, None).unwrap()).collect();
    let (tell, done) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(4).build().unwrap();
        let same = pool.install(|| {
            (0..20 * count)
                .into_par_iter()
                .with_max_len(1)
                // From field to field, so that one is opened at nearly every step.
                .map(|i| i * 7 % count)
                .all(|i| images.cut(i, None).as_ref() == Ok(&alone[i]))
        });
        tell.send(same).unwrap();
    });
    let same = done.recv_timeout(Duration::from_secs(120));
    assert_eq!(same, Ok(true), "a timeout means that threads wait for each other");
}

#[test]
fn a_mosaic_that_was_damaged_is_not_read_for_each_of_its_objects() {
    let dir = tempfile::tempdir().unwrap();
    let (root, survey) = (dir.path().join("p"), dir.path().join("survey"));
    let made = SimulateOptions {
        seed: 3,
        side: 1024,
        objects: 40,
    };
    add_survey(&root, &survey, &made);
    let band = survey.join("survey_r.fits.fz");
    let whole = std::fs::read(&band).unwrap();
    let mut damaged = whole.clone();
    let middle = damaged.len() / 2;
    damaged[middle..middle + 20_000].fill(0xff);
    std::fs::write(&band, &damaged).unwrap();
    let project = Project::open(&root, false).unwrap();
    let images = Images::of(&project).unwrap();
    let error = images.cut(0, None).map(|_| ()).unwrap_err();
    assert!(
        error.contains("survey_r.fits.fz") && error.contains("RICE_1"),
        "{error}"
    );
    // Whole again, but nobody looks for some seconds: the others say the same without reading.
    std::fs::write(&band, &whole).unwrap();
    assert_eq!(images.cut(1, None).map(|_| ()), Err(error));
    assert!(Images::of(&project).unwrap().cut(1, None).is_ok());
}
