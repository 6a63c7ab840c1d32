//! Calls to the API server, in the words of this crate.

use std::time::Duration;

use api::{Code, Failure};
use http::Request;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{Event, Pod, Secret};
use kube::api::{DeleteParams, ListParams, Patch, PatchParams, PropagationPolicy};
use kube::{Api, Client, Config, ResourceExt as _};
use serde_json::{Value, json};

use crate::manifest::Owner;
use crate::options::Options;
use crate::refusal;
use crate::service::Kind;

/// How long one call may take. Watches are no calls.
const CALL: Duration = Duration::from_secs(15);

/// The namespace of the pods.
#[derive(Clone)]
pub(crate) struct Cluster {
    client: Client,
    pub(crate) namespace: String,
    pub(crate) pods: Api<Pod>,
    jobs: Api<Job>,
    secrets: Api<Secret>,
    events: Api<Event>,
}

impl Cluster {
    /// Of the cluster around this process, or of the one that the options name.
    pub(crate) fn connect(options: &Options) -> Result<Self, Failure> {
        let mut config = if options.api.is_empty() {
            let around = Config::incluster().map_err(|e| {
                Code::Config
                    .because(format!("this process is in no pod, or its pod has no token: {e}"))
                    .remedy("mount the token of the service account, or give `kubernetes.api`")
            })?;
            options.check_namespace(&around.default_namespace)?;
            around
        } else {
            outside(options)?
        };
        if !options.namespace.is_empty() {
            config.default_namespace.clone_from(&options.namespace);
        }
        let namespace = config.default_namespace.clone();
        let client = Client::try_from(config)
            .map_err(|e| Code::Config.because(format!("no client of the Kubernetes API can be made: {e}")))?;
        Ok(Self {
            pods: Api::default_namespaced(client.clone()),
            jobs: Api::default_namespaced(client.clone()),
            secrets: Api::default_namespaced(client.clone()),
            events: Api::default_namespaced(client.clone()),
            client,
            namespace,
        })
    }

    /// The failure for a call that did not succeed.
    pub(crate) fn refusal(&self, error: &kube::Error, what: &str) -> Failure {
        refusal::of(error, what, &self.namespace)
    }

    /// Makes an object. Fields that the cluster does not know are refused rather than dropped without a word.
    pub(crate) async fn make(&self, object: &Value) -> Result<(), Failure> {
        let (group, plural, what) = match object["kind"].as_str() {
            Some("Job") => ("apis/batch/v1", "jobs", "make jobs"),
            Some("Secret") => ("api/v1", "secrets", "make secrets"),
            _ => ("api/v1", "pods", "make pods"),
        };
        let namespace = &self.namespace;
        let uri =
            format!("/{group}/namespaces/{namespace}/{plural}?fieldManager=opentwin&fieldValidation=Strict");
        let request = Request::post(uri)
            .header(http::header::CONTENT_TYPE, "application/json")
            .body(object.to_string().into_bytes())
            .map_err(|e| Code::Internal.because(format!("a request cannot be written: {e}")))?;
        match timely(self.client.request::<Value>(request)).await {
            // The client asked again by itself after an answer that was none: names are used once, so it is this one.
            Err(Trouble::Kube(kube::Error::Api(status))) if status.reason == "AlreadyExists" => Ok(()),
            result => result.map(drop).map_err(|e| self.told(e, what)),
        }
    }

    /// Asks a pod to end within `grace` seconds. False, as with all that follow, where the API server took no note of it.
    pub(crate) async fn end_pod(&self, name: &str, grace: u32) -> bool {
        let parameters = DeleteParams { grace_period_seconds: Some(grace), ..DeleteParams::default() };
        self.ended(name, "pod", timely(self.pods.delete(name, &parameters)).await.map(drop))
    }

    /// Removes a job and, in the background, its pods.
    pub(crate) async fn end_job(&self, name: &str) -> bool {
        let propagation_policy = Some(PropagationPolicy::Background);
        let parameters = DeleteParams { propagation_policy, ..DeleteParams::default() };
        self.ended(name, "job", timely(self.jobs.delete(name, &parameters)).await.map(drop))
    }

    /// Removes the secret of an instance.
    pub(crate) async fn end_secret(&self, name: &str) -> bool {
        let deleted = timely(self.secrets.delete(name, &DeleteParams::default())).await;
        self.ended(name, "secret", deleted.map(drop))
    }

    fn ended(&self, name: &str, what: &str, result: Result<(), Trouble>) -> bool {
        match result {
            Ok(()) => true,
            Err(Trouble::Kube(kube::Error::Api(status))) if status.code == 404 => true,
            // It goes with its owner at the latest.
            Err(trouble) => {
                let failure = self.told(trouble, &format!("remove the {what} {name}"));
                tracing::warn!(%failure, "left for the cluster to remove");
                false
            }
        }
    }

    /// Sets annotations of a pod.
    pub(crate) async fn annotate(&self, pod: &str, annotations: &Value) -> Result<(), Failure> {
        let patch = Patch::Merge(json!({"metadata": {"annotations": annotations}}));
        let patched = timely(self.pods.patch(pod, &PatchParams::default(), &patch)).await;
        patched.map(drop).map_err(|e| self.told(e, "change annotations of pods"))
    }

    /// Warnings about an object, the newest last.
    pub(crate) async fn warnings(&self, name: &str) -> Result<Vec<Event>, Failure> {
        let about = format!("involvedObject.name={name},type=Warning");
        let parameters = ListParams::default().fields(&about).limit(50);
        let listed = timely(self.events.list(&parameters)).await;
        let mut events = listed.map_err(|e| self.told(e, "list events"))?.items;
        events.sort_by_key(|event| event.metadata.creation_timestamp.clone());
        Ok(events)
    }

    /// Removes what a former life of this local-session left: nobody speaks to it any more.
    pub(crate) async fn sweep(&self, owner: &Owner) -> Result<(), Failure> {
        let mine = ListParams::default().labels(&owner.selector());
        let jobs = timely(self.jobs.list(&mine)).await.map_err(|e| self.told(e, "list jobs"))?;
        let pods = timely(self.pods.list(&mine)).await.map_err(|e| self.told(e, "list pods"))?;
        for job in &jobs {
            self.end_secret(&job.name_any()).await;
            self.end_job(&job.name_any()).await;
        }
        for pod in &pods {
            self.end_secret(&pod.name_any()).await;
            self.end_pod(&pod.name_any(), 0).await;
        }
        let left = jobs.items.len() + pods.items.len();
        if left > 0 {
            tracing::info!(left, "pods and jobs of a former life were removed");
        }
        Ok(())
    }

    /// Removes all of an instance that has ended or shall.
    pub(crate) async fn remove(&self, name: &str, kind: Kind, pod: Option<&str>) -> bool {
        let mut gone = self.end_secret(name).await;
        if kind == Kind::Job {
            gone &= self.end_job(name).await;
        }
        if let Some(pod) = pod {
            gone &= self.end_pod(pod, 0).await;
        }
        gone
    }

    fn told(&self, trouble: Trouble, what: &str) -> Failure {
        match trouble {
            Trouble::Kube(error) => self.refusal(&error, what),
            Trouble::Late => Code::ClusterUnreachable
                .because(format!("the Kubernetes API did not answer within {CALL:?} when asked to {what}")),
        }
    }
}

/// Why a call gave nothing.
enum Trouble {
    Kube(kube::Error),
    Late,
}

async fn timely<T>(call: impl Future<Output = kube::Result<T>>) -> Result<T, Trouble> {
    match tokio::time::timeout(CALL, call).await {
        Ok(result) => result.map_err(Trouble::Kube),
        Err(_) => Err(Trouble::Late),
    }
}

fn outside(options: &Options) -> Result<Config, Failure> {
    let wrong = |key: &str, why: &dyn std::fmt::Display| {
        Code::Config.because(format!("`kubernetes.{key}` cannot be used: {why}"))
    };
    let mut config = Config::new(options.api.parse().map_err(|e| wrong("api", &e))?);
    if !options.roots_file.is_empty() {
        config.root_cert_file = Some(options.roots_file.clone().into());
    }
    if !options.token_file.is_empty() {
        config.auth_info.token_file = Some(options.token_file.clone());
    }
    Ok(config)
}
