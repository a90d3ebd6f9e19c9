//! A pretrained network as an [`Encoder`]: cutouts to planes, planes to vectors.
//!
//! Speed on a few cores comes from giving every core its own images rather than splitting every
//! matrix product between the cores: products of a few hundred tokens are too small for that. A
//! compiled network ([`plan`](super::plan)) sees to it itself, and shares what is left over between
//! cores in a better way, or gets one image a call where a core computes them one by one anyway; any
//! other gets one call a core, in a rayon pool of one thread. Memory is
//! bounded by [`Network::group_images`] a thread, whatever the number of the images, and by
//! [`Encoder::fit`] where there is less memory than that.

use super::computation::{Chosen, Computation, Use, compile};
use super::cores::{Cores, pools};
use super::device::{ComputeDevice, images_at_once};
use super::model::open::open_network_on;
use super::network::{Network, Pooling, check_block};
use super::plan::isa::Precision;
use super::plan::pool::Pool;
use super::plan::team::{Deal, Team};
use super::preprocess::Preprocessing;
use super::weights::{sha256_of_file, weights_error};
use super::{Encoder, EncoderError, EncoderSpec};
use crate::memory::human;
use crate::sky::cutout::Cutout;
use rayon::ThreadPool;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// How a network is used; everything here changes the vectors but `threads`
/// (and the instruction set, by rounding).
#[derive(Debug, Clone, PartialEq)]
pub struct NetworkSettings {
    /// Short name for the manifest; `None` makes one out of the shape: `vit_s14`.
    pub name: Option<String>,
    /// Last block that is computed, 0-based; `None` for all. The final norm always follows.
    pub block: Option<usize>,
    /// What becomes the vector.
    pub pooling: Pooling,
    /// The contract between cutouts and the network, the image's size among it.
    pub preprocessing: Preprocessing,
    /// Images computed at once; 0 for one a core.
    pub threads: usize,
    /// In which numbers and how it computes.
    pub computation: Computation,
    /// Who computes.
    pub device: ComputeDevice,
}

impl Default for NetworkSettings {
    fn default() -> Self {
        Self {
            name: None,
            block: None,
            pooling: Pooling::Cls,
            preprocessing: Preprocessing::default(),
            threads: 0,
            computation: Computation::default(),
            device: ComputeDevice::default(),
        }
    }
}

/// A network with its preprocessing and pooling.
pub struct NetworkEncoder {
    network: Box<dyn Network>,
    block: Option<usize>,
    pooling: Pooling,
    preprocessing: Preprocessing,
    spec: EncoderSpec,
    chosen: Chosen,
    cores: Cores,
    /// Images computed at once on all cores together.
    at_once: AtomicUsize,
    /// Planes of a call on all cores or of an image on one.
    planes: Pool<Vec<f32>>,
}

impl NetworkEncoder {
    /// Loads the weights at `path`, of whatever family they are, and checks them against
    /// `settings`.
    ///
    /// # Errors
    /// [`EncoderError::Weights`] if the file can't be read, doesn't fit, or the settings ask for
    /// a block, pooling or image that the network doesn't have.
    pub fn load(path: &Path, settings: NetworkSettings) -> Result<Self, EncoderError> {
        let checked = (settings.preprocessing.check()).map_err(|e| format!("preprocessing: {e}"));
        checked.map_err(|e| weights_error(path, e))?;
        Self::of(open_network_on(path, &settings.device)?, path, settings)
    }

    /// Uses `network`, whose weights came from `path` and are on the device of `settings`, as those say.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn of(
        network: Box<dyn Network>,
        path: &Path,
        settings: NetworkSettings,
    ) -> Result<Self, EncoderError> {
        let fail = |cause: String| weights_error(path, cause);
        let contract = &settings.preprocessing;
        (contract.check()).map_err(|e| fail(format!("preprocessing: {e}")))?;
        let side = contract.image_px;
        (network.check_side(side)).map_err(|e| fail(format!("image_px is {side}, but {e}")))?;
        let (made, taken) = (contract.channels(), network.channels());
        if made != taken {
            return Err(fail(format!(
                "the preprocessing makes {made} planes, but the network takes {taken}"
            )));
        }
        check_block(settings.block, network.blocks()).map_err(fail)?;
        let dim = network.dim(settings.block, settings.pooling).map_err(fail)?;
        let threads = match settings.threads {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            n => n,
        };
        let name = (settings.name).unwrap_or_else(|| network.short_name());
        let no_threads = |cause: String| EncoderError::Run {
            name: name.clone(),
            cause,
        };
        let team = Team::new(threads).map_err(no_threads)?;
        let how = Use {
            preprocessing: &settings.preprocessing,
            block: settings.block,
            pooling: settings.pooling,
        };
        let wanted = settings.device.computation(settings.computation).map_err(fail)?;
        let (network, mut chosen) = compile(network, wanted, &team, &how).map_err(fail)?;
        chosen.device = settings.device;
        let cores = match (chosen.isa, chosen.device.card()) {
            (None, None) => Cores::Pools(pools(threads).map_err(no_threads)?),
            // A card gets all images in one call; the team prepares them.
            _ => Cores::Team(team),
        };
        let mut facts = network.settings();
        for (key, value) in [
            ("block", serde_json::json!(settings.block)),
            ("pooling", serde_json::json!(settings.pooling)),
            ("preprocessing", serde_json::json!(settings.preprocessing)),
            (
                "precision",
                serde_json::json!(chosen.precision.unwrap_or(Precision::F32)),
            ),
        ] {
            facts[key] = value;
        }
        if let Some(device) = chosen.device.facts() {
            facts["device"] = device;
        }
        let spec = EncoderSpec {
            name,
            dim,
            feature_names: Vec::new(),
            weights_path: Some(path.display().to_string()),
            weights_sha256: Some(sha256_of_file(path)?),
            settings: facts,
            keep_f32: false,
        };
        let lanes = match &cores {
            Cores::Team(team) => team.lanes(),
            Cores::Pools(pools) => pools.len(),
        };
        let at_once = match chosen.device.card() {
            None => network.group_images(side, side).max(1).saturating_mul(lanes),
            Some(_) => images_at_once(network.image_bytes(side, side)),
        };
        Ok(Self {
            at_once: AtomicUsize::new(at_once),
            planes: Pool::default(),
            network,
            block: settings.block,
            pooling: settings.pooling,
            preprocessing: settings.preprocessing,
            spec,
            chosen,
            cores,
        })
    }

    /// In which numbers and how it computes.
    pub fn chosen(&self) -> &Chosen {
        &self.chosen
    }

    /// The network.
    pub fn network(&self) -> &dyn Network {
        self.network.as_ref()
    }

    /// The block that is read, and what of it becomes the vector.
    pub fn part(&self) -> (Option<usize>, Pooling) {
        (self.block, self.pooling)
    }

    /// The contract between cutouts and the network.
    pub fn preprocessing(&self) -> &Preprocessing {
        &self.preprocessing
    }

    /// Preprocesses, computes and pools one group into `out`, on this thread's core.
    fn encode_group(&self, cutouts: &[Cutout], out: &mut [f32]) -> Result<(), String> {
        let side = self.preprocessing.image_px;
        let image = self.network.channels() * side * side;
        let mut input = vec![0.0f32; cutouts.len() * image];
        for (cutout, planes) in cutouts.iter().zip(input.chunks_exact_mut(image)) {
            self.preprocessing.apply(cutout, planes)?;
        }
        let shape = [cutouts.len(), side, side];
        (self.network).embed(&input, shape, self.block, self.pooling, out)?;
        check_finite(out)
    }

    /// The same on all cores of `team`, which prepare them all before they compute.
    fn encode_on(&self, team: &Team, cutouts: &[Cutout], out: &mut [f32]) -> Result<(), String> {
        let side = self.preprocessing.image_px;
        let image = self.network.channels() * side * side;
        let mut planes = self.planes.take();
        if planes.len() < cutouts.len() * image {
            planes.resize(cutouts.len() * image, 0.0);
        }
        let input = &mut planes[..cutouts.len() * image];
        each_on(
            team,
            cutouts.iter().zip(input.chunks_exact_mut(image)),
            |(cutout, planes)| self.preprocessing.apply(cutout, planes),
        )?;
        let shape = [cutouts.len(), side, side];
        let (block, pooling) = self.part();
        let device = &self.chosen.device;
        device.guarded(|| (self.network).embed_on(team, input, shape, block, pooling, out))?;
        self.planes.give(planes);
        check_finite(out)
    }

    /// The same where each core may as well compute an image as soon as it has prepared it, while it
    /// is in its cache: cores wait for each other once in all, however many images there are.
    fn encode_one_by_one(&self, team: &Team, cutouts: &[Cutout], out: &mut [f32]) -> Result<(), String> {
        let side = self.preprocessing.image_px;
        let (block, pooling) = self.part();
        let images = cutouts.iter().zip(out.chunks_exact_mut(self.spec.dim));
        each_on(team, images, |(cutout, vector)| {
            let mut planes = self.planes.take();
            planes.resize(self.network.channels() * side * side, 0.0);
            self.preprocessing.apply(cutout, &mut planes)?;
            (self.network).embed(&planes, [1, side, side], block, pooling, vector)?;
            self.planes.give(planes);
            check_finite(vector)
        })
    }

    fn failed(&self, cause: String) -> EncoderError {
        EncoderError::Run {
            name: self.spec.name.clone(),
            cause,
        }
    }

    /// Every core its own groups of the cutouts.
    fn encode_by(&self, pools: &[ThreadPool], cutouts: &[Cutout], out: &mut [f32]) -> Result<(), String> {
        let (dim, side) = (self.spec.dim, self.preprocessing.image_px);
        let at_once = self.at_once.load(Ordering::Relaxed);
        let pools = &pools[..at_once.clamp(1, pools.len())];
        let most = (self.network.group_images(side, side)).clamp(1, (at_once / pools.len()).max(1));
        // Equal shares, so that no core waits for another's last image.
        let share = (cutouts.len()).div_ceil(pools.len()).clamp(1, most);
        let groups: Vec<(&[Cutout], &mut [f32])> =
            cutouts.chunks(share).zip(out.chunks_mut(share * dim)).collect();
        // Group g goes to pool g modulo their number: each pool works through its own.
        let mut lanes: Vec<Vec<_>> = pools.iter().map(|_| Vec::new()).collect();
        let count = lanes.len();
        for (g, group) in groups.into_iter().enumerate() {
            lanes[g % count].push(group);
        }
        std::thread::scope(|scope| {
            let running: Vec<_> = lanes
                .into_iter()
                .zip(pools)
                .filter(|(lane, _)| !lane.is_empty())
                .map(|(lane, pool)| {
                    scope.spawn(move || {
                        pool.install(|| {
                            for (cutouts, out) in lane {
                                self.encode_group(cutouts, out)?;
                            }
                            Ok(())
                        })
                    })
                })
                .collect();
            (running.into_iter())
                .try_for_each(|r| r.join().unwrap_or_else(|p| Err(panic_message(p.as_ref()))))
        })
    }
}

impl Encoder for NetworkEncoder {
    fn spec(&self) -> &EncoderSpec {
        &self.spec
    }

    fn fit(&self, bytes: u64) -> Result<Option<String>, EncoderError> {
        let side = self.preprocessing.image_px;
        let planes = self.network.channels().saturating_mul(side * side * 4);
        let each = self.network.image_bytes(side, side).saturating_add(planes).max(1) as u64;
        let room = bytes / each;
        if room == 0 {
            return Err(self.failed(format!(
                "one image of {side} px needs about {} of memory beside the weights, but there are only {} for it: \
                 close other programs, raise the limit, or use a smaller network",
                human(each),
                human(bytes)
            )));
        }
        let before = self.at_once.load(Ordering::Relaxed);
        if room >= before as u64 {
            return Ok(None);
        }
        self.at_once.store(room as usize, Ordering::Relaxed);
        Ok(Some(format!(
            "there is memory for {room} images at once instead of {before} (each needs about {})",
            human(each)
        )))
    }

    fn encode(&self, cutouts: &[Cutout]) -> Result<Vec<f32>, EncoderError> {
        let dim = self.spec.dim;
        let mut out = vec![0.0f32; cutouts.len() * dim];
        if cutouts.is_empty() {
            return Ok(out);
        }
        match &self.cores {
            Cores::Team(team)
                if self.network.is_one_by_one()
                    && self.at_once.load(Ordering::Relaxed) >= team.lanes()
                    // Of fewer the last is better shared.
                    && cutouts.len() >= 4 * team.lanes() =>
            {
                self.encode_one_by_one(team, cutouts, &mut out)
                    .map_err(|e| self.failed(e))?;
            }
            Cores::Team(team) => {
                let group = self.at_once.load(Ordering::Relaxed).max(1);
                for (cutouts, out) in cutouts.chunks(group).zip(out.chunks_mut(group * dim)) {
                    self.encode_on(team, cutouts, out).map_err(|e| self.failed(e))?;
                }
            }
            Cores::Pools(pools) => {
                self.encode_by(pools, cutouts, &mut out)
                    .map_err(|e| self.failed(e))?;
            }
        }
        Ok(out)
    }
}

/// Does `work` for every one of `items` on all cores of `team`, which take them as they come to them.
///
/// # Errors
/// That of the first item that failed.
fn each_on<T: Send>(
    team: &Team,
    items: impl Iterator<Item = T>,
    work: impl Fn(T) -> Result<(), String> + Sync,
) -> Result<(), String> {
    let items: Vec<_> = items.map(|item| Mutex::new((Some(item), Ok(())))).collect();
    let all = Deal::new(items.len());
    team.run(|_| {
        while let Some(number) = all.take() {
            let mut one = items[number].lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(item) = one.0.take() {
                one.1 = work(item);
            }
        }
    });
    (items.into_iter()).try_for_each(|one| one.into_inner().unwrap_or_else(PoisonError::into_inner).1)
}

fn check_finite(out: &[f32]) -> Result<(), String> {
    match out.iter().all(|v| v.is_finite()) {
        true => Ok(()),
        false => Err("the network gave a value that is not finite: are the weights right?".into()),
    }
}

/// What a panic said.
pub(super) fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    let said = (panic.downcast_ref::<&str>().copied())
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!(
        "stopped by a fault in the program: {}",
        said.unwrap_or("no message")
    )
}
