//! What the services of this host declare, told to the store so that the whole site knows it.

use std::sync::Arc;

use api::v1::ServiceDescription;
use api::{Code, Failure};
use runtime::Context;
use spawn::Spawner;

/// Asks each service what it declares and registers that. A service that does not answer is left out, with a
/// warning; the others are offered all the same.
pub(crate) async fn register(context: &Context, spawner: &Arc<dyn Spawner>) -> Vec<String> {
    let mut offered = Vec::new();
    for service in spawner.services() {
        match register_one(context, spawner, &service).await {
            Ok(()) => offered.push(service),
            Err(failure) => tracing::warn!(service, %failure, "this service is not offered"),
        }
    }
    // The launcher waits for it: before that, nobody can know what may stand in a project.
    tracing::info!(offers = offered.join(" "), "services registered");
    offered
}

async fn register_one(context: &Context, spawner: &Arc<dyn Spawner>, service: &str) -> Result<(), Failure> {
    let text = spawner.describe(service).await.map_err(|e| Code::Spawn.because(e.to_string()))?;
    let json = serde_json::from_str(&text)
        .map_err(|e| Code::Spawn.because(format!("the description of `{service}` is no JSON: {e}")))?;
    let description: ServiceDescription = api::json::from_value(&json)?;
    if description.name != service {
        return Err(Code::Spawn.because(format!("it calls itself `{}`", description.name)));
    }
    context.peers.project()?.register_service(description).await?;
    Ok(())
}
