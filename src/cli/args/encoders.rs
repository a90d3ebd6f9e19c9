//! Encoders: what there is, where it comes from, fetching it.

use super::Format;
use clap::{Args, Subcommand};
use std::path::PathBuf;

#[allow(missing_docs, reason = "the help text is the documentation")]
#[derive(Args, Debug)]
pub struct Encoders {
    #[command(subcommand)]
    pub what: EncodersCommand,
}

#[allow(missing_docs, reason = "the help text is the documentation")]
#[derive(Subcommand, Debug)]
pub enum EncodersCommand {
    /// List every encoder: family, size, licence, and whether its weights are here.
    List {
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Show all that is known of an encoder: its source, and everything done to pixels before it.
    Info {
        /// Its name.
        name: String,
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Fetch an encoder's weights. Can be stopped at any moment; goes on where it stopped.
    ///
    /// Proxies are taken from HTTPS_PROXY, HTTP_PROXY and NO_PROXY, a network's own certificates from
    /// SSL_CERT_FILE. The file is used only if its SHA-256 is the right one. Weights go to the folder
    /// ASTROLABEL_MODELS, else ~/.cache/astrolabel/models.
    Get {
        /// Its name.
        name: String,
        /// Another hub's address, or that of the file itself. [default: $ASTROLABEL_HUB, $HF_ENDPOINT, huggingface.co]
        #[arg(long, value_name = "URL")]
        from: Option<String>,
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Take up an encoder of your own: a description (.toml) with its weights beside it, or a weights file.
    ///
    /// The family of a weights file is told from its tensors, and a description is written for it into
    /// the folder ASTROLABEL_ENCODERS (else the system's place for settings), where it can be edited.
    /// Weights called like a known encoder that has none yet become its weights.
    Add {
        /// The file.
        file: PathBuf,
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Remove an encoder of your own: its description, and weights that lie beside it. Asks first.
    Remove {
        /// Its name.
        name: String,
        /// Remove without asking.
        #[arg(long)]
        yes: bool,
    },
    /// Check an encoder's weights: their SHA-256, and that every tensor fits.
    Verify {
        /// Its name.
        name: String,
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
}
