//! What can be wrong with a header's world coordinates.

use thiserror::Error;

/// Why a header gives no world coordinate system. The caller knows file and HDU and names them.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum WcsError {
    /// There is no pair of celestial axes with a projection.
    #[error("the header has no celestial axes (axes found: {found}); positions in pixels are all it offers")]
    NoCelestial {
        /// The CTYPEs there are.
        found: String,
    },
    /// A keyword's value cannot be used.
    #[error("{keyword} = {value}: {problem}; correct the header or leave its sky positions out")]
    Value {
        /// The keyword.
        keyword: String,
        /// Its value.
        value: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The linear matrix cannot be inverted.
    #[error(
        "the matrix of CD, PC and CDELT has no inverse ({matrix:?} deg/pixel); the header does not say how large a pixel is"
    )]
    Singular {
        /// Rows longitude and latitude, degrees per pixel.
        matrix: [[f64; 2]; 2],
    },
    /// A projection or distortion that isn't implemented.
    #[error("the projection {code} is not supported: {reason}")]
    Unsupported {
        /// Projection code.
        code: String,
        /// Why, and what would help.
        reason: String,
    },
    /// Parameters no projection can have.
    #[error("the projection {code} cannot be set up: {reason}")]
    Projection {
        /// Projection code.
        code: String,
        /// What is wrong.
        reason: String,
    },
    /// CRVAL, LONPOLE and LATPOLE contradict each other.
    #[error(
        "no native pole agrees with CRVAL = ({lon}, {lat}), LONPOLE = {lonpole}, LATPOLE = {latpole} deg"
    )]
    NoPole {
        /// Longitude of the reference point, degrees.
        lon: f64,
        /// Latitude of the reference point, degrees.
        lat: f64,
        /// LONPOLE, degrees.
        lonpole: f64,
        /// LATPOLE, degrees.
        latpole: f64,
    },
}
