//! Tiles on their way to the screen: one or two threads read values and colour them, what is in view first;
//! textures of an older look are shown until the new ones are there.

use crate::display::StretchRecipe;
use crate::display::pyramid::{Ink, Place, Reader, Scene, ValueCache};
use crate::io::raster::Plane;
use crossbeam_channel::{Receiver, Sender, unbounded};
use egui::{Color32, ColorImage, TextureFilter, TextureHandle, TextureOptions};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Condvar, Mutex};

/// Values kept in memory, bytes.
const VALUE_BYTES: usize = 384 << 20;
/// Most textures; a tile's takes 256 KiB.
const TEXTURES: usize = 360;
/// Most textures sent to the screen in one frame.
const UPLOADS: usize = 3;

/// A part of the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Spot {
    /// The whole, roughly.
    Overview,
    /// One tile.
    Tile(Place),
}

/// Something to do, by a thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Wish {
    /// Colour it.
    Paint(Spot),
    /// Only have its values in memory.
    Values(Place),
}

#[derive(Default)]
struct Wishes {
    // The most wanted first; replaced as a whole with every frame that wants others.
    list: Vec<Wish>,
    busy: HashSet<(u8, u32, u32)>,
    look: u64,
    recipe: StretchRecipe,
    closed: bool,
}

struct Shared {
    scene: Arc<Scene>,
    wishes: Mutex<Wishes>,
    wake: Condvar,
    values: Mutex<ValueCache>,
    ink: Mutex<Option<(u64, Arc<Ink>)>>,
}

struct Made {
    wish: Wish,
    look: u64,
    result: Result<Option<ColorImage>, String>,
}

struct Held {
    texture: TextureHandle,
    look: u64,
    used: u64,
}

/// The tiles of one scene.
pub struct Tiles {
    shared: Arc<Shared>,
    made: Receiver<Made>,
    held: HashMap<Spot, Held>,
    failed: HashSet<Wish>,
    /// The first thing that went wrong, for the person.
    pub trouble: Option<String>,
    frame: u64,
    look: u64,
    recipe: Option<StretchRecipe>,
}

impl Tiles {
    /// Starts one or two threads for a scene.
    pub fn start(scene: Arc<Scene>, repaint: &egui::Context) -> Self {
        let shared = Arc::new(Shared {
            scene,
            wishes: Mutex::default(),
            wake: Condvar::new(),
            values: Mutex::new(ValueCache::new(VALUE_BYTES)),
            ink: Mutex::default(),
        });
        let (sender, made) = unbounded();
        // One core stays free to draw the window, which a processor without a graphics card does itself.
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        for _ in 0..(cores - 1).clamp(1, 2) {
            let (shared, sender, repaint) = (shared.clone(), sender.clone(), repaint.clone());
            // Without a thread the overview stays; nothing else suffers.
            let _ = std::thread::Builder::new()
                .name("tiles".into())
                .spawn(move || work(&shared, &sender, &repaint));
        }
        Self {
            shared,
            made,
            held: HashMap::new(),
            failed: HashSet::new(),
            trouble: None,
            frame: 0,
            look: 0,
            recipe: None,
        }
    }

    /// The scene drawn.
    pub fn scene(&self) -> &Arc<Scene> {
        &self.shared.scene
    }

    /// Once a frame, before drawing: takes what was made, and notes a change of look.
    pub fn begin_frame(&mut self, ctx: &egui::Context, recipe: &StretchRecipe) {
        self.frame += 1;
        if self.recipe.as_ref() != Some(recipe) {
            self.recipe = Some(recipe.clone());
            self.look += 1;
        }
        for _ in 0..UPLOADS {
            let Ok(made) = self.made.try_recv() else {
                break;
            };
            self.take(ctx, made);
        }
        if !self.made.is_empty() {
            ctx.request_repaint();
        }
        if self.held.len() > TEXTURES {
            let mut ages: Vec<u64> = self.held.values().map(|h| h.used).collect();
            ages.sort_unstable();
            let limit = ages.get(ages.len() / 4).copied().unwrap_or(0).min(self.frame - 1);
            self.held
                .retain(|spot, h| *spot == Spot::Overview || h.used > limit);
        }
    }

    fn take(&mut self, ctx: &egui::Context, made: Made) {
        match (made.result, made.wish) {
            (Ok(Some(image)), Wish::Paint(spot)) => {
                // Pixels are seen as such when close, and smoothly when far.
                let options = TextureOptions {
                    magnification: TextureFilter::Nearest,
                    minification: TextureFilter::Linear,
                    ..Default::default()
                };
                match self.held.get_mut(&spot) {
                    Some(held) if held.look > made.look => {}
                    Some(held) => {
                        held.texture.set(image, options);
                        held.look = made.look;
                    }
                    None => {
                        let held = Held {
                            texture: ctx.load_texture("sky", image, options),
                            look: made.look,
                            used: self.frame,
                        };
                        self.held.insert(spot, held);
                    }
                }
            }
            (Ok(_), _) => {}
            (Err(why), wish) => {
                self.failed.insert(wish);
                self.trouble.get_or_insert(why);
            }
        }
    }

    /// The newest texture of a spot, and whether it has today's look.
    pub fn texture(&mut self, spot: Spot) -> Option<(egui::TextureId, bool)> {
        let (frame, look) = (self.frame, self.look);
        self.held.get_mut(&spot).map(|h| {
            h.used = frame;
            (h.texture.id(), h.look == look)
        })
    }

    /// Whether anything of the image can be seen.
    pub fn has_pixels(&self) -> bool {
        !self.held.is_empty()
    }

    /// What is wanted now, the most wanted first; wishes not repeated are forgotten.
    pub fn wish(&self, mut wishes: Vec<Wish>) {
        wishes.retain(|w| !self.failed.contains(w));
        if let Ok(mut all) = self.shared.wishes.lock() {
            if all.look != self.look
                && let Some(recipe) = &self.recipe
            {
                all.look = self.look;
                all.recipe = recipe.clone();
            }
            if wishes.is_empty() {
                all.list.clear();
                return;
            }
            all.list = wishes;
        }
        self.shared.wake.notify_all();
    }

    /// Values at a pixel, one a band; `None` until its tile is in memory. Never waits.
    pub fn values_at(&self, x: usize, y: usize) -> Option<Vec<f32>> {
        let mut values = self.shared.values.try_lock().ok()?;
        self.shared.scene.values_at(x, y, &mut values)
    }

    /// The values drawn black and white, once they are known.
    pub fn limits(&self) -> Option<Vec<(f64, f64)>> {
        let ink = self.shared.ink.try_lock().ok()?;
        ink.as_ref().map(|(_, ink)| ink.limits())
    }
}

impl Drop for Tiles {
    fn drop(&mut self) {
        if let Ok(mut wishes) = self.shared.wishes.lock() {
            wishes.closed = true;
        }
        self.shared.wake.notify_all();
    }
}

/// What two threads must not do at once: a tile, or where whole rows are read, the row.
fn place_of(scene: &Scene, wish: Wish) -> (u8, u32, u32) {
    match wish {
        Wish::Paint(Spot::Overview) => (u8::MAX, 0, 0),
        Wish::Paint(Spot::Tile(p)) | Wish::Values(p) => {
            let whole_rows = scene.bands().any(|b| b.is_packed);
            (p.level, p.y, if whole_rows { u32::MAX } else { p.x })
        }
    }
}

fn work(shared: &Shared, sender: &Sender<Made>, repaint: &egui::Context) {
    let mut reader = Reader::default();
    let mut has_painted = false;
    loop {
        let (wish, look, recipe) = {
            let Ok(mut wishes) = shared.wishes.lock() else {
                return;
            };
            loop {
                if wishes.closed {
                    return;
                }
                let free = wishes
                    .list
                    .iter()
                    .position(|w| !wishes.busy.contains(&place_of(&shared.scene, *w)));
                if let Some(i) = free {
                    let wish = wishes.list.remove(i);
                    wishes.busy.insert(place_of(&shared.scene, wish));
                    break (wish, wishes.look, wishes.recipe.clone());
                }
                match shared.wake.wait(wishes) {
                    Ok(again) => wishes = again,
                    Err(_) => return,
                }
            }
        };
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            make(shared, &mut reader, wish, look, &recipe)
        }))
        .unwrap_or_else(|_| Err("drawing this image failed inside Astrolabel".into()));
        let _ = sender.send(Made { wish, look, result });
        // The first pixels are waited for; what makes them sharper gives way to the window.
        if !std::mem::replace(&mut has_painted, true) {
            crate::app::background::give_way();
        }
        if let Ok(mut wishes) = shared.wishes.lock() {
            wishes.busy.remove(&place_of(&shared.scene, wish));
        }
        shared.wake.notify_all();
        repaint.request_repaint();
    }
}

fn make(
    shared: &Shared,
    reader: &mut Reader,
    wish: Wish,
    look: u64,
    recipe: &StretchRecipe,
) -> Result<Option<ColorImage>, String> {
    let spot = match wish {
        Wish::Values(place) => {
            shared.scene.planes(place, reader, &shared.values)?;
            return Ok(None);
        }
        Wish::Paint(spot) => spot,
    };
    let ink = {
        // The other thread waits here for the same preparation.
        let mut ink = shared
            .ink
            .lock()
            .map_err(|_| "a thread that was colouring failed".to_owned())?;
        match &*ink {
            Some((held, ink)) if *held == look => ink.clone(),
            _ => {
                let made = Arc::new(Ink::new(recipe, &shared.scene.sample));
                *ink = Some((look, made.clone()));
                made
            }
        }
    };
    Ok(Some(match spot {
        Spot::Overview => image_of(&ink, &shared.scene.overview.iter().collect::<Vec<_>>()),
        Spot::Tile(place) => {
            let planes = shared.scene.planes(place, reader, &shared.values)?;
            image_of(&ink, &planes.iter().map(|p| &**p).collect::<Vec<_>>())
        }
    }))
}

fn image_of(ink: &Ink, planes: &[&Plane]) -> ColorImage {
    let size = planes.first().map_or([0, 0], |p| [p.width, p.height]);
    let mut pixels = Vec::with_capacity(size[0] * size[1]);
    ink.paint(planes, |[r, g, b]| pixels.push(Color32::from_rgb(r, g, b)));
    ColorImage::new(size, pixels)
}
