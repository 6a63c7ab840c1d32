use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use api::v1::*;
use api::{Code, Failure};
use async_trait::async_trait;
use base::identity::{Identity, Role};
use bytes::Bytes;
use futures::StreamExt as _;
use pki::{Algorithm, Authority, Key, Validity};
use prost::Message as _;
use rpc::{Credentials, Limits, Listener};
use runtime::{Common, Enrolment, Ticket};
use spawn::{End, Order, Size, Spawner};
use tokio::sync::{Semaphore, oneshot, watch};
use tokio_util::sync::CancellationToken;

use super::wire::{Answer, one, read, router};
use crate::service::{Inner, LocalSession};

pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// What the platform around the local-session knows, and how it behaves.
pub(super) struct World {
    pub(super) runs: Mutex<HashMap<String, Run>>,
    /// Calls to the store that still fail.
    pub(super) outage: AtomicUsize,
    /// Computations that still end with their instance.
    pub(super) crashes: AtomicUsize,
    /// Computations that still end with their instance once their results are committed.
    pub(super) unheard: AtomicUsize,
    /// What was committed: the hash of its inputs.
    committed: Mutex<Option<String>>,
    /// Instances still to be started that live on and answer nothing.
    pub(super) mute: AtomicUsize,
    /// Calls that still find the run under way for a connection that is gone.
    pub(super) underway: AtomicUsize,
    /// Computations that still find their instance too small.
    pub(super) starved: AtomicUsize,
    /// True where every instance has a room of its own; MiB of those that were started.
    pub(super) sized: AtomicBool,
    pub(super) sizes: Mutex<Vec<u64>>,
    /// Orders that are refused still, the last one first; how long the site lets a run go without room.
    pub(super) refused: Mutex<Vec<Code>>,
    pub(super) room_fail: Mutex<Option<Duration>>,
    /// What starts wait for.
    pub(super) awaited: watch::Sender<String>,
    /// What the one action declares that it needs.
    pub(super) demand: Mutex<Option<Demand>>,
    /// Runs are listed when there is a permit.
    pub(super) list: Semaphore,
    /// Computations end when there is a permit.
    pub(super) finish: Semaphore,
    /// Runs are vouched for anew when there is a permit.
    pub(super) vouch: Semaphore,
    /// In whose name computations speak: as they began, and as they were told later.
    pub(super) voices: watch::Sender<Vec<SignedAssertion>>,
    /// Instances enrol when there is a permit.
    pub(super) enrol: Semaphore,
    pub(super) spawned: watch::Sender<usize>,
    pub(super) ended: watch::Sender<usize>,
    host: OnceLock<Arc<Inner>>,
    authority: Authority,
}

pub(super) struct Stage {
    pub(super) world: Arc<World>,
    pub(super) host: Arc<Inner>,
    _folder: tempfile::TempDir,
}

fn leaf(by: &Authority, role: Role) -> (String, Key) {
    leaf_of(by, role, "0")
}

fn leaf_of(by: &Authority, role: Role, instance: &str) -> (String, Key) {
    let identity = Identity::new("lab", role, instance).unwrap();
    let key = Key::generate(Algorithm::EcdsaP256).unwrap();
    let request = pki::Request::parse(key.request(&identity, &[]).unwrap().as_bytes()).unwrap();
    let hosts = ["127.0.0.1".parse().unwrap()];
    (by.issue(&request, &identity, &hosts, Validity::days(1).unwrap()).unwrap().pem, key)
}

/// Serves until `end`; the address.
async fn serve(
    credentials: impl Future<Output = Credentials> + Send + 'static,
    routes: axum::Router,
    end: CancellationToken,
) -> String {
    let listener = Listener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().to_string();
    let limits = Limits { drain: Duration::ZERO, ..Limits::default() };
    tokio::spawn(async move {
        rpc::serve_mtls(listener, credentials.await, routes, limits, end.cancelled_owned()).await;
    });
    address
}

impl Stage {
    /// With one slot.
    pub(super) async fn new() -> Self {
        Self::with(crate::Options::default()).await
    }

    /// With one slot, and otherwise with these options.
    pub(super) async fn with(options: crate::Options) -> Self {
        rpc::install_crypto_provider();
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| folder.path().join(name);
        let authority = Authority::create("lab", Algorithm::EcdsaP256, Validity::days(2).unwrap()).unwrap();
        let roots = authority.trust().unwrap().to_pem();
        std::fs::write(file("roots"), &roots).unwrap();
        let (chain, key) = leaf(&authority, Role::LocalSession);
        std::fs::write(file("chain"), chain).unwrap();
        key.save(&file("key")).unwrap();
        let world = Arc::new(World {
            runs: Mutex::default(),
            outage: AtomicUsize::new(0),
            crashes: AtomicUsize::new(0),
            unheard: AtomicUsize::new(0),
            committed: Mutex::default(),
            mute: AtomicUsize::new(0),
            underway: AtomicUsize::new(0),
            starved: AtomicUsize::new(0),
            sized: AtomicBool::new(false),
            sizes: Mutex::default(),
            refused: Mutex::default(),
            room_fail: Mutex::default(),
            awaited: watch::Sender::new(String::new()),
            demand: Mutex::default(),
            list: Semaphore::new(100),
            finish: Semaphore::new(100),
            vouch: Semaphore::new(100),
            voices: watch::Sender::new(Vec::new()),
            enrol: Semaphore::new(100),
            spawned: watch::channel(0).0,
            ended: watch::channel(0).0,
            host: OnceLock::new(),
            authority,
        });
        let mut addresses = Vec::new();
        for role in [Role::Authorization, Role::Project] {
            let (chain, key) = leaf(&world.authority, role);
            let credentials = Credentials::from_pem(&chain, key.to_pem(), &roots).unwrap();
            let asked = world.clone();
            let routes = router(move |name, message| {
                let world = asked.clone();
                async move {
                    match name.as_str() {
                        "Authorization/AssertRun" => world.vouch.acquire().await.unwrap().forget(),
                        "Project/ListRuns" => world.list.acquire().await.unwrap().forget(),
                        _ => {}
                    }
                    world.reply(&name, &message)
                }
            });
            addresses.push(serve(std::future::ready(credentials), routes, CancellationToken::new()).await);
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
        let options = crate::Options { slots: Some(1), ..options };
        let spawner = Arc::new(Fake(world.clone()));
        let (sender, receiver) = oneshot::channel();
        tokio::spawn(runtime::host(Role::LocalSession, common, async move |context| {
            let service = LocalSession::create(context, options, spawner).await?;
            let _ = sender.send(service.0.clone());
            Ok(service)
        }));
        let host = receiver.await.expect("the service starts");
        let _ = world.host.set(host.clone());
        Self { world, host, _folder: folder }
    }

    /// Asks the local-session as a service of this name would.
    pub(super) async fn accompany(&self, instance: &str) -> Result<tonic::Streaming<Empty>, Failure> {
        let (chain, key) = leaf_of(&self.world.authority, Role::Compute("echo".into()), instance);
        let roots = self.world.authority.trust().unwrap().to_pem();
        let credentials = Credentials::from_pem(&chain, key.to_pem(), &roots).unwrap();
        let channel = rpc::connect(&self.host.context.address, &credentials, Role::LocalSession).unwrap();
        let mut client = local_session_client::LocalSessionClient::new(channel);
        Ok(client.accompany(Empty {}).await?.into_inner())
    }

    pub(super) fn start_session(&self) {
        let session = Session { id: "s".into(), project: "p".into(), ..Session::default() };
        self.host.start_session(&session);
    }

    /// A run as the store has it once `when` holds.
    pub(super) async fn stored(&self, id: &str, when: impl Fn(&Run) -> bool) -> Run {
        let find = async {
            loop {
                let run = self.world.runs.lock().unwrap().get(id).cloned();
                if let Some(run) = run.filter(|run| when(run)) {
                    return run;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, find).await.expect("the run comes to that")
    }
}

/// Waits until no run is left.
pub(super) async fn gone(stage: &Stage) {
    tokio::time::timeout(PATIENCE, stage.host.runs.all_gone()).await.expect("all runs leave");
}

pub(super) fn run(id: &str) -> Run {
    Run {
        id: id.into(),
        project: "p".into(),
        session: "s".into(),
        action: "echo.say".into(),
        version: "v1".into(),
        branch: "main".into(),
        local_session: "0".into(),
        state: RunState::Queued.into(),
        fence: 1,
        assertion: Some(assertion(0, 7 * 86_400)),
        ..Run::default()
    }
}

/// One that was issued so long ago, and is good for so long.
pub(super) fn assertion(ago_s: i64, life_s: i64) -> SignedAssertion {
    let issued_s = runtime::caller::now_s() - ago_s;
    let assertion = Assertion { issued_s, expires_s: issued_s + life_s, ..Assertion::default() };
    SignedAssertion { assertion: assertion.encode_to_vec().into(), ..SignedAssertion::default() }
}

impl World {
    fn reply(&self, name: &str, message: &Bytes) -> Result<Answer, Failure> {
        if name.starts_with("Project/") && name != "Project/RegisterService" && one_left(&self.outage) {
            return Err(Code::Unavailable.because("the store restarts"));
        }
        let mut runs = self.runs.lock().unwrap();
        match name {
            "Project/PutRun" => {
                let mut run: Run = read(message);
                let known = runs.get(&run.id);
                if run.id.starts_with("bad") {
                    return Err(Code::NotFound.because("the project is no more"));
                }
                if message.len() > 1 << 20 {
                    return Err(Code::TooLarge.because("the record is too large"));
                }
                if run.revision == 0 && known.is_some() {
                    return Err(Code::Exists.because("there is such a run"));
                }
                if known.is_some_and(|known| known.revision != run.revision || known.fence > run.fence) {
                    return Err(Code::Conflict.because("changed by somebody else"));
                }
                run.revision += 1;
                runs.insert(run.id.clone(), run.clone());
                Ok(one(&run))
            }
            "Project/GetRun" => Ok(one(&runs[&read::<RunRequestById>(message).run])),
            "Project/ListRuns" => {
                let mut runs: Vec<Run> = runs.values().cloned().collect();
                runs.sort_by(|a, b| a.id.cmp(&b.id));
                Ok(one(&ListRunsReply { runs }))
            }
            "Project/Describe" => {
                let demand = self.demand.lock().unwrap().clone();
                let (name, result) = ("echo.say".into(), "results/echo".into());
                let action = ActionDescription { name, result, demand, ..ActionDescription::default() };
                let echo =
                    ServiceDescription { name: "echo".into(), actions: vec![action], ..Default::default() };
                Ok(one(&DescribeReply { services: vec![echo] }))
            }
            "Project/Entities" => {
                let committed = self.committed.lock().unwrap().clone();
                let version = if committed.is_some() { "v2" } else { "v1" };
                let result = committed.map(|inputs| Entity {
                    path: "results/echo".into(),
                    properties: format!(r#"{{"inputs": "{inputs}"}}"#),
                    ..Entity::default()
                });
                Ok(one(&EntitiesReply { version: version.into(), entities: Vec::from_iter(result) }))
            }
            "Authorization/AssertRun" => Ok(one(&assertion(0, 7 * 86_400))),
            "Authorization/IssueCertificate" => Ok(one(&self.issue(read(message)))),
            _ => Ok(one(&Empty {})),
        }
    }

    fn spoken_for(&self, voice: Option<SignedAssertion>) {
        self.voices.send_modify(|voices| voices.extend(voice));
    }

    fn issue(&self, asked: IssueCertificateRequest) -> IssueCertificateReply {
        let request = pki::Request::parse(asked.request_pem.as_bytes()).unwrap();
        let hosts: Vec<pki::Host> = asked.hosts.iter().map(|host| host.parse().unwrap()).collect();
        let identity = Identity::new("lab", asked.role.parse().unwrap(), &asked.instance).unwrap();
        let leaf = self.authority.issue(&request, &identity, &hosts, Validity::days(1).unwrap()).unwrap();
        let roots_pem = self.authority.trust().unwrap().to_pem();
        IssueCertificateReply { chain_pem: leaf.pem, roots_pem, not_after_s: leaf.not_after.as_second() }
    }
}

/// True while there is one left of what shall still happen.
fn one_left(left: &AtomicUsize) -> bool {
    left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)).is_ok()
}

/// Starts instances inside this process.
struct Fake(Arc<World>);

struct FakeInstance {
    end: CancellationToken,
    world: Arc<World>,
}

impl FakeInstance {
    fn over(&self) {
        if !self.end.is_cancelled() {
            self.end.cancel();
            self.world.ended.send_modify(|n| *n += 1);
        }
    }
}

#[async_trait]
impl spawn::Instance for FakeInstance {
    fn handle(&self) -> String {
        String::new()
    }

    async fn ended(&self) -> End {
        self.end.cancelled().await;
        End { signal: Some(9), ..End::default() }
    }

    async fn stop(&self) {
        self.over();
    }

    async fn kill(&self) {
        self.over();
    }

    fn news(&self) -> Option<watch::Receiver<String>> {
        Some(self.world.awaited.subscribe())
    }
}

#[async_trait]
impl Spawner for Fake {
    fn services(&self) -> Vec<String> {
        vec!["echo".to_owned()]
    }

    async fn describe(&self, service: &str) -> Result<Option<String>, spawn::Error> {
        Ok(Some(format!(r#"{{"name": "{service}", "version": "1"}}"#)))
    }

    fn room(&self, _service: &str, demand: &Size) -> Result<Option<Size>, spawn::Error> {
        let memory = demand.memory.max(64 << 20);
        Ok(self.0.sized.load(Ordering::SeqCst).then_some(Size { memory, cores: 1.0 }))
    }

    fn room_fail(&self) -> Option<Duration> {
        *self.0.room_fail.lock().unwrap()
    }

    async fn spawn(&self, order: Order) -> Result<Box<dyn spawn::Instance>, spawn::Error> {
        let world = self.0.clone();
        if let Some(code) = world.refused.lock().unwrap().pop() {
            return Err(spawn::Error::Refused(Box::new(code.because("all nodes are full"))));
        }
        world.sizes.lock().unwrap().extend(order.size.map(|size| size.memory >> 20));
        world.spawned.send_modify(|n| *n += 1);
        let end = CancellationToken::new();
        let (own, asked) = (end.clone(), world.clone());
        let mute = one_left(&world.mute);
        let routes = router(move |name, message| {
            let (world, end) = (asked.clone(), own.clone());
            async move {
                if name == "Compute/Cancel" {
                    // What is cancelled ends, here together with its instance.
                    end.cancel();
                }
                match name.as_str() {
                    "Compute/Compute" if one_left(&world.underway) => {
                        Err(Code::Busy.because("the run is being computed already"))
                    }
                    "Compute/Compute" => {
                        let request = read::<ComputeRequest>(&message);
                        world.spoken_for(request.assertion);
                        if one_left(&world.unheard) {
                            *world.committed.lock().unwrap() = Some(request.inputs);
                            end.cancel();
                        }
                        Ok(compute(world, end, mute))
                    }
                    "Compute/Renew" => {
                        world.spoken_for(read::<RenewRequest>(&message).assertion);
                        Ok(one(&Empty {}))
                    }
                    _ => Ok(one(&Empty {})),
                }
            }
        });
        let (told, address) = oneshot::channel::<String>();
        let (enrolling, ticket) = (world.clone(), order.ticket.clone());
        let credentials = async move {
            let address = address.await.unwrap();
            enrolling.enrol.acquire().await.unwrap().forget();
            let ticket: Ticket = serde_json::from_str(&ticket).unwrap();
            let key = Key::generate(Algorithm::EcdsaP256).unwrap();
            let identity = Identity::new("lab", Role::Compute(order.service), &order.instance).unwrap();
            let hosts = ["127.0.0.1".parse().unwrap()];
            let request = key.request(&identity, &hosts).unwrap();
            // What stands ready may be started before the stage is set.
            let host = loop {
                match enrolling.host.get() {
                    Some(host) => break host,
                    None => tokio::task::yield_now().await,
                }
            };
            let enrolment = Enrolment { token: ticket.token, request, address };
            let enrolled = host.instances.starter.tickets.enrol(&host.context, enrolment).await.unwrap();
            Credentials::from_pem(&enrolled.chain, key.to_pem(), &enrolled.roots).unwrap()
        };
        let _ = told.send(serve(credentials, routes, end.clone()).await);
        Ok(Box::new(FakeInstance { end, world }))
    }
}

/// A computation: ends with its instance as long as there are crashes left, else when it is told to. One that is mute
/// breaks off as a connection does.
fn compute(world: Arc<World>, end: CancellationToken, mute: bool) -> Answer {
    if one_left(&world.crashes) {
        end.cancel();
    }
    let starved = one_left(&world.starved);
    let event = async move {
        if mute {
            return Err(tonic::Status::unavailable("no answer to a ping"));
        }
        if starved {
            return Err(Code::Memory.because("too small").into());
        }
        tokio::select! {
            biased;
            () = end.cancelled() => Err(tonic::Status::unavailable("gone")),
            permit = world.finish.acquire() => {
                permit.unwrap().forget();
                let version = Version { id: "v2".into(), ..Version::default() };
                Ok(ComputeEvent { what: Some(compute_event::What::Done(version)) }.encode_to_vec().into())
            }
        }
    };
    futures::stream::once(event).boxed()
}
