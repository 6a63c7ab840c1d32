//! The frame around a compute service: description, evaluated entities, progress, checkpoints.
