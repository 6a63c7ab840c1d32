//! The spawner.

use std::sync::Arc;
use std::time::Duration;

use api::{Code, Failure};
use async_trait::async_trait;
use spawn::{Error, Instance, Order, Size, Spawner};
use tokio::sync::watch;

use crate::cluster::Cluster;
use crate::instance::{PodInstance, Shared, supervise};
use crate::manifest::{self, DELETION_COST, Owner};
use crate::options::Options;
use crate::sizes;
use crate::watching::{self, Register};

/// How often the burden of a local-session is told at most.
const PACE: Duration = Duration::from_secs(5);

/// Starts compute services as pods and jobs.
pub struct Kubernetes {
    options: Options,
    owner: Owner,
    cluster: Cluster,
    register: Arc<Register>,
    burden: watch::Sender<u32>,
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
        let burden = watch::channel(0).0;
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
        self.options.start_wait() + self.options.room_wait()
    }

    fn burden(&self, much: u32) {
        self.burden.send_if_modified(|known| std::mem::replace(known, much) != much);
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
        tokio::spawn(supervise(shared.clone(), self.options.room_wait()));
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

/// Keeps the annotation current by which idle local-sessions go first.
async fn tell_burden(cluster: Cluster, pod: String, mut burden: watch::Receiver<u32>) {
    while burden.changed().await.is_ok() {
        let much = *burden.borrow_and_update();
        if let Err(failure) = cluster.annotate(&pod, DELETION_COST, &much.to_string()).await {
            tracing::warn!(%failure, "how busy this local-session is could not be told to the cluster");
        }
        tokio::time::sleep(PACE).await;
    }
}
