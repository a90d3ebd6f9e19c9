//! A simulated survey.
