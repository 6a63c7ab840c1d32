//! The project service: the versioned store of projects, with everything that the other services keep.
//!
//! | module | holds |
//! |---|---|
//! | `guard` | who asks, and what that caller may do in a project |
//! | `projects` | the projects themselves: names, trash |
//! | `pictures` | the small picture that a project is known by |
//! | `values` | what expressions come to |
//! | `transfer` | copies, archives out and in |
//! | `kinds` | what services declare, and the schemas of entities |
//! | `commit`, `checks` | one change: from what was asked to a version |
//! | `versions`, `entities` | history and content |
//! | `watch` | what goes on in a project, as it goes on |
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
mod checkpoints;
mod checks;
mod commit;
mod convert;
mod documents;
mod entities;
mod errors;
mod guard;
mod kinds;
mod pictures;
mod projects;
mod records;
mod runs;
mod server;
#[cfg(test)]
mod tests;
mod transfer;
mod values;
mod versions;
mod watch;

use std::sync::Arc;

use api::{Code, Failure};
use base::identity::Role;
use clap::Args;
use runtime::{Common, Context};
use serde::{Deserialize, Serialize};
use store::{Backend, Repository, Sqlite, SqliteOptions};

use crate::errors::failure;
use crate::server::Server;

/// Options of this service alone.
#[derive(Args, Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Options {
    /// Largest blob, in MiB [default: 4096]
    #[arg(long, env = "OPENTWIN_BLOB_MB", value_name = "MIB")]
    pub blob_mb: Option<u64>,
    /// Memory for what was read lately, in MiB [default: 128]
    #[arg(long, env = "OPENTWIN_CACHE_MB", value_name = "MIB")]
    pub cache_mb: Option<u64>,
}

impl Options {
    fn blob_bytes(&self) -> Result<u64, Failure> {
        mebibytes("blob-mb", self.blob_mb.unwrap_or(4096), 1 << 30)
    }

    fn cache_bytes(&self) -> Result<usize, Failure> {
        let bytes = mebibytes("cache-mb", self.cache_mb.unwrap_or(128), 1 << 20)?;
        Ok(usize::try_from(bytes).unwrap_or(usize::MAX))
    }
}

fn mebibytes(option: &str, given: u64, most: u64) -> Result<u64, Failure> {
    if (1..=most).contains(&given) {
        return Ok(given << 20);
    }
    Err(Code::Config.because(format!("`{option}` is {given}")).remedy(format!("give 1 to {most} MiB")))
}

/// Runs the service to its end. Its store lies in `<state>/store`.
pub async fn run(common: Common, options: Options) -> Result<(), Failure> {
    runtime::host(Role::Project, common, async |context| create(context, options).await).await
}

async fn create(context: Context, options: Options) -> Result<Server, Failure> {
    let folder = context.state()?.join("store");
    let open = move || Sqlite::open(&folder, &SqliteOptions::default());
    let backend: Arc<dyn Backend> = tokio::task::spawn_blocking(open)
        .await
        .map_err(|e| Code::Internal.because(format!("the store could not be opened: {e}")))?
        .map(Arc::new)
        .map_err(failure)?;
    create_on(context, options, backend).await
}

/// The service on a back end that is open already.
async fn create_on(context: Context, options: Options, backend: Arc<dyn Backend>) -> Result<Server, Failure> {
    let repository = Repository::with_cache(backend, options.cache_bytes()?);
    Server::create(context, repository, options.blob_bytes()?).await
}
