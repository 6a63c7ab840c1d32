//! The local-session service.
