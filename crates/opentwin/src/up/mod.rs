//! `opentwin up`: the whole platform on this machine, each service a process, state under one directory.

mod child;
mod layout;
mod start;

use std::path::PathBuf;
use std::sync::Arc;

use api::Failure;
use clap::Args;

/// Options of `up`.
#[derive(Args, Clone, Debug)]
pub struct Options {
    /// Directory for all that is kept [default: opentwin in the user's data directory]
    #[arg(long, env = "OPENTWIN_STATE", value_name = "DIR")]
    pub state: Option<PathBuf>,
    /// Address to serve on; port 0 takes a free one
    #[arg(long, env = "OPENTWIN_PUBLIC", value_name = "ADDR:PORT", default_value = "127.0.0.1:8443")]
    pub public: String,
    /// A further name that this machine is reached by, for the certificate; may be given several times
    #[arg(long, env = "OPENTWIN_PUBLIC_HOST", value_name = "NAME", value_delimiter = ',')]
    pub public_host: Vec<String>,
    /// Name of the site, at its first start
    #[arg(long, env = "OPENTWIN_SITE", value_name = "NAME", default_value = "opentwin")]
    pub site: String,
    /// Runs that compute at the same time [default: one for each two cores]
    #[arg(long, env = "OPENTWIN_SLOTS", value_name = "N")]
    pub slots: Option<u32>,
    /// Seconds after which a compute service without work ends [default: 300]
    #[arg(long, env = "OPENTWIN_IDLE", value_name = "SECONDS")]
    pub idle: Option<u64>,
    /// A compute service besides those that came along, as NAME=PROGRAM; may be given several times
    #[arg(long, value_name = "NAME=PROGRAM")]
    pub service: Vec<String>,
    /// Database of projects and people: `sqlite`, or `mongodb://[user@]host[:port]` without a password and without
    /// the name of a database, for each service has its own [default: sqlite]
    #[arg(long, env = "OPENTWIN_DATABASE", value_name = "ADDRESS")]
    pub database: Option<store::Address>,
    /// File that holds the password of the database's user
    #[arg(long, env = "OPENTWIN_DATABASE_PASSWORD_FILE", value_name = "FILE")]
    pub database_password_file: Option<PathBuf>,
    /// Certificates (PEM) of those who may sign the database server's; turns TLS on
    #[arg(long, env = "OPENTWIN_DATABASE_CA", value_name = "FILE")]
    pub database_ca: Option<PathBuf>,
    /// What the services log: a level, or directives such as `info,store=debug`
    #[arg(long, env = "OPENTWIN_LOG", value_name = "FILTER")]
    pub log: Option<String>,
    /// Print all log lines, not only warnings and errors
    #[arg(long, short)]
    pub verbose: bool,
    /// End when standard input is closed: set by a process that starts this one
    #[arg(long, hide = true)]
    pub with_parent: bool,
}

/// What `up` says when everything runs.
pub const SERVES: &str = concat!("OpenTwin ", env!("CARGO_PKG_VERSION"), " is running.");

/// Runs the platform until Ctrl-C.
pub async fn run(options: Options) -> Result<(), Failure> {
    let layout = Arc::new(layout::Layout::open(&options)?);
    start::platform(&options, &layout).await
}
