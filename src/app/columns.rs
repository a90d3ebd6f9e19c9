//! Every column by object: those of the catalogue and the measurements, which stand still, and those
//! that change while a person labels. Tables, plots, maps, colours and filters all ask here.

use super::live::Live;
use crate::io::catalog::Table;
pub use crate::tasks::filter::Categories;
use arrow::array::{Array, ArrayRef, BooleanArray, Float64Array, StringArray};
use arrow::datatypes::DataType;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// Numbers; NaN where there is none.
    Numbers,
    /// Words.
    Words,
}

/// A column, as a person chooses it.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnInfo {
    /// Its name.
    pub name: String,
    /// Its unit; empty for a pure number.
    pub unit: String,
    /// What it is.
    pub description: String,
    /// What it holds.
    pub holds: Holds,
    /// Whether it changes while a person labels.
    pub is_live: bool,
}

/// Names of the live columns, what they hold and mean.
const LIVE: [(&str, Holds, &str); 8] = [
    ("label", Holds::Words, "class given by a person or a file"),
    ("mark", Holds::Words, "interesting or ordinary"),
    ("predicted", Holds::Words, "likeliest class by the classifier"),
    (
        "probability",
        Holds::Numbers,
        "probability of the likeliest class",
    ),
    (
        "doubt",
        Holds::Numbers,
        "entropy of the probabilities over its maximum, 0 to 1",
    ),
    ("anomaly_score", Holds::Numbers, "higher is stranger"),
    ("anomaly_rank", Holds::Numbers, "1 is the strangest"),
    ("similarity", Holds::Numbers, "cosine to what was searched for"),
];

type Cache<T> = Mutex<HashMap<(String, u64), Arc<T>>>;

/// The columns of a survey.
pub struct Columns {
    table: Table,
    still: Vec<ColumnInfo>,
    numbers: Cache<Vec<f64>>,
    categories: Cache<Categories>,
}

impl Columns {
    /// Takes the catalogue as it would be exported; live columns in it are what they were on disk and
    /// are shadowed.
    pub fn new(table: Table) -> Self {
        let is_live = |name: &str| LIVE.iter().any(|(n, ..)| *n == name);
        let still = table
            .batch
            .schema_ref()
            .fields()
            .iter()
            .filter(|f| !is_live(f.name()) && !f.name().starts_with("p_"))
            .map(|f| {
                let meta = |key: &str| f.metadata().get(key).cloned().unwrap_or_default();
                ColumnInfo {
                    name: f.name().clone(),
                    unit: meta(crate::io::catalog::table::UNIT),
                    description: meta(crate::io::catalog::table::DESCRIPTION),
                    holds: match f.data_type() {
                        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Boolean => {
                            Holds::Words
                        }
                        _ => Holds::Numbers,
                    },
                    is_live: false,
                }
            })
            .collect();
        Self {
            table,
            still,
            numbers: Mutex::default(),
            categories: Mutex::default(),
        }
    }

    /// Number of objects.
    pub fn rows(&self) -> usize {
        self.table.rows()
    }

    /// All columns there are now: identity first, then what changes, then the rest.
    pub fn all(&self, live: &Live) -> Vec<ColumnInfo> {
        let mut all: Vec<ColumnInfo> = LIVE
            .iter()
            .filter(|(name, ..)| match *name {
                "predicted" | "probability" | "doubt" => live.predicted.is_some(),
                "anomaly_score" | "anomaly_rank" => live.ranked.is_some(),
                "similarity" => live.found.is_some(),
                _ => true,
            })
            .map(|(name, holds, what)| ColumnInfo {
                name: (*name).to_owned(),
                unit: String::new(),
                description: (*what).to_owned(),
                holds: *holds,
                is_live: true,
            })
            .collect();
        if let Some(p) = &live.predicted {
            for &class in &p.predictions.classes {
                let name = live.classes.get(class).map_or("", |c| c.name.as_str());
                all.push(ColumnInfo {
                    name: format!("p_{name}"),
                    unit: String::new(),
                    description: format!("probability of class {name}"),
                    holds: Holds::Numbers,
                    is_live: true,
                });
            }
        }
        let place = self.still.len().min(1 + usize::from(self.still.len() > 1));
        let mut columns: Vec<ColumnInfo> = self.still.clone();
        columns.splice(place..place, all);
        columns
    }

    /// What is known of a column.
    pub fn info(&self, live: &Live, name: &str) -> Option<ColumnInfo> {
        self.all(live).into_iter().find(|c| c.name == name)
    }

    /// A number that changes whenever the column's values do.
    pub fn generation(&self, live: &Live, name: &str) -> u64 {
        match name {
            "probability" | "doubt" => live.answered.predicted,
            "anomaly_score" | "anomaly_rank" => live.answered.ranked,
            "similarity" => live.answered.found,
            _ if is_live(name) => live.generation,
            _ => 0,
        }
    }

    /// The values of a column of numbers by object, NaN where there is none.
    pub fn numbers(&self, live: &Live, name: &str) -> Option<Arc<Vec<f64>>> {
        let key = (name.to_owned(), self.generation(live, name));
        if let Some(held) = self.numbers.lock().ok().and_then(|c| c.get(&key).cloned()) {
            return Some(held);
        }
        let values = Arc::new(self.live_numbers(live, name).or_else(|| {
            let index = self
                .still
                .iter()
                .any(|c| c.name == name && c.holds == Holds::Numbers);
            index.then(|| self.table.numbers(name)).flatten()
        })?);
        if let Ok(mut cache) = self.numbers.lock() {
            cache.retain(|(n, _), _| n != name);
            cache.insert(key, values.clone());
        }
        Some(values)
    }

    fn live_numbers(&self, live: &Live, name: &str) -> Option<Vec<f64>> {
        let widen = |v: &[f32]| v.iter().map(|&x| f64::from(x)).collect::<Vec<f64>>();
        match name {
            "probability" => {
                let p = &live.predicted.as_ref()?.predictions;
                let best = |i: usize| p.row(i).iter().copied().fold(f32::NAN, f32::max);
                Some((0..p.rows()).map(|i| f64::from(best(i))).collect())
            }
            "doubt" => Some(widen(&live.predicted.as_ref()?.predictions.entropy)),
            "anomaly_score" => Some(widen(&live.ranked.as_ref()?.score)),
            "anomaly_rank" => {
                let rank = &live.ranked.as_ref()?.rank;
                Some(
                    rank.iter()
                        .map(|&r| if r == 0 { f64::NAN } else { f64::from(r) })
                        .collect(),
                )
            }
            "similarity" => Some(widen(&live.found.as_ref()?.similarity)),
            _ => {
                let class = name.strip_prefix("p_")?;
                let p = &live.predicted.as_ref()?.predictions;
                let number = live.classes.iter().position(|c| c.name == class)?;
                let place = p.classes.iter().position(|&c| c == number)?;
                let of = |i: usize| p.row(i).get(place).map_or(f64::NAN, |&v| f64::from(v));
                Some((0..p.rows()).map(of).collect())
            }
        }
    }

    /// The words of a column by object, as numbers into the list of different words.
    pub fn categories(&self, live: &Live, name: &str) -> Option<Arc<Categories>> {
        let key = (name.to_owned(), self.generation(live, name));
        if let Some(held) = self.categories.lock().ok().and_then(|c| c.get(&key).cloned()) {
            return Some(held);
        }
        let known = is_live(name)
            || self
                .still
                .iter()
                .any(|c| c.name == name && c.holds == Holds::Words);
        if !known {
            return None;
        }
        if let Some(made) = live_categories(live, name).map(Arc::new) {
            if let Ok(mut cache) = self.categories.lock() {
                cache.retain(|(n, _), _| n != name);
                cache.insert(key, made.clone());
            }
            return Some(made);
        }
        let mut places: HashMap<String, u32> = HashMap::new();
        let mut words: Vec<String> = Vec::new();
        let mut counts: Vec<usize> = Vec::new();
        let mut of = Vec::with_capacity(self.rows());
        for row in 0..self.rows() as u32 {
            let word = self.word(live, name, row).unwrap_or_default();
            if word.is_empty() {
                of.push(0);
                continue;
            }
            let place = *places.entry(word.clone()).or_insert_with(|| {
                words.push(word);
                counts.push(0);
                words.len() as u32
            });
            counts[place as usize - 1] += 1;
            of.push(place);
        }
        let mut order: Vec<usize> = (0..words.len()).collect();
        order.sort_by_key(|&i| std::cmp::Reverse(counts[i]));
        let mut moved = vec![0u32; words.len() + 1];
        for (new, &old) in order.iter().enumerate() {
            moved[old + 1] = new as u32 + 1;
        }
        of.iter_mut().for_each(|v| *v = moved[*v as usize]);
        let words = order.iter().map(|&i| std::mem::take(&mut words[i])).collect();
        let made = Arc::new(Categories { words, of });
        if let Ok(mut cache) = self.categories.lock() {
            cache.retain(|(n, _), _| n != name);
            cache.insert(key, made.clone());
        }
        Some(made)
    }

    /// One word of a column of words.
    pub fn word(&self, live: &Live, name: &str, row: u32) -> Option<String> {
        let class = |number: usize| live.classes.get(number).map(|c| c.name.clone());
        match name {
            "label" => live.label_of(row).and_then(class),
            "predicted" => live.prediction_of(row).and_then(|(c, _)| class(c)),
            "mark" => match live.marks.get(row as usize)? {
                1 => Some("interesting".into()),
                -1 => Some("ordinary".into()),
                _ => None,
            },
            _ => {
                let column = self.table.column(name)?;
                let row = row as usize;
                if row >= column.len() || column.is_null(row) {
                    return None;
                }
                if let Some(text) = column.as_any().downcast_ref::<StringArray>() {
                    return Some(text.value(row).to_owned());
                }
                if let Some(truth) = column.as_any().downcast_ref::<BooleanArray>() {
                    return Some(truth.value(row).to_string());
                }
                arrow::util::display::array_value_to_string(column, row).ok()
            }
        }
    }

    /// One value of a column of numbers, without making the whole column; NaN where there is none.
    pub fn number_at(&self, live: &Live, name: &str, row: u32) -> f64 {
        let at = row as usize;
        let of = |v: Option<&f32>| v.map_or(f64::NAN, |&v| f64::from(v));
        match name {
            "probability" => live.prediction_of(row).map_or(f64::NAN, |(_, p)| f64::from(p)),
            "doubt" => of(live
                .predicted
                .as_ref()
                .and_then(|p| p.predictions.entropy.get(at))),
            "anomaly_score" => of(live.ranked.as_ref().and_then(|r| r.score.get(at))),
            "anomaly_rank" => live.rank_of(row).map_or(f64::NAN, f64::from),
            "similarity" => of(live.found.as_ref().and_then(|f| f.similarity.get(at))),
            _ if name.starts_with("p_") => self
                .numbers(live, name)
                .and_then(|v| v.get(at).copied())
                .unwrap_or(f64::NAN),
            _ => {
                let Some(column) = self.table.column(name).filter(|c| at < c.len()) else {
                    return f64::NAN;
                };
                let one = arrow::compute::cast(&column.slice(at, 1), &DataType::Float64).ok();
                one.as_ref()
                    .and_then(|c| c.as_any().downcast_ref::<arrow::array::Float64Array>())
                    .filter(|c| !c.is_null(0))
                    .map_or(f64::NAN, |c| c.value(0))
            }
        }
    }

    /// One cell as a person reads it. Looks at this one value only, so that a view may ask for each
    /// cell it draws.
    pub fn cell(&self, live: &Live, column: &ColumnInfo, row: u32) -> String {
        match column.holds {
            Holds::Words => self.word(live, &column.name, row).unwrap_or_default(),
            Holds::Numbers if column.is_live => number(self.live_number(live, &column.name, row)),
            Holds::Numbers => match self.table.column(&column.name) {
                // A catalogue's number of an object has more digits than a rounded number shows.
                Some(values) if values.data_type().is_integer() => one_text(values, row),
                Some(values) if column.unit == "deg" => degrees(one_number(values, row)),
                Some(values) => number(one_number(values, row)),
                None => String::new(),
            },
        }
    }

    /// One cell with all its digits, to be copied.
    pub fn exact(&self, live: &Live, column: &ColumnInfo, row: u32) -> String {
        match column.holds {
            Holds::Words => self.word(live, &column.name, row).unwrap_or_default(),
            Holds::Numbers if column.is_live => {
                let value = self.live_number(live, &column.name, row);
                if value.is_nan() {
                    String::new()
                } else {
                    // Live values are kept in single precision.
                    (value as f32).to_string()
                }
            }
            Holds::Numbers => self
                .table
                .column(&column.name)
                .map_or_else(String::new, |values| one_text(values, row)),
        }
    }

    /// One value of a live column of numbers, NaN where there is none.
    fn live_number(&self, live: &Live, name: &str, row: u32) -> f64 {
        let at = |v: &[f32]| v.get(row as usize).map_or(f64::NAN, |&x| f64::from(x));
        let predicted = || live.predicted.as_ref().map(|p| &p.predictions);
        match name {
            "probability" => live.prediction_of(row).map_or(f64::NAN, |(_, p)| f64::from(p)),
            "doubt" => predicted().map_or(f64::NAN, |p| at(&p.entropy)),
            "anomaly_score" => live.ranked.as_ref().map_or(f64::NAN, |r| at(&r.score)),
            "anomaly_rank" => live.rank_of(row).map_or(f64::NAN, f64::from),
            "similarity" => live.found.as_ref().map_or(f64::NAN, |f| at(&f.similarity)),
            _ => {
                let place = name.strip_prefix("p_").and_then(|class| {
                    let number = live.classes.iter().position(|c| c.name == class)?;
                    predicted()?.classes.iter().position(|&c| c == number)
                });
                match (place, predicted()) {
                    (Some(place), Some(p)) if (row as usize) < p.rows() => {
                        p.row(row as usize).get(place).map_or(f64::NAN, |&v| f64::from(v))
                    }
                    _ => f64::NAN,
                }
            }
        }
    }
}

/// One number of a column, NaN where there is none.
fn one_number(values: &ArrayRef, row: u32) -> f64 {
    let row = row as usize;
    if row >= values.len() || values.is_null(row) {
        return f64::NAN;
    }
    let cast = arrow::compute::cast(&values.slice(row, 1), &DataType::Float64).ok();
    cast.and_then(|c| c.as_any().downcast_ref::<Float64Array>().map(|c| c.value(0)))
        .unwrap_or(f64::NAN)
}

/// One value of a column as it stands in the catalogue, empty where there is none.
fn one_text(values: &ArrayRef, row: u32) -> String {
    let row = row as usize;
    if row >= values.len() || values.is_null(row) {
        return String::new();
    }
    match arrow::util::display::array_value_to_string(values, row) {
        Ok(text) if text == "NaN" => String::new(),
        Ok(text) => text,
        Err(_) => String::new(),
    }
}

/// The live columns of words from their numbers: they are made anew with every label, and a million
/// words would be compared each time.
fn live_categories(live: &Live, name: &str) -> Option<Categories> {
    let numbers: Vec<u32> = match name {
        "label" => live.labels.iter().map(|&l| u32::from(l)).collect(),
        "mark" => {
            let number = |m: &i8| match m {
                1 => 1,
                -1 => 2,
                _ => 0,
            };
            live.marks.iter().map(number).collect()
        }
        "predicted" => {
            let p = &live.predicted.as_ref()?.predictions;
            (0..p.rows())
                .map(|i| p.class(i).map_or(0, |c| c as u32 + 1))
                .collect()
        }
        _ => return None,
    };
    let names: Vec<&str> = match name {
        "mark" => vec!["interesting", "ordinary"],
        _ => live.classes.iter().map(|c| c.name.as_str()).collect(),
    };
    let mut counts = vec![0usize; names.len() + 1];
    for &n in &numbers {
        if let Some(count) = counts.get_mut(n as usize) {
            *count += 1;
        }
    }
    // Only words that some object has, most first.
    let mut order: Vec<usize> = (0..names.len()).filter(|&i| counts[i + 1] > 0).collect();
    order.sort_by_key(|&i| std::cmp::Reverse(counts[i + 1]));
    let mut moved = vec![0u32; names.len() + 1];
    for (new, &old) in order.iter().enumerate() {
        moved[old + 1] = new as u32 + 1;
    }
    Some(Categories {
        words: order.iter().map(|&i| names[i].to_owned()).collect(),
        of: numbers
            .iter()
            .map(|&n| moved.get(n as usize).copied().unwrap_or(0))
            .collect(),
    })
}

/// Whether a column changes while a person labels.
fn is_live(name: &str) -> bool {
    name.starts_with("p_") || LIVE.iter().any(|(n, ..)| *n == name)
}

/// A number in at most some ten characters: whole numbers whole, the rest to six figures. Empty for NaN.
pub fn number(value: f64) -> String {
    if value.is_nan() {
        return String::new();
    }
    if value == value.trunc() && value.abs() < 1e9 {
        return format!("{value:.0}");
    }
    let size = value.abs();
    if !(1e-4..1e9).contains(&size) {
        return format!("{value:.4e}");
    }
    let digits = (5 - size.log10().floor() as i32).clamp(0, 9) as usize;
    format!("{value:.digits$}")
}

/// An angle to 0.04 arcsec: a position on the sky to six figures would be off by more than its object.
fn degrees(value: f64) -> String {
    if value.is_nan() {
        String::new()
    } else {
        format!("{value:.5}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_true() {
        assert_eq!(number(12.0), "12");
        assert_eq!(number(150.123456789), "150.123");
        assert_eq!(number(0.00001), "1.0000e-5");
        assert_eq!(number(-0.5), "-0.500000");
        assert_eq!(number(f64::NAN), "");
    }
}
