//! Stories of the table and its filter.
