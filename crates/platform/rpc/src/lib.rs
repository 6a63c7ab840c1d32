//! Mutual TLS between services: listeners, channels, peer roles and what each may call.
