//! The logger service.
