//! What the API server's refusals, and events of the cluster, mean to people.

use api::{Code, Failure};
use k8s_openapi::api::core::v1::Event;

use crate::quota;

/// The failure for a call that did not succeed; `what` was asked for.
pub(crate) fn of(error: &kube::Error, what: &str, namespace: &str) -> Failure {
    let kube::Error::Api(status) = error else {
        return unreachable(error, what);
    };
    let message = &status.message;
    match status.code {
        401 => Code::ClusterDenied
            .because(format!("the cluster does not know this local-session (to {what}): {message}"))
            .remedy("mount the token of its service account (`automountServiceAccountToken`)"),
        403 => denied(message).unwrap_or_else(|| {
            Code::ClusterDenied
                .because(format!(
                    "this local-session may not {what} in the namespace `{namespace}`: {message}"
                ))
                .remedy("give its service account the Role of the chart")
        }),
        404 if message.contains("namespace") => {
            Code::ClusterConfig.because(format!("there is no namespace `{namespace}` to {what} in"))
        }
        400 | 404 | 409 | 415 | 422 => {
            Code::ClusterConfig.because(format!("the cluster refuses to {what}: {message}"))
        }
        code => Code::ClusterUnreachable
            .because(format!("the Kubernetes API could not {what} now ({code}): {message}")),
    }
}

/// No answer at all.
fn unreachable(error: &kube::Error, what: &str) -> Failure {
    // The outermost error only says that something failed; the innermost what.
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    let (outer, inner) = (error.to_string(), cause.to_string());
    let why = if outer.contains(&inner) { outer } else { format!("{outer}: {inner}") };
    let named = why.contains("failed to lookup address");
    let failure =
        Code::ClusterUnreachable.because(format!("the Kubernetes API cannot be asked to {what}: {why}"));
    match named {
        true => failure.remedy(
            "its name cannot be resolved: check that the DNS of the cluster answers here, and that no NetworkPolicy \
             keeps this pod from it",
        ),
        false => failure,
    }
}

/// A refusal of the cluster's rules for what may be made at all, where it is one.
fn denied(message: &str) -> Option<Failure> {
    if message.contains("failed quota") {
        // It wants something stated that is not: no wait helps.
        return Some(
            Code::ClusterConfig
                .because(format!("a quota of the namespace wants more said of each pod: {message}"))
                .remedy("give the namespace a LimitRange with a default for it, or state it in `kubernetes.template`"),
        );
    }
    if message.contains("exceeded quota") {
        return Some(match quota::beyond(message) {
            Some((name, much)) => {
                never(&name, &format!("its quota would never allow this ({much}): {message}"))
            }
            None => Code::ClusterQuota.because(format!("the cluster gives no more now: {message}")),
        });
    }
    if message.contains("violates PodSecurity") {
        return Some(
            Code::ClusterDenied
                .because(format!("the namespace does not allow such pods: {message}"))
                .remedy("remove from `kubernetes.template` what its Pod Security Standard forbids"),
        );
    }
    let largest =
        ["memory", "cpu"].into_iter().find(|name| message.contains(&format!("maximum {name} usage")));
    largest.map(|name| never(name, &format!("the cluster allows no pod that large: {message}")))
}

/// More than there can ever be of something: no wait helps.
fn never(name: &str, why: &str) -> Failure {
    if name.contains("memory") {
        let remedy = "coarsen the mesh, or ask who runs the cluster for larger pods";
        return Code::Memory.because(why).remedy(remedy);
    }
    let remedy = "ask for less (`kubernetes.cores`, `.most-cores`), or ask who runs the cluster for more";
    Code::ClusterConfig.because(why).remedy(remedy)
}

/// What a warning of the cluster says about the start of a pod: a failure where it will not pass by itself, else a
/// line of news.
pub(crate) fn warning(event: &Event) -> Result<Option<String>, Failure> {
    let reason = event.reason.as_deref().unwrap_or_default();
    let message = event.message.as_deref().unwrap_or_default();
    match reason {
        // A job's pod was refused: the job would try for ever.
        "FailedCreate" => Err(denied(message).unwrap_or_else(|| {
            Code::ClusterConfig.because(format!("the cluster makes no pod for this job: {message}"))
        })),
        "FailedMount" if message.contains("not found") => {
            Err(Code::ClusterConfig.because(format!("a volume of the pod cannot be mounted: {message}")))
        }
        // Told by the pod's own condition, in newer words.
        "FailedScheduling" | "NotTriggerScaleUp" => Ok(None),
        _ if message.is_empty() => Ok(None),
        _ => Ok(Some(format!("{reason}: {message}"))),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn refused(code: u16, message: &str) -> Failure {
        let mut status = kube::core::Status::failure(message, "Forbidden");
        status.code = code;
        of(&kube::Error::Api(Box::new(status)), "make pods", "twin")
    }

    #[test]
    fn refusals_are_told_apart() {
        let quota = "pods \"echo-1\" is forbidden: exceeded quota: compute, requested: requests.memory=5Gi, used: \
                     requests.memory=7Gi, limited: requests.memory=8Gi";
        let cases = [
            (403, quota, Code::ClusterQuota),
            (403, "pods is forbidden: User \"x\" cannot create resource \"pods\"", Code::ClusterDenied),
            (403, "pods \"a\" is forbidden: violates PodSecurity \"restricted:latest\"", Code::ClusterDenied),
            (
                403,
                "exceeded quota: q, requested: requests.memory=9Gi, used: requests.memory=0, limited: \
                   requests.memory=8Gi",
                Code::Memory,
            ),
            (403, "failed quota: q: must specify limits.cpu for: compute", Code::ClusterConfig),
            (403, "maximum memory usage per Container is 1Gi, but limit is 5Gi", Code::Memory),
            (403, "maximum cpu usage per Container is 4, but limit is 8", Code::ClusterConfig),
            (401, "Unauthorized", Code::ClusterDenied),
            (404, "namespaces \"twin\" not found", Code::ClusterConfig),
            (422, "Pod \"x\" is invalid: spec.containers[0].image: Required value", Code::ClusterConfig),
            (503, "apiserver is shutting down", Code::ClusterUnreachable),
        ];
        for (code, message, expected) in cases {
            assert_eq!(refused(code, message).code, expected, "{message}");
        }
        assert!(refused(403, quota).message.contains("limited: requests.memory=8Gi"));
    }

    #[test]
    fn warnings_end_a_start_only_where_waiting_does_not_help() {
        let event = |reason: &str, message: &str| Event {
            reason: Some(reason.to_owned()),
            message: Some(message.to_owned()),
            ..Event::default()
        };
        let quota = event("FailedCreate", "Error creating: pods \"x\" is forbidden: exceeded quota: q");
        assert_eq!(warning(&quota).unwrap_err().code, Code::ClusterQuota);
        let secret =
            event("FailedMount", "MountVolume.SetUp failed for volume \"v\": secret \"s\" not found");
        assert_eq!(warning(&secret).unwrap_err().code, Code::ClusterConfig);
        assert_eq!(warning(&event("FailedScheduling", "0/2 nodes")).unwrap(), None);
        let network = warning(&event("FailedCreatePodSandBox", "no network")).unwrap().unwrap();
        assert!(network.contains("no network"));
    }
}
