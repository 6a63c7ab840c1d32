//! Starting the services in their order, and ending them in the opposite one.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use api::{Code, Failure};
use base::identity::Role;
use tokio_util::sync::CancellationToken;

use super::child::{Plan, Ready, Supervised};
use super::layout::Layout;
use super::{Options, SERVES};

/// The services of the platform in the order of their starting: each needs only those before it.
const ORDER: [Role; 6] =
    [Role::Authorization, Role::Project, Role::Logger, Role::GlobalSession, Role::LocalSession, Role::Relay];

/// Log lines by which services tell the launcher that they are ready, whatever else they shall log.
const HEARD: &str = "runtime::host=info,relay::service=info,local_session::catalog=info";

/// Starts all, waits for the wish to stop, stops all.
pub async fn platform(options: &Options, layout: &Arc<Layout>) -> Result<(), Failure> {
    if let Err(error) = system::children::bind() {
        // They still end with their standard input.
        eprintln!("services cannot be tied to this process: {error}");
    }
    let stop = runtime::shutdown_token(options.with_parent);
    let mut services = Vec::new();
    let result = start_all(options, layout, &mut services, &stop).await;
    if result.is_ok() {
        welcome(options, layout, &services);
        stop.cancelled().await;
    }
    if !services.is_empty() {
        eprintln!("ending …");
    }
    // The last one first: nobody is asked for what is gone already.
    while let Some(service) = services.pop() {
        service.stop().await;
    }
    result
}

async fn start_all(
    options: &Options,
    layout: &Arc<Layout>,
    services: &mut Vec<Supervised>,
    stop: &CancellationToken,
) -> Result<(), Failure> {
    let program = std::env::current_exe()
        .map_err(|e| Code::Io.because(format!("cannot tell where this program stands: {e}")))?;
    // All tell it what they do, also those that start before it: so its address is kept free for it.
    let place = free_place()?;
    let logger = address_of(&place)?;
    let mut place = Some(place);
    for role in &ORDER {
        let hosts = hosts(role, options);
        let certified = layout.certificate(role, &hosts)?;
        if *role == Role::Logger {
            drop(place.take());
        }
        let plan = Plan {
            role: role.class(),
            program: program.clone(),
            arguments: arguments(role, options, layout, &certified, &hosts, services, &logger),
            verbose: options.verbose,
            certify: {
                let (layout, role) = (layout.clone(), role.clone());
                Arc::new(move || layout.certificate(&role, &hosts).map(drop))
            },
        };
        tokio::select! {
            service = Supervised::start(plan) => services.push(service?),
            () = stop.cancelled() => return Err(Code::Cancelled.because("stopped while starting")),
        }
    }
    let relay = services.iter().find(|s| s.role == Role::Relay.class());
    layout.announce(relay.map_or("", |relay| &relay.ready.public))
}

/// A place on this machine that nobody else gets while it is held.
fn free_place() -> Result<TcpListener, Failure> {
    TcpListener::bind("127.0.0.1:0")
        .map_err(|e| Code::Io.because(format!("no port of this machine is free for the logger: {e}")))
}

fn address_of(place: &TcpListener) -> Result<String, Failure> {
    let address = place.local_addr();
    Ok(address
        .map_err(|e| Code::Io.because(format!("cannot tell a free port of this machine: {e}")))?
        .to_string())
}

/// Names and addresses that a service is reached by.
fn hosts(role: &Role, options: &Options) -> Vec<String> {
    let mut hosts = vec!["127.0.0.1".to_owned()];
    if *role == Role::Relay {
        hosts.push("localhost".to_owned());
        hosts.extend(public_host(&options.public));
        hosts.extend(options.public_host.iter().cloned());
        hosts.dedup();
    }
    hosts
}

/// The command line of a service.
fn arguments(
    role: &Role,
    options: &Options,
    layout: &Layout,
    (certificate, key): &(PathBuf, PathBuf),
    hosts: &[String],
    started: &[Supervised],
    logger: &str,
) -> Vec<String> {
    let state = layout.root().join(role.class());
    let mut arguments = Vec::new();
    let mut give = |flag: &str, value: &str| arguments.extend([format!("--{flag}"), value.to_owned()]);
    give("site", layout.site());
    give("instance", "0");
    give("listen", if *role == Role::Logger { logger } else { "127.0.0.1:0" });
    give("health", "127.0.0.1:0");
    give("certificate", &show(certificate));
    give("key", &show(key));
    give("roots", &show(&layout.pki().join(pki::ROOT_FILE)));
    give("state", &show(&state));
    hosts.iter().skip(1).for_each(|host| give("host", host));
    // All services know these; none knows itself, for it is not started yet.
    let asked =
        |service: &&Supervised| ![Role::LocalSession.class(), Role::Logger.class()].contains(&service.role);
    for service in started.iter().filter(asked) {
        give(service.role, &service.ready.address);
    }
    if *role != Role::Logger {
        give("logger", logger);
    }
    if let Some(log) = &options.log {
        give("log", &format!("{log},{HEARD}"));
    }
    let own = layout.root().join(format!("{}.toml", role.class()));
    if own.exists() {
        give("config", &show(&own));
    }
    if matches!(role, Role::Authorization | Role::Project) {
        options.database.iter().for_each(|address| give("database", &address.to_string()));
        options.database_password_file.iter().for_each(|file| give("database-password-file", &show(file)));
        options.database_ca.iter().for_each(|file| give("database-ca", &show(file)));
    }
    match role {
        Role::Authorization => give("authority", &show(&layout.pki())),
        Role::Relay => give("public", &options.public),
        Role::LocalSession => {
            options.slots.iter().for_each(|slots| give("slots", &slots.to_string()));
            options.idle.iter().for_each(|idle| give("idle", &idle.to_string()));
            options.service.iter().for_each(|service| give("service", service));
        }
        _ => {}
    }
    arguments.push("--with-parent".to_owned());
    arguments
}

/// The host of the public address, unless it stands for all of the machine's.
fn public_host(public: &str) -> Option<String> {
    let host = public.rsplit_once(':')?.0.trim_matches(['[', ']']);
    (!matches!(host, "0.0.0.0" | "::" | "127.0.0.1" | "")).then(|| host.to_owned())
}

fn show(path: &Path) -> String {
    path.display().to_string()
}

/// Tells where the platform is, and, once, the administrator's password: to a person, not into the log of a service.
fn welcome(options: &Options, layout: &Layout, services: &[Supervised]) {
    let public = services.last().map(|relay: &Supervised| &relay.ready).map_or("", |r: &Ready| &r.public);
    println!();
    println!("{SERVES}");
    println!("  address   https://{}", public.replace("127.0.0.1", "localhost"));
    println!("  state     {}", layout.root().display());
    if options.with_parent {
        println!(
            "  password  opentwin first-password --state {}",
            layout.root().join("authorization").display()
        );
    } else if let Some(password) = layout.take_first_password() {
        println!("  user      admin");
        println!("  password  {password}   (good once: you choose your own at the first login)");
    }
    println!("  log in    opentwin login --state {}", layout.root().display());
    println!("Stop with Ctrl-C.");
}
