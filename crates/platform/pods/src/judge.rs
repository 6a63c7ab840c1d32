//! What the status of a pod means.

use api::{Code, Failure};
use k8s_openapi::api::core::v1::{ContainerState, ContainerStateTerminated, Pod, PodCondition, PodStatus};
use spawn::{End, Words};

use crate::container::CONTAINER;

/// Lines that are kept of what a service said last.
const TAIL: usize = 20;

/// What marks the line of last words (see `runtime::leave`).
const LAST_WORDS: &str = "last words: ";

/// How far a pod is.
#[derive(Debug, PartialEq)]
pub(crate) enum Stage {
    /// On its way; what it waits for.
    Starting(String),
    /// No node has room for it, so far.
    NoRoom(String),
    /// It will not start, for a reason that does not pass by itself.
    Stuck(Box<Failure>),
    /// The service runs.
    Running,
    /// It is over.
    Ended(End),
}

/// Judges a pod by its status.
pub(crate) fn stage(pod: &Pod) -> Stage {
    let Some(status) = &pod.status else { return Stage::Starting(String::new()) };
    let conditions = status.conditions.as_deref().unwrap_or_default();
    let moved =
        conditions.iter().find(|c| c.type_ == "DisruptionTarget" && c.status == "True").map(why_moved);
    if let Some(end) = overflow(status) {
        return Stage::Ended(end);
    }
    let container = status.container_statuses.iter().flatten().find(|c| c.name == CONTAINER);
    let state = container.and_then(|c| c.state.as_ref());
    if let Some(terminated) = state.and_then(|s| s.terminated.as_ref()) {
        return Stage::Ended(end(terminated, moved));
    }
    match status.phase.as_deref() {
        Some("Failed") => return Stage::Ended(failed(pod, moved)),
        Some("Succeeded") => return Stage::Ended(End { code: Some(0), ..End::default() }),
        _ => {}
    }
    if state.is_some_and(|s| s.running.is_some()) {
        return Stage::Running;
    }
    if let Some(stage) = state.and_then(|state| waiting(pod, state)) {
        return stage;
    }
    let scheduled = conditions.iter().find(|c| c.type_ == "PodScheduled");
    match scheduled.filter(|c| c.status == "False").map(|c| (c.reason.as_deref(), c.message.clone())) {
        Some((Some("Unschedulable"), message)) => Stage::NoRoom(message.unwrap_or_default()),
        Some((Some("SchedulingGated"), _)) => Stage::Starting("held back by a scheduling gate".to_owned()),
        _ => Stage::Starting(String::new()),
    }
}

/// A pod that its node ended because it wrote more than it may: the same work would do so again elsewhere.
fn overflow(status: &PodStatus) -> Option<End> {
    let message = status.message.as_deref().filter(|_| status.reason.as_deref() == Some("Evicted"))?;
    let own = ["exceeds the limit", "exceeds the total limit", "exceeded its local ephemeral storage"];
    if !own.iter().any(|words| message.contains(words)) {
        return None;
    }
    let failure = Code::ClusterConfig
        .because(format!("the service wrote more temporary files than its pod may: {message}"))
        .remedy("raise `kubernetes.scratch`");
    let words = words_of(&failure);
    Some(End { code: Some(words.exit_code), last_words: Some(words), ..End::default() })
}

/// Why the container does not run yet, where that is said.
fn waiting(pod: &Pod, state: &ContainerState) -> Option<Stage> {
    let waiting = state.waiting.as_ref()?;
    let reason = waiting.reason.as_deref().unwrap_or_default();
    let message = waiting.message.as_deref().unwrap_or_default();
    let node = pod.spec.as_ref().and_then(|spec| spec.node_name.as_deref()).unwrap_or("its node");
    let image = pod.spec.iter().flat_map(|spec| &spec.containers).find_map(|c| c.image.as_deref());
    let image = image.unwrap_or_default();
    let failure = match reason {
        "ErrImageNeverPull" => Code::Image
            .because(format!("the image {image} is not on the node {node}, and may not be pulled"))
            .remedy("import the image there (`deploy/nodes/linux/prepare.sh --images`), or correct its name"),
        "ErrImagePull"
        | "ImagePullBackOff"
        | "InvalidImageName"
        | "ImageInspectError"
        | "RegistryUnavailable"
        | "SignatureValidationFailed" => {
            Code::Image.because(said(format!("the image {image} cannot be had on the node {node}"), message))
        }
        "CreateContainerConfigError"
        | "CreateContainerError"
        | "RunContainerError"
        | "PreCreateHookError"
        | "PreStartHookError"
        | "PostStartHookError" => Code::ClusterConfig
            .because(said(format!("the container cannot be made on the node {node} ({reason})"), message)),
        _ => return None,
    };
    Some(Stage::Stuck(Box::new(failure)))
}

fn said(what: String, message: &str) -> String {
    if message.is_empty() { what } else { format!("{what}: {message}") }
}

fn why_moved(condition: &PodCondition) -> String {
    let reason = condition.reason.as_deref().unwrap_or("DisruptionTarget");
    let text = match reason {
        "PreemptionByScheduler" => "its pod had to make room for a more important one",
        "EvictionByEvictionAPI" => "its pod was moved, as when a node is emptied",
        "DeletionByTaintManager" => "its node may not be used any more",
        "DeletionByPodGC" => "its node is gone",
        "TerminationByKubelet" => "its node ended it, to save itself or to shut down",
        _ => "its pod was disrupted",
    };
    said(format!("{text} ({reason})"), condition.message.as_deref().unwrap_or_default())
}

fn end(terminated: &ContainerStateTerminated, moved: Option<String>) -> End {
    let message = terminated.message.as_deref().unwrap_or_default();
    let reason = terminated.reason.as_deref().unwrap_or_default();
    if reason == "OOMKilled" {
        let words = words_of(
            &Code::Memory
                .because("the service took more memory than its pod has, and was ended")
                .remedy("coarsen the mesh, or give its pods more (`kubernetes.services.….memory`)"),
        );
        return End { code: Some(words.exit_code), last_words: Some(words), ..End::default() };
    }
    let (last_words, tail) = read(message);
    // As shells do, a container tells the signal that ended it by 128 and its number.
    let signal = (terminated.exit_code > 128 && last_words.is_none()).then(|| terminated.exit_code - 128);
    let code = signal.is_none().then(|| u8::try_from(terminated.exit_code).unwrap_or(u8::MAX));
    let lost = (reason == "ContainerStatusUnknown").then(|| "its node was lost".to_owned());
    let ended = End { code, signal, last_words, tail, moved: None };
    // What failed for good did so on its own account, whatever came at the same time.
    let moved = moved.or(lost).filter(|_| !for_good(&ended));
    End { moved, ..ended }
}

/// A pod that failed as a whole: nobody could say how its container ended.
fn failed(pod: &Pod, moved: Option<String>) -> End {
    let status = pod.status.as_ref();
    let reason = status.and_then(|s| s.reason.as_deref()).unwrap_or_default();
    let message = status.and_then(|s| s.message.as_deref()).unwrap_or_default();
    let evicted = matches!(reason, "Evicted" | "Preempting" | "NodeLost" | "Shutdown" | "NodeShutdown");
    let text = said(format!("its pod failed ({reason})"), message);
    if evicted || moved.is_some() {
        return End { moved: Some(moved.unwrap_or(text)), ..End::default() };
    }
    End { tail: vec![text], ..End::default() }
}

/// True if another try cannot help.
fn for_good(end: &End) -> bool {
    let named = end.last_words.as_ref().and_then(|words| Code::named(&words.code));
    let code = named.or_else(|| end.code.filter(|&code| code != 0).and_then(Code::of_exit));
    code.is_some_and(|code| !code.row().retryable)
}

/// The last words in a termination message; the other lines of it, where it is the end of the log.
fn read(message: &str) -> (Option<Words>, Vec<String>) {
    if let Ok(words) = serde_json::from_str(message) {
        return (Some(words), Vec::new());
    }
    let said = |line: &str| serde_json::from_str(line.strip_prefix(LAST_WORDS)?).ok();
    let words = message.lines().rev().find_map(said);
    let lines: Vec<&str> = message.lines().filter(|line| !line.trim().is_empty()).collect();
    let tail = lines[lines.len().saturating_sub(TAIL)..].iter().map(|&line| line.to_owned()).collect();
    (words, tail)
}

/// A failure as last words.
pub(crate) fn words_of(failure: &Failure) -> Words {
    let row = failure.code.row();
    Words {
        code: row.name.to_owned(),
        reason: failure.message.clone(),
        remedy: failure.what_to_do().to_owned(),
        exit_code: row.exit,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use serde_json::{Value, json};

    fn pod(status: Value) -> Pod {
        let container = json!({"name": "compute", "image": "site/echo:1"});
        let spec = json!({"nodeName": "node-7", "containers": [container]});
        serde_json::from_value(json!({"metadata": {"name": "echo-1"}, "spec": spec, "status": status}))
            .unwrap()
    }

    fn waiting(reason: &str, message: &str) -> Value {
        let state = json!({"waiting": {"reason": reason, "message": message}});
        json!({"phase": "Pending", "containerStatuses": [container(state)]})
    }

    fn container(state: Value) -> Value {
        json!({"name": "compute", "image": "i", "imageID": "", "ready": false, "restartCount": 0, "state": state})
    }

    fn terminated(code: i32, reason: &str, message: &str, conditions: Value) -> Value {
        let state = json!({"terminated": {"exitCode": code, "reason": reason, "message": message}});
        json!({"phase": "Failed", "conditions": conditions, "containerStatuses": [container(state)]})
    }

    fn ended(status: Value) -> End {
        match stage(&pod(status)) {
            Stage::Ended(end) => end,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_missing_image_is_told_with_its_name_and_node() {
        for reason in ["ErrImageNeverPull", "ErrImagePull", "ImagePullBackOff", "InvalidImageName"] {
            let Stage::Stuck(failure) = stage(&pod(waiting(reason, "no such host"))) else {
                panic!("{reason}")
            };
            assert_eq!(failure.code, Code::Image);
            assert!(
                failure.message.contains("site/echo:1") && failure.message.contains("node-7"),
                "{failure}"
            );
        }
        let Stage::Stuck(failure) =
            stage(&pod(waiting("CreateContainerConfigError", "secret \"x\" not found")))
        else {
            panic!()
        };
        assert_eq!(failure.code, Code::ClusterConfig);
        assert!(failure.message.contains("secret \"x\" not found"));
        assert_eq!(stage(&pod(waiting("ContainerCreating", ""))), Stage::Starting(String::new()));
    }

    #[test]
    fn no_room_is_told_in_the_schedulers_words() {
        let text = "0/2 nodes are available: 2 Insufficient memory.";
        let condition =
            json!({"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": text});
        let status = json!({"phase": "Pending", "conditions": [condition]});
        assert_eq!(stage(&pod(status)), Stage::NoRoom(text.to_owned()));
        assert_eq!(stage(&pod(json!({"phase": "Pending"}))), Stage::Starting(String::new()));
    }

    #[test]
    fn last_words_come_from_the_termination_message_or_the_end_of_the_log() {
        let words = r#"{"code":"mesh.invalid","reason":"no cells","remedy":"","exit_code":80}"#;
        let end = ended(terminated(80, "Error", words, json!([])));
        assert_eq!((end.code, end.describe().as_str()), (Some(80), "no cells"));
        let log = format!("starting\nlast words: {words}\n");
        assert_eq!(ended(terminated(80, "Error", &log, json!([]))).describe(), "no cells");
        let end = ended(terminated(127, "StartError", "exec: no such file", json!([])));
        assert_eq!(end.describe(), "ended with exit code 127: exec: no such file");
        let end = ended(terminated(139, "Error", "", json!([])));
        assert_eq!((end.code, end.signal), (None, Some(11)));
    }

    #[test]
    fn too_much_memory_is_no_case_for_another_try() {
        let end = ended(terminated(137, "OOMKilled", "", json!([])));
        assert_eq!(end.last_words.unwrap().code, "memory");
    }

    #[test]
    fn who_was_moved_did_not_fail() {
        let target = |reason: &str| json!([{"type": "DisruptionTarget", "status": "True", "reason": reason}]);
        let end = ended(terminated(0, "Completed", "", target("EvictionByEvictionAPI")));
        assert!(end.moved.unwrap().contains("EvictionByEvictionAPI"));
        let words = r#"{"code":"mesh.invalid","reason":"no cells","remedy":"","exit_code":80}"#;
        assert_eq!(ended(terminated(80, "Error", words, target("PreemptionByScheduler"))).moved, None);
        let evicted =
            json!({"phase": "Failed", "reason": "Evicted", "message": "The node was low on memory"});
        assert!(ended(evicted).moved.unwrap().contains("low on memory"));
        let message = "Usage of EmptyDir volume \"scratch\" exceeds the limit \"4Gi\". ";
        let full = ended(json!({"phase": "Failed", "reason": "Evicted", "message": message}));
        assert_eq!((full.moved, full.last_words.unwrap().code.as_str()), (None, "cluster.configuration"));
        let odd = ended(json!({"phase": "Failed", "reason": "UnexpectedAdmissionError"}));
        assert!(odd.moved.is_none() && odd.describe().contains("unknown reason"), "{odd:?}");
        assert_eq!(ended(json!({"phase": "Succeeded"})).code, Some(0));
    }
}
