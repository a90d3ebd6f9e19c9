//! What the object in the middle of a stamp can be.

/// The classes, in the order in which stamps are numbered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Kind {
    Smooth,
    Disc,
    Spiral,
    EdgeOn,
    Ring,
    Irregular,
    Merger,
    Lens,
    Star,
    Blend,
    RadioCompact,
    RadioFri,
    RadioFrii,
    RadioBent,
}

impl Kind {
    /// All of them. Stamp `number` shows `ALL[number % 14]`, so that every run of 14 has one of each.
    pub const ALL: [Kind; 14] = [
        Kind::Smooth,
        Kind::Disc,
        Kind::Spiral,
        Kind::EdgeOn,
        Kind::Ring,
        Kind::Irregular,
        Kind::Merger,
        Kind::Lens,
        Kind::Star,
        Kind::Blend,
        Kind::RadioCompact,
        Kind::RadioFri,
        Kind::RadioFrii,
        Kind::RadioBent,
    ];

    /// The kind of the stamp with this number.
    pub fn of(number: u64) -> Self {
        Self::ALL[(number % Self::ALL.len() as u64) as usize]
    }

    /// The name in `labels.csv`.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Smooth => "smooth",
            Kind::Disc => "disc",
            Kind::Spiral => "spiral",
            Kind::EdgeOn => "edge-on",
            Kind::Ring => "ring",
            Kind::Irregular => "irregular",
            Kind::Merger => "merger",
            Kind::Lens => "lens",
            Kind::Star => "star",
            Kind::Blend => "blend",
            Kind::RadioCompact => "radio-compact",
            Kind::RadioFri => "radio-fri",
            Kind::RadioFrii => "radio-frii",
            Kind::RadioBent => "radio-bent",
        }
    }

    /// Whether a radio telescope saw it.
    pub fn is_radio(self) -> bool {
        matches!(
            self,
            Kind::RadioCompact | Kind::RadioFri | Kind::RadioFrii | Kind::RadioBent
        )
    }
}
