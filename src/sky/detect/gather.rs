//! Which of the cores of a blend each of the pixels around them goes to.
//!
//! Each core stands for a Gaussian profile with its moments. A pixel that belongs to none goes to
//! one of them at random, with odds in proportion to what the profiles give there, so that fluxes
//! come out right on average (SExtractor; Beard, McGillivray & Thanisch 1990, MNRAS 247, 311). The
//! random number comes from the pixel's place: the same image gives the same catalogue, whatever
//! the order or the number of threads. (SEP draws from one sequence; sums over pixels that were
//! dealt out therefore differ from its by chance.)

use super::deblend::Core;
use super::measure::moments;
use super::segment::Member;
use rayon::prelude::*;
use std::f64::consts::PI;

/// Profiles are cut off where they fall by e⁻⁷⁰.
const FAR: f32 = 70.0;
const NONE: u32 = u32::MAX;
/// Objects with more pixels than this are dealt out by all threads.
const LARGE_PX: usize = 1 << 16;

/// One object after deblending.
pub(super) struct Part {
    pub(super) members: Vec<Member>,
    /// The barycentre of its core.
    pub(super) centre: (f64, f64),
    /// Whether its core, before other pixels were added, touches the edge of the image.
    pub(super) core_at_edge: bool,
}

/// A core's profile: `amplitude * exp(-(quadratic form) / 2)`.
struct Profile {
    amplitude: f32,
    x: f64,
    y: f64,
    cxx: f64,
    cyy: f64,
    cxy: f64,
}

/// Deals `members` out to `cores`; `threshold` is the whole object's.
pub(super) fn gather(
    members: &[Member],
    cores: &[Core],
    threshold: f32,
    width: usize,
    height: usize,
) -> Vec<Part> {
    let mut owner = vec![NONE; members.len()];
    let mut profiles = Vec::with_capacity(cores.len());
    let mut parts = Vec::with_capacity(cores.len());
    let mut core_members = Vec::new();
    for (i, core) in cores.iter().enumerate() {
        core_members.clear();
        for &m in &core.members {
            owner[m as usize] = i as u32;
            core_members.push(members[m as usize]);
        }
        let m = moments(&core_members, core.threshold, None);
        let area = 2.0 * PI * m.area_correction * m.a * m.b;
        // The profile's height if its wings reached the threshold at the core's area; kept down to
        // four times the peak.
        let exponent = (core_members.len() as f64 / area) as f32;
        let most = 4.0 * m.smooth_peak;
        profiles.push(Profile {
            amplitude: if exponent < FAR {
                (threshold * exponent.exp()).min(most)
            } else {
                most
            },
            x: m.x,
            y: m.y,
            cxx: m.cxx / m.area_correction,
            cyy: m.cyy / m.area_correction,
            cxy: m.cxy / m.area_correction,
        });
        parts.push(Part {
            members: Vec::with_capacity(core_members.len() * 2),
            centre: (m.x, m.y),
            core_at_edge: super::measure::touches_edge(&core_members, width, height),
        });
    }
    let assign = |chances: &mut Vec<f32>, owner: &mut u32, member: &Member| {
        if *owner == NONE {
            *owner = draw(&profiles, member, chances);
        }
    };
    if members.len() > LARGE_PX {
        owner
            .par_iter_mut()
            .zip(members)
            .for_each_init(Vec::new, |chances, (o, m)| assign(chances, o, m));
    } else {
        let mut chances = Vec::new();
        for (o, m) in owner.iter_mut().zip(members) {
            assign(&mut chances, o, m);
        }
    }
    for (&o, m) in owner.iter().zip(members) {
        if let Some(part) = parts.get_mut(o as usize) {
            part.members.push(*m);
        }
    }
    parts
}

/// The profile a pixel goes to.
fn draw(profiles: &[Profile], member: &Member, chances: &mut Vec<f32>) -> u32 {
    chances.clear();
    let (mut total, mut nearest, mut nearest_distance) = (0.0_f32, 0, f64::INFINITY);
    for (i, p) in profiles.iter().enumerate() {
        let (dx, dy) = (f64::from(member.x) - p.x, f64::from(member.y) - p.y);
        let distance = 0.5 * (p.cxx * dx * dx + p.cyy * dy * dy + p.cxy * dx * dy);
        if distance < f64::from(FAR) {
            total += p.amplitude * (-distance as f32).exp();
        }
        chances.push(total);
        if distance < nearest_distance {
            (nearest, nearest_distance) = (i, distance);
        }
    }
    if total > 1e-31 {
        let drawn = total * uniform(member.x, member.y);
        let i = chances.partition_point(|c| *c < drawn);
        if i < profiles.len() {
            return i as u32;
        }
    }
    nearest as u32
}

/// A number in [0, 1) that depends on the pixel's place only (the finaliser of SplitMix64:
/// Steele, Lea & Flood 2014).
fn uniform(x: u32, y: u32) -> f32 {
    let mut z = ((u64::from(y) << 32) | u64::from(x)).wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^= z >> 31;
    (z >> 40) as f32 / (1_u64 << 24) as f32
}
