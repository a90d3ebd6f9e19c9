//! PNG, JPEG and TIFF pictures as planes.
