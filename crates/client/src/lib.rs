//! A client of a running platform: the public contract over one address.
