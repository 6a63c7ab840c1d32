//! Transient electromagnetics by the finite integration technique.
