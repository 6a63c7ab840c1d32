//! Leaf and root are exchanged under load.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use base::identity::Role;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::stage::*;
use crate::*;

/// Calls until told to stop: half of the workers with a new connection each time, half on one.
struct Load {
    stop: Arc<AtomicBool>,
    done: watch::Receiver<usize>,
    failed: Arc<AtomicUsize>,
    workers: JoinSet<()>,
}

fn load(address: &str, client: &Credentials) -> Load {
    let stop = Arc::new(AtomicBool::new(false));
    let failed = Arc::new(AtomicUsize::new(0));
    let (count, done) = watch::channel(0);
    let mut workers = JoinSet::new();
    for worker in 0..6 {
        let (stop, failed, count) = (stop.clone(), failed.clone(), count.clone());
        let (address, client) = (address.to_owned(), client.clone());
        workers.spawn(async move {
            let fresh = || connect(&address, &client, Role::Project).unwrap();
            let mut channel = fresh();
            while !stop.load(Ordering::SeqCst) {
                if worker % 2 == 0 {
                    channel = fresh();
                }
                if let Err(error) = say(&channel).await {
                    eprintln!("{error:?}");
                    failed.fetch_add(1, Ordering::SeqCst);
                }
                count.send_modify(|n| *n += 1);
            }
        });
    }
    Load { stop, done, failed, workers }
}

impl Load {
    /// Waits for so many more calls.
    async fn calls(&mut self, more: usize) {
        let goal = *self.done.borrow() + more;
        timeout(PATIENCE, self.done.wait_for(|n| *n >= goal)).await.unwrap().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn leaf_and_root_are_exchanged_without_a_failed_request() {
    let (old, new) = (authority(), authority());
    let both = old.trust().unwrap().with(&new.trust().unwrap()).unwrap();
    let server = credentials(&old, Role::Project);
    let client = credentials(&old, Role::Relay);
    let running = mutual(&server, Limits::default()).await;
    let mut load = load(&running.at(), &client);
    load.calls(60).await;
    // A new leaf of the same root.
    for (side, role) in [(&server, Role::Project), (&client, Role::Relay)] {
        let (chain, key) = leaf(&old, role, "127.0.0.1", good());
        side.replace(&chain, &key, &side.trust().to_pem()).unwrap();
        load.calls(60).await;
    }
    // A new root: all trust both, then all have a leaf of the new one, then none trusts the old one.
    for side in [&server, &client] {
        side.replace_trust(&both.to_pem()).unwrap();
        load.calls(60).await;
    }
    for (side, role) in [(&server, Role::Project), (&client, Role::Relay)] {
        let (chain, key) = leaf(&new, role, "127.0.0.1", good());
        side.replace(&chain, &key, &both.to_pem()).unwrap();
        load.calls(60).await;
    }
    for side in [&client, &server] {
        side.replace_trust(&new.to_pem()).unwrap();
        load.calls(60).await;
    }
    load.stop.store(true, Ordering::SeqCst);
    while let Some(worker) = load.workers.join_next().await {
        worker.unwrap();
    }
    assert_eq!(load.failed.load(Ordering::SeqCst), 0);
    // The old root is refused afterwards.
    let late = credentials_of(&leaf(&old, Role::Relay, "127.0.0.1", good()), &both);
    let channel = connect(&running.at(), &late, Role::Project).unwrap();
    let error = say(&channel).await.unwrap_err();
    assert!(error.message().contains("UnknownCA"), "{error:?}");
}

#[tokio::test]
async fn a_connection_ends_when_its_peer_is_no_longer_trusted() {
    let (log, _guard) = Log::start();
    let (old, new) = (authority(), authority());
    let both = old.trust().unwrap().with(&new.trust().unwrap()).unwrap();
    let server = credentials_of(&leaf(&new, Role::Project, "127.0.0.1", good()), &both);
    let running = mutual(&server, Limits::default()).await;
    let client = credentials_of(&leaf(&old, Role::Relay, "127.0.0.1", good()), &both);
    let channel = connect(&running.at(), &client, Role::Project).unwrap();
    say(&channel).await.unwrap();
    server.replace_trust(&new.to_pem()).unwrap();
    // The running connection is drained, and the next one is refused.
    let refused = async {
        loop {
            if let Err(error) = say(&channel).await {
                return error;
            }
        }
    };
    let error = timeout(PATIENCE, refused).await.unwrap();
    assert!(error.message().contains("UnknownCA"), "{error:?}");
    let warnings = log.warnings();
    assert!(warnings[0].contains("no longer trusted"), "{warnings:?}");
}

#[tokio::test]
async fn a_connection_ends_with_its_peers_certificate() {
    use tokio::io::AsyncReadExt;
    let site = authority();
    let server = credentials(&site, Role::Project);
    let running = mutual(&server, Limits::default()).await;
    let brief = leaf(&site, Role::Relay, "127.0.0.1", validity(-60, 1));
    let client = credentials_of(&brief, &site.trust().unwrap());
    let mut config = client.material().client(&Role::Project.into()).unwrap();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let mut stream = tls(running.address, Arc::new(config)).await.unwrap();
    let end = timeout(PATIENCE, stream.read(&mut [0; 64])).await.unwrap();
    assert!(matches!(end, Ok(0)), "{end:?}");
}

#[test]
fn credentials_stay_whose_they_are() {
    let (site, foreign) = (authority(), authority());
    let relay = credentials(&site, Role::Relay);
    let trust = site.to_pem();
    let (chain, key) = leaf(&site, Role::Logger, "127.0.0.1", good());
    let changed = relay.replace(&chain, &key, &trust).unwrap_err();
    assert!(matches!(changed, Error::IdentityChanged { .. }), "{changed}");
    let (other, _) = leaf(&site, Role::Relay, "127.0.0.1", good());
    let mixed = relay.replace(&other, &key, &trust).unwrap_err();
    assert!(matches!(mixed, Error::Credentials { .. }), "{mixed}");
    assert!(relay.replace_trust("").is_err());
    assert!(Credentials::from_pem(&foreign.to_pem(), &key, &trust).is_err());
    assert_eq!(relay.identity().to_string(), "spiffe://lab/relay/i1");
    assert!(relay.half_life() < relay.expires_at());
    assert!(!format!("{relay:?}").contains("PRIVATE"));
}

#[cfg(unix)]
#[test]
fn credentials_come_from_files_that_are_closed_to_others() {
    use std::os::unix::fs::PermissionsExt;
    let site = authority();
    let folder = tempfile::tempdir().unwrap();
    let files = Files {
        chain: folder.path().join("leaf.pem"),
        key: folder.path().join("leaf.key"),
        trust: folder.path().join("trust.pem"),
    };
    let (chain, key) = leaf(&site, Role::Relay, "127.0.0.1", good());
    std::fs::write(&files.chain, chain).unwrap();
    std::fs::write(&files.trust, site.to_pem()).unwrap();
    pki::Key::from_pem(&key).unwrap().save(&files.key).unwrap();
    let credentials = Credentials::from_files(&files).unwrap();
    credentials.replace_from_files(&files).unwrap();
    std::fs::set_permissions(&files.key, std::fs::Permissions::from_mode(0o644)).unwrap();
    let error = credentials.replace_from_files(&files).unwrap_err();
    assert!(error.to_string().contains("chmod 600"), "{error}");
}
