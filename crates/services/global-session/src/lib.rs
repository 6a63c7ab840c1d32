//! The global-session service.
