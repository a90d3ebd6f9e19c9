//! The celestial reference frames that files give positions in. How they turn into each other is
//! known to `sky::coords`.

use std::fmt;

/// A celestial reference frame.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum SkyFrame {
    /// International Celestial Reference System.
    #[default]
    Icrs,
    /// Mean equator and equinox, FK5 system.
    Fk5 {
        /// Julian year of the equinox (2000.0).
        equinox: f64,
    },
    /// Mean equator and equinox, FK4 system, with E-terms of aberration; observed at the equinox.
    Fk4 {
        /// Besselian year of the equinox (1950.0).
        equinox: f64,
    },
    /// FK4 without E-terms.
    Fk4NoE {
        /// Besselian year of the equinox.
        equinox: f64,
    },
    /// IAU 1958 galactic longitude and latitude.
    Galactic,
    /// De Vaucouleurs' supergalactic longitude and latitude.
    Supergalactic,
    /// Barycentric mean ecliptic and equinox.
    Ecliptic {
        /// Julian year of the equinox.
        equinox: f64,
    },
    /// A frame that is no rotation of the ICRS known here: solar, planetary, apparent places.
    Other,
}

impl SkyFrame {
    /// FK4 at its usual equinox, which is meant where none is given.
    pub const B1950: Self = Self::Fk4 { equinox: 1950.0 };
    /// The ecliptic at its usual equinox.
    pub const ECLIPTIC_J2000: Self = Self::Ecliptic { equinox: 2000.0 };

    /// Whether its coordinates are right ascension and declination.
    pub fn is_equatorial(&self) -> bool {
        matches!(
            self,
            Self::Icrs | Self::Fk5 { .. } | Self::Fk4 { .. } | Self::Fk4NoE { .. }
        )
    }
}

impl fmt::Display for SkyFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Icrs => f.write_str("ICRS"),
            Self::Fk5 { equinox } => write!(f, "FK5 J{equinox}"),
            Self::Fk4 { equinox } => write!(f, "FK4 B{equinox}"),
            Self::Fk4NoE { equinox } => write!(f, "FK4 without E-terms B{equinox}"),
            Self::Galactic => f.write_str("galactic"),
            Self::Supergalactic => f.write_str("supergalactic"),
            Self::Ecliptic { equinox } => write!(f, "ecliptic J{equinox}"),
            Self::Other => f.write_str("another frame"),
        }
    }
}
