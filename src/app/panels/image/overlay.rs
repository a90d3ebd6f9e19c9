//! What is drawn over the sky: objects, coordinates, compass, scale.

use super::camera::Camera;
use super::colours::{Colours, scale_colour};
use super::graticule::{Line, round_length};
use super::marks::Marks;
use crate::app::columns::number;
use crate::app::context::View;
use crate::app::theme::{STANDS_BACK, Theme};
use crate::app::widgets::{Outline, draw_outlines};
use crate::display::Colormap;
use crate::display::pyramid::{Grid, Scene};
use egui::{Align2, Color32, FontId, Painter, Pos2, Rect, Shape, Stroke, pos2, vec2};
use serde::{Deserialize, Serialize};

/// Most objects drawn one by one; beyond that their density is.
pub const MOST_MARKS: usize = 3000;
/// Most selected objects marked where only the density is drawn.
const MOST_SELECTED: usize = 2000;
/// Radius of an object's mark, points.
const RADIUS: f32 = 7.0;

/// What is switched on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Overlays {
    /// Objects.
    pub objects: bool,
    /// The column objects are coloured by; empty for their label.
    pub colour_by: String,
    /// Lines of equal coordinates.
    pub grid: bool,
    /// North and east.
    pub compass: bool,
    /// A length on the sky.
    pub scale: bool,
}

impl Default for Overlays {
    fn default() -> Self {
        Self {
            objects: true,
            colour_by: String::new(),
            grid: false,
            compass: true,
            scale: true,
        }
    }
}

/// Where and with what to draw.
pub struct Canvas<'a> {
    /// Draws inside the picture only.
    pub painter: &'a Painter,
    /// The picture on the screen.
    pub rect: Rect,
    /// What it shows.
    pub camera: &'a Camera,
    /// The theme whose colours are seen on the sky: light where it is drawn bright.
    pub theme: Theme,
}

impl Canvas<'_> {
    /// Ink that is seen on this sky.
    pub fn ink(&self) -> Color32 {
        match self.theme {
            Theme::Light => Color32::from_rgb(0x0B, 0x3C, 0x70),
            Theme::Dark => Color32::from_rgb(0xD6, 0xEC, 0xFF),
        }
    }

    /// What lies under ink, so that it is seen on bright and dark parts alike.
    fn halo(&self) -> Color32 {
        match self.theme {
            Theme::Light => Color32::from_white_alpha(170),
            Theme::Dark => Color32::from_black_alpha(150),
        }
    }

    /// Text on a ground of its own; returns where it stands.
    pub fn text(&self, at: Pos2, anchor: Align2, text: &str) -> Rect {
        self.text_beside(at, anchor, text, &[]).unwrap_or(Rect::NOTHING)
    }

    /// Text as [`Canvas::text`], moved into the picture; nothing where it would lie on what is `taken`.
    fn text_beside(&self, at: Pos2, anchor: Align2, text: &str, taken: &[Rect]) -> Option<Rect> {
        let galley = self
            .painter
            .layout_no_wrap(text.to_owned(), FontId::proportional(12.0), self.ink());
        let mut rect = anchor.anchor_size(at, galley.size());
        let room = self.rect.shrink(3.0);
        let into = |low: f32, high: f32, from: f32, to: f32| (from - low).max(0.0) - (high - to).max(0.0);
        rect = rect.translate(vec2(
            into(rect.left(), rect.right(), room.left(), room.right()),
            into(rect.top(), rect.bottom(), room.top(), room.bottom()),
        ));
        if taken.iter().any(|t| t.intersects(rect.expand(2.0))) {
            return None;
        }
        self.painter.rect_filled(rect.expand(2.0), 3.0, self.halo());
        self.painter.galley(rect.min, galley, self.ink());
        Some(rect)
    }

    fn line(&self, points: [Pos2; 2], width: f32) {
        self.painter
            .line_segment(points, Stroke::new(width + 2.0, self.halo()));
        self.painter.line_segment(points, Stroke::new(width, self.ink()));
    }
}

/// Draws objects; returns how many are in view if they were too many to be drawn one by one.
pub fn objects_ui(
    canvas: &Canvas<'_>,
    view: &View<'_>,
    marks: &Marks,
    colours: Option<&Colours>,
    density: Option<egui::TextureId>,
    grid: Grid,
) -> Option<usize> {
    let seen = canvas.camera.view(canvas.rect);
    let margin = f64::from(RADIUS) * 2.0 / canvas.camera.zoom;
    let wide = [
        seen[0] - margin,
        seen[1] - margin,
        seen[2] + margin,
        seen[3] + margin,
    ];
    let count = marks.count_in(wide);
    let is_dense = count > MOST_MARKS;
    if is_dense {
        let whole = [-0.5, -0.5, grid.width as f64 - 0.5, grid.height as f64 - 0.5];
        let on_screen = canvas.camera.screen_rect(canvas.rect, whole);
        if let Some(texture) = density {
            let all = Rect::from_min_max(Pos2::ZERO, pos2(1.0, 1.0));
            let tint = canvas.theme.accent();
            canvas.painter.image(texture, on_screen, all, tint);
        }
        let chosen = view.selection.set().iter().take(MOST_SELECTED);
        let places = chosen.filter_map(|&object| marks.position(object));
        selected_ui(
            canvas,
            places.map(|[x, y]| canvas.camera.screen(canvas.rect, x, y)),
        );
    } else {
        let mut rings = Vec::with_capacity(count);
        let mut chosen = Vec::new();
        for (object, [x, y]) in marks.within(wide) {
            let at = canvas.camera.screen(canvas.rect, x, y);
            let ink = match colours {
                Some(colours) => colours.of.get(object as usize).copied(),
                None => (view.live.label_of(object)).map(|c| canvas.theme.class_colour(c)),
            };
            let ink = ink.filter(|c| c.a() > 0).unwrap_or(canvas.ink());
            let ink = match view.selection.dims(object) {
                true => ink.gamma_multiply(STANDS_BACK),
                false => ink,
            };
            rings.push((at, ink));
            if view.selection.has(object) {
                chosen.push(at);
            }
        }
        let halo = canvas.halo();
        let halos = rings.iter().map(|(at, _)| (*at, halo));
        draw_outlines(canvas.painter, Outline::Ring, RADIUS, 3.0, halos);
        draw_outlines(canvas.painter, Outline::Ring, RADIUS, 1.5, rings.iter().copied());
        selected_ui(canvas, chosen.into_iter());
    }
    if let Some(focus) = view.selection.focus()
        && let Some([x, y]) = marks.position(focus)
    {
        focus_ui(canvas, canvas.camera.screen(canvas.rect, x, y));
    }
    is_dense.then_some(count)
}

/// Squares about selected objects: told by their shape, not by their colour alone.
fn selected_ui(canvas: &Canvas<'_>, places: impl Iterator<Item = Pos2> + Clone) {
    let radius = RADIUS + 3.5;
    for (width, ink) in [(4.0, canvas.halo()), (2.0, canvas.theme.accent())] {
        let places = places.clone().map(|at| (at, ink));
        draw_outlines(canvas.painter, Outline::Square, radius, width, places);
    }
}

/// Four strokes that point at the object looked at.
fn focus_ui(canvas: &Canvas<'_>, at: Pos2) {
    for way in [vec2(1.0, 0.0), vec2(-1.0, 0.0), vec2(0.0, 1.0), vec2(0.0, -1.0)] {
        let ends = [at + way * 13.0, at + way * 24.0];
        canvas.painter.line_segment(ends, Stroke::new(4.5, canvas.halo()));
        canvas
            .painter
            .line_segment(ends, Stroke::new(2.0, canvas.theme.accent()));
    }
}

/// Lines of equal coordinates with labels at the lower and left edge, none on another, on the compass or
/// on the scale.
pub fn graticule_ui(canvas: &Canvas<'_>, lines: &[Line], overlays: &Overlays) {
    let mut taken = Vec::new();
    if overlays.compass {
        let corner = canvas.rect.right_top();
        taken.push(Rect::from_two_pos(corner, corner + vec2(-96.0, 96.0)));
    }
    if overlays.scale {
        let corner = canvas.rect.right_bottom();
        taken.push(Rect::from_two_pos(corner, corner - vec2(186.0, 44.0)));
    }
    let ink = canvas.ink().gamma_multiply(0.55);
    let inner = canvas.rect.shrink(4.0);
    for line in lines {
        let mut label: Option<Pos2> = None;
        for piece in &line.pieces {
            let points: Vec<Pos2> = piece
                .iter()
                .map(|[x, y]| canvas.camera.screen(canvas.rect, *x, *y))
                .collect();
            for p in points
                .iter()
                .copied()
                .flat_map(|p| inner.contains(p).then_some(p))
            {
                let is_better = |old: Pos2| {
                    if line.is_meridian {
                        p.y > old.y
                    } else {
                        p.x < old.x
                    }
                };
                if label.is_none_or(is_better) {
                    label = Some(p);
                }
            }
            canvas.painter.add(Shape::line(points, Stroke::new(1.0, ink)));
        }
        if let Some(at) = label {
            let anchor = if line.is_meridian {
                Align2::CENTER_BOTTOM
            } else {
                Align2::LEFT_CENTER
            };
            taken.extend(canvas.text_beside(at, anchor, &line.label, &taken));
        }
    }
}

/// Arrows to north and east in the upper right corner: those of the ICRS, as the grid and the positions
/// are, also on an image whose own axes are galactic.
pub fn compass_ui(canvas: &Canvas<'_>, scene: &Scene) {
    let [x, y] = canvas.camera.centre;
    let Some(orientation) =
        (scene.wcs()).and_then(|w| w.icrs_orientation(x, y).or_else(|| w.orientation(x, y)))
    else {
        return;
    };
    let middle = canvas.rect.right_top() + vec2(-48.0, 48.0);
    for (degrees, name) in [(orientation.north_deg, "N"), (orientation.east_deg, "E")] {
        // Counter-clockwise from +y; the screen's y points down.
        let (sin, cos) = degrees.to_radians().sin_cos();
        let way = vec2(-sin as f32, -cos as f32);
        let tip = middle + way * 26.0;
        canvas.line([middle, tip], 1.5);
        for side in [0.5, -0.5] {
            let barb = way.rot90() * side - way;
            canvas.line([tip, tip + barb * 7.0], 1.5);
        }
        canvas.text(middle + way * 36.0, Align2::CENTER_CENTER, name);
    }
}

/// A length on the sky at the lower right.
pub fn scale_ui(canvas: &Canvas<'_>, scene: &Scene) {
    let Some(arcsec_per_pixel) = scene.wcs().map(|w| w.pixel_scale_arcsec()) else {
        return;
    };
    let per_point = arcsec_per_pixel / canvas.camera.zoom;
    if !(per_point > 0.0 && per_point.is_finite()) {
        return;
    }
    let (length, text) = round_length(per_point * f64::from((canvas.rect.width() * 0.25).min(160.0)));
    let points = (length / per_point) as f32;
    let right = canvas.rect.right_bottom() - vec2(14.0, 14.0);
    let left = right - vec2(points, 0.0);
    canvas.line([left, right], 2.0);
    for end in [left, right] {
        canvas.line([end - vec2(0.0, 4.0), end + vec2(0.0, 4.0)], 1.5);
    }
    canvas.text(
        left.lerp(right, 0.5) - vec2(0.0, 8.0),
        Align2::CENTER_BOTTOM,
        &text,
    );
}

/// Which colour means which number, at the upper left.
pub fn legend_ui(canvas: &Canvas<'_>, column: &str, [low, high]: [f64; 2]) {
    let table = Colormap::Viridis.table(false);
    let at = canvas.rect.left_top() + vec2(10.0, 10.0);
    let bar = Rect::from_min_size(at, vec2(120.0, 8.0));
    for i in 0..60 {
        let part = Rect::from_min_size(at + vec2(i as f32 * 2.0, 0.0), vec2(2.0, 8.0));
        canvas
            .painter
            .rect_filled(part, 0.0, scale_colour(&table, f64::from(i) / 59.0));
    }
    let text = format!("{column}  {} to {}", number(low), number(high));
    canvas.text(bar.left_bottom() + vec2(2.0, 5.0), Align2::LEFT_TOP, &text);
}
