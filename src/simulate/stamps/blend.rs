//! Two galaxies on one line of sight, which look like a merger and are none; and the undisturbed kinds.

use super::dice::Dice;
use super::galaxy::{self, Site};
use super::kind::Kind;
use super::parameters::Parameters;
use super::scene::Scene;
use super::spiral;

/// Two galaxies on one line of sight that have nothing to do with each other.
pub fn blend(site: Site, scene: &mut Scene, dice: &mut Dice) -> Parameters {
    let kinds = [
        (Kind::Smooth, 0.4),
        (Kind::Disc, 0.25),
        (Kind::EdgeOn, 0.15),
        (Kind::Spiral, 0.2),
    ];
    let first = regular(dice.pick(&kinds), site, scene, dice);
    let ratio = dice.log_between(0.12, 1.0);
    let radius = (site.radius * dice.log_between(0.35, 1.2)).max(1.5);
    let gap = (site.radius + radius) * dice.between(0.55, 1.5);
    let way = dice.angle();
    let other = Site {
        at: (site.at.0 + gap * way.cos(), site.at.1 + gap * way.sin()),
        radius,
        flux: site.flux * ratio,
        ..site
    };
    regular(dice.pick(&kinds), other, scene, dice);
    Parameters {
        blend_separation_px: Some(gap),
        ratio: Some(ratio),
        // The numbers are the first galaxy's.
        ..first
    }
}

/// A galaxy of one of the undisturbed kinds.
pub fn regular(kind: Kind, site: Site, scene: &mut Scene, dice: &mut Dice) -> Parameters {
    match kind {
        Kind::Disc => galaxy::disc(site, scene, dice),
        Kind::EdgeOn => galaxy::edge_on(site, scene, dice),
        Kind::Spiral => spiral::spiral(site, scene, dice),
        _ => galaxy::smooth(site, scene, dice),
    }
}
