//! What a table says of its columns: name, UCD, unit, and whether the values can be what a role needs.

use super::units::is_angle_unit;
use crate::io::catalog::Table;
use crate::io::catalog::table::UCD;
use crate::io::sexagesimal::looks_sexagesimal;
use arrow::datatypes::DataType;

/// What decides whether a column may play a part.
pub(super) struct Columns<'a> {
    pub(super) table: &'a Table,
    names: Vec<String>,
    ucds: Vec<String>,
}

impl<'a> Columns<'a> {
    pub(super) fn new(table: &'a Table) -> Self {
        let fields = table.batch.schema_ref().fields();
        Self {
            table,
            names: fields.iter().map(|f| f.name().clone()).collect(),
            ucds: fields
                .iter()
                .map(|f| {
                    f.metadata()
                        .get(UCD)
                        .map(|u| u.to_ascii_lowercase())
                        .unwrap_or_default()
                })
                .collect(),
        }
    }

    pub(super) fn by_name(&self, wanted: &str) -> Option<&str> {
        self.table.position(wanted).map(|i| self.names[i].as_str())
    }

    /// A scalar column of numbers.
    pub(super) fn is_number(&self, name: &str) -> bool {
        self.table
            .column(name)
            .is_some_and(|c| c.data_type().is_numeric())
    }

    /// Whether the finite values, if there are any, lie within `low..=high` but for one in a hundred.
    pub(super) fn within(&self, name: &str, low: f64, high: f64) -> bool {
        let Some(values) = self.table.numbers(name) else {
            return false;
        };
        let finite = values.iter().filter(|v| v.is_finite()).count();
        let inside = values.iter().filter(|v| (low..=high).contains(*v)).count();
        inside * 100 >= finite * 99
    }

    /// Whether the column holds angles in sixtieths: at least half of the first texts do.
    pub(super) fn is_sexagesimal(&self, name: &str) -> bool {
        if self
            .table
            .column(name)
            .is_none_or(|c| c.data_type() != &DataType::Utf8)
        {
            return false;
        }
        let texts = self.table.texts(name).unwrap_or_default();
        let sample: Vec<&String> = texts.iter().filter(|t| !t.trim().is_empty()).take(200).collect();
        let good = sample.iter().filter(|t| looks_sexagesimal(t)).count();
        good > 0 && good * 2 >= sample.len()
    }

    pub(super) fn unit(&self, name: &str) -> String {
        self.table
            .unit(name)
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase()
    }

    /// Whether `name` can be a longitude (or, else, a latitude).
    pub(super) fn is_sky(&self, name: &str, longitude: bool) -> bool {
        if self.is_sexagesimal(name) {
            return true;
        }
        if !self.is_number(name) || !is_angle_unit(&self.unit(name)) {
            return false;
        }
        // As radians and hours are smaller, degrees bound them all.
        let limit = if longitude { 360.0 } else { 90.0 };
        self.within(name, if longitude { -180.0 } else { -limit }, limit)
    }

    /// The first column whose UCD has `wanted` as its first word, `meta.main` before others.
    pub(super) fn by_ucd(&self, wanted: &[&str], fits: impl Fn(&str) -> bool) -> Option<(String, String)> {
        let mut hits: Vec<usize> = (0..self.names.len())
            .filter(|&i| {
                let first = self.ucds[i].split(';').next().unwrap_or_default().trim();
                wanted.contains(&first) && fits(&self.names[i])
            })
            .collect();
        hits.sort_by_key(|&i| !(self.ucds[i].contains("meta.main") || self.ucds[i].ends_with("_main")));
        hits.first()
            .map(|&i| (self.names[i].clone(), self.ucds[i].clone()))
    }
}
