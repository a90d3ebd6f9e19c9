//! Reading the names of a weights file's tensors: what wraps them, which blocks there are, what
//! network they are typical of.

use super::vit_keys::Family;
use std::collections::BTreeMap;

/// Prefixes that training wrappers put before the names.
const WRAPPERS: [&str; 10] = [
    "module",
    "backbone",
    "model",
    "encoder",
    "teacher",
    "student",
    "dinov2",
    "state_dict",
    "_orig_mod",
    "online_encoder",
];
/// Name of the patch embedding in timm and in facebook's repository.
pub(super) const TIMM_PATCH: &str = "patch_embed.proj";
/// Name of the patch embedding in transformers.
pub(super) const TRANSFORMERS_PATCH: &str = "embeddings.patch_embeddings.projection";

/// Family and prefix, told by the patch embedding's name; a teacher is preferred to a student,
/// then the shortest prefix.
pub(super) fn find_prefix(names: &[&str]) -> Option<(Family, String)> {
    let anchors = [
        (TIMM_PATCH, Family::Timm),
        (TRANSFORMERS_PATCH, Family::Transformers),
    ];
    let mut candidates: Vec<(bool, usize, Family, &str)> = Vec::new();
    for (anchor, family) in anchors {
        for name in names {
            let base = name.strip_suffix(".weight").unwrap_or("");
            if let Some(prefix) = base.strip_suffix(anchor).filter(|p| wrapped(p)) {
                candidates.push((!prefix.contains("teacher"), prefix.len(), family, prefix));
            }
        }
    }
    (candidates.into_iter().min_by_key(|c| (c.0, c.1))).map(|c| (c.2, c.3.to_string()))
}

/// Whether a prefix is made of the names that wrappers put there.
pub(super) fn wrapped(p: &str) -> bool {
    p.is_empty() || (p.strip_suffix('.')).is_some_and(|p| p.split('.').all(|s| WRAPPERS.contains(&s)))
}

/// The start of every block's names by its number: `blocks.7.`, or `blocks.1.7.` where training
/// cut the blocks in chunks (the second number is the block's).
pub(super) fn block_prefixes(names: &[&str], at: &str) -> BTreeMap<usize, String> {
    let mut found = BTreeMap::new();
    for name in names {
        let Some(rest) = name.strip_prefix(at) else {
            continue;
        };
        let mut segments = rest.split('.');
        let (Some(a), Some(b)) = (segments.next(), segments.next()) else {
            continue;
        };
        match (a.parse::<usize>(), b.parse::<usize>()) {
            (Ok(_), Ok(index)) => {
                found.insert(index, format!("{at}{a}.{b}."));
            }
            (Ok(index), Err(_)) => {
                found.entry(index).or_insert_with(|| format!("{at}{a}."));
            }
            _ => {}
        }
    }
    found
}

/// What kind of network these names are typical of.
pub(super) fn resembles(names: &[&str]) -> &'static str {
    let any = |part: &str| names.iter().any(|n| n.contains(part));
    if names.is_empty() {
        "an empty file"
    } else if any("conv_dw.") || any("dwconv.") {
        "a ConvNeXt"
    } else if any("storage_tokens") || any("rope") {
        "a DINOv3 (rotary positions), which is not known yet"
    } else if any("layernorm_before") {
        "a transformers ViT (not DINOv2), whose names are not known yet"
    } else if any("self_attn.q_proj") || any("in_proj_weight") {
        "a CLIP or SigLIP, which is not known yet"
    } else if any("attention.attention.query") {
        "a transformers DINOv2 without its embeddings"
    } else if any("attn.qkv") {
        "a timm or original ViT without its patch embedding, or under an unknown prefix"
    } else if any("running_mean") {
        "a convolutional network"
    } else {
        "nothing that is known"
    }
}

/// The first six of `items`, and how many more there are.
pub(super) fn some_of<'a>(items: impl ExactSizeIterator<Item = &'a str> + Clone) -> String {
    const SHOWN: usize = 6;
    let count = items.len();
    let shown: Vec<String> = items.take(SHOWN).map(|i| i.chars().take(160).collect()).collect();
    let more = count.saturating_sub(SHOWN);
    match more {
        0 => shown.join(", "),
        _ => format!("{} and {more} more", shown.join(", ")),
    }
}
