//! What people ask at the command line besides models and runs: groups, logs, old versions, sessions, files beside a
//! project; and the same by the other doors of the public address.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;

use e2e::{PATIENCE, Person, Sandbox, until};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite;

fn project(name: &str, width: u32) -> String {
    format!(
        "
opentwin: 1
project: {name}
units: {{length: mm, frequency: GHz}}
parameters: {{width: {width} mm}}
geometry: {{air: {{cuboid: {{min: [0, 0, 0], max: [width, 20, 10]}}}}}}
mesh: {{maximum_frequency: 10}}
ports: {{1: {{lumped: {{start: [5, 10, 4], end: [5, 10, 0]}}}}}}
boundaries: {{all: pec}}
solvers: {{transient: {{fit-td: {{fmin: 1, fmax: 10, samples: 11, max_steps: 200}}}}}}
"
    )
}

fn versions(person: &Person, project: &str) -> Vec<Value> {
    person.json(&["versions", project])["versions"].as_array().cloned().unwrap_or_default()
}

#[test]
fn a_group_gives_its_members_a_right_while_they_are_in_it() {
    let platform = Sandbox::start(&[]);
    let admin = platform.admin();
    let (ada, grace) = (platform.user("ada"), platform.user("grace"));
    ada.apply(&project("box", 30)).succeeds();
    admin.ok(&["group", "create", "microwaves"]);
    admin.run(&["group", "create", "microwaves"]).fails(65, &["exists", "microwaves"]);
    admin.run(&["group", "add", "microwaves", "nobody"]).fails(66, &["not-found", "nobody"]);
    ada.ok(&["project", "share", "box", "--group", "microwaves", "--right", "editor"]);
    grace.run(&["show", "box"]).fails(66, &["not-found"]);
    admin.ok(&["group", "add", "microwaves", "grace"]);
    grace.apply(&project("box", 31).replace("project: box", "project: box\ndescription: ours")).succeeds();
    assert!(grace.ok(&["project", "list"]).contains("box"));
    assert!(admin.ok(&["group", "list"]).contains("grace"));
    admin.ok(&["group", "remove", "microwaves", "grace"]);
    grace.run(&["show", "box"]).fails(66, &["not-found"]);
    admin.ok(&["group", "add", "microwaves", "grace"]);
    admin.ok(&["group", "delete", "microwaves"]);
    grace.run(&["show", "box"]).fails(66, &["not-found"]);
}

/// The number of a record; 0 for one that stands where others are missing.
fn number(record: &Value) -> u64 {
    record["number"].as_str().map_or(0, |text| text.parse().unwrap())
}

#[test]
fn logs_are_found_followed_and_nobody_elses() {
    let platform = Sandbox::start(&[]);
    let admin = platform.admin();
    let (ada, eve) = (platform.user("ada"), platform.user("eve"));
    ada.apply(&project("box", 30)).succeeds();
    let run = ada.detach("box/transient");
    ada.run(&["runs", "follow", &run, "--quiet"]).succeeds();
    let of_run = until("the lines of the run arrive", PATIENCE, || {
        let lines = ada.json(&["logs", "--run", &run]);
        let records = lines["records"].as_array()?.clone();
        records.iter().any(|record| record["service"] == "compute/fit-td").then_some(records)
    });
    assert!(of_run.iter().all(|record| record["run"] == run.as_str()), "{of_run:?}");
    assert!(ada.ok(&["logs", "--project", "box", "--service", "fit-td"]).contains("fit-td"));
    assert!(!eve.ok(&["logs", "--run", &run]).contains("fit-td"), "lines of others are not to be seen");
    eve.run(&["logs", "--project", "box"]).fails(66, &["not-found"]);
    assert!(admin.ok(&["logs", "--service", "local-session"]).contains("spawned"));
    ada.run(&["logs", "--since", "yesterday"]).fails(64, &["usage", "10m"]);

    // What is followed goes on over a restart of the logger and of the relay, and nothing comes twice.
    let follower = ada.start(&["logs", "--project", "box", "--follow", "--output", "json"]);
    for service in ["logger", "relay"] {
        platform.crash(service);
    }
    ada.apply(&project("box", 31)).succeeds();
    let second = ada.detach("box/transient");
    ada.run(&["runs", "follow", &second, "--quiet"]).succeeds();
    let last = until("its lines arrive", PATIENCE, || {
        let lines = ada.json(&["logs", "--run", &second, "--service", "fit-td"]);
        Some(number(lines["records"].as_array()?.first()?))
    });
    let of = |line: &str| number(&serde_json::from_str(line).unwrap());
    let seen = follower.until_line(|line| of(line) >= last);
    let numbers: Vec<u64> = seen.iter().map(|line| of(line)).filter(|number| *number > 0).collect();
    assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "{numbers:?}");
}

#[test]
fn slow_old_versions_go_and_what_is_kept_stays_whole() {
    let mut platform = Sandbox::start(&[]);
    let admin = platform.admin();
    for width in 30..36 {
        admin.apply(&project("box", width)).succeeds();
    }
    admin.ok(&["tag", "create", "box", "as-built", "--at", "main~4"]);
    assert_eq!(versions(&admin, "box").len(), 6);
    // Without being asked to go ahead it does nothing.
    admin.run(&["prune", "box", "--keep", "2"]).fails(64, &["--yes"]);
    // What was written this hour stays: somebody may be about to use it.
    let freed = admin.json(&["prune", "box", "--keep", "2", "--yes"]);
    assert_eq!((&freed["versions"], versions(&admin, "box").len()), (&json!("0"), 6), "{freed}");
    platform.stop();
    platform.configure("project", "prune-grace = 1\n");
    platform.up();
    until("its versions are old enough", PATIENCE, || {
        let freed = admin.json(&["prune", "box", "--keep", "2", "--yes"]);
        (freed["objects"] != "0").then_some(())
    });
    // What became of the project can still be read; only the content of old versions is gone.
    assert_eq!(versions(&admin, "box").len(), 6);
    let width = |at: &str| admin.json(&["show", "box", "parameters/width", "--at", at]);
    for (at, value) in [("main", "35 mm"), ("main~1", "34 mm"), ("as-built", "31 mm")] {
        assert_eq!(width(at)["entities"][0]["properties"]["value"], value, "{at}");
    }
    admin.run(&["show", "box", "--at", "main~2"]).fails(65, &["pruned", "what to do"]);
    admin.apply(&project("box", 40)).succeeds();
    admin.ok(&["undo", "box"]);
}

#[test]
fn a_session_that_is_closed_ends_its_run_and_its_services() {
    let platform = Sandbox::start(&[]);
    let admin = platform.admin();
    admin
        .apply(&project("box", 30).replace("max_steps: 200", "max_steps: 100000000, energy_stop: 1e-12"))
        .succeeds();
    let run = admin.detach("box/transient");
    until("the solver runs", PATIENCE, || (!platform.hosts("fit-td").is_empty()).then_some(()));
    admin.ok(&["sessions", "close", "box"]);
    assert_eq!(admin.run_record(&run)["state"], "RUN_STATE_CANCELLED");
    until("its services are gone", PATIENCE, || platform.hosts("fit-td").is_empty().then_some(()));
    assert_eq!(admin.json(&["sessions"])["sessions"].as_array().map_or(0, Vec::len), 0);
    // The project is as usable as before.
    admin.apply(&project("box", 31)).succeeds();
    admin.ok(&["run", "box/transient"]);
}

const TETRAHEDRON: &str = "solid s
facet normal 0 0 -1
outer loop
vertex 0 0 0
vertex 0 20 0
vertex 20 0 0
endloop
endfacet
facet normal 0 -1 0
outer loop
vertex 0 0 0
vertex 20 0 0
vertex 0 0 20
endloop
endfacet
facet normal -1 0 0
outer loop
vertex 0 0 0
vertex 0 0 20
vertex 0 20 0
endloop
endfacet
facet normal 1 1 1
outer loop
vertex 20 0 0
vertex 0 20 0
vertex 0 0 20
endloop
endfacet
endsolid s
";

#[test]
fn a_project_file_is_written_with_the_files_that_it_needs() {
    let platform = Sandbox::start(&[]);
    let admin = platform.admin();
    let folder = platform.folder("in");
    std::fs::create_dir(folder.join("parts")).unwrap();
    std::fs::write(folder.join("parts/part.stl"), TETRAHEDRON).unwrap();
    let file = folder.join("case.yaml");
    let yaml = "
opentwin: 1
project: case
units: {length: mm}
geometry:
  part: {import-stl: {file: parts/part.stl}}
";
    std::fs::write(&file, yaml).unwrap();
    admin.ok(&["apply", file.to_str().unwrap()]);
    admin.ok(&["run", "case", "--action", "modeling.build"]);
    // STEP as the modeller writes it, brought in as a second part.
    let step = folder.join("parts/part.step");
    admin.ok(&["export", "case", "model", "--format", "step", "-o", step.to_str().unwrap()]);
    std::fs::write(&file, format!("{yaml}  copy: {{import-step: {{file: parts/part.step}}}}\n")).unwrap();
    admin.ok(&["apply", file.to_str().unwrap()]);

    let out = platform.folder("out");
    let written = out.join("again.yaml");
    let written = written.to_str().unwrap();
    admin.ok(&["project", "export", "case", written, "--format", "yaml"]);
    for name in ["parts/part.stl", "parts/part.step"] {
        assert_eq!(
            std::fs::read(out.join(name)).unwrap(),
            std::fs::read(folder.join(name)).unwrap(),
            "{name}"
        );
    }
    let told = admin.json(&["apply", written, "--dry-run"]);
    for list in ["added", "changed", "removed"] {
        assert_eq!(told[list].as_array().map_or(0, Vec::len), 0, "{told}");
    }
    admin.ok(&["apply", written, "--project", "again"]);
    admin.ok(&["run", "again", "--action", "modeling.build"]);
    // The same once more writes over nothing; a file that is something else is not touched.
    admin.ok(&["project", "export", "case", written, "--format", "yaml"]);
    std::fs::write(out.join("parts/part.stl"), "mine").unwrap();
    admin
        .run(&["project", "export", "case", written, "--format", "yaml"])
        .fails(65, &["exists", "part.stl", "another folder"]);
    assert_eq!(std::fs::read_to_string(out.join("parts/part.stl")).unwrap(), "mine");
    admin.run(&["project", "export", "case", "-", "--format", "yaml"]).fails(64, &["part.stl", "beside"]);

    // The archive carries the files by itself.
    let archive = out.join("case.otz");
    admin.ok(&["project", "export", "case", archive.to_str().unwrap()]);
    let bytes = std::fs::read(&archive).unwrap();
    // Where both use the site that is named, one has it after the other.
    drop(platform);
    let other = Sandbox::start(&[]);
    let archive = other.folder("in").join("case.otz");
    std::fs::write(&archive, bytes).unwrap();
    let ada = other.user("ada");
    ada.ok(&["project", "import", archive.to_str().unwrap()]);
    ada.ok(&["run", "case", "--action", "modeling.build"]);
}

/// A connection to the public address, as a script has it.
fn door(person: &Person) -> (rustls::StreamOwned<rustls::ClientConnection, TcpStream>, String, String) {
    let login = client::Home::find(Some(person.home())).unwrap().login().unwrap();
    let config: Arc<rustls::ClientConfig> = login.trust().unwrap().client_config(&["http/1.1"]).unwrap();
    let (host, _) = login.address.rsplit_once(':').unwrap();
    let tcp = TcpStream::connect(&login.address).unwrap();
    tcp.set_read_timeout(Some(PATIENCE)).unwrap();
    let name = host.to_owned().try_into().unwrap();
    let connection = rustls::ClientConnection::new(config, name).unwrap();
    (rustls::StreamOwned::new(connection, tcp), login.address.clone(), login.token.clone())
}

/// Status and body of a JSON call.
fn call(person: &Person, method: &str, body: &Value, token: Option<&str>) -> (u16, Value) {
    let (mut stream, host, own) = door(person);
    let (token, body) = (token.unwrap_or(&own), body.to_string());
    write!(
        stream,
        "POST /api/v1/{method} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = Vec::new();
    // The other side may leave without a farewell.
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {answer}"));
    let status = head.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap();
    let start = body.find('{').unwrap_or_else(|| panic!("no JSON: {answer}"));
    let value = serde_json::Deserializer::from_str(&body[start..]).into_iter().next().unwrap().unwrap();
    (status, value)
}

#[test]
fn scripts_and_browsers_get_the_same_by_their_doors() {
    let platform = Sandbox::start(&[]);
    let admin = platform.admin();
    admin.apply(&project("box", 30)).succeeds();
    let (status, reply) = call(&admin, "Project/GetProject", &json!({"project": "box"}), None);
    assert_eq!((status, &reply["name"]), (200, &json!("box")));
    let id = reply["id"].clone();
    for (method, body, token, status, code) in [
        ("Project/GetProject", json!({"project": "nothing"}), None, 404, "not-found"),
        ("Project/GetProject", json!({"projekt": "box"}), None, 400, "input.invalid"),
        ("Project/GetProjekt", json!({}), None, 404, "not-found"),
        ("Project/GetProject", json!({"project": "box"}), Some("x"), 401, "auth.expired"),
        ("Project/PutRun", json!({}), None, 403, "auth.denied"),
    ] {
        let (got, reply) = call(&admin, method, &body, token);
        assert_eq!((got, reply["code"].as_str()), (status, Some(code)), "{method} {body}: {reply}");
        assert!(reply["remedy"].as_str().is_some_and(|text| !text.is_empty()), "{reply}");
    }

    let (stream, host, token) = door(&admin);
    let request = tungstenite::http::Request::builder()
        .uri(format!("wss://{host}/api/v1/socket"))
        .header("host", &host)
        .header("authorization", format!("Bearer {token}"))
        .header("connection", "upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", tungstenite::handshake::client::generate_key())
        .body(())
        .unwrap();
    let (mut socket, _) = tungstenite::client(request, stream).unwrap();
    let watch = json!({"id": 7, "call": "Project/Watch", "body": {"project": id}});
    socket.send(watch.to_string().into()).unwrap();
    let mut next = || loop {
        if let tungstenite::Message::Text(text) = socket.read().unwrap() {
            return serde_json::from_str::<Value>(&text).unwrap();
        }
    };
    assert!(!next()["item"]["standing"].is_null());
    admin.apply(&project("box", 31)).succeeds();
    let told = next();
    assert_eq!((&told["id"], &told["item"]["version"]["paths"]), (&json!(7), &json!(["parameters/width"])));
    socket.send(json!({"id": 7, "cancel": true}).to_string().into()).unwrap();
}
