//! The modeling compute service.
