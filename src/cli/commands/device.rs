//! What `--device` means, for the commands that compute networks.

use crate::cli::args::DeviceArg;
use crate::cli::bar::Bars;
use crate::cli::{Usage, note};
use crate::encoder::computation::Computation;
use crate::encoder::device::{ComputeDevice, Wanted, choose};
use crate::encoder::plan::isa::Precision;

/// Finds who computes, and says so where it isn't simply what was asked for.
///
/// Fewer bits and instruction sets are the processor's: who asks for them means it, unless it is a card
/// that they ask for.
pub(super) fn device(
    asked: DeviceArg,
    computation: &Computation,
    progress: &Bars,
) -> anyhow::Result<ComputeDevice> {
    let fewer_bits = computation.precision.is_some_and(|p| p != Precision::F32);
    let means_processor = fewer_bits || computation.isa.is_some();
    let wanted = match asked {
        DeviceArg::Auto if means_processor => Wanted::Processor,
        DeviceArg::Auto => Wanted::Auto,
        DeviceArg::Cpu => Wanted::Processor,
        DeviceArg::Gpu if means_processor => {
            return Err(Usage(
                "a graphics card computes in f32 and has no instruction sets to choose: leave out --device gpu, or \
                 --precision and --isa"
                    .into(),
            )
            .into());
        }
        DeviceArg::Gpu => Wanted::Card,
    };
    let choice = choose(wanted).map_err(|e| Usage(e.to_string()))?;
    if let Some(line) = &choice.note {
        note(progress, line);
    }
    Ok(choice.device)
}
