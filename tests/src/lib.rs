//! Tests across services, on real processes.
