//! An encoder trained by command: from labels, from images alone; stopped and gone on with; used.

use crate::encoders::Person;
use crate::support::{arg, survey};
use std::path::{Path, PathBuf};

/// Small pictures of round and long blobs, with a table of labels.
fn blobs(folder: &Path, count: usize) -> PathBuf {
    std::fs::create_dir_all(folder.join("images")).unwrap();
    let mut table = "file,label,split,p_round\n".to_owned();
    for i in 0..count {
        let round = i % 2 == 0;
        let (side, wide) = (40, 4.0 + (i % 5) as f32 * 0.4);
        let picture = image::GrayImage::from_fn(side, side, |x, y| {
            let (x, y) = (x as f32 - 19.5, y as f32 - 19.5);
            let long = if round { 1.0 } else { 2.5 };
            let light = (-((x / (wide * long)).powi(2) + (y / wide).powi(2)) / 2.0).exp();
            image::Luma([(30.0 + 200.0 * light) as u8])
        });
        let name = format!("images/{i}.png");
        picture.save(folder.join(&name)).unwrap();
        let label = if round { "round" } else { "long" };
        let split = if i % 4 == 3 { "kept" } else { "train" };
        table += &format!("{name},{label},{split},{}\n", if round { 0.9 } else { 0.2 });
    }
    let path = folder.join("labels.csv");
    std::fs::write(&path, table).unwrap();
    path
}

#[test]
fn it_learns_from_labels_goes_on_and_is_used() {
    let person = Person::new();
    let labels = blobs(&person.at("blobs"), 24);
    let cropped = format!("{}@0.5", labels.display());
    let common = ["train", "--out", "mine", "--labels", &cropped, "--batch", "16"];
    fn with<'a>(common: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
        [common, more].concat()
    }
    let said = person.run(0, &with(&common, &["--split", "train", "--steps", "4"]));
    assert!(said.contains("4 steps on 18 images"), "{said}");
    let card = std::fs::read_to_string(person.at("own/mine.md")).unwrap();
    assert!(
        card.contains("| blobs | 18 | 18 | long, round | p_round | 50 % |") && card.contains("--steps 4"),
        "{card}"
    );
    let first = std::fs::read(person.at("own/mine.safetensors")).unwrap();
    let curves = std::fs::read_to_string(person.at("own/mine.training/losses.html")).unwrap();
    assert!(
        curves.contains("Step 4 of 4") && curves.contains("<td>labels</td>"),
        "{curves}"
    );

    // Its checkpoint is of this training only.
    let said = person.run(
        1,
        &with(&common, &["--split", "train", "--steps", "4", "--seed", "2"]),
    );
    assert!(said.contains("seed was 1 and is 2"), "{said}");
    let said = person.run(1, &with(&common, &["--steps", "4"]));
    assert!(said.contains("other images or labels"), "{said}");
    // Without the end, the same command makes the same network.
    std::fs::remove_file(person.at("own/mine.training/checkpoint.safetensors")).unwrap();
    person.run(
        0,
        &with(&common, &["--split", "train", "--steps", "4", "--threads", "1"]),
    );
    assert_eq!(first, std::fs::read(person.at("own/mine.safetensors")).unwrap());

    let project = person.at("p");
    let images = person.at("blobs/images");
    person.run(0, &["import", arg(&images), "--project", arg(&project)]);
    let said = person.run(0, &["embed", "--project", arg(&project), "--encoder", "mine"]);
    assert!(said.contains("24 vectors of 128 numbers"), "{said}");
    let said = person.run(0, &["encoders", "verify", "mine"]);
    assert!(said.contains("mine"), "{said}");

    // Beginning with it, from a project's images alone and with a teacher.
    let other = [
        "train",
        "--out",
        "next",
        "--images",
        arg(&project),
        "--init",
        "mine",
    ];
    let said = person.run(
        0,
        &[
            &other[..],
            &["--teacher", "hand26", "--steps", "2", "--batch", "16"],
        ]
        .concat(),
    );
    assert!(said.contains("2 steps on 24 images"), "{said}");
}

#[test]
fn images_alone_do_and_broken_ones_are_named() {
    let person = Person::new();
    blobs(&person.at("blobs"), 16);
    std::fs::write(person.at("blobs/images/broken.png"), b"no picture").unwrap();
    let images = person.at("blobs");
    let said = person.run(
        3,
        &[
            "train",
            "--out",
            "alone",
            "--images",
            arg(&images),
            "--steps",
            "3",
            "--batch",
            "16",
        ],
    );
    assert!(
        said.contains("broken.png") && said.contains("3 steps on 16 images"),
        "{said}"
    );
    let card = std::fs::read_to_string(person.at("own/alone.md")).unwrap();
    assert!(card.contains("weighted 1, 1, 1, 1"), "{card}");
    let log = std::fs::read_to_string(person.at("own/alone.training/log.jsonl")).unwrap();
    assert!(log.contains("\"step\":3"), "{log}");
}

#[test]
fn what_cant_be_trained_is_said() {
    let person = Person::new();
    let empty = person.at("empty");
    std::fs::create_dir(&empty).unwrap();
    let train = |code: i32, args: &[&str]| person.run(code, &[&["train", "--steps", "1"][..], args].concat());
    let said = train(1, &["--out", "a", "--images", arg(&empty)]);
    assert!(said.contains("no image in it can be used"), "{said}");
    let said = train(1, &["--out", "a", "--images", arg(&person.at("nowhere"))]);
    assert!(said.contains("nowhere: can't be read"), "{said}");
    let said = train(2, &["--out", "../a", "--images", arg(&empty)]);
    assert!(said.contains("a name has letters"), "{said}");
    let said = train(2, &["--out", "efficientnet_lite0", "--images", arg(&empty)]);
    assert!(said.contains("came with the program"), "{said}");
    let labels = blobs(&person.at("blobs"), 8);
    let said = train(1, &["--out", "a", "--labels", arg(&labels), "--split", "nobody"]);
    assert!(said.contains("no image in it can be used"), "{said}");
    let said = train(
        1,
        &["--out", "a", "--labels", arg(&labels), "--teacher", "nobody"],
    );
    assert!(said.contains("there is no encoder 'nobody'"), "{said}");
    let data = survey(person.dir.path(), 9);
    let said = train(1, &["--out", "a", "--labels", arg(&data)]);
    assert!(!said.contains("panicked"), "{said}");
}
