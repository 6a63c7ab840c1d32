//! What the services of this host declare, told to the store so that the whole site knows it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use api::v1::compute_client::ComputeClient;
use api::v1::{Empty, ServiceDescription};
use api::{Code, Failure};
use runtime::Context;

use crate::instances::Instances;
use crate::service::{Inner, lock};

/// Wait before the second try; doubled from then on.
const FIRST: Duration = Duration::from_millis(100);

/// Longest wait between two tries of a service that cannot be had now.
const LONGEST: Duration = Duration::from_secs(60);

/// Wait between two tries of a service that answered wrongly: somebody has to put it in order first.
const BROKEN: Duration = Duration::from_secs(1800);

/// Asks each service what it declares and registers that, until all are offered. One that does not answer is left out,
/// and told once: in the log and in what the site says of this host.
pub(crate) async fn register(host: Arc<Inner>) {
    let services = host.instances.starter.spawner.services();
    let mut offered: Vec<String> = Vec::new();
    let mut troubles: BTreeMap<String, String> = BTreeMap::new();
    let mut wait = FIRST;
    let mut first = true;
    loop {
        let mut broken = true;
        for service in services.iter().filter(|s| !offered.contains(s)).cloned().collect::<Vec<_>>() {
            match register_one(&host.context, &host.instances, &service).await {
                Ok(()) => {
                    if troubles.remove(&service).is_some() {
                        tracing::info!(service, "this service is offered now");
                    }
                    offered.push(service);
                }
                Err(failure) => {
                    broken &= !failure.code.row().retryable;
                    let why = failure.to_string();
                    // Once for each reason.
                    if troubles.get(&service) != Some(&why) {
                        tracing::warn!(service, %failure, "this service is not offered");
                        troubles.insert(service, why);
                    }
                }
            }
        }
        offered.sort();
        if first {
            // The launcher waits for it: before that, nobody can know what may stand in a project.
            tracing::info!(offers = offered.join(" "), "services registered");
            first = false;
        }
        host.offer(offered.clone(), troubles.clone());
        if offered.len() == services.len() {
            return;
        }
        wait = if broken { (wait * 4).min(BROKEN) } else { (wait * 2).min(LONGEST) };
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = host.context.shutdown.cancelled() => return,
        }
    }
}

async fn register_one(context: &Context, instances: &Arc<Instances>, service: &str) -> Result<(), Failure> {
    let description = describe(instances, service).await?;
    if description.name != service {
        return Err(Code::Spawn.because(format!("it calls itself `{}`", description.name)));
    }
    instances.declare(&description);
    context.peers.project()?.register_service(description).await?;
    Ok(())
}

async fn describe(instances: &Arc<Instances>, service: &str) -> Result<ServiceDescription, Failure> {
    match instances.starter.spawner.describe(service).await? {
        Some(text) => {
            let json = serde_json::from_str(&text).map_err(|e| {
                Code::Spawn.because(format!("the description of `{service}` is no JSON: {e}"))
            })?;
            api::json::from_value(&json)
        }
        None => {
            let serving = instances.any(service).await?;
            let mut client = ComputeClient::new(serving.channel.clone());
            Ok(client.describe(Empty {}).await?.into_inner())
        }
    }
}

impl Inner {
    /// Takes note of what is offered, and of what is not and why.
    fn offer(&self, offered: Vec<String>, troubles: BTreeMap<String, String>) {
        *lock(&self.offered) = offered;
        *lock(&self.troubles) = troubles;
        self.changed.notify_one();
    }
}
