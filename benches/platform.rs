//! Measures a platform from outside: how long it takes to a session, to a service, to a commit, and how many messages go
//! through the relay. Prints a table; asserts nothing.
//!
//! `cargo build --release -p opentwin -p modeling --bins && cargo bench -p e2e --bench platform`
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::{Duration, Instant};

use api::v1::{
    ActRequest, CommitRequest, CreateProjectRequest, Empty, Entity, LogQuery, LoginRequest, ProjectInfo,
    ProjectRequest,
};
use client::{Client, Home, ask, ask_once};
use e2e::Sandbox;

const COMMITS: usize = 100;
const MESSAGES: usize = 20_000;
const CALLERS: usize = 16;

fn main() {
    let threads = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let sandbox = Sandbox::start(&[]);
    let login = Home::find(Some(sandbox.admin().home())).unwrap().login().unwrap();
    threads.block_on(async {
        let trust = login.trust().unwrap();
        let client = Client::connect(&login.address, &trust, Some(&login.token)).unwrap();
        println!("| what | figure |\n|---|---|");
        to_a_session(&sandbox, &login.address, &trust, &client).await;
        spawning(&client).await;
        for entities in [10, 1_000, 100_000] {
            commits(&client, entities).await;
        }
        messages(&client).await;
    });
    drop(sandbox);
    let sandbox = Sandbox::start_with(&[], &[("local-session", "[warm.modeling]\nbuffer = 2\nmax = 100\n")]);
    let login = Home::find(Some(sandbox.admin().home())).unwrap().login().unwrap();
    threads.block_on(async {
        let client = Client::connect(&login.address, &login.trust().unwrap(), Some(&login.token)).unwrap();
        standing_ready(&client).await;
    });
}

fn row(what: &str, times: &mut [Duration]) {
    times.sort();
    let at = |fraction: f64| times[((times.len() - 1) as f64 * fraction) as usize].as_secs_f64() * 1e3;
    println!("| {what} | median {:.1} ms, 99 % {:.1} ms (n = {}) |", at(0.5), at(0.99), times.len());
}

async fn project(client: &Client, name: &str) -> ProjectInfo {
    let request = CreateProjectRequest { name: name.to_owned(), ..Default::default() };
    ask_once!(client, project.create_project(request)).unwrap()
}

/// From a name and a password to an open session, over a connection of its own.
async fn to_a_session(sandbox: &Sandbox, address: &str, trust: &rpc::TrustRoots, client: &Client) {
    let (mut logins, mut sessions) = (Vec::new(), Vec::new());
    for index in 0..20 {
        let project = project(client, &format!("session-{index}")).await.id;
        let fresh = Client::connect(address, trust, None).unwrap();
        let started = Instant::now();
        let request = LoginRequest { name: "admin".to_owned(), password: sandbox.password().to_owned() };
        let reply = ask_once!(fresh, authorization.login(request)).unwrap();
        logins.push(started.elapsed());
        let fresh = fresh.with_token(&reply.token).unwrap();
        fresh.open_session(&project, |_| {}).await.unwrap();
        sessions.push(started.elapsed());
    }
    row("login (connection, Argon2id)", &mut logins);
    row("login to open session", &mut sessions);
}

/// A whole run of a small action: its service spawned first, then with the service there.
async fn spawning(client: &Client) {
    let (mut cold, mut warm) = (Vec::new(), Vec::new());
    for index in 0..10 {
        let project = project(client, &format!("spawn-{index}")).await.id;
        client.session(&project).await.unwrap();
        for (round, times) in [(0, &mut cold), (1, &mut warm)] {
            let cuboid = format!(r#"{{"min":[0,0,0],"max":["{} mm","1 mm","1 mm"]}}"#, round + 1);
            put(client, &project, vec![entity("geometry/block", "modeling.cuboid", cuboid)]).await;
            let started = Instant::now();
            build(client, &project).await;
            times.push(started.elapsed());
        }
    }
    row("act to result, service spawned for it", &mut cold);
    row("act to result, service there", &mut warm);
    let mut spawned =
        logged(client, "spawned", "ms").await.into_iter().map(Duration::from_millis).collect::<Vec<_>>();
    if !spawned.is_empty() {
        row("spawn, cold (program start to certificate)", &mut spawned);
    }
}

/// What local-session wrote into a field of its records of something.
async fn logged(client: &Client, what: &str, field: &str) -> Vec<u64> {
    let query = LogQuery {
        service: "local-session".to_owned(),
        text: what.to_owned(),
        limit: 50,
        ..Default::default()
    };
    let records = ask!(client, logger.query(query)).unwrap().records;
    let fields =
        records.iter().filter_map(|record| serde_json::from_str::<serde_json::Value>(&record.fields).ok());
    fields.filter_map(|fields| fields[field].as_u64()).collect()
}

/// The first run of a session whose service is bound from those that stand ready.
async fn standing_ready(client: &Client) {
    const ROUNDS: usize = 10;
    let mut times = Vec::new();
    for index in 0..ROUNDS {
        let project = project(client, &format!("ready-{index}")).await.id;
        client.session(&project).await.unwrap();
        let cuboid = r#"{"min":[0,0,0],"max":["1 mm","1 mm","1 mm"]}"#.to_owned();
        put(client, &project, vec![entity("geometry/block", "modeling.cuboid", cuboid)]).await;
        // One more for each that was bound.
        while logged(client, "spawned", "ms").await.len() < index + 2 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let started = Instant::now();
        build(client, &project).await;
        times.push(started.elapsed());
    }
    row("act to result, service stood ready", &mut times);
    let bound = async || logged(client, "bound an instance that stood ready", "us").await;
    // Records are on their way for a moment.
    while bound().await.len() < ROUNDS {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    row(
        "spawn, warm (asked for, bound to the session)",
        &mut bound().await.into_iter().map(Duration::from_micros).collect::<Vec<_>>(),
    );
}

/// Runs the build of a project's geometry to its end.
async fn build(client: &Client, project: &str) {
    let request =
        ActRequest { project: project.to_owned(), action: "modeling.build".to_owned(), ..Default::default() };
    let run = client.act(request).await.unwrap();
    let run = client.follow(&run.id, |_| std::ops::ControlFlow::Continue(())).await.unwrap();
    assert!(run.failure.is_none(), "{:?}", run.failure);
}

fn entity(path: &str, kind: &str, properties: String) -> Entity {
    Entity { path: path.to_owned(), kind: kind.to_owned(), properties, ..Default::default() }
}

async fn put(client: &Client, project: &str, put: Vec<Entity>) {
    let request =
        CommitRequest { project: project.to_owned(), put, message: "bench".to_owned(), ..Default::default() };
    ask_once!(client, project.commit(request)).unwrap();
}

/// Commits of one entity into a project that has many, through relay and project service.
async fn commits(client: &Client, entities: usize) {
    let id = project(client, &format!("commits-{entities}")).await.id;
    let parameter = |index: usize, value: usize| {
        entity(&format!("parameters/p{index}"), "project.parameter", format!(r#"{{"value":{value}}}"#))
    };
    for from in (0..entities).step_by(5_000) {
        let many = (from..entities.min(from + 5_000)).map(|index| parameter(index, 1)).collect();
        put(client, &id, many).await;
    }
    let mut times = Vec::new();
    for round in 0..COMMITS {
        let started = Instant::now();
        put(client, &id, vec![parameter(round * 7919 % entities, round + 2)]).await;
        times.push(started.elapsed());
    }
    row(&format!("commit of one entity among {entities}"), &mut times);
}

/// Small calls through the relay, many at once over one connection.
async fn messages(client: &Client) {
    let id = project(client, "messages").await.id;
    for (what, authorised) in
        [("without the store (WhoAmI)", false), ("with authorisation (GetProject)", true)]
    {
        let started = Instant::now();
        let callers = (0..CALLERS).map(|_| {
            let (client, id) = (client.clone(), id.clone());
            tokio::spawn(async move {
                for _ in 0..MESSAGES / CALLERS {
                    if authorised {
                        ask!(client, project.get_project(ProjectRequest { project: id.clone() })).unwrap();
                    } else {
                        ask!(client, authorization.who_am_i(Empty {})).unwrap();
                    }
                }
            })
        });
        for caller in callers.collect::<Vec<_>>() {
            caller.await.unwrap();
        }
        let rate = MESSAGES as f64 / started.elapsed().as_secs_f64();
        println!("| calls through the relay, {CALLERS} at once, {what} | {rate:.0} /s |");
    }
}
