//! What `--device` means, for the commands that compute networks.

use crate::cli::args::DeviceArg;
use crate::cli::bar::Bars;
use crate::cli::{Usage, note};
use crate::encoder::computation::Computation;
use crate::encoder::device::{ComputeDevice, Wanted, choose_for};

/// Finds who computes, and says so where it isn't simply what was asked for.
pub(super) fn device(
    asked: DeviceArg,
    computation: &Computation,
    progress: &Bars,
) -> anyhow::Result<ComputeDevice> {
    let wanted = match asked {
        DeviceArg::Auto => Wanted::Auto,
        DeviceArg::Cpu => Wanted::Processor,
        DeviceArg::Gpu => Wanted::Card,
    };
    let choice = choose_for(wanted, computation)
        .map_err(|why| Usage(format!("{why} (--device, --precision and --isa)")))?;
    if let Some(line) = &choice.note {
        note(progress, line);
    }
    Ok(choice.device)
}
