use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use api::{Code, Failure};
use base::identity::Role;
use clap::Args;
use pods::Kubernetes;
use runtime::Common;
use serde::{Deserialize, Serialize};
use spawn::{Processes, Program, Spawner};
use system::host::{cores, total_memory};

use crate::pool::{Policies, Policy};
use crate::service::LocalSession;

/// Options of local-session.
#[derive(Args, Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Options {
    /// Long computations at the same time; others wait in a queue [default: one for each two cores]
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
    /// Where compute services run: `process` beside this one, or `kubernetes` as pods [default: process]
    #[arg(long, env = "OPENTWIN_SPAWNER", value_name = "LEVEL")]
    #[serde(skip_serializing_if = "Option::is_none")]
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
    #[serde(skip_serializing_if = "Option::is_none")]
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

impl Options {
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
        let spawner: Arc<dyn Spawner> = match self.spawner.unwrap_or(Level::Process) {
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
        Duration::from_secs(self.idle.unwrap_or(300))
    }

    pub(crate) fn slots(&self) -> usize {
        self.slots.map_or_else(|| cores().div_ceil(2), |n| n.max(1) as usize)
    }

    pub(crate) fn memory_bytes(&self) -> u64 {
        self.run_memory.map_or_else(|| total_memory() / 4 * 3, |mib| mib << 20)
    }
}

/// Services that stand beside this program: those that it hosts itself, and those with programs of their own.
fn installed() -> Result<BTreeMap<String, Program>, Failure> {
    let own = std::env::current_exe()
        .map_err(|e| Code::Io.because(format!("cannot tell where this program stands: {e}")))?;
    let beside = |name: &str| own.with_file_name(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    let mut programs = BTreeMap::new();
    for service in ["cartesian-mesh", "fit-td"] {
        programs.insert(service.to_owned(), Program { program: own.clone(), arguments: Vec::new() });
    }
    let modeling: PathBuf = beside("opentwin-modeling");
    if modeling.exists() {
        programs.insert("modeling".to_owned(), Program { program: modeling, arguments: Vec::new() });
    }
    Ok(programs)
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
