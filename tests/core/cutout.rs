//! cutouts
