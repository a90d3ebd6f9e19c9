//! The window. Panels borrow a read-only view and send commands; `apply` alone changes anything; long
//! work is a job; the `mind` holds the project, writes labels and learns from them.

mod apply;
mod background;
mod bench;
mod columns;
mod command;
mod context;
mod derived;
mod dialogs;
mod dock;
mod encoders;
mod files;
mod filter;
mod import_sheet;
mod jobs;
mod launch;
mod listing;
mod live;
mod mind;
mod notices;
mod panels;
mod sample;
mod selection;
mod settings;
mod shell;
mod state;
mod survey;
mod theme;
mod thumbs;
mod widgets;

pub use bench::{Report, UiBenchOptions, bench_ui};
pub use files::{FilePicker, Pick, ScriptedPicker, SystemPicker};
pub use launch::{LaunchOptions, RendererChoice, launch};
pub use shell::Window;
