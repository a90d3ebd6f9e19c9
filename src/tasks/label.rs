//! Label: from a file, one by one, taken back, looked up.

use super::Skipped;
use crate::io::catalog::table::Table;
use crate::progress::Progress;
use crate::project::journal::{self, Author, Event, Kind, Undone};
use crate::project::{Object, Project, ProjectError, objects};
use serde::Serialize;
use std::collections::HashMap;
use std::path::Path;

/// What importing labels did.
#[derive(Debug, Clone, Default, Serialize)]
pub struct LabelReport {
    /// Objects whose label changed.
    pub changed: usize,
    /// Rows whose object already had that label.
    pub unchanged: usize,
    /// Labels by class.
    pub classes: Vec<(String, usize)>,
    /// Rows left out.
    pub skipped: Vec<Skipped>,
}

/// Columns that name objects, the likeliest first.
pub(super) const NAMING: [&str; 6] = ["file", "filename", "id", "name", "object", "object_id"];

/// The column that holds the labels: `wanted`, or one of a usual name.
pub(super) fn label_column<'t>(table: &Table, wanted: Option<&'t str>) -> Option<&'t str> {
    let is_there = |c: &&str| table.position(c).is_some();
    match wanted {
        Some(_) => wanted.filter(is_there),
        None => ["label", "class", "classification", "type"]
            .into_iter()
            .find(is_there),
    }
}

/// Reads labels from a catalogue file: a column `label` (or `class`), and one that names the object:
/// `file`, `id`, `name` or `object_id`. `column` chooses another label column. An empty label is
/// passed over. All labels of a file are one step to undo.
pub fn from_file(
    project: &mut Project,
    path: &Path,
    column: Option<&str>,
    author: &Author,
    progress: &dyn Progress,
) -> Result<LabelReport, ProjectError> {
    let wrong = |cause: String| ProjectError::Ask(format!("{}: {cause}", path.display()));
    let table = super::import::read_table(path, None, progress).map_err(ProjectError::Ask)?;
    let label = label_column(&table, column);
    let columns = table.names().join(", ");
    let label = label.ok_or_else(|| wrong(format!("there is no label column; it has {columns}")))?;
    let keys: Vec<(&str, Vec<String>)> = (NAMING.iter())
        .filter_map(|&c| Some((c, table.texts(c)?)))
        .collect();
    if keys.is_empty() {
        return Err(wrong(format!(
            "there is no column that names objects (file, id, name); it has {columns}"
        )));
    }
    let labels = table
        .texts(label)
        .ok_or_else(|| wrong(format!("its column '{label}' can't be read as text")))?;
    let finder = Finder::of(project)?;
    let mut report = LabelReport::default();
    let mut values = Vec::new();
    let mut by_class: HashMap<String, usize> = HashMap::new();
    let mut said: HashMap<i64, (usize, String)> = HashMap::new();
    for (row, class) in labels.iter().enumerate() {
        let class = class_name(class);
        if class.is_empty() {
            continue;
        }
        // A table may name an object twice, by file and by id: the first that is known counts.
        let found = keys.iter().find_map(|(key, names)| {
            let name = names.get(row)?;
            if *key == "object_id" {
                name.parse().ok().filter(|&id| finder.has(id))
            } else {
                finder.find(name)
            }
        });
        let name = keys[0].1.get(row).map_or("", String::as_str);
        match found {
            Some(id) => {
                let (first, other) = said.entry(id).or_insert_with(|| (row, class.clone()));
                if *other != class {
                    report.skipped.push(Skipped::new(
                        format!("{} row {}", path.display(), row + 1),
                        format!(
                            "'{name}' is {other} in row {} and {class} here: the first counts",
                            *first + 1
                        ),
                    ));
                    continue;
                }
                *by_class.entry(class.clone()).or_default() += 1;
                values.push((id, Some(class)));
            }
            None => report.skipped.push(Skipped::new(
                format!("{} row {}", path.display(), row + 1),
                format!("no single object is called '{name}'"),
            )),
        }
    }
    if values.is_empty() {
        return Err(wrong(format!(
            "none of its {} rows has a label and names an object of this project in column {}",
            table.rows(),
            keys.iter()
                .map(|(k, _)| format!("'{k}'"))
                .collect::<Vec<_>>()
                .join(" or ")
        )));
    }
    report.changed = journal::give(project.store_mut(), author, Kind::Label, &values)?;
    report.unchanged = values.len() - report.changed;
    report.classes = by_class.into_iter().collect();
    report.classes.sort();
    Ok(report)
}

/// Finds objects by name or file without asking the database for each.
pub(super) struct Finder {
    // `None` where the key names several objects.
    by_name: HashMap<String, Option<i64>>,
    by_base: HashMap<String, Option<i64>>,
    count: i64,
}

impl Finder {
    pub(super) fn of(project: &Project) -> Result<Self, ProjectError> {
        let all = objects::all(project.store())?;
        let mut finder = Self {
            by_name: HashMap::new(),
            by_base: HashMap::new(),
            count: all.len() as i64,
        };
        let add = |map: &mut HashMap<String, Option<i64>>, key: &str, id: i64| {
            map.entry(key.to_owned())
                .and_modify(|e| *e = e.filter(|&known| known == id))
                .or_insert(Some(id));
        };
        for object in &all {
            add(&mut finder.by_name, &object.name, object.id);
            if let Some(file) = &object.file {
                add(&mut finder.by_name, file, object.id);
                add(&mut finder.by_base, base(file), object.id);
            }
        }
        Ok(finder)
    }

    fn has(&self, id: i64) -> bool {
        (0..self.count).contains(&id)
    }

    pub(super) fn find(&self, text: &str) -> Option<i64> {
        let number = || {
            text.strip_prefix('#')
                .and_then(|n| n.parse().ok())
                .filter(|&id| self.has(id))
        };
        match self.by_name.get(text) {
            Some(found) => *found,
            None => self.by_base.get(base(text)).copied().flatten().or_else(number),
        }
    }
}

/// A class's name on one line: what is around it and line breaks inside don't make another class.
pub(super) fn class_name(text: &str) -> String {
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|w| !w.is_empty())
        .collect();
    words.join(" ")
}

fn base(file: &str) -> &str {
    file.rsplit('/').next().unwrap_or(file)
}

/// Gives one object a class; `None` clears it. Returns the object and the label it had.
pub fn set(
    project: &mut Project,
    id: &str,
    class: Option<&str>,
    author: &Author,
) -> Result<(Object, Option<String>), ProjectError> {
    let value = class.map(class_name);
    if value.as_ref().is_some_and(String::is_empty) {
        return Err(ProjectError::Ask("a class needs a name".into()));
    }
    let object = objects::find(project.store(), id)?;
    let previous = journal::standing(project.store(), Kind::Label)?.remove(&object.id);
    journal::give(project.store_mut(), author, Kind::Label, &[(object.id, value)])?;
    Ok((object, previous))
}

/// Marks objects, each list with its mark (interesting or ordinary): all of them or, where one is
/// unknown, none. One step to undo.
pub fn mark(
    project: &mut Project,
    marks: &[(Vec<String>, &str)],
    author: &Author,
) -> Result<usize, ProjectError> {
    let mut values: Vec<(i64, Option<String>)> = Vec::new();
    for (ids, mark) in marks {
        for id in ids {
            let object = objects::find(project.store(), id)?;
            let other = |(known, value): &(i64, Option<String>)| {
                *known == object.id && value.as_deref() != Some(*mark)
            };
            if values.iter().any(other) {
                return Err(ProjectError::Ask(format!(
                    "'{id}' can't be both interesting and ordinary"
                )));
            }
            values.push((object.id, Some((*mark).to_owned())));
        }
    }
    if values.is_empty() {
        return Ok(0);
    }
    journal::give(project.store_mut(), author, Kind::Mark, &values)
}

/// Takes back the newest step of labelling or marking.
pub fn undo(project: &mut Project, author: &Author) -> Result<Option<Undone>, ProjectError> {
    journal::undo(project.store_mut(), author)
}

/// Everything that was said about one object.
pub fn history(project: &Project, id: &str) -> Result<(Object, Vec<Event>), ProjectError> {
    let object = objects::find(project.store(), id)?;
    let events = journal::history(project.store(), object.id)?;
    Ok((object, events))
}
