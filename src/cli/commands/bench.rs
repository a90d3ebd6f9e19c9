//! `astrolabel bench`.

use crate::app::{UiBenchOptions, bench_ui};
use crate::cli::args::Bench;
use crate::cli::bar::Bars;
use crate::cli::{Outcome, say};

pub(in crate::cli) fn bench(a: &Bench, progress: &Bars) -> Outcome {
    let options = UiBenchOptions {
        renderer: a.renderer,
        objects: a.objects as usize,
        points: a.points as usize,
        side: a.side as usize,
        size: [a.size[0], a.size[1]],
        keep: a.keep.clone(),
    };
    let report = bench_ui(&options, progress)?;
    progress.clear();
    say(&report.to_string());
    Ok(vec![])
}
