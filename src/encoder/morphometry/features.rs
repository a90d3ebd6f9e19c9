//! What each number is called, measured in, and where it comes from.

/// Number of features.
pub const COUNT: usize = 43;

/// One number of the encoder [`Morphometry`](super::Morphometry).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Feature {
    /// Name of its column in a catalogue, `morph_concentration`.
    pub name: &'static str,
    /// What it says, for a person who hovers over it. All are pure numbers, which is why they have
    /// no unit: lengths are fractions of half of the cutout's side, logarithms of light are of the
    /// unit of the pixels (pictures: 1 is white).
    pub description: &'static str,
    /// Where its definition comes from; empty where it is plain counting.
    pub reference: &'static str,
}

/// Shorthand for the table below.
const fn f(name: &'static str, description: &'static str, reference: &'static str) -> Feature {
    Feature {
        name,
        description,
        reference,
    }
}

const ANNULUS: &str =
    "Square root of the mean light in this eighth of the radius, relative to the brightest eighth";
const LOTZ: &str = "after Lotz et al. 2004";
const CONSELICE: &str = "after Conselice 2003";
const FOURIER_1: &str = "after Zaritsky & Rix 1997";
const FOURIER_2: &str = "after Elmegreen & Elmegreen 1985";

static FEATURES: [Feature; COUNT] = [
    f("morph_profile_1", ANNULUS, ""),
    f("morph_profile_2", ANNULUS, ""),
    f("morph_profile_3", ANNULUS, ""),
    f("morph_profile_4", ANNULUS, ""),
    f("morph_profile_5", ANNULUS, ""),
    f("morph_profile_6", ANNULUS, ""),
    f("morph_profile_7", ANNULUS, ""),
    f("morph_profile_8", ANNULUS, ""),
    f(
        "morph_ring",
        "Largest rise of the radial profile going outwards: 0 none, towards 1 a ring",
        "",
    ),
    f(
        "morph_r20",
        "Radius with 20 % of the light, in half sides of the cutout",
        "",
    ),
    f(
        "morph_r50",
        "Radius with half of the light, in half sides of the cutout",
        "",
    ),
    f(
        "morph_r80",
        "Radius with 80 % of the light, in half sides of the cutout",
        "",
    ),
    f(
        "morph_concentration",
        "5 log10(r80/r20): about 2.7 a disc, 5 a bulge",
        "Bershady et al. 2000",
    ),
    f(
        "morph_asymmetry",
        "Half-turn asymmetry of the inner half",
        CONSELICE,
    ),
    f(
        "morph_asymmetry_outer",
        "Half-turn asymmetry outside the inner quarter",
        "after Wen et al. 2014",
    ),
    f("morph_asymmetry_quarter", "Quarter-turn asymmetry", CONSELICE),
    f(
        "morph_asymmetry_shape",
        "Half-turn asymmetry of the outline",
        "after Pawlik et al. 2016",
    ),
    f(
        "morph_clumpiness",
        "Light in structure finer than 3 px",
        CONSELICE,
    ),
    f(
        "morph_gini",
        "Inequality of the asinh-compressed light over the cutout: 0 even, 1 all in one pixel",
        LOTZ,
    ),
    f(
        "morph_m20",
        "log10 of the share of the brightest fifth of the segment's light in its second moment",
        LOTZ,
    ),
    f(
        "morph_merger_statistic",
        "G + 0.14 M20 - 0.33 of the two numbers before",
        "after Lotz et al. 2008",
    ),
    f(
        "morph_bulge_statistic",
        "-0.693 M20 + 4.95 G - 3.96",
        "after Snyder et al. 2015",
    ),
    f(
        "morph_ellipticity",
        "(a² - b²)/(a² + b²) of all light: 0 round, 1 a line",
        "Rodriguez-Gomez et al. 2019",
    ),
    f(
        "morph_ellipticity_segment",
        "The same of the central segment",
        "Rodriguez-Gomez et al. 2019",
    ),
    f(
        "morph_log_size",
        "log10 of the variance (half sides squared) of the compressed light about its centroid",
        "",
    ),
    f(
        "morph_centre_offset",
        "Distance of the light's centroid from the cutout's centre, in half sides",
        "",
    ),
    f(
        "morph_lopsidedness",
        "Fourier amplitude m=1 from 0.25 to 0.6 half sides",
        FOURIER_1,
    ),
    f(
        "morph_lopsidedness_outer",
        "Fourier amplitude m=1 from 0.5 to 1 half sides",
        FOURIER_1,
    ),
    f(
        "morph_bar",
        "Fourier amplitude m=2 from 0.05 to 0.3 half sides",
        FOURIER_2,
    ),
    f(
        "morph_two_armed",
        "Fourier amplitude m=2 from 0.25 to 0.6 half sides",
        FOURIER_2,
    ),
    f(
        "morph_peak_separation",
        "Distance of the two brightest peaks in half sides: double nuclei, lobes; 0 with one peak",
        "",
    ),
    f(
        "morph_peak_ratio",
        "Height of the second peak over the first; 0 with one peak",
        "",
    ),
    f(
        "morph_hot_spot_radius",
        "Mean distance of the peaks from the centre, weighted by height, in half sides",
        "after Fanaroff & Riley 1974",
    ),
    f(
        "morph_lineness",
        "Coherence of all edges' directions: 1 when they run one way, as of a trail",
        "Bigün & Granlund 1987",
    ),
    f(
        "morph_log_flux",
        "log10 of the mean light above the sky, in the unit of the pixels",
        "",
    ),
    f(
        "morph_log_snr",
        "log10 of the central segment's mean light over the noise of a pixel",
        "",
    ),
    f(
        "morph_bright_area",
        "Share of the cutout above 3 standard deviations of its frame",
        "",
    ),
    f(
        "morph_log_noise",
        "log10 of the frame's noise from the median absolute deviation, in the unit of the pixels",
        "",
    ),
    f(
        "morph_grain",
        "log10 of fine structure over noise, inner half",
        "",
    ),
    f(
        "morph_grain_frame",
        "log10 of fine structure over noise, frame",
        "",
    ),
    f(
        "morph_colour_core_1",
        "(first - middle)/(first + middle) band in the core; 0 with one band",
        "",
    ),
    f(
        "morph_colour_core_2",
        "(middle - last)/(middle + last) band in the core; 0 with fewer than three",
        "",
    ),
    f(
        "morph_colour",
        "(first - last)/(first + last) band of all light; 0 with one band",
        "",
    ),
];

/// The numbers in the order of a vector's dimensions.
pub fn features() -> &'static [Feature] {
    &FEATURES
}
