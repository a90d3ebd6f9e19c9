//! The descriptions that come with the program: `assets/encoders/*.toml`, compiled in.

/// Names and texts of the descriptions in `assets/encoders`, in the order they are offered.
macro_rules! assets {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../../assets/encoders/", $name, ".toml")))),*]
    };
}

/// Names and descriptions, in the order they are offered.
pub(super) const DESCRIPTIONS: &[(&str, &str)] = assets![
    "vit_s14_dinov2",
    "vit_b14_dinov2",
    "vit_l14_dinov2",
    "vit_s14_saliency",
];
