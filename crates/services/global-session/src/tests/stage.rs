use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use api::v1::global_session_client::GlobalSessionClient;
use api::v1::*;
use api::{Code, Failure};
use base::identity::{Identity, Role};
use bytes::Bytes;
use pki::{Algorithm, Authority, Key, Validity};
use rpc::{Channel, Credentials, Limits, Listener};
use runtime::caller::{now_s, speak_for};
use runtime::{Common, Context, Signer};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::wire::{Answer, one, read, router};
use crate::service::GlobalSession;

pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// What a host does when it is asked to end a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Host {
    Consents,
    /// Something runs in it.
    Refuses,
    /// While it answers, somebody opens the session again.
    IsOvertaken,
}

/// What the platform around the global-session knows, and how it behaves.
pub(super) struct World {
    pub(super) records: Mutex<HashMap<String, Record>>,
    /// What hosts were asked to end, and whether only if idle.
    pub(super) ended: Mutex<Vec<(String, bool)>>,
    pub(super) started: Mutex<Vec<String>>,
    pub(super) host: Mutex<Host>,
    pub(super) right: Mutex<Right>,
    /// True where the answer to the next write of a record is lost.
    pub(super) deaf: AtomicBool,
    signer: Signer,
}

pub(super) struct Stage {
    pub(super) world: Arc<World>,
    /// Where the hosts answer.
    pub(super) hosts: String,
    authority: Authority,
    common: Common,
    context: Context,
    task: JoinHandle<Result<(), Failure>>,
    options: crate::Options,
    _folder: tempfile::TempDir,
}

fn credentials(authority: &Authority, peer: &str) -> Credentials {
    let identity: Identity = format!("spiffe://lab/{peer}").parse().unwrap();
    let key = Key::generate(Algorithm::EcdsaP256).unwrap();
    let request = pki::Request::parse(key.request(&identity, &[]).unwrap().as_bytes()).unwrap();
    let hosts = ["127.0.0.1".parse().unwrap()];
    let leaf = authority.issue(&request, &identity, &hosts, Validity::days(1).unwrap()).unwrap();
    Credentials::from_pem(&leaf.pem, key.to_pem(), &authority.trust().unwrap().to_pem()).unwrap()
}

impl Stage {
    pub(super) async fn new(options: crate::Options) -> Self {
        rpc::install_crypto_provider();
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| folder.path().join(name);
        let authority = Authority::create("lab", Algorithm::EcdsaP256, Validity::days(2).unwrap()).unwrap();
        std::fs::write(file("roots"), authority.trust().unwrap().to_pem()).unwrap();
        let identity: Identity = "spiffe://lab/global-session/0".parse().unwrap();
        let key = Key::generate(Algorithm::EcdsaP256).unwrap();
        let request = pki::Request::parse(key.request(&identity, &[]).unwrap().as_bytes()).unwrap();
        let own = ["127.0.0.1".parse().unwrap()];
        let leaf = authority.issue(&request, &identity, &own, Validity::days(1).unwrap()).unwrap();
        std::fs::write(file("chain"), leaf.pem).unwrap();
        key.save(&file("key")).unwrap();
        let world = Arc::new(World {
            records: Mutex::default(),
            ended: Mutex::default(),
            started: Mutex::default(),
            host: Mutex::new(Host::Consents),
            right: Mutex::new(Right::Editor),
            deaf: AtomicBool::new(false),
            signer: Signer::generate().unwrap().0,
        });
        let mut addresses = Vec::new();
        for peer in ["authorization/0", "project/0", "local-session/0"] {
            let listener = Listener::bind("127.0.0.1:0").await.unwrap();
            addresses.push(listener.local_addr().to_string());
            let asked = world.clone();
            let routes = router(move |name, message| {
                let world = asked.clone();
                async move { world.reply(&name, &message) }
            });
            let own = credentials(&authority, peer);
            tokio::spawn(rpc::serve_mtls(listener, own, routes, Limits::default(), std::future::pending()));
        }
        let common = Common {
            site: Some("lab".into()),
            instance: Some("0".into()),
            certificate: Some(file("chain")),
            key: Some(file("key")),
            roots: Some(file("roots")),
            authorization: Some(addresses[0].clone()),
            project: Some(addresses[1].clone()),
            log: Some("error".into()),
            ..Common::default()
        };
        let (context, task) = launch(&common, &options).await;
        let hosts = addresses[2].clone();
        Self { world, hosts, authority, common, context, task, options, _folder: folder }
    }

    pub(super) async fn restart(&mut self) {
        self.context.shutdown.cancel();
        (&mut self.task).await.unwrap().unwrap();
        (self.context, self.task) = launch(&self.common, &self.options).await;
    }

    /// A client with a certificate of this role and instance.
    pub(super) fn client(&self, peer: &str) -> GlobalSessionClient<Channel> {
        let own = credentials(&self.authority, peer);
        GlobalSessionClient::new(rpc::connect(&self.context.address, &own, Role::GlobalSession).unwrap())
    }

    /// A message on behalf of somebody.
    pub(super) fn says<T>(&self, message: T) -> tonic::Request<T> {
        let assertion = Assertion {
            user_id: "ada".into(),
            user_name: "ada".into(),
            issued_s: now_s(),
            expires_s: now_s() + 300,
            ..Assertion::default()
        };
        speak_for(&self.world.signer.sign(&assertion), message)
    }

    pub(super) async fn open(&self, project: &str) -> Result<Session, Failure> {
        let request = self.says(ProjectRequest { project: project.into() });
        Ok(self.client("relay/0").open_session(request).await?.into_inner())
    }

    pub(super) async fn close(&self, session: &str) -> Result<(), Failure> {
        let request = self.says(SessionRequest { session: session.into() });
        self.client("relay/0").close_session(request).await?;
        Ok(())
    }

    /// A heartbeat of a host; the sessions that shall live there. Again until the directory has been read.
    pub(super) async fn beat(&self, instance: &str, runs: &[(&str, u32)]) -> Vec<String> {
        let info = LocalSessionInfo {
            instance: instance.into(),
            address: self.hosts.clone(),
            slots: 1,
            sessions: runs.iter().map(|&(id, runs)| (id.to_owned(), runs)).collect(),
            ..LocalSessionInfo::default()
        };
        let mut host = self.client(&format!("local-session/{instance}"));
        let asking = async {
            loop {
                match host.heartbeat(info.clone()).await {
                    Ok(reply) => return reply.into_inner().sessions.into_iter().map(|s| s.id).collect(),
                    Err(status) if status.code() == tonic::Code::Unavailable => {
                        tokio::task::yield_now().await;
                    }
                    Err(status) => panic!("{status}"),
                }
            }
        };
        tokio::time::timeout(PATIENCE, asking).await.expect("the directory is read")
    }

    pub(super) fn recorded(&self) -> Vec<String> {
        self.world.records.lock().unwrap().keys().cloned().collect()
    }
}

async fn launch(common: &Common, options: &crate::Options) -> (Context, JoinHandle<Result<(), Failure>>) {
    let (sender, receiver) = oneshot::channel();
    let options = options.clone();
    let task =
        tokio::spawn(runtime::host(Role::GlobalSession, common.clone(), async move |context: Context| {
            let service = GlobalSession::new(context.clone(), &options);
            let _ = sender.send(context);
            Ok(service)
        }));
    (receiver.await.expect("the service starts"), task)
}

impl World {
    fn reply(&self, name: &str, message: &Bytes) -> Result<Answer, Failure> {
        match name {
            "Authorization/AssertionKeys" => {
                Ok(one(&AssertionKeysReply { keys: vec![self.signer.public_key().into()] }))
            }
            "Authorization/RightOn" => {
                Ok(one(&RightReply { right: (*self.right.lock().unwrap()).into(), groups: vec![] }))
            }
            "LocalSession/StartSession" => {
                let session: Session = read(message);
                self.started.lock().unwrap().push(session.id.clone());
                Ok(one(&session))
            }
            "LocalSession/EndSession" => self.end(read(message)),
            _ => self.record(name, message),
        }
    }

    fn end(&self, asked: EndSessionRequest) -> Result<Answer, Failure> {
        self.ended.lock().unwrap().push((asked.session.clone(), asked.if_idle));
        match *self.host.lock().unwrap() {
            Host::Refuses if asked.if_idle => return Err(Code::Precondition.because("it is in use")),
            Host::IsOvertaken => {
                self.records.lock().unwrap().values_mut().for_each(|record| record.revision += 1);
            }
            _ => {}
        }
        Ok(one(&Empty {}))
    }

    fn record(&self, name: &str, message: &Bytes) -> Result<Answer, Failure> {
        let mut records = self.records.lock().unwrap();
        let stale = || Code::Conflict.because("changed by somebody else");
        match name {
            "Project/GetRecord" => {
                let key = read::<RecordRequest>(message).key;
                records.get(&key).map(one).ok_or_else(|| Code::NotFound.because("there is none"))
            }
            "Project/ListRecords" => {
                Ok(one(&ListRecordsReply { records: records.values().cloned().collect() }))
            }
            "Project/PutRecord" => {
                let mut record: Record = read(message);
                if records.get(&record.key).map_or(0, |known| known.revision) != record.revision {
                    return Err(stale());
                }
                record.revision += 1;
                records.insert(record.key.clone(), record.clone());
                if self.deaf.swap(false, Ordering::SeqCst) {
                    return Err(Code::Unavailable.because("the store restarts"));
                }
                Ok(one(&record))
            }
            "Project/DeleteRecord" => {
                let asked: RecordRequest = read(message);
                if records.get(&asked.key).is_some_and(|known| known.revision != asked.revision) {
                    return Err(stale());
                }
                records.remove(&asked.key);
                Ok(one(&Empty {}))
            }
            _ => Ok(one(&Empty {})),
        }
    }
}
