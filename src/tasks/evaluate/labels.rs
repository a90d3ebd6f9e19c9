//! The truth that encoders are held against: a table of files and classes, or the project's own labels.

use crate::io::catalog::table::Table;
use crate::progress::Progress;
use crate::project::journal::{self, Kind};
use crate::project::{Project, ProjectError};
use crate::tasks::filter::{Categories, Filter, Source, Values};
use crate::tasks::label::{NAMING, class_name, label_column};
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A split of this name is taken by itself where a table has it.
const TEST: &str = "test";

/// Which labels are evaluated on.
#[derive(Debug, Clone, Default)]
pub struct LabelChoice {
    /// A table with columns `file` (or `id`, `name`) and `label`, maybe `split`; the project's own labels
    /// without.
    pub file: Option<PathBuf>,
    /// The column that holds the classes, `label` (or `class`) if not given.
    pub column: Option<String>,
    /// Only these classes; all if empty.
    pub only: Vec<String>,
    /// Only rows whose `split` says so; `all` for every row. Without it, `test` where there is one.
    pub held_out: Option<String>,
    /// Only rows for which this expression over the table's columns is true.
    pub filter: Option<String>,
}

/// One label.
#[derive(Debug, Clone, PartialEq)]
pub struct Labelled {
    /// What the object is called: file, id or name.
    pub name: String,
    /// Its number in the project, if the label is the project's own.
    pub object: Option<usize>,
    /// Its class.
    pub class: String,
}

/// The labels, and what was left out.
#[derive(Debug, Clone, Default)]
pub struct Labels {
    /// What they are called, for a heading.
    pub title: String,
    /// Where files are found whose names are relative.
    pub root: PathBuf,
    /// The labels, in the order of the table.
    pub rows: Vec<Labelled>,
    /// What was left out.
    pub notes: Vec<String>,
}

/// Reads the labels.
///
/// # Errors
/// If the table can't be read, has no column of classes or names, or nothing is left of it.
pub fn read(
    project: Option<&Project>,
    choice: &LabelChoice,
    progress: &dyn Progress,
) -> Result<Labels, ProjectError> {
    let mut labels = match (&choice.file, project) {
        (Some(path), _) => from_table(path, choice, progress)?,
        (None, Some(project)) => of_project(project)?,
        (None, None) => {
            return Err(ProjectError::Ask(
                "give the labels to evaluate on with --labels FILE".into(),
            ));
        }
    };
    if !choice.only.is_empty() {
        let known: BTreeSet<String> = labels.rows.iter().map(|r| r.class.clone()).collect();
        if let Some(unknown) = choice.only.iter().find(|c| !known.contains(*c)) {
            let names: Vec<String> = known.into_iter().collect();
            return Err(ProjectError::Ask(format!(
                "{}: no label is '{unknown}': there are {}",
                labels.title,
                names.join(", ")
            )));
        }
        let before = labels.rows.len();
        labels.rows.retain(|r| choice.only.contains(&r.class));
        note_left_out(&mut labels, before, "of other classes");
    }
    Ok(labels)
}

fn note_left_out(labels: &mut Labels, before: usize, why: &str) {
    let left = before - labels.rows.len();
    if left > 0 {
        labels
            .notes
            .push(format!("{left} of {before} labels left out: {why}"));
    }
}

fn of_project(project: &Project) -> Result<Labels, ProjectError> {
    let standing = journal::standing(project.store(), Kind::Label)?;
    let mut rows: Vec<Labelled> = standing
        .into_iter()
        .map(|(id, class)| Labelled {
            name: format!("#{id}"),
            object: Some(id as usize),
            class,
        })
        .collect();
    rows.sort_by_key(|r| r.object);
    Ok(Labels {
        title: "the project's labels".into(),
        root: PathBuf::new(),
        rows,
        notes: vec![],
    })
}

fn from_table(path: &Path, choice: &LabelChoice, progress: &dyn Progress) -> Result<Labels, ProjectError> {
    let wrong = |cause: String| ProjectError::Ask(format!("{}: {cause}", path.display()));
    let table = crate::tasks::import::read_table(path, None, progress).map_err(ProjectError::Ask)?;
    let columns = table.names().join(", ");
    let class_column = label_column(&table, choice.column.as_deref())
        .ok_or_else(|| wrong(format!("there is no column of labels; it has {columns}")))?;
    let name_column = (NAMING.into_iter().find(|c| table.position(c).is_some())).ok_or_else(|| {
        wrong(format!(
            "no column names objects (file, id, name); it has {columns}"
        ))
    })?;
    let texts =
        |c: &str| (table.texts(c)).ok_or_else(|| wrong(format!("its column '{c}' can't be read as text")));
    let (names, classes) = (texts(name_column)?, texts(class_column)?);
    let mut labels = Labels {
        title: path
            .parent()
            .and_then(Path::file_name)
            .map(|f| format!("{}/", f.to_string_lossy()))
            .unwrap_or_default()
            + &path
                .file_name()
                .map(|f| f.to_string_lossy().into_owned())
                .unwrap_or_default(),
        root: path.parent().unwrap_or(Path::new("")).to_owned(),
        ..Labels::default()
    };
    let mut keep = vec![true; table.rows()];
    if let Some(expression) = &choice.filter {
        let passes = Filter::parse(expression)
            .and_then(|f| f.passes(&Columns(&table)))
            .map_err(|e| wrong(format!("'{expression}': {e}")))?;
        restrict(
            &mut keep,
            &passes,
            &mut labels.notes,
            &format!("not {expression}"),
        );
    }
    let splits = table.texts("split");
    match (&choice.held_out, splits) {
        (Some(all), _) if all == "all" => {}
        (Some(wanted), Some(splits)) => {
            if !splits.contains(wanted) {
                let known: BTreeSet<String> = splits.into_iter().collect();
                let known: Vec<String> = known.into_iter().collect();
                return Err(wrong(format!(
                    "no row has split '{wanted}': there are {}",
                    known.join(", ")
                )));
            }
            let passes: Vec<bool> = splits.iter().map(|s| s == wanted).collect();
            restrict(
                &mut keep,
                &passes,
                &mut labels.notes,
                &format!("their split is not {wanted}"),
            );
        }
        (Some(_), None) => return Err(wrong(format!("there is no column 'split'; it has {columns}"))),
        (None, Some(splits)) if splits.iter().any(|s| s == TEST) => {
            let passes: Vec<bool> = splits.iter().map(|s| s == TEST).collect();
            let why = "their split is not test (--held-out all takes every row)";
            restrict(&mut keep, &passes, &mut labels.notes, why);
        }
        (None, _) => {}
    }
    let before = keep.iter().filter(|k| **k).count();
    for ((name, class), keep) in names.into_iter().zip(classes).zip(keep) {
        let class = class_name(&class);
        if keep && !class.is_empty() {
            labels.rows.push(Labelled {
                name,
                object: None,
                class,
            });
        }
    }
    note_left_out(&mut labels, before, "they name no class");
    Ok(labels)
}

/// Leaves out the rows that don't pass, and says how many.
fn restrict(keep: &mut [bool], passes: &[bool], notes: &mut Vec<String>, why: &str) {
    let before = keep.iter().filter(|k| **k).count();
    keep.iter_mut().zip(passes).for_each(|(k, p)| *k &= p);
    let left = before - keep.iter().filter(|k| **k).count();
    if left > 0 {
        notes.push(format!("{left} of {before} rows left out: {why}"));
    }
}

/// A table's columns for an expression.
struct Columns<'t>(&'t Table);

impl Source for Columns<'_> {
    fn rows(&self) -> usize {
        self.0.rows()
    }

    fn names(&self) -> Vec<String> {
        self.0.names().into_iter().map(str::to_owned).collect()
    }

    fn values(&self, name: &str) -> Option<Values> {
        let is_flag = self
            .0
            .column(name)
            .is_some_and(|c| *c.data_type() == arrow::datatypes::DataType::Boolean);
        if let Some(numbers) = self.0.numbers(name).filter(|_| !is_flag) {
            return Some(Values::Numbers(Arc::new(numbers)));
        }
        let texts = self.0.texts(name)?;
        let mut categories = Categories::default();
        let mut number: HashMap<String, u32> = HashMap::new();
        for text in texts {
            let of = if text.is_empty() {
                0
            } else {
                *number.entry(text).or_insert_with_key(|word| {
                    categories.words.push(word.clone());
                    categories.words.len() as u32
                })
            };
            categories.of.push(of);
        }
        Some(Values::Words(Arc::new(categories)))
    }
}
