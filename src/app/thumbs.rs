//! Pictures of objects: cut out and drawn by two threads, newest wish first, kept in a few large
//! textures so that a gallery of hundreds is a handful of draws.

use crate::display::{StretchRecipe, render};
use crate::sky::cutout::{Cutout, Filter, resize_cutout};
use crate::tasks::images::Images;
use crossbeam_channel::{Receiver, Sender, unbounded};
use egui::{ColorImage, Pos2, Rect, TextureHandle, TextureId, TextureOptions, Vec2};
use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Condvar, Mutex};

/// Sides of the pictures that are kept, pixels.
const SIDES: [usize; 3] = [64, 128, 256];
/// Side of a texture that holds many, pixels.
const PAGE: usize = 1024;
/// Most textures of each side.
const PAGES: [usize; 3] = [8, 12, 12];
/// Most pictures put into textures in one frame.
const UPLOADS: usize = 48;
/// Cutouts kept for the next change of stretch, bytes.
const CUTOUT_BYTES: usize = 256 << 20;
/// Wishes older than this many frames are forgotten: they were scrolled past.
const PATIENCE: u64 = 3;

/// A picture, as far as it is there.
#[derive(Debug, Clone)]
pub enum Thumb {
    /// In this part of this texture.
    Ready(TextureId, Rect),
    /// Being made.
    Waiting,
    /// Can't be made: why.
    Broken(Arc<str>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Name {
    object: u32,
    size: u8,
    look: u64,
}

struct Wish {
    name: Name,
    frame: u64,
    look: Arc<StretchRecipe>,
}

#[derive(Default)]
struct Wishes {
    list: Vec<Wish>,
    frame: u64,
    closed: bool,
}

struct Shared {
    images: Arc<Images>,
    wishes: Mutex<Wishes>,
    wake: Condvar,
    cutouts: Mutex<Cutouts>,
}

/// Cutouts by object, the least recently used forgotten first.
#[derive(Default)]
struct Cutouts {
    held: HashMap<u32, (u64, Arc<Cutout>)>,
    bytes: usize,
    clock: u64,
}

impl Cutouts {
    fn get(&mut self, object: u32) -> Option<Arc<Cutout>> {
        self.clock += 1;
        let clock = self.clock;
        self.held.get_mut(&object).map(|(used, cutout)| {
            *used = clock;
            cutout.clone()
        })
    }

    fn put(&mut self, object: u32, cutout: Arc<Cutout>) {
        self.clock += 1;
        self.bytes += bytes_of(&cutout);
        if let Some((_, old)) = self.held.insert(object, (self.clock, cutout)) {
            self.bytes = self.bytes.saturating_sub(bytes_of(&old));
        }
        if self.bytes > CUTOUT_BYTES {
            // The older half goes at once: sorting now and then is cheaper than a list kept in order.
            let mut ages: Vec<u64> = self.held.values().map(|(used, _)| *used).collect();
            ages.sort_unstable();
            let middle = ages[ages.len() / 2];
            self.held.retain(|_, (used, _)| *used >= middle);
            self.bytes = self.held.values().map(|(_, c)| bytes_of(c)).sum();
        }
    }
}

fn bytes_of(cutout: &Cutout) -> usize {
    cutout.bands.iter().map(|b| b.pixels.len() * 4).sum()
}

struct Slot {
    page: usize,
    place: usize,
    used: u64,
}

#[derive(Default)]
struct Atlas {
    pages: Vec<TextureHandle>,
    slots: HashMap<Name, Slot>,
    free: Vec<(usize, usize)>,
    // The newest picture of an object whatever its stretch, shown until the right one is there.
    newest: HashMap<u32, Name>,
}

type Made = (Name, Result<ColorImage, String>);

struct Inner {
    atlases: [Atlas; 3],
    asked: HashMap<Name, u64>,
    broken: HashMap<u32, Arc<str>>,
    frame: u64,
    looks: HashMap<u64, Arc<StretchRecipe>>,
}

/// The pictures of a survey's objects.
pub struct Thumbs {
    shared: Arc<Shared>,
    made: Receiver<Made>,
    inner: RefCell<Inner>,
}

impl Thumbs {
    /// Starts two threads that make pictures from `images`.
    pub fn start(images: Arc<Images>, repaint: &egui::Context) -> Self {
        let shared = Arc::new(Shared {
            images,
            wishes: Mutex::default(),
            wake: Condvar::new(),
            cutouts: Mutex::default(),
        });
        let (sender, made) = unbounded();
        for _ in 0..2 {
            let (shared, sender, repaint) = (shared.clone(), sender.clone(), repaint.clone());
            // Without the thread pictures stay empty; nothing else suffers.
            let _ = std::thread::Builder::new()
                .name("thumbs".into())
                .spawn(move || work(&shared, &sender, &repaint));
        }
        Self {
            shared,
            made,
            inner: RefCell::new(Inner {
                atlases: Default::default(),
                asked: HashMap::new(),
                broken: HashMap::new(),
                frame: 0,
                looks: HashMap::new(),
            }),
        }
    }

    /// Once a frame, before anything is drawn: puts what was made into textures.
    pub fn begin_frame(&self, ctx: &egui::Context) {
        let mut inner = self.inner.borrow_mut();
        inner.frame += 1;
        let frame = inner.frame;
        if let Ok(mut wishes) = self.shared.wishes.lock() {
            wishes.frame = frame;
        }
        // What was asked for and then scrolled past may be asked for again.
        inner.asked.retain(|_, asked| frame - *asked <= PATIENCE);
        for _ in 0..UPLOADS {
            let Ok((name, result)) = self.made.try_recv() else {
                return;
            };
            inner.asked.remove(&name);
            match result {
                Ok(image) => inner.place(ctx, name, image),
                Err(why) => {
                    inner.broken.insert(name.object, why.into());
                }
            }
        }
        ctx.request_repaint();
    }

    /// The picture of an object, at least `pixels` wide if it can be, drawn by `look`.
    pub fn get(&self, object: u32, pixels: f32, look: &StretchRecipe) -> Thumb {
        let mut inner = self.inner.borrow_mut();
        if let Some(why) = inner.broken.get(&object) {
            return Thumb::Broken(why.clone());
        }
        let size = SIDES
            .iter()
            .position(|&s| s as f32 >= pixels)
            .unwrap_or(SIDES.len() - 1);
        let hash = hash_of(look);
        let name = Name {
            object,
            size: size as u8,
            look: hash,
        };
        let frame = inner.frame;
        if let Some(found) = inner.atlases[size].find(name, frame) {
            return found;
        }
        if !inner.asked.contains_key(&name) {
            let look = inner
                .looks
                .entry(hash)
                .or_insert_with(|| Arc::new(look.clone()))
                .clone();
            if inner.looks.len() > 64 {
                inner.looks.retain(|&k, _| k == hash);
            }
            if let Ok(mut wishes) = self.shared.wishes.lock() {
                wishes.list.push(Wish { name, frame, look });
                self.shared.wake.notify_one();
            }
        }
        inner.asked.insert(name, frame);
        if let Ok(mut wishes) = self.shared.wishes.lock()
            && let Some(wish) = wishes.list.iter_mut().rev().find(|w| w.name == name)
        {
            wish.frame = frame;
        }
        let old = inner.atlases[size].newest.get(&object).copied();
        old.and_then(|name| inner.atlases[size].find(name, frame))
            .unwrap_or(Thumb::Waiting)
    }

    /// Draws the picture of an object into `rect`, or what stands for it.
    pub fn paint(&self, ui: &egui::Ui, rect: Rect, object: u32, look: &StretchRecipe) -> Thumb {
        let pixels = rect.width().max(rect.height()) * ui.ctx().pixels_per_point();
        let thumb = self.get(object, pixels, look);
        match &thumb {
            Thumb::Ready(texture, uv) => {
                ui.painter().image(*texture, rect, *uv, egui::Color32::WHITE);
            }
            Thumb::Waiting => {
                ui.painter().rect_filled(rect, 2.0, ui.visuals().faint_bg_color);
            }
            Thumb::Broken(_) => {
                ui.painter().rect_filled(rect, 2.0, ui.visuals().faint_bg_color);
                let ink = egui::Stroke::new(1.0, ui.visuals().error_fg_color);
                let inner = rect.shrink(rect.width() * 0.3);
                ui.painter()
                    .line_segment([inner.left_top(), inner.right_bottom()], ink);
                ui.painter()
                    .line_segment([inner.right_top(), inner.left_bottom()], ink);
            }
        }
        thumb
    }
}

impl Drop for Thumbs {
    fn drop(&mut self) {
        if let Ok(mut wishes) = self.shared.wishes.lock() {
            wishes.closed = true;
        }
        self.shared.wake.notify_all();
    }
}

impl Inner {
    fn place(&mut self, ctx: &egui::Context, name: Name, image: ColorImage) {
        let size = name.size as usize;
        let side = SIDES[size];
        let across = PAGE / side;
        let atlas = &mut self.atlases[size];
        if atlas.free.is_empty() && atlas.pages.len() < PAGES[size] {
            let blank = ColorImage::filled([PAGE, PAGE], egui::Color32::TRANSPARENT);
            atlas
                .pages
                .push(ctx.load_texture(format!("thumbs-{side}"), blank, TextureOptions::LINEAR));
            let page = atlas.pages.len() - 1;
            atlas
                .free
                .extend((0..across * across).rev().map(|place| (page, place)));
        }
        if atlas.free.is_empty() {
            // A quarter of the least recently used makes room, so that this is rare.
            let mut ages: Vec<u64> = atlas.slots.values().map(|s| s.used).collect();
            ages.sort_unstable();
            let limit = ages[ages.len() / 4];
            let Atlas {
                slots, free, newest, ..
            } = atlas;
            slots.retain(|name, slot| {
                let stays = slot.used > limit;
                if !stays {
                    free.push((slot.page, slot.place));
                    if newest.get(&name.object) == Some(name) {
                        newest.remove(&name.object);
                    }
                }
                stays
            });
        }
        let Some((page, place)) = atlas.free.pop() else {
            return;
        };
        let at = [(place % across) * side, (place / across) * side];
        atlas.pages[page].set_partial(at, image, TextureOptions::LINEAR);
        let slot = Slot {
            page,
            place,
            used: self.frame,
        };
        if let Some(old) = atlas.slots.insert(name, slot) {
            atlas.free.push((old.page, old.place));
        }
        atlas.newest.insert(name.object, name);
    }
}

impl Atlas {
    fn find(&mut self, name: Name, frame: u64) -> Option<Thumb> {
        let slot = self.slots.get_mut(&name)?;
        slot.used = frame;
        let side = SIDES[name.size as usize];
        let across = PAGE / side;
        let unit = 1.0 / across as f32;
        let min = Pos2::new(
            (slot.place % across) as f32 * unit,
            (slot.place / across) as f32 * unit,
        );
        // Half a pixel in, so that a neighbour never shows at the edge.
        let inset = 0.5 / PAGE as f32;
        let uv = Rect::from_min_size(min, Vec2::splat(unit)).shrink(inset);
        Some(Thumb::Ready(self.pages.get(slot.page)?.id(), uv))
    }
}

fn hash_of(look: &StretchRecipe) -> u64 {
    let mut hasher = DefaultHasher::new();
    serde_json::to_string(look).unwrap_or_default().hash(&mut hasher);
    hasher.finish()
}

fn work(shared: &Shared, sender: &Sender<Made>, repaint: &egui::Context) {
    super::background::give_way();
    loop {
        let wish = {
            let Ok(mut wishes) = shared.wishes.lock() else {
                return;
            };
            loop {
                if wishes.closed {
                    return;
                }
                let frame = wishes.frame;
                wishes.list.retain(|w| frame.saturating_sub(w.frame) <= PATIENCE);
                if let Some(wish) = wishes.list.pop() {
                    break wish;
                }
                match shared.wake.wait(wishes) {
                    Ok(again) => wishes = again,
                    Err(_) => return,
                }
            }
        };
        let made = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| picture(shared, &wish)))
            .unwrap_or_else(|_| Err("drawing this object failed inside Astrolabel".into()));
        let _ = sender.send((wish.name, made));
        repaint.request_repaint();
    }
}

fn picture(shared: &Shared, wish: &Wish) -> Result<ColorImage, String> {
    let object = wish.name.object;
    let held = shared.cutouts.lock().ok().and_then(|mut c| c.get(object));
    let cutout = match held {
        Some(cutout) => cutout,
        None => {
            let cutout = Arc::new(shared.images.cut(object as usize, None)?);
            if let Ok(mut cutouts) = shared.cutouts.lock() {
                cutouts.put(object, cutout.clone());
            }
            cutout
        }
    };
    Ok(draw(&cutout, &wish.look, SIDES[wish.name.size as usize]))
}

/// Draws a cutout as a square picture of `side` pixels; a long cutout is centred on black.
pub fn draw(cutout: &Cutout, look: &StretchRecipe, side: usize) -> ColorImage {
    let (w, h) = (cutout.width().max(1), cutout.height().max(1));
    let scale = side as f64 / w.max(h) as f64;
    let (tw, th) = (
        ((w as f64 * scale).round() as usize).clamp(1, side),
        ((h as f64 * scale).round() as usize).clamp(1, side),
    );
    // The stretch is chosen on the cutout's own pixels, so that every size looks alike.
    let own = render(cutout, look);
    let picture = if (tw, th) == (w, h) {
        own
    } else if w.max(h) > side {
        render(&resize_cutout(cutout, tw, th, Filter::Area), look)
    } else {
        own
    };
    let (pw, ph) = (picture.width.max(1), picture.height.max(1));
    let mut image = ColorImage::filled([side, side], egui::Color32::BLACK);
    let (x0, y0) = ((side - tw) / 2, (side - th) / 2);
    for y in 0..th {
        let sy = (y * ph / th).min(ph - 1);
        for x in 0..tw {
            let sx = (x * pw / tw).min(pw - 1);
            let at = (sy * pw + sx) * 3;
            if let Some([r, g, b]) = picture.pixels.get(at..at + 3) {
                image.pixels[(y0 + y) * side + x0 + x] = egui::Color32::from_rgb(*r, *g, *b);
            }
        }
    }
    image
}
