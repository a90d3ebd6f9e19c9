//! Where a network computes: on the processor, or on a graphics card through burn's wgpu backend
//! (Vulkan, Metal, DirectX 12), which a build without the Cargo feature `gpu` lacks.
//!
//! Drivers fail, hang and give wrong numbers, and none of that may end a program or reach a vector:
//! a card is opened once a process, and must first compute something small as the processor does
//! (`card`); what goes wrong is said in one line, and the processor computes instead. Vectors of both
//! agree to about a thousandth and never to the bit, so a card is named in the run's manifest, and its
//! vectors never stand in a run of the processor's. The processor is named nowhere: it always was there.

pub mod attempt;
#[cfg(feature = "gpu")]
mod card;
#[cfg(feature = "gpu")]
mod trial;

use super::computation::Computation;
use super::plan::isa::Precision;
use attempt::quietly;
use burn::tensor::Device;
use serde_json::{Value, json};

/// Memory of a card that the images of one call may take, and how many of them: more don't make it
/// faster.
const CALL_BYTES: usize = 1 << 30;
const CALL_IMAGES: usize = 32;

/// What may be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Wanted {
    /// A graphics card if there is a real one (discrete or integrated), else the processor.
    Auto,
    /// The processor.
    #[default]
    Processor,
    /// A graphics card, even one that is software.
    Card,
}

/// Who computes a network.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ComputeDevice {
    /// The processor: the compiled network, or burn's own backend where there is none.
    #[default]
    Processor,
    /// A graphics card, in burn's operations and single precision.
    Card(Card),
}

/// An opened graphics card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    /// As its driver calls it.
    name: String,
    /// What it is spoken to through: `Vulkan`.
    api: String,
    /// Whether it is the processor in disguise.
    is_software: bool,
    device: Device,
}

/// What came of a wish.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Choice {
    /// Who computes.
    pub device: ComputeDevice,
    /// One line for people, where it isn't simply what they asked for.
    pub note: Option<String>,
}

/// A card was asked for in a program that can't use any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "this build has no GPU support: build it with `cargo build --release --features gpu`, or compute on the processor (cpu)"
)]
pub struct NotBuilt;

/// Why no card computes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Missing {
    /// There is none.
    Absent,
    /// There is one, and this is wrong with it.
    Fails(String),
}

/// Finds who computes.
///
/// # Errors
/// [`NotBuilt`] if a card is asked for and this program was built without feature `gpu`; `Auto` means
/// the processor there. A card that is missing or fails is no error: the processor computes.
pub fn choose(wanted: Wanted) -> Result<Choice, NotBuilt> {
    match wanted {
        Wanted::Processor => Ok(Choice::default()),
        // Nobody asked for a card: that there is none is not worth a line.
        #[cfg(feature = "gpu")]
        Wanted::Auto => Ok(match card::open(false) {
            Err(Missing::Absent) => Choice::default(),
            found => Choice::of(found),
        }),
        #[cfg(feature = "gpu")]
        Wanted::Card => Ok(Choice::of(card::open(true))),
        #[cfg(not(feature = "gpu"))]
        Wanted::Auto => Ok(Choice::default()),
        #[cfg(not(feature = "gpu"))]
        Wanted::Card => Err(NotBuilt),
    }
}

/// Finds who computes as `computation` says.
///
/// Fewer bits and instruction sets are the processor's: who asks for them means it, unless it is a card
/// that they ask for.
///
/// # Errors
/// A sentence if both are asked for, or a card of a program that can't use any.
pub fn choose_for(wanted: Wanted, computation: &Computation) -> Result<Choice, String> {
    let fewer_bits = computation.precision.is_some_and(|p| p != Precision::F32);
    let means_processor = fewer_bits || computation.isa.is_some();
    match wanted {
        Wanted::Auto if means_processor => Ok(Choice::default()),
        Wanted::Card if means_processor => Err(
            "a graphics card computes in f32 and has no instruction sets to choose: ask for one or the other"
                .into(),
        ),
        wanted => choose(wanted).map_err(|e| e.to_string()),
    }
}

/// How many images a card gets in one call, if one takes about so many bytes.
pub(super) fn images_at_once(image_bytes: usize) -> usize {
    (CALL_BYTES / image_bytes.max(1)).clamp(1, CALL_IMAGES)
}

/// The device that a run's manifest names, if it is here; else the processor, whose vectors are close
/// enough to ask questions with, though not to go on with the run.
pub(super) fn of_facts(facts: &Value) -> ComputeDevice {
    let Some(name) = facts.get("adapter").and_then(Value::as_str) else {
        return ComputeDevice::Processor;
    };
    [Wanted::Auto, Wanted::Card]
        .into_iter()
        .filter_map(|wanted| choose(wanted).ok())
        .map(|choice| choice.device)
        .find(|device| device.card().is_some_and(|card| card.name == name))
        .unwrap_or_default()
}

impl Choice {
    /// A card, or the processor and why.
    pub fn of(found: Result<Card, Missing>) -> Self {
        let note = match &found {
            Ok(card) if card.is_software => Some(format!(
                "{} is a graphics card in software: the processor by itself (cpu) is faster",
                card.name
            )),
            Ok(_) => None,
            Err(Missing::Absent) => Some("no graphics card was found: the processor computes".into()),
            Err(Missing::Fails(why)) => Some(format!(
                "the graphics card can't be used ({why}): the processor computes"
            )),
        };
        Self {
            device: found.map_or(ComputeDevice::Processor, ComputeDevice::Card),
            note,
        }
    }
}

impl ComputeDevice {
    /// The card, if it is one.
    pub fn card(&self) -> Option<&Card> {
        match self {
            Self::Processor => None,
            Self::Card(card) => Some(card),
        }
    }

    /// Where burn puts tensors.
    pub fn burn(&self) -> Device {
        self.card().map_or_else(Device::flex, |card| card.device.clone())
    }

    /// What the manifest says of it; nothing of the processor, so that its runs go on.
    pub fn facts(&self) -> Option<Value> {
        let card = self.card()?;
        Some(json!({ "adapter": card.name, "api": card.api }))
    }

    /// What is asked of [`compile`](super::computation::compile) for a network that is here: there is no
    /// plan for cards.
    ///
    /// # Errors
    /// A sentence if it is asked to compute in what cards don't.
    pub(super) fn computation(&self, wanted: Computation) -> Result<Computation, String> {
        match (self.card(), wanted.precision) {
            (None, _) => Ok(wanted),
            (Some(_), None | Some(Precision::F32)) => Ok(Computation {
                generic: true,
                ..wanted
            }),
            (Some(_), Some(other)) => Err(format!(
                "{} is not to be had on a graphics card: it computes in f32, the processor (--device cpu) in fewer bits",
                other.name()
            )),
        }
    }

    /// Does `work` that computes here.
    ///
    /// # Errors
    /// `work`'s own sentence; on a card also what its driver panicked with, and what to do.
    pub(super) fn guarded<T>(&self, work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
        match self.card() {
            None => work(),
            Some(card) => quietly(work).map_err(|why| card.failure(&why)),
        }
    }
}

impl Card {
    /// As its driver calls it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// For people: `NVIDIA RTX A2000 (Vulkan)`.
    pub fn words(&self) -> String {
        format!("{} ({})", self.name, self.api)
    }

    /// What to say when it failed in the middle of something, and `why`.
    fn failure(&self, why: &str) -> String {
        format!(
            "the graphics card {} failed ({why}): try again, or compute on the processor (--device cpu), which makes a \
             run of its own",
            self.name
        )
    }

    /// Whether it is the processor in disguise.
    pub fn is_software(&self) -> bool {
        self.is_software
    }
}
