//! Certificates of spawned services: each gets a one-time token through its standard input, and with it, once, a
//! certificate for the key that it made itself.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use api::v1::IssueCertificateRequest;
use api::{Code, Failure};
use base::identity::Role;
use runtime::{Context, Enrolled, Enrolment, Ticket};
use tokio::sync::oneshot;

use crate::patience::patiently;

/// How long issuing a certificate may take; the instance itself waits a little longer.
const ISSUE: Duration = Duration::from_secs(8);

/// Tickets that have been given out and not been used.
#[derive(Default)]
pub(crate) struct Tickets {
    open: Mutex<HashMap<blake3::Hash, Holder>>,
}

struct Holder {
    service: String,
    instance: String,
    address: oneshot::Sender<String>,
}

impl Tickets {
    /// A ticket for an instance, and where its address arrives once it has enrolled.
    pub(crate) fn issue(
        &self,
        context: &Context,
        service: &str,
        instance: &str,
    ) -> Result<(String, oneshot::Receiver<String>), Failure> {
        // Two random UUIDs: 244 bits.
        let token = format!("{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple());
        let (sender, receiver) = oneshot::channel();
        let holder = Holder { service: service.to_owned(), instance: instance.to_owned(), address: sender };
        self.lock().insert(blake3::hash(token.as_bytes()), holder);
        let ticket = Ticket { token, roots: context.credentials.trust().to_pem() };
        let line = serde_json::to_string(&ticket)
            .map_err(|e| Code::Internal.because(format!("cannot write a ticket: {e}")))?;
        Ok((line, receiver))
    }

    /// Takes a ticket back that was not used.
    pub(crate) fn revoke(&self, instance: &str) {
        self.lock().retain(|_, holder| holder.instance != instance);
    }

    /// Trades a ticket for a certificate.
    pub(crate) async fn enrol(&self, context: &Context, enrolment: Enrolment) -> Result<Enrolled, Failure> {
        // Looked up by its hash: a guess cannot be told warm or cold by the time that this takes.
        let holder = self
            .lock()
            .remove(&blake3::hash(enrolment.token.as_bytes()))
            .ok_or_else(|| Code::Unauthenticated.because("the token is unknown, or was used before"))?;
        let host = enrolment.address.rsplit_once(':').map_or("", |(host, _)| host).trim_matches(['[', ']']);
        let request = IssueCertificateRequest {
            request_pem: enrolment.request,
            role: Role::Compute(holder.service).to_string(),
            instance: holder.instance,
            hosts: vec![host.to_owned()],
        };
        // Good once: so the ticket must not be wasted on a restart of authorization.
        let issue = || async {
            Ok(context.peers.authorization()?.issue_certificate(request.clone()).await?.into_inner())
        };
        let reply = patiently(ISSUE, issue).await?;
        // If nobody waits any more the instance is being stopped, and its certificate does no harm.
        let _ = holder.address.send(enrolment.address);
        Ok(Enrolled { chain: reply.chain_pem, roots: reply.roots_pem })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<blake3::Hash, Holder>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
