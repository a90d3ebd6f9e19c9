//! `astrolabel bench`: the window, or a network.

use crate::app::{UiBenchOptions, bench_ui};
use crate::cli::args::{Bench, IsaArg};
use crate::cli::bar::Bars;
use crate::cli::{Outcome, say};
use crate::encoder::Encoder;
use crate::encoder::computation::Computation;
use crate::encoder::morphometry::median;
use crate::encoder::plan::isa::{Isa, Precision};
use crate::encoder::plan::peak::Peak;
use crate::encoder::plan::team::Team;
use crate::encoder::registry::{EncoderOptions, open_network_encoder};
use std::time::{Duration, Instant};

/// Seconds of the network between two measurements of the processor's peak.
const PEAK_EVERY: f64 = 0.1;

pub(in crate::cli) fn bench(a: &Bench, threads: usize, progress: &Bars) -> Outcome {
    if let Some(name) = &a.encoder {
        return match a.whole_path {
            true => super::bench_path::bench_path(a, name, threads, progress),
            false => bench_encoder(a, name, threads, progress),
        };
    }
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

/// Values from -1 to 1, always the same.
pub(super) fn noise(count: usize) -> Vec<f32> {
    let mut state = 1u32;
    (0..count)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1u32 << 23) as f32 - 1.0
        })
        .collect()
}

/// How the network is to compute.
pub(super) fn computation(a: &Bench) -> Computation {
    Computation {
        precision: a.precision.and_then(|p| p.precision()),
        isa: a.isa.map(IsaArg::isa),
        generic: false,
    }
}

/// The network alone, from prepared planes to vectors, in every number format.
fn bench_encoder(a: &Bench, name: &str, threads: usize, progress: &Bars) -> Outcome {
    let isa = a.isa.map(IsaArg::isa).or_else(Isa::best);
    let asked = computation(a);
    let device = super::device::device(a.device, &asked, progress)?;
    let precisions = match asked.precision {
        Some(one) => vec![one],
        None if device.card().is_some() => vec![Precision::F32],
        None => isa.map_or(vec![Precision::F32], Isa::precisions),
    };
    let team = Team::new(threads).map_err(anyhow::Error::msg)?;
    let mut first = true;
    for precision in precisions {
        let options = EncoderOptions {
            threads,
            computation: Computation {
                precision: Some(precision),
                ..asked
            },
            device: device.clone(),
            ..EncoderOptions::default()
        };
        let encoder = open_network_encoder(name, &options)?;
        let (network, side) = (encoder.network(), encoder.preprocessing().image_px);
        let (block, pooling) = encoder.part();
        let flops = network.flops(side, block);
        if std::mem::take(&mut first) {
            say(&format!(
                "{}: {side} px, batch {}, {threads} threads{}",
                encoder.spec().name,
                a.batch,
                flops.map_or(String::new(), |f| format!(
                    ", {:.2} GFLOP an image",
                    f as f64 / 1e9
                ))
            ));
        }
        let input = noise(a.batch * network.channels() * side * side);
        let mut out = vec![0.0; a.batch * encoder.spec().dim];
        let mut run = || network.embed_on(&team, &input, [a.batch, side, side], block, pooling, &mut out);
        run().map_err(anyhow::Error::msg)?;
        let peak = (encoder.chosen().isa).and_then(|isa| Peak::of(isa, precision));
        // In turn, since a shared processor's peak changes by the second.
        let (start, mut times, mut peaks, mut since) = (Instant::now(), vec![], vec![], 0.0);
        while start.elapsed() < Duration::from_secs(u64::from(a.seconds)) || times.len() < 3 {
            let one = Instant::now();
            run().map_err(anyhow::Error::msg)?;
            times.push(one.elapsed().as_secs_f64());
            since += one.elapsed().as_secs_f64();
            if since >= PEAK_EVERY || peaks.is_empty() {
                peaks.extend(peak.as_ref().map(|p| p.gflops(&team)));
                since = 0.0;
            }
        }
        let rate = a.batch as f64 / median(&mut times);
        let chosen = encoder.chosen().sentence();
        let peak = (!peaks.is_empty()).then(|| median(&mut peaks));
        say(&match (flops, peak) {
            (Some(flops), Some(peak)) => {
                let reached = rate * flops as f64 / 1e9;
                let share = 100.0 * reached / peak;
                format!("  {chosen}: {rate:.2} images/s, {reached:.0} GFLOP/s, {share:.0} % of {peak:.0}")
            }
            _ => format!("  {chosen}: {rate:.2} images/s"),
        });
        // Other formats than the first, single precision, are those of compiled networks.
        if asked.precision.is_none() && encoder.chosen().isa.is_none() {
            break;
        }
    }
    Ok(vec![])
}
