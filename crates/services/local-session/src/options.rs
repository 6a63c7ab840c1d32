use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use api::{Code, Failure};
use base::identity::Role;
use clap::Args;
use pods::Kubernetes;
use runtime::Common;
use runtime::options::Defaults;
use serde::{Deserialize, Serialize};
use spawn::{Processes, Program, Spawner};
use system::host::{cores, total_memory};

use crate::pool::{Policies, Policy};
use crate::service::LocalSession;

/// Options of local-session.
#[derive(Args, Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Options {
    /// Long computations at the same time; others wait in a queue [default: one for each two cores; 8 where
    /// services are pods]
    #[arg(long, env = "OPENTWIN_SLOTS", value_name = "N")]
    pub slots: Option<u32>,
    /// Cores that one run may use [default: all]
    #[arg(long, env = "OPENTWIN_RUN_CORES", value_name = "N")]
    pub run_cores: Option<u32>,
    /// Memory that one run may use, in MiB [default: three quarters of the host's]
    #[arg(long, env = "OPENTWIN_RUN_MEMORY", value_name = "MIB")]
    pub run_memory: Option<u64>,
    /// Seconds after which a compute service without work ends
    #[arg(long, env = "OPENTWIN_IDLE", value_name = "SECONDS")]
    pub idle: Option<u64>,
    /// Where compute services run: `process` beside this one, or `kubernetes` as pods
    #[arg(long, env = "OPENTWIN_SPAWNER", value_name = "LEVEL")]
    pub spawner: Option<Level>,
    /// Name of the pod that this local-session runs in; it owns the pods of its services
    #[arg(long, env = "OPENTWIN_POD", value_name = "NAME")]
    pub pod: Option<String>,
    /// The uid of that pod
    #[arg(long, env = "OPENTWIN_POD_UID", value_name = "UID")]
    pub pod_uid: Option<String>,
    /// Instances of a service that stand ready for the next session, as NAME=N or NAME=N/MOST; may be given several times
    #[arg(long = "ready", env = "OPENTWIN_READY", value_name = "NAME=N[/MOST]", value_delimiter = ',')]
    pub ready: Vec<String>,
    /// The same, by service (configuration file only)
    #[arg(skip)]
    pub warm: BTreeMap<String, Policy>,
    /// How services are made pods (configuration file only)
    #[arg(skip)]
    pub kubernetes: Option<Box<pods::Options>>,
    /// Programs of the compute services that this host can run, by service (configuration file only)
    #[arg(skip)]
    pub services: BTreeMap<String, Program>,
    /// Program of a compute service, as NAME=PATH; may be given several times
    #[arg(long = "service", value_name = "NAME=PATH")]
    pub service: Vec<String>,
}

/// Where compute services run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// As processes beside local-session.
    Process,
    /// As pods of the cluster around it.
    Kubernetes,
}

/// Where compute services run if nothing is said of it.
const SPAWNER: Level = Level::Process;

/// Seconds without work after which a compute service ends.
const IDLE: u64 = 300;

impl Defaults for Options {
    fn defaults(&self) -> Self {
        Self {
            slots: Some(self.default_slots()),
            run_cores: Some(u32::try_from(cores()).unwrap_or(u32::MAX)),
            run_memory: Some(default_run_memory()),
            idle: Some(IDLE),
            spawner: Some(SPAWNER),
            kubernetes: (self.spawner == Some(Level::Kubernetes)).then(Box::default),
            ..Self::default()
        }
    }
}

/// Slots where services are pods: the cores of this machine say nothing of the cluster, and what finds no room there
/// waits.
const SLOTS: u32 = 8;

/// Three quarters of the host's memory, in MiB.
fn default_run_memory() -> u64 {
    (total_memory() / 4 * 3) >> 20
}

impl Options {
    /// A slot for each two cores, where runs compute on this machine.
    fn default_slots(&self) -> u32 {
        match self.spawner.unwrap_or(SPAWNER) {
            Level::Process => u32::try_from(cores().div_ceil(2)).unwrap_or(u32::MAX),
            Level::Kubernetes => SLOTS,
        }
    }

    /// Instances that stand ready, by service.
    pub(crate) fn warm(&self) -> Result<Policies, Failure> {
        let mut policies = self.warm.clone();
        for given in &self.ready {
            let policy = given.split_once('=').and_then(|(name, numbers)| {
                let (buffer, max) = numbers.split_once('/').unwrap_or((numbers, "0"));
                let policy = Policy { buffer: buffer.parse().ok()?, max: max.parse().ok()? };
                Some((name.to_owned(), policy))
            });
            let (name, policy) = policy.ok_or_else(|| {
                Code::Config
                    .because(format!("`ready`: `{given}` is not understood: expected NAME=N or NAME=N/MOST"))
            })?;
            policies.insert(name, policy);
        }
        Ok(policies)
    }

    /// What starts the services.
    async fn spawner(&self) -> Result<Arc<dyn Spawner>, Failure> {
        let spawner: Arc<dyn Spawner> = match self.spawner.unwrap_or(SPAWNER) {
            Level::Process => Arc::new(Processes::new(self.programs()?)),
            Level::Kubernetes => {
                let options = self.kubernetes.as_deref().cloned().unwrap_or_default();
                let (pod, uid) = (self.pod.as_deref(), self.pod_uid.as_deref());
                Arc::new(Kubernetes::connect(options, pod.unwrap_or(""), uid.unwrap_or("")).await?)
            }
        };
        let services = spawner.services();
        if let Some(unknown) = self.warm()?.keys().find(|name| !services.contains(name)) {
            return Err(Code::Config
                .because(format!("`{unknown}` cannot stand ready: it is no service of this host"))
                .remedy(format!("use one of: {}", services.join(", "))));
        }
        Ok(spawner)
    }

    /// Programs by service: those given, else those that came with this program.
    fn programs(&self) -> Result<BTreeMap<String, Program>, Failure> {
        let mut programs = installed()?;
        programs.extend(self.services.clone());
        for given in &self.service {
            let (name, path) = given.split_once('=').ok_or_else(|| {
                Code::Config.because(format!("`{given}` is no service: expected NAME=PATH"))
            })?;
            let program = Program { program: path.into(), arguments: Vec::new() };
            programs.insert(name.to_owned(), program);
        }
        Ok(programs)
    }

    pub(crate) fn idle(&self) -> Duration {
        Duration::from_secs(self.idle.unwrap_or(IDLE))
    }

    pub(crate) fn slots(&self) -> usize {
        self.slots.unwrap_or_else(|| self.default_slots()).max(1) as usize
    }

    pub(crate) fn memory_bytes(&self) -> u64 {
        self.run_memory.unwrap_or_else(default_run_memory) << 20
    }
}

/// The program of the service `modeling`, which stands beside this one.
pub const MODELING: &str = "opentwin-modeling";

/// Where a program stands that came with this one.
pub fn beside(program: &str) -> Result<PathBuf, Failure> {
    Ok(own()?.with_file_name(format!("{program}{}", std::env::consts::EXE_SUFFIX)))
}

fn own() -> Result<PathBuf, Failure> {
    std::env::current_exe()
        .map_err(|e| Code::Io.because(format!("cannot tell where this program stands: {e}")))
}

/// Services that came along: those that this program hosts itself, and that with a program of its own. Where that is
/// missing, the site tells so: a host without it would else look like one that nobody wanted to build models.
fn installed() -> Result<BTreeMap<String, Program>, Failure> {
    let own = own()?;
    let programs = [("cartesian-mesh", own.clone()), ("fit-td", own), ("modeling", beside(MODELING)?)];
    let program = |program| Program { program, arguments: Vec::new() };
    Ok(programs.into_iter().map(|(service, path)| (service.to_owned(), program(path))).collect())
}

/// Runs local-session to its end.
pub async fn run(common: Common, options: Options) -> Result<(), Failure> {
    if let Err(error) = system::children::bind() {
        // They still end with their standard input.
        eprintln!("compute services cannot be tied to this process: {error}");
    }
    let create = |context| async {
        let spawner = options.spawner().await?;
        LocalSession::create(context, options, spawner).await
    };
    runtime::host(Role::LocalSession, common, create).await
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_is_not_given_is_what_the_defaults_say() {
        let (nothing, defaults) = (Options::default(), Options::default().defaults());
        assert_eq!((nothing.slots(), nothing.idle()), (defaults.slots(), defaults.idle()));
        assert_eq!(nothing.memory_bytes(), defaults.memory_bytes());
        assert!(defaults.kubernetes.is_none());
        let pods = Options { spawner: Some(Level::Kubernetes), ..Options::default() };
        assert!(pods.defaults().kubernetes.is_some());
        assert_eq!((pods.slots(), pods.defaults().slots), (8, Some(8)));
    }

    #[test]
    fn a_program_that_is_missing_is_not_left_out() {
        // Beside the program of this test there is none.
        let modeling = beside(MODELING).unwrap();
        assert!(!modeling.exists());
        assert_eq!(Options::default().programs().unwrap()["modeling"].program, modeling);
    }
}
