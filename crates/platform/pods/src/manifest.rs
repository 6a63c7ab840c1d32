//! The objects of one instance, as Kubernetes writes them.

use api::Code;
use serde_json::{Map, Value, json};
use spawn::Order;

use crate::container::{self, CONTAINER};
use crate::options::Options;
use crate::service::{Kind, Os};

/// Label with the instance.
pub(crate) const INSTANCE: &str = "opentwin.io/instance";

/// Label with the local-session's pod that it belongs to.
pub(crate) const OWNER: &str = "opentwin.io/owner";

/// Annotation for the cluster autoscaler.
pub(crate) const SAFE_TO_EVICT: &str = "cluster-autoscaler.kubernetes.io/safe-to-evict";

/// Annotation by which a ReplicaSet chooses the pod that goes first.
pub(crate) const DELETION_COST: &str = "controller.kubernetes.io/pod-deletion-cost";

/// The pod of the local-session itself: it owns all, and what is owned goes with it.
#[derive(Clone, Debug)]
pub(crate) struct Owner {
    pub(crate) pod: String,
    pub(crate) uid: String,
}

impl Owner {
    /// Not only as its owner, but as its controller: who empties a node refuses pods of which nobody would make others.
    fn references(&self) -> Value {
        json!([{"apiVersion": "v1", "kind": "Pod", "name": self.pod, "uid": self.uid, "controller": true}])
    }

    /// Selects what belongs to it.
    pub(crate) fn selector(&self) -> String {
        format!("{OWNER}={}", self.uid)
    }
}

/// The secret that hands over the ticket. Good once, so nothing is lost where it lies on for a moment; unchangeable,
/// so that a node does not ask for it again once it is gone.
pub(crate) fn secret(options: &Options, owner: &Owner, order: &Order) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": metadata(options, owner, order, true),
        "immutable": true,
        "stringData": {"ticket": order.ticket},
    })
}

/// The pod or the job.
pub(crate) fn workload(options: &Options, owner: &Owner, order: &Order, kind: Kind) -> Value {
    match kind {
        Kind::Pod => {
            let mut pod = template(options, owner, order);
            pod["apiVersion"] = json!("v1");
            pod["kind"] = json!("Pod");
            merge(&mut pod["metadata"], &metadata(options, owner, order, true));
            pod
        }
        Kind::Job => json!({
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": metadata(options, owner, order, true),
            "spec": {
                // The local-session starts the next one itself, with a ticket of its own and the newest checkpoint.
                "backoffLimit": 0,
                "completions": 1,
                "parallelism": 1,
                "podReplacementPolicy": "Failed",
                "ttlSecondsAfterFinished": 600,
                "podFailurePolicy": {"rules": [
                    {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]},
                    {"action": "FailJob", "onExitCodes":
                        {"containerName": CONTAINER, "operator": "In", "values": permanent()}},
                ]},
                "template": template(options, owner, order),
            },
        }),
    }
}

/// Exit codes after which another try cannot help.
pub(crate) fn permanent() -> Vec<u8> {
    let mut codes: Vec<u8> = Code::ALL.iter().map(|code| code.row().exit).collect();
    codes.sort_unstable();
    codes.dedup();
    codes.retain(|&exit| Code::of_exit(exit).is_some_and(|code| !code.row().retryable));
    codes
}

fn metadata(options: &Options, owner: &Owner, order: &Order, named: bool) -> Value {
    let mut labels: Map<String, Value> = Map::new();
    for (name, value) in [
        ("app.kubernetes.io/name", "opentwin"),
        ("app.kubernetes.io/component", "compute"),
        ("app.kubernetes.io/part-of", "opentwin"),
        ("app.kubernetes.io/managed-by", "opentwin-local-session"),
    ] {
        labels.insert(name.to_owned(), json!(value));
    }
    labels.extend(options.labels.iter().map(|(name, value)| (name.clone(), json!(value))));
    for (name, value) in
        [("opentwin.io/service", &order.service), (INSTANCE, &order.instance), (OWNER, &owner.uid)]
    {
        labels.insert(name.to_owned(), json!(value));
    }
    let mut metadata = json!({"labels": labels});
    if named {
        metadata["name"] = json!(order.instance);
        metadata["ownerReferences"] = owner.references();
    }
    metadata
}

fn template(options: &Options, owner: &Owner, order: &Order) -> Value {
    let own = options.services.get(&order.service).cloned().unwrap_or_default();
    let mut metadata = metadata(options, owner, order, false);
    let mut annotations: Map<String, Value> =
        options.annotations.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    annotations.insert(SAFE_TO_EVICT.to_owned(), json!((!order.wanted).to_string()));
    metadata["annotations"] = Value::Object(annotations);
    let (os, arch) = (options.os_of(&order.service), options.arch_of(&order.service));
    let mut selector = json!({"kubernetes.io/os": os});
    if !arch.is_empty() {
        selector["kubernetes.io/arch"] = json!(arch);
    }
    for (name, value) in options.node_selector.iter().chain(&own.node_selector) {
        selector[name] = json!(value);
    }
    let tolerations: Vec<&Value> = options.tolerations.iter().chain(&own.tolerations).collect();
    let mut spec = json!({
        "os": {"name": os},
        "restartPolicy": "Never",
        "automountServiceAccountToken": false,
        // Kubernetes would otherwise add variables that begin as ours do and are no options.
        "enableServiceLinks": false,
        "terminationGracePeriodSeconds": options.grace,
        "nodeSelector": selector,
        "tolerations": tolerations,
        "securityContext": pod_security(options, os),
        "containers": [container::of(options, order)],
        "volumes": [
            {"name": "ticket", "secret": {"secretName": order.instance, "defaultMode": 0o440}},
            {"name": "scratch", "emptyDir": {"sizeLimit": format!("{}Mi", options.scratch)}},
        ],
    });
    let priority = if own.priority_class.is_empty() { &options.priority_class } else { &own.priority_class };
    for (field, value) in [
        ("serviceAccountName", &options.service_account),
        ("priorityClassName", priority),
        ("runtimeClassName", &options.runtime_class),
    ] {
        if !value.is_empty() {
            spec[field] = json!(value);
        }
    }
    if !options.pull_secrets.is_empty() {
        spec["imagePullSecrets"] = options.pull_secrets.iter().map(|name| json!({"name": name})).collect();
    }
    let mut template = json!({"metadata": metadata, "spec": spec});
    merge(&mut template, &Value::Object(options.template.clone()));
    merge(&mut template, &Value::Object(own.template));
    template
}

/// What Windows does not know would have its pods refused; what the standard `restricted` asks of them too is said.
fn pod_security(options: &Options, os: Os) -> Value {
    match os {
        Os::Windows => {
            json!({"runAsNonRoot": true, "windowsOptions": {"runAsUserName": "ContainerUser"}})
        }
        Os::Linux => json!({
            "runAsNonRoot": true,
            "runAsUser": options.run_as_user,
            "runAsGroup": options.run_as_group,
            "fsGroup": options.run_as_group,
            "seccompProfile": {"type": "RuntimeDefault"},
        }),
    }
}

/// Lays one document over another: objects key by key, lists of named things by name, all else is replaced.
pub(crate) fn merge(base: &mut Value, over: &Value) {
    match (base, over) {
        (Value::Object(base), Value::Object(over)) => {
            for (key, value) in over {
                merge(base.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (Value::Array(base), Value::Array(over)) if over.iter().all(|item| item["name"].is_string()) => {
            for item in over {
                match base.iter_mut().find(|known| known["name"] == item["name"]) {
                    Some(known) => merge(known, item),
                    None => base.push(item.clone()),
                }
            }
        }
        (base, over) => *base = over.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::Service;
    use spawn::Size;

    fn order() -> Order {
        Order {
            service: "echo".into(),
            instance: "echo-1".into(),
            arguments: vec!["--site".into(), "lab".into()],
            ticket: "very secret".into(),
            size: Some(Size { memory: 512 << 20, cores: 1.0 }),
            wanted: true,
            ..Order::default()
        }
    }

    fn options() -> Options {
        let services = [("echo".to_owned(), Service::default())].into();
        Options { image: "site/{service}:1".into(), services, ..Options::default() }
    }

    fn owner() -> Owner {
        Owner { pod: "local-session-0".into(), uid: "u-1".into() }
    }

    #[test]
    fn the_ticket_stands_in_the_secret_and_nowhere_else() {
        for kind in [Kind::Pod, Kind::Job] {
            let text = workload(&options(), &owner(), &order(), kind).to_string();
            assert!(!text.contains("very secret"), "{text}");
        }
        let secret = secret(&options(), &owner(), &order());
        assert_eq!(secret["stringData"]["ticket"], "very secret");
        assert_eq!(secret["metadata"]["ownerReferences"][0]["uid"], "u-1");
    }

    #[test]
    fn a_pod_keeps_the_restricted_standard_and_asks_for_what_the_work_needs() {
        let pod = workload(&options(), &owner(), &order(), Kind::Pod);
        let (spec, container) = (&pod["spec"], &pod["spec"]["containers"][0]);
        assert_eq!(spec["securityContext"]["runAsNonRoot"], true);
        assert_eq!(spec["securityContext"]["seccompProfile"]["type"], "RuntimeDefault");
        assert_eq!(spec["automountServiceAccountToken"], false);
        assert_eq!(container["securityContext"]["readOnlyRootFilesystem"], true);
        assert_eq!(container["securityContext"]["capabilities"]["drop"][0], "ALL");
        assert_eq!(container["resources"]["requests"], json!({"memory": "512Mi", "cpu": "1000m"}));
        assert_eq!(pod["metadata"]["annotations"][SAFE_TO_EVICT], "false");
        let owner = &pod["metadata"]["ownerReferences"][0];
        assert_eq!((&owner["name"], &owner["controller"]), (&json!("local-session-0"), &json!(true)));
        assert_eq!(spec["volumes"][1]["emptyDir"]["sizeLimit"], "4096Mi");
        // What the types of the contract do not know would be lost without a word.
        let typed: k8s_openapi::api::core::v1::Pod = serde_json::from_value(pod.clone()).unwrap_or_default();
        let back = serde_json::to_value(typed).unwrap_or_default();
        assert_eq!(back["spec"]["containers"], pod["spec"]["containers"]);
        assert_eq!(back["spec"]["volumes"], pod["spec"]["volumes"]);
    }

    #[test]
    fn a_job_gives_up_on_exit_codes_for_good_and_overlooks_disruptions() {
        let job = workload(&options(), &owner(), &order(), Kind::Job);
        let rules = &job["spec"]["podFailurePolicy"]["rules"];
        assert_eq!(rules[0]["action"], "Ignore");
        let values = rules[1]["onExitCodes"]["values"].to_string();
        for (code, permanent) in [(Code::Mesh, true), (Code::Crashed, false), (Code::Timeout, false)] {
            assert_eq!(values.contains(&code.row().exit.to_string()), permanent, "{code:?} {values}");
        }
        assert_eq!(job["spec"]["template"]["metadata"]["labels"][INSTANCE], "echo-1");
        assert!(job["spec"]["template"]["metadata"]["name"].is_null());
        let typed: k8s_openapi::api::batch::v1::Job = serde_json::from_value(job.clone()).unwrap_or_default();
        let back = serde_json::to_value(typed).unwrap_or_default();
        assert_eq!(back["spec"]["podFailurePolicy"], job["spec"]["podFailurePolicy"]);
    }

    #[test]
    fn windows_gets_no_field_that_it_refuses_and_is_told_what_to_run() {
        let windows = Service { os: Some(Os::Windows), arch: "amd64".into(), ..Service::default() };
        let services = [("echo".to_owned(), windows), ("model".to_owned(), Service::default())].into();
        let options = Options { services, ..options() };
        let of = |service: &str| {
            let order = Order { service: service.into(), ..order() };
            workload(&options, &owner(), &order, Kind::Pod)["spec"].clone()
        };
        let (spec, linux) = (of("echo"), of("model"));
        let container = &spec["containers"][0];
        assert_eq!((&spec["os"]["name"], &linux["os"]["name"]), (&json!("windows"), &json!("linux")));
        let nodes = json!({"kubernetes.io/os": "windows", "kubernetes.io/arch": "amd64"});
        assert_eq!(spec["nodeSelector"], nodes);
        assert_eq!(linux["nodeSelector"], json!({"kubernetes.io/os": "linux"}));
        assert!(container["securityContext"].is_null());
        let user = json!({"runAsNonRoot": true, "windowsOptions": {"runAsUserName": "ContainerUser"}});
        assert_eq!(spec["securityContext"], user);
        // The image of the launcher holds many services; that of one service says itself which it is.
        let first = |spec: &Value| spec["containers"][0]["args"].as_array().map(|a| a[..3].to_vec());
        assert_eq!(first(&spec), Some(vec![json!("run"), json!("echo"), json!("--site")]));
        assert_eq!(first(&linux), Some(vec![json!("--site"), json!("lab"), json!("--instance")]));
        assert_eq!(container["env"][1], json!({"name": "TEMP", "value": r"C:\tmp"}));
        assert!(container["volumeMounts"][0]["mountPath"] == r"C:\ticket");
    }

    #[test]
    fn a_service_that_hangs_is_found_and_one_that_starts_is_not_disturbed() {
        let pod = workload(&options(), &owner(), &order(), Kind::Pod);
        let container = &pod["spec"]["containers"][0];
        assert_eq!(container["livenessProbe"]["httpGet"]["path"], "/livez");
        let (startup, number) = (&container["startupProbe"], |value: &Value| value.as_u64().unwrap_or(0));
        let allowed = number(&startup["periodSeconds"]) * number(&startup["failureThreshold"]);
        assert!(allowed >= options().start_wait, "{startup}");
    }

    #[test]
    fn a_template_lays_itself_over_by_name() {
        let template = json!({"spec": {
            "hostNetwork": false,
            "containers": [{"name": "compute", "env": [{"name": "RAYON_NUM_THREADS", "value": "2"}]}],
        }});
        let mut options = options();
        options.template = template.as_object().cloned().unwrap_or_default();
        let pod = workload(&options, &owner(), &order(), Kind::Pod);
        let container = &pod["spec"]["containers"][0];
        assert_eq!(container["image"], "site/echo:1");
        assert_eq!(container["env"].as_array().map(Vec::len), Some(2));
        assert_eq!(pod["spec"]["hostNetwork"], false);
    }
}
