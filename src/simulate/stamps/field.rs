//! What else is on a stamp: galaxies behind and beside, stars in front.

use super::dice::Dice;
use super::galaxy::Site;
use super::profile::Ellipse;
use super::scene::{Colour, Scene, colour};
use super::view::{Camera, View};

/// A star to be painted after the blur, since its point spread function is finer than the galaxies'.
#[derive(Debug, Clone, Copy)]
pub struct Point {
    /// Its place from the stamp's middle, in pixels.
    pub at: (f64, f64),
    /// Its flux; the main object of a stamp has 1.
    pub flux: f64,
    /// Its colour.
    pub colour: Colour,
}

/// Adds galaxies to the scene; gives the stars and how many of both there are. `noise` is the deviation
/// of a pixel's noise in the main object's flux.
pub fn neighbours(view: &View, noise: f64, scene: &mut Scene, dice: &mut Dice) -> (Vec<Point>, usize) {
    let side = view.side as f64;
    let half = 0.5 * side + 4.0;
    // The faintest that matters is hardly seen.
    let fwhm = view.psf.fwhm_px;
    let faintest = 6.0 * noise * fwhm;
    let place = |dice: &mut Dice| loop {
        let at = (dice.between(-half, half), dice.between(-half, half));
        // What lies on the object would make another class of it.
        if at.0.hypot(at.1) > 0.9 * view.radius_px + 2.5 * fwhm {
            break at;
        }
    };
    // Crowding varies from empty fields to clusters; deep images see more.
    let crowd = dice.log_between(0.25, 3.0);
    let deep = match view.camera {
        Camera::Colour => 1.6,
        Camera::Deep => 4.0,
        Camera::Space => 2.5,
        Camera::Small => 1.5,
    };
    let count = dice.poisson(crowd * deep).min(30);
    for _ in 0..count {
        // Ten times fainter is about four times as frequent, as galaxies' counts go.
        let flux = faintest * dice.between(0.0, 1.0).max(2e-3).powf(-1.6);
        let site = Site {
            at: place(dice),
            radius: (fwhm * dice.log_between(0.2, 1.2) * (flux / faintest).powf(0.2)).min(0.12 * side),
            flux: flux.min(1.5),
            fine: 2,
        };
        let shape = Ellipse::new(dice.between(0.3, 1.0), dice.angle());
        let n = dice.pick(&[(1.0, 0.7), (2.5, 0.3)]);
        site.body(
            scene,
            n,
            site.radius.max(0.4),
            shape,
            1.0,
            colour(dice.between(-1.4, 1.8)),
        );
    }
    // Now and then the field is dominated by a neighbour at its edge.
    let big = dice.chance(0.06);
    if big {
        let way = dice.angle();
        let site = Site {
            at: (0.55 * side * way.cos(), 0.55 * side * way.sin()),
            radius: side * dice.between(0.05, 0.2),
            flux: dice.log_between(0.5, 8.0),
            fine: 2,
        };
        let shape = Ellipse::new(dice.between(0.4, 1.0), dice.angle());
        site.body(
            scene,
            dice.between(1.0, 4.0),
            site.radius,
            shape,
            1.0,
            colour(dice.between(-0.5, 1.2)),
        );
    }
    let count_stars = dice.poisson(0.5 * crowd).min(20);
    let mut stars: Vec<Point> = (0..count_stars)
        .map(|_| Point {
            at: place(dice),
            flux: (faintest * dice.between(0.0, 1.0).max(1e-3).powf(-1.4)).min(20.0),
            colour: star_colour(dice),
        })
        .collect();
    // So it is by a bright star with its spikes.
    if dice.chance(0.04) {
        let way = dice.angle();
        let far = side * dice.between(0.4, 0.75);
        stars.push(Point {
            at: (far * way.cos(), far * way.sin()),
            flux: dice.log_between(5.0, 300.0),
            colour: star_colour(dice),
        });
    }
    let all = count + usize::from(big) + stars.len();
    (stars, all)
}

/// Stars are bluer and redder than galaxies.
pub fn star_colour(dice: &mut Dice) -> Colour {
    colour(dice.between(-2.2, 2.4))
}
