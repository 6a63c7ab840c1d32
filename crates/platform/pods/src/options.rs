//! What the pods of compute services look like: options of local-session, from its configuration file.

use std::collections::BTreeMap;
use std::time::Duration;

use api::{Code, Failure};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::service::{Kind, Os, Service};

/// The table `kubernetes` of local-session's configuration file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Options {
    /// Address of the API server; that of the cluster around this pod where none is given.
    pub api: String,
    /// File with the token to show there, where `api` is given.
    pub token_file: String,
    /// File with the roots (PEM) to believe it by, where `api` is given.
    pub roots_file: String,
    /// Namespace of the pods: that of this pod, which owns them. Any other is refused.
    pub namespace: String,
    /// Image of a service: `{service}` stands for its name, `{version}` for the version of this program.
    pub image: String,
    /// `Always`, `IfNotPresent` or `Never`.
    pub pull_policy: String,
    /// Secrets for the registry.
    pub pull_secrets: Vec<String>,
    /// Service account of the pods; its token is not mounted.
    pub service_account: String,
    /// Priority class of the pods.
    pub priority_class: String,
    /// Runtime class of the pods.
    pub runtime_class: String,
    /// Operating system of the nodes.
    pub os: Os,
    /// Architecture of the nodes, such as `amd64`; any where none is given.
    pub arch: String,
    /// User that services run as (Linux).
    pub run_as_user: i64,
    /// Group that services run as (Linux).
    pub run_as_group: i64,
    /// Seconds that a pod waits for room before it is ordered anew, so that other work of its session gets its turn.
    pub room_wait: u64,
    /// Seconds after which a run without room fails; 0: it waits for as long as it takes.
    pub room_fail: u64,
    /// Seconds from the order of a pod to its enrolment, besides those without room.
    pub start_wait: u64,
    /// Seconds that a service has to save its work when its pod is asked to end.
    pub grace: u32,
    /// MiB that one pod may ask for; 0 for any number.
    pub most_memory: u64,
    /// Cores that one pod may ask for; 0 for any number.
    pub most_cores: f64,
    /// MiB that a pod asks for at least.
    pub memory: u64,
    /// Cores that a pod asks for at least.
    pub cores: f64,
    /// MiB that a service may write to its folder for temporary files.
    pub scratch: u64,
    /// Further labels.
    pub labels: BTreeMap<String, String>,
    /// Further annotations of the pods.
    pub annotations: BTreeMap<String, String>,
    /// Labels of nodes to choose from.
    pub node_selector: BTreeMap<String, String>,
    /// Taints of nodes that are no obstacle, as Kubernetes writes them.
    pub tolerations: Vec<Value>,
    /// A fragment of a `PodTemplateSpec`, laid over what is made of all else; the container is called `compute`.
    pub template: Map<String, Value>,
    /// The services that are offered, each with what differs for it.
    pub services: BTreeMap<String, Service>,
}

/// Seconds that a pod which was started ahead of any work waits for room.
const AHEAD: u64 = 20;

impl Default for Options {
    fn default() -> Self {
        let none = String::new;
        Self {
            api: none(),
            token_file: none(),
            roots_file: none(),
            namespace: none(),
            image: none(),
            pull_policy: "IfNotPresent".to_owned(),
            pull_secrets: Vec::new(),
            service_account: none(),
            priority_class: none(),
            runtime_class: none(),
            os: Os::Linux,
            arch: none(),
            run_as_user: 65_532,
            run_as_group: 65_532,
            room_wait: 300,
            room_fail: 0,
            start_wait: 120,
            grace: 40,
            most_memory: 0,
            most_cores: 0.0,
            memory: 256,
            cores: 0.25,
            scratch: 4096,
            labels: BTreeMap::new(),
            annotations: BTreeMap::new(),
            node_selector: BTreeMap::new(),
            tolerations: Vec::new(),
            template: Map::new(),
            services: BTreeMap::new(),
        }
    }
}

impl Options {
    /// Refuses what cannot be meant, with the key.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        let wrong = |key: &str, why: String| Err(Code::Config.because(format!("`kubernetes.{key}`: {why}")));
        if self.services.is_empty() {
            return wrong("services", "no service is named, so none could be offered".to_owned());
        }
        for (name, service) in &self.services {
            let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            if name.is_empty() || name.len() > 40 || !name.chars().all(letters) {
                return wrong("services", format!("`{name}` is no name of a service"));
            }
            if service.image.is_empty() && self.image.is_empty() {
                return wrong("image", format!("neither it nor `services.{name}.image` is given"));
            }
            if !(service.cores >= 0.0 && service.cores.is_finite()) {
                return wrong(&format!("services.{name}.cores"), "expected a number from 0".to_owned());
            }
        }
        if !["Always", "IfNotPresent", "Never"].contains(&self.pull_policy.as_str()) {
            let given = &self.pull_policy;
            return wrong("pull-policy", format!("`{given}` is none of Always, IfNotPresent, Never"));
        }
        if self.scratch == 0 {
            return wrong("scratch", "a service cannot do without any; expected a number from 1".to_owned());
        }
        for (key, value) in [("cores", self.cores), ("most-cores", self.most_cores)] {
            if !(value >= 0.0 && value.is_finite()) {
                return wrong(key, "expected a number from 0".to_owned());
            }
        }
        Ok(())
    }

    /// What a service's image is called.
    pub(crate) fn image_of(&self, service: &str) -> String {
        let own = self.services.get(service).map(|s| s.image.as_str()).filter(|image| !image.is_empty());
        own.unwrap_or(&self.image)
            .replace("{service}", service)
            .replace("{version}", env!("CARGO_PKG_VERSION"))
    }

    /// A pod or a job for a service, whose work can take `long` or not.
    pub(crate) fn kind_of(&self, service: &str, long: bool) -> Kind {
        let own = self.services.get(service).and_then(|s| s.kind);
        own.unwrap_or(if long { Kind::Job } else { Kind::Pod })
    }

    /// The operating system that a service runs on.
    pub(crate) fn os_of(&self, service: &str) -> Os {
        self.services.get(service).and_then(|s| s.os).unwrap_or(self.os)
    }

    /// The architecture that a service runs on; empty: any.
    pub(crate) fn arch_of(&self, service: &str) -> &str {
        let own = self.services.get(service).map(|s| s.arch.as_str()).filter(|arch| !arch.is_empty());
        own.unwrap_or(&self.arch)
    }

    /// True where the image of a service has to be told what to run.
    pub(crate) fn launches(&self, service: &str) -> bool {
        let own = self.services.get(service).and_then(|s| s.launcher);
        // For Windows there is no other image.
        own.unwrap_or(self.os_of(service) == Os::Windows)
    }

    /// Refuses a namespace other than this pod's `own`.
    pub(crate) fn check_namespace(&self, own: &str) -> Result<(), Failure> {
        if self.namespace.is_empty() || self.namespace == own {
            return Ok(());
        }
        let given = &self.namespace;
        Err(Code::Config
            .because(format!(
                "`kubernetes.namespace`: `{given}` is not the namespace of this local-session, `{own}`; its pod owns \
                 what it starts, and an owner in another namespace counts as gone: the cluster would remove each pod \
                 within seconds"
            ))
            .remedy("leave it out, or run a local-session in that namespace"))
    }

    /// How long a pod may find no room, with work that waits for it (`wanted`) or without.
    pub(crate) fn room_wait(&self, wanted: bool) -> Duration {
        let wait = if wanted { self.room_wait } else { self.room_wait.min(AHEAD) };
        Duration::from_secs(if self.room_fail > 0 { wait.min(self.room_fail) } else { wait })
    }

    /// How long a run may go without room; none where it waits.
    pub(crate) fn room_fail(&self) -> Option<Duration> {
        (self.room_fail > 0).then(|| Duration::from_secs(self.room_fail))
    }

    pub(crate) fn start_wait(&self) -> Duration {
        Duration::from_secs(self.start_wait.max(1))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn options(text: Value) -> Result<Options, String> {
        let options: Options = serde_json::from_value(text).map_err(|e| e.to_string())?;
        options.check().map_err(|e| e.to_string())?;
        Ok(options)
    }

    #[test]
    fn what_is_wrong_is_named() {
        let refused = |text: Value, key: &str| {
            let why = options(text).unwrap_err();
            assert!(why.contains(key), "{why}");
        };
        refused(serde_json::json!({"image": "x"}), "services");
        refused(serde_json::json!({"services": {"echo": {}}}), "image");
        refused(serde_json::json!({"services": {"echo": {}}, "imge": "x"}), "imge");
        refused(serde_json::json!({"services": {"Echo/": {}}, "image": "x"}), "Echo/");
        let pull = serde_json::json!({"services": {"echo": {}}, "image": "x", "pull-policy": "never"});
        refused(pull, "pull-policy");
        refused(serde_json::json!({"services": {"echo": {"os": "dos"}}, "image": "x"}), "dos");
        refused(serde_json::json!({"services": {"echo": {}}, "image": "x", "scratch": 0}), "scratch");
    }

    #[test]
    fn a_namespace_of_others_is_refused_with_the_reason() {
        let in_namespace = |namespace: &str| Options { namespace: namespace.into(), ..Options::default() };
        assert!(in_namespace("").check_namespace("twin").is_ok());
        assert!(in_namespace("twin").check_namespace("twin").is_ok());
        let failure = in_namespace("compute").check_namespace("twin").unwrap_err();
        assert_eq!(failure.code, Code::Config);
        assert!(failure.message.contains("compute") && failure.message.contains("twin"), "{failure}");
    }

    #[test]
    fn a_pod_without_work_waits_for_no_room_for_long_and_no_pod_for_longer_than_its_run() {
        let waits = |room_wait, room_fail| {
            let options = Options { room_wait, room_fail, ..Options::default() };
            [true, false].map(|wanted| options.room_wait(wanted).as_secs())
        };
        assert_eq!(waits(300, 0), [300, 20]);
        assert_eq!(waits(300, 60), [60, 20]);
        assert_eq!(waits(5, 60), [5, 5]);
    }

    #[test]
    fn images_are_named_by_service_and_version() {
        let text = serde_json::json!({"image": "r/{service}:{version}", "services": {"a": {}, "b": {"image": "own:1"}}});
        let options = options(text).unwrap();
        assert_eq!(options.image_of("a"), format!("r/a:{}", env!("CARGO_PKG_VERSION")));
        assert_eq!(options.image_of("b"), "own:1");
    }
}
