//! The authorization service: people, groups, their rights on projects, logins, and the certificates of
//! services.
//!
//! It keeps what it knows in a store of its own (`<state>/store`, or the database that is named), which it alone
//! opens. At the first start it
//! makes the administrator `admin` with a random one-time password and writes that to `<state>/first-password`
//! (mode 0600), never to a log; whoever started the service shows it and deletes the file, which is deleted
//! anyway when the password is changed. The key that signs assertions is `<state>/assertion.key` (mode 0600), beside it
//! lies the one before; it is changed every month.
//!
//! # Invariants
//! - Passwords are kept as Argon2id hashes, tokens as BLAKE3 hashes.
//! - Rights are looked up when they are asked for; an assertion can only narrow them.
//! - Rights belong to ids, which are never used again, not to names.

mod audit;
mod certificates;
mod groups;
mod keys;
mod login;
mod names;
mod password;
mod people;
mod records;
mod register;
mod secret;
mod server;
mod sharing;
#[cfg(test)]
mod tests;
mod throttle;
mod waits;

use std::path::PathBuf;
use std::sync::Arc;

use api::{Code, Failure};
use base::identity::Role;
use clap::Args;
use runtime::options::Defaults;
use runtime::{Common, Context};
use serde::{Deserialize, Serialize};
use store::{Address, Place};

pub use crate::audit::{DONE as AUDIT, REFUSED as AUDIT_REFUSED};
use crate::certificates::Certificates;
use crate::keys::Keys;
use crate::records::Records;
use crate::register::{Lasting, Register};
use crate::server::Server;

/// Milliseconds since 1970.
type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

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
    /// Folder of the site's authority (root.pem, root.key); without it no certificates are issued here
    #[arg(long, env = "OPENTWIN_AUTHORITY", value_name = "DIR")]
    pub authority: Option<PathBuf>,
    /// Hours that an issued certificate is good
    #[arg(long, env = "OPENTWIN_CERTIFICATE_HOURS", value_name = "HOURS")]
    pub certificate_hours: Option<u32>,
    /// An instance that was taken out of the site and gets no certificates any more, such as `local-session/host-b`; may
    /// be given several times
    #[arg(long, env = "OPENTWIN_DENIED", value_name = "ROLE/INSTANCE", value_delimiter = ',')]
    pub denied: Vec<String>,
    /// Hours without use after which a login ends; fractions are possible
    #[arg(long, env = "OPENTWIN_LOGIN_IDLE_HOURS", value_name = "HOURS")]
    pub login_idle_hours: Option<f64>,
    /// Days after which a login ends in any case; fractions are possible
    #[arg(long, env = "OPENTWIN_LOGIN_DAYS", value_name = "DAYS")]
    pub login_days: Option<f64>,
}

/// Hours that an issued certificate is good.
const CERTIFICATE_HOURS: u32 = 24;

/// Hours without use after which a login ends.
const LOGIN_IDLE_HOURS: f64 = 12.0;

/// Days after which a login ends in any case.
const LOGIN_DAYS: f64 = 7.0;

impl Defaults for Options {
    fn defaults(&self) -> Self {
        Self {
            database: Some(Address::default()),
            certificate_hours: Some(CERTIFICATE_HOURS),
            login_idle_hours: Some(LOGIN_IDLE_HOURS),
            login_days: Some(LOGIN_DAYS),
            ..Self::default()
        }
    }
}

/// The database where its address names none.
const DATABASE: &str = "opentwin-authorization";

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

    fn lasting(&self) -> Result<Lasting, Failure> {
        let hours = self.login_idle_hours.unwrap_or(LOGIN_IDLE_HOURS);
        let days = self.login_days.unwrap_or(LOGIN_DAYS);
        let (idle_ms, whole_ms) = ((hours * 3.6e6).round(), (days * 8.64e7).round());
        // From a second to a year; what is no number is in no range.
        let sound = |ms: f64| (1e3..=365.0 * 8.64e7).contains(&ms);
        if !sound(idle_ms) || !sound(whole_ms) {
            return Err(Code::Config
                .because(format!("`login-idle-hours` is {hours} and `login-days` is {days}"))
                .remedy("give up to 8760 hours and up to 365 days, a second at least"));
        }
        Ok(Lasting { idle_ms: idle_ms as i64, whole_ms: whole_ms as i64 })
    }
}

/// Runs the service to its end.
pub async fn run(common: Common, options: Options) -> Result<(), Failure> {
    runtime::host(Role::Authorization, common, async |context| {
        create(context, options, Arc::new(runtime::caller::now_ms)).await
    })
    .await
}

async fn create(context: Context, options: Options, clock: Clock) -> Result<Server, Failure> {
    let lasting = options.lasting()?;
    let certificates = Certificates::new(
        context.options.site(),
        options.authority.clone(),
        context.options.roots.clone(),
        options.certificate_hours.unwrap_or(CERTIFICATE_HOURS),
        &options.denied,
    )?;
    let state = context.state()?;
    let backend = options.place(&state).open().await.map_err(records::failure)?;
    let keys = Keys::open(&state, Records::new(backend.clone()), clock()).await?;
    context.verifier().set_keys(keys.public());
    let register = Register::open(backend, &state, lasting, clock).await?;
    Ok(Server { context, register, keys, certificates })
}
