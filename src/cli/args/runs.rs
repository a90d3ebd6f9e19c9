//! The runs of a project.

use super::{Format, In};
use clap::Args;

#[allow(missing_docs, reason = "the help text is the documentation")]
#[derive(Args, Debug)]
pub struct Runs {
    #[command(flatten)]
    pub project: In,
    /// Delete this run: its name as listed, or its encoder's if that has no other. Asks first.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["format", "json"])]
    pub delete: Option<String>,
    /// Delete without asking.
    #[arg(long, requires = "delete")]
    pub yes: bool,
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// The same as --format json.
    #[arg(long, conflicts_with = "format")]
    pub json: bool,
}
