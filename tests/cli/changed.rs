//! Files that change, move, or join a folder after they were imported.

use crate::support::{arg, ends, json, ok, run, survey, text};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A folder of small pictures, each of its own shade.
fn pictures(folder: &Path, names: &[&str]) {
    std::fs::create_dir_all(folder).unwrap();
    for (i, name) in names.iter().enumerate() {
        picture(&folder.join(name), 40 + 20 * i as u8);
    }
}

fn picture(path: &Path, shade: u8) {
    let mut image = image::GrayImage::from_pixel(24, 24, image::Luma([shade / 4]));
    for (x, y) in (6..18).flat_map(|x| (8..16).map(move |y| (x, y))) {
        image.put_pixel(x, y, image::Luma([shade.wrapping_mul(x as u8)]));
    }
    image.save(path).unwrap();
}

fn vector_of(project: &str, dir: &Path, file: &str) -> String {
    let out = dir.join("vectors.csv");
    ok(&["export", "--project", project, "--vectors", arg(&out)]);
    let all = std::fs::read_to_string(out).unwrap();
    let line = all.lines().find(|l| l.starts_with(file)).unwrap();
    line.to_owned()
}

/// The project's runs by name: what follows from their manifests, and how many vectors they have.
fn runs(project: &Path) -> Vec<(String, serde_json::Value, u32)> {
    let folders = std::fs::read_dir(project.join("embeddings")).unwrap();
    let mut runs: Vec<_> = folders
        .map(|folder| {
            let folder = folder.unwrap();
            let text = std::fs::read_to_string(folder.path().join("manifest.json")).unwrap();
            let done = std::fs::read(folder.path().join("done.bits")).unwrap();
            (
                folder.file_name().into_string().unwrap(),
                serde_json::from_str(&text).unwrap(),
                done.iter().map(|byte| byte.count_ones()).sum(),
            )
        })
        .collect();
    runs.sort_by(|a, b| a.0.cmp(&b.0));
    runs
}

#[test]
fn a_replaced_cutout_is_embedded_in_a_new_run_and_the_old_one_stays() {
    let dir = tempfile::tempdir().unwrap();
    let (folder, project) = (dir.path().join("cuts"), dir.path().join("p"));
    let p = arg(&project);
    pictures(&folder, &["a.png", "b.png", "c.png"]);
    ok(&["import", arg(&folder), "--project", p]);
    ok(&["embed", "--project", p, "--encoder", "morphometry"]);
    let before = [
        vector_of(p, dir.path(), "a.png"),
        vector_of(p, dir.path(), "b.png"),
    ];
    assert!(
        ok(&["embed", "--project", p, "--encoder", "morphometry"]).contains("0 vectors"),
        "nothing has changed"
    );
    let first = runs(&project);
    assert_eq!(first.len(), 1);
    let old = project.join("embeddings").join(&first[0].0);
    let kept: Vec<Vec<u8>> = ["segment-00000.f32", "done.bits", "sources.u64", "manifest.json"]
        .map(|file| std::fs::read(old.join(file)).unwrap())
        .to_vec();
    std::thread::sleep(Duration::from_millis(20));
    picture(&folder.join("b.png"), 233);
    let said = ends(0, &["embed", "--project", p, "--encoder", "morphometry"]);
    let second = format!("{}-2", first[0].0);
    assert!(
        said.contains("1 vector of")
            && said.contains("2 were there already")
            && said.contains("b.png has changed")
            && said.contains(&second),
        "{said}"
    );
    // The new run holds vectors of what is there now alone, and says which it follows.
    let both = runs(&project);
    assert_eq!(both.len(), 2);
    assert_eq!((both[1].0.as_str(), both[1].2), (second.as_str(), 3));
    assert_eq!(both[1].1["follows"], first[0].0.as_str());
    assert_eq!(vector_of(p, dir.path(), "a.png"), before[0], "taken over");
    assert_ne!(vector_of(p, dir.path(), "b.png"), before[1]);
    // Of the old one not a byte is another.
    for (file, bytes) in ["segment-00000.f32", "done.bits", "sources.u64", "manifest.json"]
        .iter()
        .zip(&kept)
    {
        assert!(std::fs::read(old.join(file)).unwrap() == *bytes, "{file}");
    }
    // Two runs of the same measurements are one set of columns.
    let out = dir.path().join("o.csv");
    ok(&["export", "--project", p, "--out", arg(&out)]);
    let text = std::fs::read_to_string(&out).unwrap();
    let columns: Vec<&str> = text.lines().next().unwrap().split(',').collect();
    assert_eq!(
        columns.iter().filter(|c| c.starts_with("morph_gini")).count(),
        1,
        "{columns:?}"
    );
    assert!(ok(&["embed", "--project", p, "--encoder", "morphometry"]).contains("0 vectors"));
    assert_eq!(runs(&project).len(), 2);
    // Killed before anything was taken over: what is missing is made, and is the same.
    let new = project.join("embeddings").join(&second);
    let whole = std::fs::read(new.join("segment-00000.f32")).unwrap();
    std::fs::write(new.join("done.bits"), b"").unwrap();
    assert!(ok(&["embed", "--project", p, "--encoder", "morphometry"]).contains("3 vectors of"));
    assert!(std::fs::read(new.join("segment-00000.f32")).unwrap() == whole);
    // A project of an earlier program has no record of its cutouts: what is there counts.
    std::fs::remove_file(project.join("embeddings").join(&second).join("sources.u64")).unwrap();
    picture(&folder.join("c.png"), 99);
    assert!(ok(&["embed", "--project", p, "--encoder", "morphometry"]).contains("0 vectors"));
    picture(&folder.join("c.png"), 11);
    std::thread::sleep(Duration::from_millis(20));
    picture(&folder.join("c.png"), 12);
    let said = ok(&["embed", "--project", p, "--encoder", "morphometry"]);
    assert!(said.contains("1 vector of"), "{said}");
    let third = runs(&project);
    assert_eq!((third.len(), &third[2].1["follows"]), (3, &second.into()));
}

#[test]
fn a_run_of_which_nothing_is_true_any_more_is_made_again_in_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let (folder, project) = (dir.path().join("cuts"), dir.path().join("p"));
    let p = arg(&project);
    pictures(&folder, &["a.png", "b.png"]);
    ok(&["import", arg(&folder), "--project", p]);
    ok(&["embed", "--project", p, "--encoder", "morphometry"]);
    let before = vector_of(p, dir.path(), "a.png");
    std::thread::sleep(Duration::from_millis(20));
    picture(&folder.join("a.png"), 201);
    picture(&folder.join("b.png"), 202);
    let said = ends(0, &["embed", "--project", p, "--encoder", "morphometry"]);
    assert!(
        said.contains("2 vectors of") && said.contains("2 cutouts have changed") && !said.contains("new run"),
        "{said}"
    );
    let runs = runs(&project);
    assert_eq!((runs.len(), runs[0].2), (1, 2));
    assert_eq!(runs[0].1.get("follows"), None);
    assert_ne!(vector_of(p, dir.path(), "a.png"), before);
}

#[test]
fn vectors_without_a_manifest_are_not_taken_for_anything() {
    let dir = tempfile::tempdir().unwrap();
    let (folder, project) = (dir.path().join("cuts"), dir.path().join("p"));
    let p = arg(&project);
    pictures(&folder, &["a.png", "b.png"]);
    ok(&["import", arg(&folder), "--project", p]);
    ok(&["embed", "--project", p, "--encoder", "morphometry"]);
    let run = project.join("embeddings").join(&runs(&project)[0].0);
    std::fs::remove_file(run.join("manifest.json")).unwrap();
    let said = ends(1, &["embed", "--project", p, "--encoder", "morphometry"]);
    assert!(
        said.contains("manifest.json") && said.contains("delete the run's folder"),
        "{said}"
    );
    std::fs::remove_dir_all(run).unwrap();
    assert!(ok(&["embed", "--project", p, "--encoder", "morphometry"]).contains("2 vectors of"));
}

#[test]
fn a_mosaic_that_was_written_to_is_embedded_again() {
    let dir = tempfile::tempdir().unwrap();
    let data = survey(dir.path(), 20);
    let image = data.join("survey_r.fits.fz");
    let p = dir.path().join("p");
    let p = arg(&p);
    ok(&[
        "import",
        arg(&image),
        arg(&data.join("catalog.fits")),
        "--project",
        p,
    ]);
    ok(&["embed", "--project", p, "--encoder", "morphometry"]);
    // The same byte again: what lies between the samples could be another.
    let bytes = std::fs::read(&image).unwrap();
    let length = bytes.len();
    std::thread::sleep(Duration::from_millis(20));
    let file = std::fs::File::options().write(true).open(&image).unwrap();
    file.write_all_at(&bytes[length / 2..][..1], length as u64 / 2)
        .unwrap();
    drop(file);
    let said = ends(0, &["embed", "--project", p, "--encoder", "morphometry"]);
    assert!(said.contains("has changed since"), "{said}");
    // What an earlier program noted is taken for what it says: the length.
    let run = std::fs::read_dir(Path::new(p).join("embeddings"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    let manifest = run.path().join("manifest.json");
    let text = std::fs::read_to_string(&manifest).unwrap();
    let mut facts: serde_json::Value = serde_json::from_str(&text).unwrap();
    facts["fields"]["1"]["sources"][0][1] = format!("{length}-0123456789abcdef").into();
    std::fs::write(&manifest, facts.to_string()).unwrap();
    let said = ends(0, &["embed", "--project", p, "--encoder", "morphometry"]);
    assert!(
        said.contains("0 vectors") && !said.contains("has changed"),
        "{said}"
    );
    assert!(
        std::fs::read_to_string(&manifest).unwrap().contains("s2-"),
        "and refreshed"
    );
}

#[test]
fn new_files_of_a_known_folder_become_objects() {
    let dir = tempfile::tempdir().unwrap();
    let (folder, project) = (dir.path().join("cuts"), dir.path().join("p"));
    let p = arg(&project);
    pictures(&folder, &["a.png", "b.png"]);
    ok(&["import", arg(&folder), "--project", p]);
    ok(&["label", "--project", p, "a.png", "round"]);
    ok(&["embed", "--project", p, "--encoder", "morphometry"]);
    pictures(&folder.join("more"), &["x.png", "y.png"]);
    picture(&folder.join("z.png"), 77);
    let one = ok(&["import", arg(&folder.join("z.png")), "--project", p]);
    assert!(
        one.contains("1 object added") && one.contains("now has 3"),
        "{one}"
    );
    let rest = ok(&["import", arg(&folder), "--project", p]);
    assert!(
        rest.contains("2 objects added") && rest.contains("3 are more in this project"),
        "{rest}"
    );
    let facts = json(&["info", p, "--format", "json"]);
    assert_eq!(
        facts["fields"].as_array().unwrap().len(),
        1,
        "one folder: {facts}"
    );
    assert_eq!(facts["labels"]["round"], 1);
    assert!(ok(&["embed", "--project", p, "--encoder", "morphometry"]).contains("3 vectors"));
    assert!(vector_of(p, dir.path(), "more/x.png").len() > 40);
    assert!(ends(3, &["import", arg(&folder), "--project", p]).contains("already"));
    let said = ends(3, &["import", arg(&folder), "--project", p, "--crop", "0.5"]);
    assert!(said.contains("--project OTHER"), "{said}");

    let data = survey(dir.path(), 10);
    let q = dir.path().join("q");
    ok(&["import", arg(&data), "--project", arg(&q)]);
    let said = ends(3, &["import", arg(&data), "--project", arg(&q), "--size", "20px"]);
    assert!(
        said.contains("64 pixels") && said.contains("--project OTHER"),
        "{said}"
    );
}

#[test]
fn relocating_goes_through_dots() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| -> PathBuf { dir.path().join(name) };
    pictures(&at("cuts"), &["a.png", "b.png"]);
    std::fs::create_dir(at("work")).unwrap();
    let from_work = |args: &[&str]| {
        let out = crate::support::command(args)
            .current_dir(at("work"))
            .output()
            .unwrap();
        let all = text(&out.stdout) + &text(&out.stderr);
        assert_eq!(out.status.code(), Some(0), "{args:?}\n{all}");
        all
    };
    from_work(&["import", "../cuts", "--project", "../p"]);
    std::fs::rename(at("cuts"), at("moved")).unwrap();
    let said = from_work(&["relocate", "--project", "../p", "../cuts", "../moved"]);
    assert!(said.contains("1 path") && !said.contains(".."), "{said}");
    std::fs::rename(at("moved"), at("last")).unwrap();
    ok(&[
        "relocate",
        "--project",
        arg(&at("p")),
        arg(&at("moved")),
        arg(&at("last")),
    ]);
    assert!(ok(&["embed", "--project", arg(&at("p")), "--encoder", "morphometry"]).contains("2 vectors"));
    assert_eq!(
        run(&["relocate", "--project", arg(&at("p")), "x", "y"])
            .status
            .code(),
        Some(1)
    );
}

#[test]
fn a_segment_cut_short_is_made_again() {
    let dir = tempfile::tempdir().unwrap();
    let (folder, project) = (dir.path().join("cuts"), dir.path().join("p"));
    let p = arg(&project);
    pictures(&folder, &["a.png", "b.png"]);
    ok(&["import", arg(&folder), "--project", p]);
    ok(&["embed", "--project", p, "--encoder", "morphometry"]);
    let run = std::fs::read_dir(project.join("embeddings"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    let segment = run.path().join("segment-00000.f32");
    std::fs::File::options()
        .write(true)
        .open(&segment)
        .unwrap()
        .set_len(10)
        .unwrap();
    let said = ends(0, &["embed", "--project", p, "--encoder", "morphometry"]);
    assert!(
        said.contains("2 vectors of") && said.contains("cut short"),
        "{said}"
    );
    // A run whose manifest is gone costs its columns, not the export.
    std::fs::remove_file(run.path().join("manifest.json")).unwrap();
    let out = dir.path().join("o.csv");
    let said = ends(3, &["export", "--project", p, "--out", arg(&out)]);
    assert!(
        said.contains("2 rows") && said.contains("manifest.json"),
        "{said}"
    );
}
