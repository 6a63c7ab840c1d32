//! What is deleted for good, and what of it others notice.

use std::sync::Arc;
use std::time::Duration;

use api::Code;
use api::v1::event::What;
use api::v1::*;
use store::conformance::{Fault, Faulty};
use store::{Backend, Hash, Memory, Repository, VersionId};

use super::stage::{Site, User, parameter};

/// Longer than what prune leaves alone.
const OLD: u64 = 2 * 3_600_000;

/// Waits until something is so.
async fn until(mut so: impl AsyncFnMut() -> bool) {
    let wait = async {
        while !so().await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), wait).await.expect("it is so in time");
}

/// A site whose writes can be held up, and what lies below.
async fn stage() -> (Site, Arc<Faulty>, Arc<Memory>) {
    let memory = Arc::new(Memory::new());
    let writes = Arc::new(Faulty::new(memory.clone(), Fault::Before, usize::MAX));
    (Site::on(Some(writes.clone())).await, writes, memory)
}

/// Makes a call whose caller hangs up while it writes.
async fn hang_up<T: Send + 'static>(
    ada: &mut User,
    writes: &Faulty,
    call: impl Future<Output = Result<T, tonic::Status>> + Send + 'static,
) {
    let (held, before) = (writes.hold().await, writes.writes());
    let call = tokio::spawn(call);
    until(async || writes.writes() > before).await;
    call.abort();
    assert!(call.await.is_err_and(|error| error.is_cancelled()));
    // Behind it on the same connection: once this is answered the service knows that the caller has gone.
    ada.client.list_projects(ada.says(ListProjectsRequest::default())).await.unwrap();
    drop(held);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prune_comes_to_its_end_without_its_caller() {
    let (site, writes, memory) = stage().await;
    let mut ada = site.user("ada");
    let project = ada.create("iris").await.id;
    ada.put(&project, vec![parameter("a", "1")]).await.unwrap();
    let loose: Hash = ada.upload(&project, b"loose").await.unwrap().hash.parse().unwrap();
    memory.age(&project, OLD);
    let mut client = ada.client.clone();
    let request = ada.says(PruneRequest { project: project.clone(), keep: 1 });
    hang_up(&mut ada, &writes, async move { client.prune(request).await }).await;
    until(async || memory.stat_blob(&project, loose).await.unwrap().is_none()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_purge_comes_to_its_end_without_its_caller() {
    let (site, writes, _) = stage().await;
    let mut ada = site.user("ada");
    let project = ada.create("iris").await.id;
    ada.put(&project, vec![parameter("a", "1")]).await.unwrap();
    let one = || ProjectRequest { project: project.clone() };
    ada.client.delete_project(ada.says(one())).await.unwrap();
    let mut client = ada.client.clone();
    let request = ada.says(one());
    hang_up(&mut ada, &writes, async move { client.purge_project(request).await }).await;
    // The rights go last.
    until(async || site.fake.rights.lock().unwrap().is_empty()).await;
}

/// The root of the newest version.
async fn root(memory: &Arc<Memory>, project: &str) -> Hash {
    let project = Repository::new(memory.clone()).project(project).unwrap();
    project.version(project.branch("main").await.unwrap()).await.unwrap().root
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_project_hides_no_other() {
    let memory = Arc::new(Memory::new());
    let here = Site::on(Some(memory.clone())).await;
    let mut ada = here.user("ada");
    let mut ids = Vec::new();
    for name in ["good", "damaged", "pruned"] {
        ids.push(ada.create(name).await.id);
        ada.put(ids.last().unwrap(), vec![parameter("a", "1")]).await.unwrap();
    }
    let (damaged, pruned) = (root(&memory, &ids[1]).await, root(&memory, &ids[2]).await);
    assert!(memory.damage(&ids[1], damaged));
    memory.delete_objects(&ids[2], &[pruned], u64::MAX).await.unwrap();

    // One that has read nothing yet.
    let there = Site::on(Some(memory)).await;
    ids.iter().for_each(|id| there.allow("ada", id, Right::Owner));
    let mut ada = there.user("ada");
    let listed = ada.client.list_projects(ada.says(ListProjectsRequest::default())).await.unwrap();
    let mut listed = listed.into_inner().projects;
    listed.sort_by(|a, b| a.name.cmp(&b.name));
    let told: Vec<_> = listed.iter().map(|info| (info.name.as_str(), info.entities)).collect();
    assert_eq!(told, [("damaged", 0), ("good", 1), ("pruned", 0)]);
    assert!(listed.iter().all(|info| !info.head.is_empty() && info.changed_ms > 0));
    for (id, code) in [(&ids[1], Code::Corrupt), (&ids[2], Code::Precondition)] {
        let request = EntitiesRequest { project: id.clone(), ..Default::default() };
        assert_eq!(ada.entities(request).await.unwrap_err().code, code);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_old_version_ends_no_watch() {
    let memory = Arc::new(Memory::new());
    let here = Site::on(Some(memory.clone())).await;
    let mut ada = here.user("ada");
    let project = ada.create("iris").await.id;
    let first = ada.put(&project, vec![parameter("a", "1")]).await.unwrap().id;
    for value in ["2", "3"] {
        ada.put(&project, vec![parameter("a", value)]).await.unwrap();
    }
    let stored = Repository::new(memory.clone()).project(&project).unwrap();
    let first: VersionId = first.parse().unwrap();
    let entity = stored.by_path(first, "parameters/a").await.unwrap().unwrap().hash().unwrap();
    memory.delete_objects(&project, &[entity], u64::MAX).await.unwrap();

    let there = Site::on(Some(memory)).await;
    there.allow("ada", &project, Right::Owner);
    let mut stream = there.user("ada").watch(&project, 1).await;
    let mut told = Vec::new();
    while told.len() < 2 {
        let event = stream.message().await.unwrap().unwrap();
        if let Some(What::Version(appended)) = event.what {
            told.push((event.number, appended.many, appended.paths.len()));
        }
    }
    assert_eq!(told, [(2, true, 0), (3, false, 1)]);
}
