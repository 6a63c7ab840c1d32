//! The project service: the versioned store of projects, with everything that the other services keep.
//!
//! | module | holds |
//! |---|---|
//! | `guard` | who asks, and what that caller may do in a project |
//! | `projects` | the projects themselves: names, trash |
//! | `sizes` | how large projects are |
//! | `pictures` | the small picture that a project is known by |
//! | `values` | what expressions come to |
//! | `transfer` | copies, archives out and in |
//! | `kinds` | what services declare, and the schemas of entities |
//! | `commit`, `checks` | one change: from what was asked to a version |
//! | `versions`, `entities` | history and content |
//! | `patterns` | which entities a question names |
//! | `watch` | what goes on in a project, as it goes on |
//! | `bridge` | the same between several processes of this service |
//! | `blobs` | large data |
//! | `checkpoints` | what runs that are under way can go on from |
//! | `runs` | records of runs |
//! | `records` | records of other services |
//! | `documents` | typed records in the store |
//! | `errors` | what an error of the store is to callers |
//!
//! # Invariants
//! - No call reaches a project before the caller's right on it was looked up; a project that the caller may not see
//!   answers as one that does not exist.
//! - Every entity that a commit puts has a known kind, stands in its kind's section, and fits its kind's schema.
//! - What is acknowledged is durable.

mod blobs;
mod bridge;
mod checkpoints;
mod checks;
mod commit;
mod convert;
mod documents;
mod entities;
mod errors;
mod guard;
mod kinds;
mod patterns;
mod pictures;
mod projects;
mod records;
mod runs;
mod server;
mod sizes;
#[cfg(test)]
mod tests;
mod transfer;
mod values;
mod versions;
mod watch;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use api::{Code, Failure};
use base::identity::Role;
use clap::Args;
use runtime::options::Defaults;
use runtime::{Common, Context};
use serde::{Deserialize, Serialize};
use store::{Address, Backend, Place, Repository};

pub use crate::errors::failure as store_failure;
use crate::errors::failure;
use crate::server::{Bounds, Server};

/// Options of this service alone.
#[derive(Args, Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Options {
    /// Database: `sqlite`, or `mongodb://[user@]host[:port][,…][/name][?option=value…]` without a password
    #[arg(long, env = "OPENTWIN_DATABASE", value_name = "ADDRESS")]
    pub database: Option<Address>,
    /// File that holds the password of the database's user
    #[arg(long, env = "OPENTWIN_DATABASE_PASSWORD_FILE", value_name = "FILE")]
    pub database_password_file: Option<PathBuf>,
    /// Certificates (PEM) of those who may sign the database server's; turns TLS on
    #[arg(long, env = "OPENTWIN_DATABASE_CA", value_name = "FILE")]
    pub database_ca: Option<PathBuf>,
    /// Largest blob, in MiB
    #[arg(long, env = "OPENTWIN_BLOB_MB", value_name = "MIB")]
    pub blob_mb: Option<u64>,
    /// Largest archive of a project that is taken in, in MiB
    #[arg(long, env = "OPENTWIN_ARCHIVE_MB", value_name = "MIB")]
    pub archive_mb: Option<u64>,
    /// Memory for what was read lately, in MiB
    #[arg(long, env = "OPENTWIN_CACHE_MB", value_name = "MIB")]
    pub cache_mb: Option<u64>,
    /// Seconds for which a prune leaves what was written: longer than any upload takes
    #[arg(long, env = "OPENTWIN_PRUNE_GRACE", value_name = "SECONDS")]
    pub prune_grace: Option<u64>,
}

/// MiB of the largest blob.
const BLOB_MB: u64 = 4096;

/// MiB of the largest archive: as much as `relay` takes of one file.
const ARCHIVE_MB: u64 = 4096;

/// MiB for what was read lately.
const CACHE_MB: u64 = 128;

/// Seconds for which a prune leaves what was written, and the most that can be asked for.
const PRUNE_GRACE: u64 = 3600;
const LONGEST_GRACE: u64 = 30 * 86_400;

impl Defaults for Options {
    fn defaults(&self) -> Self {
        Self {
            database: Some(Address::default()),
            blob_mb: Some(BLOB_MB),
            archive_mb: Some(ARCHIVE_MB),
            cache_mb: Some(CACHE_MB),
            prune_grace: Some(PRUNE_GRACE),
            ..Self::default()
        }
    }
}

/// The database where its address names none.
const DATABASE: &str = "opentwin-project";

impl Options {
    /// Where this service keeps its data.
    pub fn place(&self, state: &std::path::Path) -> Place {
        Place {
            directory: state.join("store"),
            address: self.database.clone(),
            name: DATABASE.to_owned(),
            password_file: self.database_password_file.clone(),
            ca: self.database_ca.clone(),
        }
    }

    fn blob_bytes(&self) -> Result<u64, Failure> {
        mebibytes("blob-mb", self.blob_mb.unwrap_or(BLOB_MB), 1 << 30)
    }

    fn archive_bytes(&self) -> Result<u64, Failure> {
        mebibytes("archive-mb", self.archive_mb.unwrap_or(ARCHIVE_MB), 1 << 30)
    }

    fn prune_grace(&self) -> Result<Duration, Failure> {
        let given = self.prune_grace.unwrap_or(PRUNE_GRACE);
        if !(1..=LONGEST_GRACE).contains(&given) {
            return Err(Code::Config
                .because(format!("`prune-grace` is {given}"))
                .remedy(format!("give 1 to {LONGEST_GRACE} seconds")));
        }
        Ok(Duration::from_secs(given))
    }

    fn cache_bytes(&self) -> Result<usize, Failure> {
        let bytes = mebibytes("cache-mb", self.cache_mb.unwrap_or(CACHE_MB), 1 << 20)?;
        Ok(usize::try_from(bytes).unwrap_or(usize::MAX))
    }
}

fn bounds(options: &Options) -> Result<Bounds, Failure> {
    Ok(Bounds {
        blob_bytes: options.blob_bytes()?,
        archive_bytes: options.archive_bytes()?,
        prune_grace: options.prune_grace()?,
    })
}

fn mebibytes(option: &str, given: u64, most: u64) -> Result<u64, Failure> {
    if (1..=most).contains(&given) {
        return Ok(given << 20);
    }
    Err(Code::Config.because(format!("`{option}` is {given}")).remedy(format!("give 1 to {most} MiB")))
}

/// Runs the service to its end. Its store lies in `<state>/store`, or in the database that is named.
pub async fn run(common: Common, options: Options) -> Result<(), Failure> {
    runtime::host(Role::Project, common, async |context| create(context, options).await).await
}

async fn create(context: Context, options: Options) -> Result<Server, Failure> {
    let backend = options.place(&context.state()?).open().await.map_err(failure)?;
    create_on(context, options, backend).await
}

/// The service on a back end that is open already.
async fn create_on(context: Context, options: Options, backend: Arc<dyn Backend>) -> Result<Server, Failure> {
    let repository = Repository::with_cache(backend, options.cache_bytes()?);
    Server::create(context, repository, bounds(&options)?).await
}
