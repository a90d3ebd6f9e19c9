//! Catalogues in: FITS BINTABLE, VOTable, CSV/ECSV, Parquet.

pub mod table;

pub use table::Table;
