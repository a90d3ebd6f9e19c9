//! What was drawn for a stamp, as columns of `labels.csv`.

macro_rules! parameters {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// What was drawn for a stamp; `None` where it doesn't apply. Lengths are in the stamp's pixels.
        #[derive(Debug, Clone, Copy, PartialEq, Default)]
        pub struct Parameters {
            $($(#[$doc])* pub $name: Option<f64>,)*
        }

        impl Parameters {
            /// The names, in the order of [`values`](Self::values).
            pub const NAMES: &[&str] = &[$(stringify!($name),)*];

            /// The values, in the order of [`NAMES`](Self::NAMES).
            pub fn values(&self) -> Vec<Option<f64>> {
                vec![$(self.$name,)*]
            }
        }
    };
}

parameters! {
    /// Sérsic index of the main body.
    sersic_n,
    /// Apparent axis ratio of the main body, 0 to 1.
    axis_ratio,
    /// Position angle of the major axis, degrees from the x axis towards y, 0 to 180.
    angle_deg,
    /// Half-light radius of the main body.
    radius_px,
    /// Share of the bulge in the light.
    bulge,
    /// Number of spiral arms.
    arms,
    /// 1 with a bar, 0 without.
    bar,
    /// Pitch angle of the arms.
    pitch_deg,
    /// Radius of the ring.
    ring_px,
    /// Distance between the two nuclei.
    merger_separation_px,
    /// Distance between the two galaxies of a blend.
    blend_separation_px,
    /// Mass or light of the second galaxy over that of the first.
    ratio,
    /// Einstein radius.
    einstein_px,
    /// From one end of a radio source to the other.
    extent_px,
    /// Angle between the two tails of a bent radio source: 180 is straight.
    opening_deg,
    /// Full width at half maximum of the point spread function, or of the beam.
    psf_fwhm_px,
    /// Exponent of a Moffat point spread function.
    moffat_beta,
    /// Signal to noise within the half-light ellipse; of a radio source, its peak's.
    snr,
    /// Number of other sources in the stamp.
    neighbours,
    /// 1 or 3.
    bands,
}
