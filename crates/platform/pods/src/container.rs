//! The container of a compute pod.

use serde_json::{Value, json};
use spawn::{Order, Size};

use crate::options::Options;
use crate::service::Os;
use crate::sizes;

/// Its name.
pub(crate) const CONTAINER: &str = "compute";

/// Seconds between two questions whether a service has started.
const STARTS: u64 = 5;

pub(crate) fn of(options: &Options, order: &Order) -> Value {
    let os = options.os_of(&order.service);
    let field = |path: &str| json!({"fieldRef": {"fieldPath": path}});
    let mut container = json!({
        "name": CONTAINER,
        "image": options.image_of(&order.service),
        "imagePullPolicy": options.pull_policy,
        "args": arguments(options, order),
        "env": [{"name": "POD_IP", "valueFrom": field("status.podIP")}],
        "ports": [
            {"name": "application", "containerPort": 7400},
            {"name": "health", "containerPort": 7401},
        ],
        "resources": resources(order.size.as_ref()),
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "volumeMounts": [
            {"name": "ticket", "mountPath": os.place("ticket"), "readOnly": true},
            {"name": "scratch", "mountPath": os.place("tmp")},
        ],
    });
    container["startupProbe"] = json!({
        "httpGet": alive(),
        "periodSeconds": STARTS,
        "timeoutSeconds": 5,
        // The local-session knows better when that took too long, and says so: this one comes after it.
        "failureThreshold": options.start_wait.div_ceil(STARTS) + 12,
    });
    // One that hangs does not hear its lifeline either, and nobody else would end it. Patient: where a node is
    // overcommitted, an answer takes its time.
    container["livenessProbe"] =
        json!({"httpGet": alive(), "periodSeconds": 20, "timeoutSeconds": 10, "failureThreshold": 6});
    match os {
        Os::Linux => {
            container["securityContext"] = json!({
                "allowPrivilegeEscalation": false,
                "readOnlyRootFilesystem": true,
                "capabilities": {"drop": ["ALL"]},
            });
        }
        Os::Windows => {
            let scratch = ["TEMP", "TMP"].map(|name| json!({"name": name, "value": os.place("tmp")}));
            if let Some(variables) = container["env"].as_array_mut() {
                variables.extend(scratch);
            }
        }
    }
    container
}

/// After the entry point of the image. That of one service says which it is; that of the launcher has to be told.
fn arguments(options: &Options, order: &Order) -> Vec<String> {
    let mut arguments = Vec::new();
    if options.launches(&order.service) {
        arguments.extend(["run".to_owned(), order.service.clone()]);
    }
    arguments.extend(order.arguments.iter().cloned());
    let ticket = format!("{}/ticket", options.os_of(&order.service).place("ticket"));
    // Each pod has an address of its own, so ports can be the same everywhere; rules for the network need that.
    let placed = [
        ["--instance", order.instance.as_str()],
        ["--listen", "$(POD_IP):7400"],
        ["--health", "$(POD_IP):7401"],
        ["--ticket", &ticket],
    ];
    arguments.extend(placed.iter().flatten().map(|&text| text.to_owned()));
    arguments
}

fn alive() -> Value {
    json!({"path": "/livez", "port": "health", "scheme": "HTTPS"})
}

/// Memory is asked for and bounded alike: a run that takes more than was reckoned must not push others off the node.
/// Cores are asked for only: what lies idle may be used.
fn resources(size: Option<&Size>) -> Value {
    let Some(size) = size else { return json!({}) };
    let memory = sizes::memory(size.memory);
    json!({"requests": {"memory": memory, "cpu": sizes::cores(size.cores)}, "limits": {"memory": memory}})
}
