//! The objects of one instance, as Kubernetes writes them.

use api::Code;
use serde_json::{Map, Value, json};
use spawn::{Order, Size};

use crate::options::{Kind, Options};
use crate::sizes;

/// Name of the container.
pub(crate) const CONTAINER: &str = "compute";

/// Label with the instance.
pub(crate) const INSTANCE: &str = "opentwin.io/instance";

/// Label with the local-session's pod that it belongs to.
pub(crate) const OWNER: &str = "opentwin.io/owner";

/// Annotation for the cluster autoscaler.
pub(crate) const SAFE_TO_EVICT: &str = "cluster-autoscaler.kubernetes.io/safe-to-evict";

/// Annotation by which a ReplicaSet chooses the pod that goes first.
pub(crate) const DELETION_COST: &str = "controller.kubernetes.io/pod-deletion-cost";

/// Where the ticket is mounted.
const TICKET: &str = "/ticket";

/// The pod of the local-session itself: it owns all, and what is owned goes with it.
#[derive(Clone, Debug)]
pub(crate) struct Owner {
    pub(crate) pod: String,
    pub(crate) uid: String,
}

impl Owner {
    fn references(&self) -> Value {
        json!([{"apiVersion": "v1", "kind": "Pod", "name": self.pod, "uid": self.uid}])
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
    let mut selector = json!({"kubernetes.io/os": options.os});
    if !options.arch.is_empty() {
        selector["kubernetes.io/arch"] = json!(options.arch);
    }
    for (name, value) in options.node_selector.iter().chain(&own.node_selector) {
        selector[name] = json!(value);
    }
    let tolerations: Vec<&Value> = options.tolerations.iter().chain(&own.tolerations).collect();
    let mut spec = json!({
        "restartPolicy": "Never",
        "automountServiceAccountToken": false,
        // Kubernetes would otherwise add variables that begin as ours do and are no options.
        "enableServiceLinks": false,
        "terminationGracePeriodSeconds": options.grace,
        "nodeSelector": selector,
        "tolerations": tolerations,
        "securityContext": pod_security(options),
        "containers": [container(options, order)],
        "volumes": [
            {"name": "ticket", "secret": {"secretName": order.instance, "defaultMode": 0o440}},
            {"name": "scratch", "emptyDir": {}},
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

/// Fields that Windows does not know would have its pods refused.
fn pod_security(options: &Options) -> Value {
    if options.os == "windows" {
        return json!({"windowsOptions": {"runAsUserName": "ContainerUser"}});
    }
    json!({
        "runAsNonRoot": true,
        "runAsUser": options.run_as_user,
        "runAsGroup": options.run_as_group,
        "fsGroup": options.run_as_group,
        "seccompProfile": {"type": "RuntimeDefault"},
    })
}

fn container(options: &Options, order: &Order) -> Value {
    let mut arguments = order.arguments.clone();
    // Each pod has an address of its own, so ports can be the same everywhere; rules for the network need that.
    let placed = [
        ["--instance", order.instance.as_str()],
        ["--listen", "$(POD_IP):7400"],
        ["--health", "$(POD_IP):7401"],
        ["--ticket", "/ticket/ticket"],
    ];
    arguments.extend(placed.iter().flatten().map(|&text| text.to_owned()));
    let field = |path: &str| json!({"fieldRef": {"fieldPath": path}});
    let mut container = json!({
        "name": CONTAINER,
        "image": options.image_of(&order.service),
        "imagePullPolicy": options.pull_policy,
        // After the entry point of the image, which says what service it is.
        "args": arguments,
        "env": [{"name": "POD_IP", "valueFrom": field("status.podIP")}],
        "ports": [
            {"name": "application", "containerPort": 7400},
            {"name": "health", "containerPort": 7401},
        ],
        "resources": resources(order.size.as_ref()),
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "volumeMounts": [
            {"name": "ticket", "mountPath": TICKET, "readOnly": true},
            {"name": "scratch", "mountPath": "/tmp"},
        ],
    });
    if options.os != "windows" {
        container["securityContext"] = json!({
            "allowPrivilegeEscalation": false,
            "readOnlyRootFilesystem": true,
            "capabilities": {"drop": ["ALL"]},
        });
    }
    container
}

/// Memory is asked for and bounded alike: a run that takes more than was reckoned must not push others off the node.
/// Cores are asked for only: what lies idle may be used.
fn resources(size: Option<&Size>) -> Value {
    let Some(size) = size else { return json!({}) };
    let memory = sizes::memory(size.memory);
    json!({"requests": {"memory": memory, "cpu": sizes::cores(size.cores)}, "limits": {"memory": memory}})
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
    use crate::options::Service;

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
        assert_eq!(pod["metadata"]["ownerReferences"][0]["name"], "local-session-0");
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
    fn windows_gets_no_field_that_it_refuses() {
        let options = Options { os: "windows".into(), ..options() };
        let pod = workload(&options, &owner(), &order(), Kind::Pod);
        assert_eq!(pod["spec"]["nodeSelector"]["kubernetes.io/os"], "windows");
        assert!(pod["spec"]["containers"][0]["securityContext"].is_null());
        assert!(pod["spec"]["securityContext"]["runAsUser"].is_null());
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
