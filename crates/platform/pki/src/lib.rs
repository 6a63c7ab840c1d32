//! The site's certificates: its root authority, the short-lived leaf that every service instance has,
//! the requests for them, and a reader that says what a certificate holds.
//!
//! A private key is made where it is used ([`Key`]) and never travels: what travels is a request
//! ([`Key::request`], [`Request`]), of which the authority trusts the public key and the proof of its
//! possession and nothing else. Names are decided by the authority.
//!
//! The identity of an instance is the certificate's only URI name, `spiffe://<site>/<role>/<instance>`.

mod algorithm;
mod authority;
mod description;
mod error;
mod fingerprint;
mod host;
mod inspect;
mod key;
mod pem;
mod request;
mod secret;
mod trust;
mod validity;

pub use algorithm::Algorithm;
pub use authority::{Authority, Certificate, KEY_FILE, ROOT_FILE};
pub use description::{Description, KeyDescription, Name};
pub use error::Error;
pub use fingerprint::Fingerprint;
pub use host::Host;
pub use inspect::{Info, identity, inspect, inspect_der};
pub use key::Key;
pub use pem::certificates;
pub use request::Request;
pub use secret::read_public as read;
pub use trust::{MAX_ROOTS, Trust};
pub use validity::{CLOCK_SKEW, Validity};

#[cfg(test)]
mod tests;
