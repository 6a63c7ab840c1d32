//! Solid modelling: a feature tree evaluated on OpenCASCADE.
