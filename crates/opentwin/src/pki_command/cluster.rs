//! Authority and certificates in Secrets of the Kubernetes namespace that this process runs in.
//!
//! It needs the rights to get, create and update Secrets there, which the pod's service account has.

use std::path::Path;
use std::time::Duration;

use api::{Code, Failure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http_body_util::Full;
use hyper::{Method, Request, StatusCode};
use pki::Authority;
use rpc::TrustRoots;
use serde_json::{Value, json};

use super::prepare::Files;
use super::refused;
use crate::https;

/// Where Kubernetes puts what a pod needs to speak to its API.
const ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

const PATIENCE: Duration = Duration::from_secs(15);

/// The API of the cluster around this process.
pub(super) struct Cluster {
    address: String,
    roots: TrustRoots,
    token: String,
    namespace: String,
    prefix: String,
}

impl Cluster {
    /// As Kubernetes tells a pod.
    pub(super) fn around(prefix: &str) -> Result<Self, Failure> {
        let variable = |name: &str| {
            std::env::var(name).map_err(|_| {
                Code::Config
                    .because(format!("{name} is not set: this does not run in a pod"))
                    .remedy("run it in a pod, or use --authority and --out")
            })
        };
        let host = variable("KUBERNETES_SERVICE_HOST")?;
        let host = if host.contains(':') { format!("[{host}]") } else { host };
        let port = variable("KUBERNETES_SERVICE_PORT")?;
        Self::of(&format!("{host}:{port}"), Path::new(ACCOUNT), prefix)
    }

    /// The API at an address, with the files of a service account.
    fn of(address: &str, account: &Path, prefix: &str) -> Result<Self, Failure> {
        let read = |name: &str| {
            let path = account.join(name);
            std::fs::read_to_string(&path).map(|text| text.trim().to_owned()).map_err(|e| {
                Code::Config
                    .because(format!("cannot read {}: {e}", path.display()))
                    .remedy("give the pod a service account and mount its token")
            })
        };
        let roots =
            TrustRoots::from_pem(&read("ca.crt")?).map_err(|e| Code::Certificate.because(e.to_string()))?;
        Ok(Self {
            address: address.to_owned(),
            roots,
            token: read("token")?,
            namespace: read("namespace")?,
            prefix: prefix.to_owned(),
        })
    }

    /// The authority that is there, else the one that `make` makes.
    pub(super) async fn authority(
        &self,
        make: impl FnOnce() -> Result<Authority, Failure>,
    ) -> Result<Authority, Failure> {
        let name = format!("{}-authority", self.prefix);
        if let Some(secret) = self.get(&name).await? {
            let (chain, key) = (field(&secret, &name, "tls.crt")?, field(&secret, &name, "tls.key")?);
            return Authority::from_pem(None, &chain, &key).map_err(refused);
        }
        let authority = make()?;
        let roots = authority.trust().map_err(refused)?.to_pem();
        let files = Files { certificate: authority.to_pem(), key: authority.key_pem().to_owned(), roots };
        // Fails where somebody else was quicker; the next attempt then finds that one's.
        self.put(&name, &files, None).await?;
        Ok(authority)
    }

    /// The certificate of a service, if its Secret is there.
    pub(super) async fn read(&self, name: &str) -> Result<Option<Files>, Failure> {
        let name = self.name(name);
        let Some(secret) = self.get(&name).await? else { return Ok(None) };
        let field = |key: &str| field(&secret, &name, key);
        Ok(match (field("tls.crt"), field("tls.key"), field("ca.crt")) {
            (Ok(certificate), Ok(key), Ok(roots)) => Some(Files { certificate, key, roots }),
            // Of another make; written over.
            _ => None,
        })
    }

    /// Writes the Secret of a service.
    pub(super) async fn write(&self, name: &str, files: &Files) -> Result<(), Failure> {
        let name = self.name(name);
        let found = self.get(&name).await?;
        let version = found.as_ref().map(|secret| secret["metadata"]["resourceVersion"].clone());
        self.put(&name, files, version).await
    }

    /// Names of Secrets hold no dot here, so that volumes can be named after them.
    fn name(&self, name: &str) -> String {
        format!("{}-{}", self.prefix, name.replace('.', "-"))
    }

    async fn get(&self, name: &str) -> Result<Option<Value>, Failure> {
        let (status, body) = self.call(Method::GET, &format!("/{name}"), None).await?;
        if status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        accepted(status, &body, &format!("reading the Secret {name}")).map(Some)
    }

    /// Creates a Secret, or, with the version that was read, replaces that one.
    async fn put(&self, name: &str, files: &Files, version: Option<Value>) -> Result<(), Failure> {
        let mut secret = json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "type": "kubernetes.io/tls",
            "metadata": {
                "name": name,
                "labels": {
                    "app.kubernetes.io/part-of": "opentwin",
                    "app.kubernetes.io/managed-by": "opentwin",
                },
            },
            "stringData": { "tls.crt": files.certificate, "tls.key": files.key, "ca.crt": files.roots },
        });
        let (method, path) = match version {
            None => (Method::POST, String::new()),
            Some(version) => {
                secret["metadata"]["resourceVersion"] = version;
                (Method::PUT, format!("/{name}"))
            }
        };
        let (status, body) = self.call(method, &path, Some(secret)).await?;
        accepted(status, &body, &format!("writing the Secret {name}")).map(drop)
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<(StatusCode, Value), Failure> {
        let internal =
            |e: &dyn std::fmt::Display| Code::Internal.because(format!("no request can be made: {e}"));
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        let request = Request::builder()
            .method(method)
            .uri(format!("/api/v1/namespaces/{}/secrets{path}", self.namespace))
            .header("authorization", format!("Bearer {}", self.token))
            .header("content-type", "application/json")
            .header("accept", "application/json")
            .body(Full::from(body))
            .map_err(|e| internal(&e))?;
        let (status, body) = https::call(&self.address, &self.roots, request, PATIENCE).await?;
        let value = serde_json::from_slice(&body).unwrap_or_else(
            |_| json!({ "message": String::from_utf8_lossy(&body).chars().take(200).collect::<String>() }),
        );
        Ok((status, value))
    }
}

/// The answer, or what the API says against it.
fn accepted(status: StatusCode, body: &Value, what: &str) -> Result<Value, Failure> {
    if status.is_success() {
        return Ok(body.clone());
    }
    let code = match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Code::Denied,
        StatusCode::CONFLICT => Code::Busy,
        StatusCode::TOO_MANY_REQUESTS => Code::Full,
        status if status.is_server_error() => Code::Unavailable,
        _ => Code::Invalid,
    };
    let said = body["message"].as_str().unwrap_or("no reason given");
    let failure = code.because(format!("{what}: the cluster answers {status}: {said}"));
    Err(match code {
        Code::Denied => {
            failure.remedy("give the pod's service account the rights to get, create and update secrets")
        }
        _ => failure,
    })
}

fn field(secret: &Value, name: &str, key: &str) -> Result<String, Failure> {
    let text = secret["data"][key]
        .as_str()
        .ok_or_else(|| Code::Invalid.because(format!("the Secret {name} has no `{key}`")))?;
    let bytes = STANDARD
        .decode(text)
        .map_err(|e| Code::Invalid.because(format!("the Secret {name}, `{key}`: {e}")))?;
    String::from_utf8(bytes).map_err(|e| Code::Invalid.because(format!("the Secret {name}, `{key}`: {e}")))
}

#[cfg(test)]
mod tests;
