//! Which band an image shows, which images are weights of others, and which belong to one sky.

use crate::io::fits::Header;

/// Band names with a typical wavelength in nanometres, to order them blue to red.
const WAVELENGTHS_NM: &[(&str, f64)] = &[
    ("fuv", 154.0),
    ("nuv", 232.0),
    ("u", 355.0),
    ("b", 440.0),
    ("g", 475.0),
    ("v", 551.0),
    ("vis", 700.0),
    ("r", 622.0),
    ("rc", 640.0),
    ("i", 763.0),
    ("ic", 790.0),
    ("z", 905.0),
    ("y", 1005.0),
    ("j", 1235.0),
    ("h", 1662.0),
    ("k", 2159.0),
    ("ks", 2159.0),
    ("w1", 3368.0),
    ("i1", 3550.0),
    ("irac1", 3550.0),
    ("i2", 4490.0),
    ("irac2", 4490.0),
    ("w2", 4618.0),
    ("i3", 5730.0),
    ("irac3", 5730.0),
    ("i4", 7870.0),
    ("irac4", 7870.0),
    ("w3", 12082.0),
    ("w4", 22194.0),
    ("mips24", 24_000.0),
];

/// Words in a file or HDU name that say: not a picture of the sky but about one.
const AUXILIARY: &[&str] = &[
    "weight",
    "weights",
    "wht",
    "wt",
    "ivar",
    "invvar",
    "rms",
    "err",
    "error",
    "sigma",
    "var",
    "variance",
    "mask",
    "msk",
    "dq",
    "flag",
    "flags",
    "ctx",
    "con",
    "exp",
    "expmap",
    "exposure",
    "segmentation",
    "seg",
    "segm",
    "psf",
    "bkg",
    "background",
    "unc",
    "cov",
    "noise",
    "uncert",
    "nexp",
];

/// Words of a name: `my-field_r.weight` gives `my field r weight`.
fn words(name: &str) -> impl Iterator<Item = String> + '_ {
    name.split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|w| !w.is_empty())
        .map(str::to_ascii_lowercase)
}

/// Whether a file stem or HDU name says that the image is a weight, mask or noise map.
pub fn is_auxiliary(name: &str) -> bool {
    words(name).any(|w| AUXILIARY.contains(&w.trim_end_matches(|c: char| c.is_ascii_digit())))
}

/// The wavelength of a band in nanometres by its name: common letters, `F814W` filters, `W1`.
pub fn wavelength_nm(band: &str) -> Option<f64> {
    let lower = band.trim().to_ascii_lowercase();
    // Survey prefixes and suffixes: "sdss_g", "decam-r", "g.MP9401", "HSC-I", "r SDSS c6018".
    let known = |w: &str| WAVELENGTHS_NM.iter().find(|(n, _)| *n == w).map(|&(_, nm)| nm);
    known(&lower).or_else(|| words(&lower).find_map(|w| known(&w).or_else(|| space_filter_nm(&w))))
}

/// Hubble and Webb filters: F814W is 814 nm, F160W and F115W with a near-infrared camera 1600 nm and
/// 1150 nm, F1000W 10 µm. Below 200 the number is in hundredths of a micron.
fn space_filter_nm(word: &str) -> Option<f64> {
    let digits = word
        .strip_prefix('f')?
        .trim_end_matches(['w', 'm', 'n', 'l', 'p', 'x']);
    let number: f64 = digits.parse().ok()?;
    match digits.len() {
        3 if number < 200.0 => Some(number * 10.0),
        3 | 4 => Some(if digits.len() == 4 { number * 10.0 } else { number }),
        _ => None,
    }
}

/// The band of an image: from the header's FILTER or BAND, the HDU's name, or a word of the file name.
pub fn band_name(header: &Header, hdu_name: Option<&str>, file_stem: &str) -> Option<String> {
    for key in [
        "FILTER",
        "BAND",
        "FILTNAM",
        "FILTER1",
        "FILTER2",
        "FILTERS",
        "FILT_ID",
        "ESO INS FILT1 NAME",
    ] {
        if let Some(value) = header.text(key)
            && !value.trim().is_empty()
            && !value.to_ascii_lowercase().starts_with("clear")
        {
            return Some(value.trim().to_owned());
        }
    }
    if let Some(name) = hdu_name
        && wavelength_nm(name).is_some()
    {
        return Some(name.to_owned());
    }
    let lower: Vec<String> = words(file_stem).collect();
    lower
        .iter()
        .rev()
        .find(|w| WAVELENGTHS_NM.iter().any(|(n, _)| n == w) || space_filter_nm(w).is_some())
        .cloned()
}

/// The file name without its extensions (`.fits.gz` too) and directories.
pub fn stem(path: &std::path::Path) -> String {
    let mut name = path
        .file_name()
        .map(|n| n.to_string_lossy().into_owned())
        .unwrap_or_default();
    for ending in [
        ".gz", ".fz", ".Z", ".bz2", ".fits", ".fit", ".fts", ".FITS", ".FIT",
    ] {
        if let Some(short) = name.strip_suffix(ending) {
            name = short.to_owned();
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_are_ordered_by_wavelength() {
        let mut bands = ["z", "F814W", "gc_2mass_k", "g", "HSC-R", "F160W", "W1"];
        bands.sort_by(|a, b| wavelength_nm(a).partial_cmp(&wavelength_nm(b)).unwrap());
        assert_eq!(bands, ["g", "HSC-R", "F814W", "z", "F160W", "gc_2mass_k", "W1"]);
        assert_eq!(wavelength_nm("flag"), None);
        assert_eq!(wavelength_nm("F1000W"), Some(10_000.0));
    }

    #[test]
    fn weight_maps_are_told_from_images() {
        for name in ["galaxies.weight", "field_r_wht", "ERR", "DQ2", "x-ivar"] {
            assert!(is_auxiliary(name), "{name}");
        }
        for name in ["galaxies", "field_r", "SCI", "rmsky"] {
            assert!(!is_auxiliary(name), "{name}");
        }
    }

    #[test]
    fn the_header_names_the_band_before_the_file_does() {
        let card = b"FILTER  = 'r SDSS  '";
        let h = Header::parse(card);
        assert_eq!(band_name(&h, None, "survey_g").as_deref(), Some("r SDSS"));
        assert_eq!(
            band_name(&Header::default(), None, "survey_g").as_deref(),
            Some("g")
        );
        assert_eq!(band_name(&Header::default(), None, "spitzer_image"), None);
    }
}
