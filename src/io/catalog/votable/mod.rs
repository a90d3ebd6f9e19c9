pub(super) use read::read_votable;
pub use write::write_votable;
mod write {
    use crate::io::catalog::{CatalogError, Table};
    /// x
    pub fn write_votable(path: &std::path::Path, _t: &Table) -> Result<(), CatalogError> {
        Err(CatalogError::unsupported(path, "x"))
    }
}
mod read {
    use crate::io::catalog::{CatalogError, Table};
    use crate::progress::Progress;
    pub fn read_votable(path: &std::path::Path, _t: &str, _p: &dyn Progress) -> Result<Table, CatalogError> {
        Err(CatalogError::unsupported(path, "x"))
    }
}
