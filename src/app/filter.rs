//! Filter expressions over columns: `mag_r < 21 and label == "merger"`.

use super::columns::Columns;
use super::live::Live;

/// A number that changes when an expression's answer may.
pub fn generation(_text: &str, _columns: &Columns, live: &Live) -> u64 {
    live.generation
}

/// By object, whether the expression is true; or why it can't be understood, and where.
pub fn passes(text: &str, columns: &Columns, live: &Live) -> Result<Vec<bool>, String> {
    let _ = (text, columns, live);
    Err("filters come with the table".into())
}
