//! The relay service.
