//! Catalogues out: FITS BINTABLE, CSV, VOTable, Parquet; vectors: CSV, NPZ, Parquet.
