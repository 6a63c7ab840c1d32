//! The spawner.

use std::sync::Arc;
use std::time::Duration;

use api::{Code, Failure};
use async_trait::async_trait;
use serde_json::json;
use spawn::{Burden, Error, Instance, Order, Size, Spawner};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::cluster::Cluster;
use crate::instance::{PodInstance, Shared, supervise};
use crate::manifest::{self, DELETION_COST, Owner, SAFE_TO_EVICT};
use crate::options::Options;
use crate::service::Kind;
use crate::sizes;
use crate::telling;
use crate::watching::{self, Register};

/// How often the burden of a local-session is told at most.
const PACE: Duration = Duration::from_secs(5);

/// Wait before what may have been made late is looked for a second time; doubled from then on.
const FIRST: Duration = Duration::from_secs(1);

/// Longest wait between two looks.
const LONGEST: Duration = Duration::from_secs(60);

/// An API server gives up what it has not made after a minute.
const SETTLED: Duration = Duration::from_secs(90);

/// What a run weighs against sessions without one.
const RUN: u32 = 100;

/// Starts compute services as pods and jobs.
pub struct Kubernetes {
    options: Options,
    owner: Owner,
    cluster: Cluster,
    register: Arc<Register>,
    burden: watch::Sender<Burden>,
    tasks: Vec<tokio::task::JoinHandle<()>>,
}

impl Kubernetes {
    /// A spawner for the local-session that runs in `pod` with this `uid`, which owns all that is started here. Removes
    /// what a former life of it left.
    ///
    /// # Errors
    /// [`Code::Config`] for options that cannot be meant, the codes of the cluster where it does not answer or refuses.
    pub async fn connect(options: Options, pod: &str, uid: &str) -> Result<Self, Failure> {
        options.check()?;
        if pod.is_empty() || uid.is_empty() {
            return Err(Code::Config
                .because("the pod of this local-session is not known, so nothing would end with it")
                .remedy("give OPENTWIN_POD and OPENTWIN_POD_UID from `metadata.name` and `metadata.uid`"));
        }
        let owner = Owner { pod: pod.to_owned(), uid: uid.to_owned() };
        let cluster = Cluster::connect(&options)?;
        cluster.sweep(&owner).await?;
        let register = Arc::new(Register::default());
        let burden = watch::channel(Burden::default()).0;
        let tasks = vec![
            tokio::spawn(watching::keep(cluster.clone(), register.clone(), owner.selector())),
            tokio::spawn(tell_burden(cluster.clone(), owner.pod.clone(), burden.subscribe())),
        ];
        Ok(Self { options, owner, cluster, register, burden, tasks })
    }
}

impl Drop for Kubernetes {
    fn drop(&mut self) {
        self.tasks.iter().for_each(tokio::task::JoinHandle::abort);
    }
}

#[async_trait]
impl Spawner for Kubernetes {
    fn services(&self) -> Vec<String> {
        self.options.services.keys().cloned().collect()
    }

    async fn describe(&self, service: &str) -> Result<Option<String>, Error> {
        self.known(service).map(|()| None)
    }

    fn room(&self, service: &str, demand: &Size) -> Result<Option<Size>, Error> {
        self.known(service)?;
        Ok(Some(sizes::room(&self.options, service, demand).map_err(Box::new)?))
    }

    fn far(&self) -> bool {
        true
    }

    fn patience(&self) -> Duration {
        self.options.start_wait() + self.options.room_wait(true)
    }

    fn room_fail(&self) -> Option<Duration> {
        self.options.room_fail()
    }

    fn burden(&self, burden: Burden) {
        self.burden.send_if_modified(|known| std::mem::replace(known, burden) != burden);
    }

    async fn spawn(&self, order: Order) -> Result<Box<dyn Instance>, Error> {
        self.known(&order.service)?;
        let kind = self.options.kind_of(&order.service, order.long);
        let secret = manifest::secret(&self.options, &self.owner, &order);
        let workload = manifest::workload(&self.options, &self.owner, &order, kind);
        if let Err(failure) = self.cluster.make(&secret).await {
            return Err(self.not_made(&order.instance, kind, failure).await);
        }
        // Followed before it is made: nothing of it is missed.
        let (cluster, register) = (self.cluster.clone(), self.register.clone());
        let shared = Arc::new(Shared::new(cluster, register, order.instance.clone(), kind, order.wanted));
        if let Err(failure) = self.cluster.make(&workload).await {
            self.register.forget(&order.instance);
            return Err(self.not_made(&order.instance, kind, failure).await);
        }
        tokio::spawn(supervise(shared.clone(), self.options.room_wait(order.wanted)));
        Ok(Box::new(PodInstance(shared)))
    }
}

impl Kubernetes {
    /// Leaves nothing of an instance that could not be made. Where the API server gave no answer, or one that is none, it
    /// may still make what it was asked for, and nobody would look after that.
    async fn not_made(&self, instance: &str, kind: Kind, failure: Failure) -> Error {
        if failure.code == Code::ClusterUnreachable {
            tokio::spawn(clear_up(self.cluster.clone(), instance.to_owned(), kind));
        } else {
            self.cluster.remove(instance, kind, (kind == Kind::Pod).then_some(instance)).await;
        }
        Error::Refused(Box::new(failure))
    }

    fn known(&self, service: &str) -> Result<(), Error> {
        if self.options.services.contains_key(service) {
            return Ok(());
        }
        let installed = self.options.services.keys().cloned().collect::<Vec<_>>().join(", ");
        Err(Error::Unknown { service: service.to_owned(), installed })
    }
}

/// Removes by name what may still be made, until the API server has nothing more on its way.
async fn clear_up(cluster: Cluster, instance: String, kind: Kind) {
    let asked = Instant::now();
    let mut wait = FIRST;
    loop {
        let gone = cluster.remove(&instance, kind, (kind == Kind::Pod).then_some(instance.as_str())).await;
        if gone && asked.elapsed() >= SETTLED {
            return;
        }
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(LONGEST);
    }
}

/// Keeps the annotations current by which idle local-sessions go first, and one with runs is passed over: all that
/// computes for it would end with it.
async fn tell_burden(cluster: Cluster, pod: String, burden: watch::Receiver<Burden>) {
    let annotations = |burden: &Burden| {
        let weight = burden.runs.saturating_mul(RUN).saturating_add(burden.sessions);
        json!({DELETION_COST: weight.to_string(), SAFE_TO_EVICT: (burden.runs == 0).to_string()})
    };
    let unsaid = Burden { runs: u32::MAX, sessions: u32::MAX };
    match telling::keep(&cluster, &pod, burden, unsaid, PACE, annotations).await {}
}
