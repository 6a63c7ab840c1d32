//! Sessions: processes that come when they are needed and go afterwards, starts after ends, several people, the queue.

use std::sync::mpsc;
use std::time::Duration;

use api::v1::{WatchRequest, event::What};
use e2e::{PATIENCE, Person, Sandbox, processes, until};
use serde_json::Value;

/// A box with one port; `steps` tells how long it takes.
fn project(name: &str, steps: u32) -> String {
    format!(
        "
opentwin: 1
project: {name}
units: {{length: mm, frequency: GHz}}
parameters: {{height: 60 mm}}
geometry:
  air: {{cuboid: {{min: [0, 0, 0], max: [100, 80, height]}}}}
mesh: {{maximum_frequency: 4, steps_per_wavelength: 16}}
ports:
  1: {{lumped: {{start: [25, 20, 30], end: [25, 20, 0], impedance: 2 kohm}}}}
boundaries: {{all: pec}}
solvers:
  transient: {{fit-td: {{fmin: 2, fmax: 4, samples: 101, max_steps: {steps}, energy_stop: 1e-12}}}}
"
    )
}

/// So many steps that a run ends by being cancelled only.
const ENDLESS: u32 = 100_000_000;

const COMPUTE: [&str; 3] = ["modeling", "cartesian-mesh", "fit-td"];

#[track_caller]
fn state(person: &Person, run: &str) -> String {
    person.run_record(run)["state"].as_str().unwrap_or_default().to_owned()
}

#[track_caller]
fn until_state(person: &Person, run: &str, wanted: &str) -> Value {
    until(wanted, PATIENCE, || {
        let record = person.run_record(run);
        let now = record["state"].as_str().unwrap_or_default();
        assert!(now == wanted || !now.ends_with("FAILED"), "{record}");
        (now == wanted).then_some(record)
    })
}

/// Whether this kernel has what services confine themselves by.
fn can_confine() -> bool {
    let tried = std::thread::spawn(|| system::confine::this_thread(&system::confine::Reach::default()));
    tried.join().unwrap().unwrap().files
}

#[test]
fn slow_compute_services_are_there_while_they_are_needed() {
    let platform = Sandbox::start(&["--idle", "10"]);
    let admin = platform.admin();
    admin.apply(&project("box", 300)).succeeds();
    for service in COMPUTE {
        assert!(platform.hosts(service).is_empty(), "{service} runs before anybody needs it");
    }
    let services = ["authorization", "project", "logger", "global-session", "local-session", "relay"];
    for service in services {
        assert_eq!(platform.hosts(service).len(), 1, "{service}");
    }
    admin.ok(&["run", "box/transient"]);
    let owner = platform.hosts("local-session")[0].id;
    let mut ids = Vec::new();
    for service in COMPUTE {
        let hosts = platform.hosts(service);
        assert_eq!(hosts.len(), 1, "{service}: {hosts:?}");
        assert_eq!(hosts[0].parent, owner, "{service} belongs to its local-session");
        assert_eq!(admin.instances("box", service), [hosts[0].id]);
        assert!(!can_confine() || processes::confined(hosts[0].id), "{service} may open any file");
        ids.push(hosts[0].id);
    }
    ids.dedup();
    assert_eq!(ids.len(), 3, "each service is a process of its own");
    until("the compute services go once they are idle", PATIENCE, || {
        COMPUTE.iter().all(|service| platform.hosts(service).is_empty()).then_some(())
    });
    // They come again when they are needed again.
    admin.apply(&project("box", 301)).succeeds();
    admin.ok(&["run", "box/transient"]);
}

#[test]
fn slow_a_second_start_goes_on_where_the_first_ended() {
    let mut platform = Sandbox::start(&[]);
    let admin = platform.admin();
    admin.apply(&project("box", 300)).succeeds();
    admin.ok(&["run", "box/transient"]);
    let before = admin.json(&["show", "box"]);
    assert!(platform.stop().success(), "Ctrl-C is a normal end");
    platform.up();
    assert_eq!(admin.json(&["show", "box"]), before);
    let run = admin.detach("box/transient");
    assert_eq!(until_state(&admin, &run, "RUN_STATE_SUCCEEDED")["cached"], true);
}

#[test]
fn two_people_work_in_one_project() {
    let platform = Sandbox::start(&[]);
    let (ada, grace) = (platform.user("ada"), platform.user("grace"));
    ada.apply(&project("box", 300)).succeeds();
    ada.ok(&["project", "share", "box", "--user", "grace", "--right", "editor"]);
    let seen = watch(&ada, "box");
    let taller = project("box", 300).replace("height: 60 mm", "height: 50 mm");
    grace.apply(&taller).succeeds();
    // It arrives without being asked for.
    assert_eq!(seen.recv_timeout(PATIENCE).unwrap(), "grace");
    // Who started from what is older does not overwrite unseen: it changes what it says and no more.
    ada.apply(&taller.replace("samples: 101", "samples: 201")).succeeds();
    assert_eq!(seen.recv_timeout(PATIENCE).unwrap(), "ada");
    let versions = grace.json(&["versions", "box"]);
    let authors: Vec<&str> =
        versions["versions"].as_array().unwrap().iter().map(|v| v["author"].as_str().unwrap()).collect();
    assert_eq!(authors, ["ada", "grace", "ada"]);
    // One session for both.
    let run = ada.detach("box/transient");
    until_state(&grace, &run, "RUN_STATE_SUCCEEDED");
    let sessions = grace.json(&["sessions"]);
    assert_eq!(sessions["sessions"].as_array().unwrap().len(), 1);
}

/// Authors of the versions that arrive in a project from now on.
fn watch(person: &Person, project: &str) -> mpsc::Receiver<String> {
    let id = person.json(&["project", "show", project])["id"].as_str().unwrap().to_owned();
    let home = person.home().to_owned();
    let (sender, receiver) = mpsc::channel();
    let (standing, stands) = mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let login = client::Home::find(Some(&home)).unwrap().login().unwrap();
            let client =
                client::Client::connect(&login.address, &login.trust().unwrap(), Some(&login.token)).unwrap();
            let request = WatchRequest { project: id, after: 0 };
            let mut events = client.project().watch(request).await.unwrap().into_inner();
            while let Ok(Some(event)) = events.message().await {
                match event.what {
                    Some(What::Standing(_)) => standing.send(()).unwrap(),
                    Some(What::Version(appended)) => {
                        let author = appended.version.unwrap_or_default().author;
                        if sender.send(author).is_err() {
                            return;
                        }
                    }
                    _ => {}
                }
            }
        });
    });
    stands.recv_timeout(PATIENCE).expect("the watch stands");
    receiver
}

#[test]
fn slow_runs_wait_for_a_slot_and_can_be_cancelled() {
    let platform = Sandbox::start(&["--slots", "1"]);
    let admin = platform.admin();
    for name in ["first", "second", "third"] {
        admin.apply(&project(name, if name == "third" { 300 } else { ENDLESS })).succeeds();
    }
    let first = admin.detach("first/transient");
    until_state(&admin, &first, "RUN_STATE_RUNNING");
    let second = admin.detach("second/transient");
    let third = admin.detach("third/transient");
    until("both know their place", PATIENCE, || {
        let place = |run: &str| admin.run_record(run)["queuePosition"].as_u64();
        (place(&second) == Some(1) && place(&third) == Some(2)).then_some(())
    });
    assert_eq!(state(&admin, &second), "RUN_STATE_QUEUED");
    // Out of the middle of the queue, then out of the slot.
    admin.ok(&["runs", "cancel", &second]);
    until_state(&admin, &second, "RUN_STATE_CANCELLED");
    until("the third moves up", PATIENCE, || {
        (admin.run_record(&third)["queuePosition"].as_u64() == Some(1)).then_some(())
    });
    let follower = admin.start(&["runs", "follow", &first]);
    admin.ok(&["runs", "cancel", &first]);
    follower.end().fails(85, &["cancelled"]);
    until_state(&admin, &third, "RUN_STATE_SUCCEEDED");
    // What was cancelled left no result.
    let shown = admin.json(&["show", "first", "results"]);
    assert_eq!(shown["entities"].as_array().map_or(0, Vec::len), 0);
    admin.run(&["runs", "cancel", &first]).fails(65, &["has ended"]);
}

#[test]
fn slow_ctrl_c_leaves_no_process_even_while_something_is_computed() {
    let mut platform = Sandbox::start(&[]);
    let admin = platform.admin();
    admin.apply(&project("box", ENDLESS)).succeeds();
    let run = admin.detach("box/transient");
    until_state(&admin, &run, "RUN_STATE_RUNNING");
    until("the solver runs", PATIENCE, || (!platform.hosts("fit-td").is_empty()).then_some(()));
    let started = std::time::Instant::now();
    assert!(platform.stop().success());
    assert!(started.elapsed() < Duration::from_secs(40), "it took {:?}", started.elapsed());
}

#[test]
fn slow_a_client_that_goes_away_leaves_its_run_alone() {
    let platform = Sandbox::start(&[]);
    let admin = platform.admin();
    admin.apply(&project("box", 4000)).succeeds();
    let follower = admin.start(&["run", "box/transient"]);
    let run = until("the run is there", PATIENCE, || {
        let runs = admin.json(&["runs", "box"]);
        Some(runs["runs"].as_array()?.first()?["id"].as_str()?.to_owned())
    });
    drop(follower);
    admin.run(&["runs", "follow", &run]).succeeds();
    assert_eq!(state(&admin, &run), "RUN_STATE_SUCCEEDED");
}
