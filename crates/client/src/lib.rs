//! A client of a running platform: the public contract over one address.
//!
//! - [`Client`] speaks to the relay of a site: typed clients of every public service, the login's token on
//!   every call, calls that are tried again where that is safe and may help ([`ask!`], [`ask_once!`]).
//! - It opens sessions when they are needed and again when they have moved ([`Client::in_session`]), follows
//!   a run across lost connections ([`Client::follow`]), and carries blobs with progress
//!   ([`Client::upload`], [`Client::download`]).
//! - [`Home`] keeps the login of the command line; [`LocalSite`] is what a platform on this machine leaves for
//!   clients beside it; [`present`] tells which root an address shows, for a first contact.
//!
//! ```no_run
//! # async fn example() -> Result<(), api::Failure> {
//! use client::{Client, Home, ask};
//!
//! let login = Home::find(None)?.login()?;
//! let client = Client::connect(&login.address, &login.trust()?, Some(&login.token))?;
//! let projects = ask!(client, project.list_projects(api::v1::ListProjectsRequest::default()))?;
//! # Ok(()) }
//! ```

mod archive;
mod blob;
mod connect;
mod contact;
mod failure;
mod follow;
mod home;
mod local;
mod retry;
mod session;

pub use blob::hash_file;
#[doc(hidden)]
pub use connect::request;
pub use connect::{Bearer, Client, Transport};
pub use contact::{Root, address, present};
pub use failure::failure;
pub use follow::{Followed, ended};
pub use home::{Home, Login};
pub use local::LocalSite;
pub use retry::Patience;

#[cfg(test)]
mod tests;
