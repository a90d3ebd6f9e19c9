//! The program itself: real drag and drop, pointer and keys, and a kill in the middle of labelling.

use crate::screen::{Running, Screen, Shot, wait};
use crate::support::{labels_on_disk, marks_on_disk, objects_on_disk, project, survey};
use crate::xdnd;
use astrolabel::progress::Silent;
use astrolabel::project::Project;
use astrolabel::project::journal::{self, Author, Kind};
use astrolabel::tasks::similar::{SimilarOptions, similar};
use std::path::Path;
use std::time::{Duration, SystemTime};

/// The middle of the gallery as a new user finds it, as parts of the window.
const ON_GALLERY: (f64, f64) = (0.44, 0.6);

/// Labels that stand in a project, as another program sees them; none before there is one.
fn labels(root: &Path) -> usize {
    Project::open(root, false)
        .and_then(|p| journal::standing(p.store(), Kind::Label))
        .map_or(0, |l| l.len())
}

/// Whether all objects of a project have vectors.
fn is_embedded(root: &Path, objects: usize) -> bool {
    let Ok(project) = Project::open(root, false) else {
        return false;
    };
    let runs = project.runs().unwrap_or_default();
    let done = runs.first().and_then(|(name, _)| {
        let run = astrolabel::project::runs::Run::open(&project.embeddings(), name, objects).ok()?;
        Some(run.done())
    });
    done == Some(objects)
}

/// What the window kept when it was closed.
fn kept(home: &Path) -> serde_json::Value {
    let path = home.join("data").join("astrolabel").join("app.ron");
    let text = std::fs::read_to_string(path).unwrap();
    let start = text.find("\"astrolabel\":").unwrap() + "\"astrolabel\":".len();
    // A string of RON is one of JSON.
    let mut values = serde_json::Deserializer::from_str(&text[start..]).into_iter::<String>();
    serde_json::from_str(&values.next().unwrap().unwrap()).unwrap()
}

#[test]
fn a_person_drops_files_labels_by_keys_and_searches_for_a_picture() {
    let Some(screen) = Screen::start() else { return };
    let dir = tempfile::tempdir().unwrap();
    let files = survey(dir.path(), 40);
    let root = dir.path().join("survey.astrolabel");
    let mut running = Running::start(&screen, dir.path(), &[]);
    let window = running.window;

    // A folder dropped anywhere is understood on the sheet; Enter imports it, and it is embedded by itself.
    xdnd::drop_files(&screen.display, window, &[files.as_path()], None);
    let mut tries = 0;
    wait("the import and the vectors", || {
        tries += 1;
        if tries % 20 == 0 && !Project::is_project(&root) {
            screen.hand(&["key", "Return"]);
        }
        is_embedded(&root, 40).then_some(())
    });
    screen.at_rest(window);

    // Two classes by name, then labels by keys at some ten a second.
    for class in ["plain", "odd"] {
        screen.see(window, &["key", "n"]);
        screen.see(window, &["type", "--delay", "60", class]);
        screen.see(window, &["key", "Return"]);
    }
    screen.see(window, &["key", "Right"]);
    screen.hand(&["key", "--delay", "100", "1", "2", "1", "2", "1", "1", "2", "1"]);
    wait("eight labels on the disk", || (labels(&root) == 8).then_some(()));
    screen.hand(&["key", "ctrl+z"]);
    wait("one label fewer", || (labels(&root) == 7).then_some(()));
    screen.hand(&["key", "ctrl+shift+z"]);
    wait("the label again", || (labels(&root) == 8).then_some(()));

    // A picture dropped on the gallery is searched for: what is most like it becomes the selection, which
    // a key then marks. With a sheet in front, keys would mark nothing.
    let ring = crate::dropping::picture(dir.path());
    let options = SimilarOptions {
        image: Some(ring.clone()),
        k: 1,
        threads: 1,
        ..Default::default()
    };
    let best = similar(&Project::open(&root, false).unwrap(), &options, &Silent).unwrap();
    screen.see(window, &["key", "Escape"]);
    xdnd::drop_files(&screen.display, window, &[ring.as_path()], Some(ON_GALLERY));
    let marked = wait("a mark on what was found", || {
        screen.hand(&["key", "i"]);
        marks_on_disk(&root).into_keys().next()
    });
    assert_eq!(marked, best[0].object.id, "the most similar one");
    assert_eq!(objects_on_disk(&root).len(), 40, "nothing was imported");

    // The image moves with the hand, and is found again as it was left.
    screen.see(window, &["key", "ctrl+2"]);
    screen.hand(&["mousemove", "560", "400", "mousedown", "1"]);
    screen.at_rest(window);
    for (x, y) in [("600", "420"), ("640", "440"), ("660", "450")] {
        screen.see(window, &["mousemove", x, y]);
    }
    screen.hand(&["mouseup", "1"]);
    screen.at_rest(window);
    screen.hand(&["key", "ctrl+q"]);
    running.end();
    let kept = kept(dir.path());
    assert_eq!(kept["panels"]["gallery"]["source"], "Found");
    let camera = &kept["panels"]["image"]["camera"];
    let number = |v: &serde_json::Value| v.as_f64().unwrap();
    assert_eq!(camera["fits"], false, "{camera}");
    let zoom = number(&camera["zoom"]);
    // 100 points to the right and 50 down, but for what it takes to be a drag.
    let right = (319.5 - number(&camera["centre"][0])) * zoom;
    let down = (number(&camera["centre"][1]) - 319.5) * zoom;
    assert!(
        (50.0..=101.0).contains(&right) && (25.0..=51.0).contains(&down),
        "{camera}"
    );
}

/// How many of `of` objects the bar of the pane of classes shows as labelled.
fn shown(shot: &Shot, of: usize) -> usize {
    // Blue, green, red of what is done, in the dark theme.
    const DONE: [u8; 3] = [0x73, 0x4f, 0x0d];
    let bars = shot.rows(243).filter_map(|row| {
        let start = row.iter().position(|c| *c == DONE)?;
        let done = row[start..].iter().take_while(|c| **c == DONE).count();
        // Its round end is a mixture of both colours.
        let rest = &row[(start + done + 4).min(row.len() - 1)..];
        let empty = rest.iter().take_while(|c| **c == rest[0]).count();
        Some((done, done + 4 + empty))
    });
    // The row through the middle is the longest.
    let longest = bars.max_by_key(|bar| bar.0);
    longest.map_or(0, |(done, all)| {
        ((done + 2) as f64 / all as f64 * of as f64).round() as usize
    })
}

#[test]
fn a_kill_in_the_middle_of_labelling_loses_no_label_that_was_shown() {
    let Some(screen) = Screen::start() else { return };
    let dir = tempfile::tempdir().unwrap();
    let root = project(dir.path());
    // The last two objects have a label each, so that there are two classes.
    let author = Author {
        who: "tester".into(),
        origin: "before".into(),
    };
    let before = [(58, Some("plain".to_owned())), (59, Some("odd".to_owned()))];
    let mut opened = Project::open(&root, false).unwrap();
    journal::give(opened.store_mut(), &author, Kind::Label, &before).unwrap();
    drop(opened);
    let mut running = Running::start(&screen, dir.path(), &["--project", root.to_str().unwrap()]);
    let window = running.window;
    wait("two labels on the screen", || {
        (shown(&screen.shot(window), 60) == 2).then_some(())
    });
    screen.see(window, &["key", "Right"]);

    // Some ten labels a second, for longer than the program will live.
    let typed: Vec<&str> = (0..55)
        .map(|i| if (i * i + i / 3) % 3 == 0 { "1" } else { "2" })
        .collect();
    let mut keys = vec!["key", "--delay", "100"];
    keys.extend(&typed);
    let mut hand = screen.hand_at_work(&keys);
    wait("labels on the screen", || {
        (shown(&screen.shot(window), 60) > 4).then_some(())
    });
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let moment = Duration::from_millis(u64::from(now.subsec_nanos()) / 1000 % 2000);
    std::thread::sleep(moment);
    let last = screen.shot(window);
    running.kill();
    let _ = hand.kill();
    let _ = hand.wait();

    let seen = shown(&last, 60);
    let standing = labels_on_disk(&root);
    eprintln!(
        "killed after {moment:?}: {seen} labels shown, {} on the disk",
        standing.len()
    );
    assert!(
        seen > 4 && seen <= standing.len(),
        "every label that was shown is on the disk"
    );
    // What is on the disk is what was typed, from the first on, one object after the other.
    for (i, (object, label)) in standing.iter().take(standing.len() - 2).enumerate() {
        let wanted = if typed[i] == "1" { "plain" } else { "odd" };
        assert_eq!((*object, label.as_str()), (i as i64, wanted));
    }
    let opened = Project::open(&root, false).unwrap();
    assert!(journal::is_consistent(opened.store()).unwrap());
    drop(opened);
    let again = Running::start(&screen, dir.path(), &["--project", root.to_str().unwrap()]);
    wait("the labels on the screen again", || {
        (shown(&screen.shot(again.window), 60) == standing.len()).then_some(())
    });
    assert_eq!(labels_on_disk(&root), standing);
}
