//! The descriptions that come with the program: `assets/encoders/*.toml`, compiled in.

/// Names and texts of the descriptions in `assets/encoders`, in the order they are offered.
macro_rules! assets {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../../assets/encoders/", $name, ".toml")))),*]
    };
}

/// Names and descriptions, in the order they are offered.
pub(super) const DESCRIPTIONS: &[(&str, &str)] = assets![
    "astrolabel_s",
    "vit_s14_dinov2",
    "vit_b14_dinov2",
    "vit_l14_dinov2",
    "vit_g14_dinov2",
    "vit_s14_reg4_dinov2",
    "vit_b14_reg4_dinov2",
    "vit_l14_reg4_dinov2",
    "vit_g14_reg4_dinov2",
    "vit_s14_saliency",
    "zoobot_convnext_pico",
    "zoobot_convnext_nano",
    "zoobot_convnext_tiny",
    "zoobot_convnext_small",
    "zoobot_convnext_base",
    "zoobot_convnext_large",
    "zoobot_greyscale_convnext_pico",
    "zoobot_greyscale_convnext_nano",
    "zoobot_euclid",
    "astroclip",
    "astrodino",
    "aion_base",
    "aion_large",
    "aion_xlarge",
    "astropt_095m",
    "efficientnet_lite0",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoder::registry::EncoderDescription;
    use std::path::Path;

    #[test]
    fn every_description_there_is_is_offered_and_makes_sense() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/encoders");
        let mut there: Vec<String> = (std::fs::read_dir(folder).unwrap())
            .map(|e| {
                e.unwrap()
                    .path()
                    .file_stem()
                    .unwrap()
                    .to_string_lossy()
                    .into_owned()
            })
            .collect();
        there.sort_unstable();
        let mut offered: Vec<&str> = DESCRIPTIONS.iter().map(|(name, _)| *name).collect();
        offered.sort_unstable();
        assert_eq!(offered, there);
        for (name, text) in DESCRIPTIONS {
            let known = EncoderDescription::parse(text, Path::new(name)).unwrap();
            assert_eq!(known.name, *name);
            assert!(!known.licence.is_empty() && !known.citation.is_empty(), "{name}");
        }
    }
}
