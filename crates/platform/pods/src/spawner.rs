//! The spawner.

use std::sync::Arc;
use std::time::Duration;

use api::{Code, Failure};
use async_trait::async_trait;
use serde_json::json;
use spawn::{Burden, Error, Instance, Order, Size, Spawner};
use tokio::sync::watch;

use crate::cluster::Cluster;
use crate::instance::{PodInstance, Shared, supervise};
use crate::manifest::{self, DELETION_COST, Owner, SAFE_TO_EVICT};
use crate::options::Options;
use crate::sizes;
use crate::telling;
use crate::watching::{self, Register};

/// How often the burden of a local-session is told at most.
const PACE: Duration = Duration::from_secs(5);

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
        self.cluster.make(&secret).await.map_err(Box::new)?;
        // Followed before it is made: nothing of it is missed.
        let (cluster, register) = (self.cluster.clone(), self.register.clone());
        let shared = Arc::new(Shared::new(cluster, register, order.instance.clone(), kind, order.wanted));
        if let Err(failure) = self.cluster.make(&workload).await {
            self.register.forget(&order.instance);
            self.cluster.end_secret(&order.instance).await;
            return Err(Error::Refused(Box::new(failure)));
        }
        tokio::spawn(supervise(shared.clone(), self.options.room_wait(order.wanted)));
        Ok(Box::new(PodInstance(shared)))
    }
}

impl Kubernetes {
    fn known(&self, service: &str) -> Result<(), Error> {
        if self.options.services.contains_key(service) {
            return Ok(());
        }
        let installed = self.options.services.keys().cloned().collect::<Vec<_>>().join(", ");
        Err(Error::Unknown { service: service.to_owned(), installed })
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
