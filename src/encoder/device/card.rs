//! Graphics cards, opened by burn's wgpu backend and tried before they are used.

use super::attempt::attempt;
use super::trial::trial;
use super::{Card, Missing};
use crate::memory::{free, human};
use burn::tensor::wgpu::{WgpuBackend, WgpuInitError, wgpu};
use burn::tensor::{Device, DeviceKind};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Kinds of cards, best first; the last is whatever the system offers, software too.
const KINDS: [DeviceKind; 4] = [
    DeviceKind::DiscreteGpu(0),
    DeviceKind::IntegratedGpu(0),
    DeviceKind::VirtualGpu(0),
    DeviceKind::DefaultDevice,
];

/// How many of them are real cards.
const REAL: usize = 2;

/// Ways to them, best first. OpenGL is none: what has nothing better is slower than the processor.
const APIS: &[WgpuBackend] = if cfg!(target_os = "macos") {
    &[WgpuBackend::Metal]
} else if cfg!(windows) {
    &[WgpuBackend::Vulkan, WgpuBackend::Dx12]
} else {
    &[WgpuBackend::Vulkan]
};

/// How long opening a card and a first computation may take: shaders are compiled, in seconds.
const LIMIT: Duration = Duration::from_secs(60);

/// Memory that a driver may want: one that gets none ends the program, which nobody can catch.
const BYTES: u64 = 600 << 20;

/// What came of every kind: burn opens a card only once a process.
static OPENED: Mutex<[Option<Result<Card, Missing>>; KINDS.len()]> =
    Mutex::new([const { None }; KINDS.len()]);

/// The best card there is, a real one or, if `any`, one of any kind.
///
/// # Errors
/// [`Missing`]; where several fail, what is wrong with the best.
pub(super) fn open(any: bool) -> Result<Card, Missing> {
    let mut opened = OPENED.lock().unwrap_or_else(PoisonError::into_inner);
    let mut missing = Missing::Absent;
    let wanted = if any { KINDS.len() } else { REAL };
    for (kind, known) in KINDS.iter().zip(opened.iter_mut()).take(wanted) {
        match known.get_or_insert_with(|| open_kind(kind)) {
            Ok(card) => return Ok(card.clone()),
            Err(fails @ Missing::Fails(_)) if missing == Missing::Absent => missing = fails.clone(),
            Err(_) => {}
        }
    }
    Err(missing)
}

/// The first card of a kind on the best of the ways to it.
fn open_kind(kind: &DeviceKind) -> Result<Card, Missing> {
    if let Some(free) = free().filter(|f| f.bytes < BYTES) {
        return Err(Missing::Fails(format!(
            "its driver may want {} of memory, but only {}",
            human(BYTES),
            free.sentence()
        )));
    }
    let mut missing = Missing::Absent;
    for &way in APIS {
        let kind = kind.clone();
        match attempt(LIMIT, move || open_by(kind, way)) {
            Ok(Some(card)) => return Ok(card),
            Ok(None) => {}
            Err(why) => missing = Missing::Fails(why),
        }
    }
    Err(missing)
}

/// The first card of a kind by one way, if there is one.
fn open_by(kind: DeviceKind, way: WgpuBackend) -> Result<Option<Card>, String> {
    let options = Device::wgpu_options().device_kind(kind).graphics_api(way);
    let (device, setup) = match options.init_with_setup() {
        Ok(opened) => opened,
        Err(WgpuInitError::AdapterUnavailable { .. } | WgpuInitError::UnsupportedGraphicsApi { .. }) => {
            return Ok(None);
        }
        Err(other) => return Err(other.to_string()),
    };
    let info = setup.adapter.get_info();
    trial(&device).map_err(|why| format!("{}: {why}", info.name))?;
    Ok(Some(Card {
        api: api(info.backend).into(),
        is_software: info.device_type == wgpu::DeviceType::Cpu,
        name: info.name,
        device,
    }))
}

/// As its makers write it.
fn api(backend: wgpu::Backend) -> &'static str {
    match backend {
        wgpu::Backend::Vulkan => "Vulkan",
        wgpu::Backend::Metal => "Metal",
        wgpu::Backend::Dx12 => "DirectX 12",
        wgpu::Backend::Gl => "OpenGL",
        wgpu::Backend::BrowserWebGpu => "WebGPU",
        wgpu::Backend::Noop => "nothing",
    }
}
