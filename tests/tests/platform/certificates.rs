//! Certificates that are missing or wrong: of a service that starts, and of whoever calls one that runs.

use std::path::Path;

use base::identity::Identity;
use e2e::{Output, Sandbox, program};
use jiff::Timestamp;
use pki::{Algorithm, Authority, Key, Request, Trust, Validity};
use rpc::Credentials;

use crate::access::{addresses, ask};

fn seconds(from: i64, to: i64) -> Validity {
    let now = Timestamp::now().as_second();
    let at = |offset: i64| Timestamp::from_second(now + offset).unwrap();
    Validity::between(at(from), at(to)).unwrap()
}

fn issue(by: &Authority, role: &str, validity: Validity) -> (String, Key) {
    let identity = Identity::new(by.site(), role.parse().unwrap(), "0").unwrap();
    let key = Key::generate(Algorithm::EcdsaP256).unwrap();
    let request = Request::parse(key.request(&identity, &[]).unwrap().as_bytes()).unwrap();
    let leaf = by.issue(&request, &identity, &["127.0.0.1".parse().unwrap()], validity).unwrap();
    (leaf.pem, key)
}

fn authority(site: &str) -> Authority {
    Authority::create(site, Algorithm::EcdsaP256, Validity::days(2).unwrap()).unwrap()
}

/// Runs the logger with these files to its end.
fn logger(folder: &Path, flags: &[&str]) -> Output {
    let mut command = std::process::Command::new(program());
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("OPENTWIN_") {
            command.env_remove(name);
        }
    }
    command.args(["run", "logger", "--site", "lab", "--state"]).arg(folder.join("state")).args(flags);
    let done = command.stdin(std::process::Stdio::null()).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Output {
        command: format!("{command:?}"),
        code: done.status.code(),
        stdout: text(&done.stdout),
        stderr: text(&done.stderr),
    }
}

#[test]
fn a_service_with_a_bad_certificate_does_not_start_and_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let site = authority("lab");
    std::fs::write(path("roots"), site.trust().unwrap().to_pem()).unwrap();
    let good = || seconds(-60, 3600);
    let write = |name: &str, (chain, key): (String, Key)| {
        std::fs::write(path(&format!("{name}.pem")), chain).unwrap();
        key.save(&folder.path().join(format!("{name}.key"))).unwrap();
    };
    write("good", issue(&site, "logger", good()));
    write("expired", issue(&site, "logger", seconds(-7200, -3600)));
    write("early", issue(&site, "logger", seconds(3600, 7200)));
    write("role", issue(&site, "relay", good()));
    write("foreign", issue(&authority("lab"), "logger", good()));
    write("other", issue(&authority("other"), "logger", good()));
    std::fs::write(path("garbage.pem"), "no certificate").unwrap();

    for (certificate, key, code, told) in [
        ("expired", "expired", 83, &["certificate.refused", "expired.pem", "expired"][..]),
        ("early", "early", 83, &["certificate.refused", "not valid"]),
        ("role", "role", 83, &["certificate.refused", "relay", "logger"]),
        ("foreign", "foreign", 83, &["certificate.refused"]),
        ("other", "other", 83, &["certificate.refused", "other"]),
        ("good", "expired", 83, &["certificate.refused", "key"]),
        ("garbage", "good", 83, &["certificate.refused", "garbage.pem"]),
        ("missing", "good", 83, &["certificate.refused", "missing.pem"]),
    ] {
        let (certificate, key) = (path(&format!("{certificate}.pem")), path(&format!("{key}.key")));
        let roots = path("roots");
        let flags = ["--certificate", &certificate, "--key", &key, "--roots", &roots];
        let output = logger(folder.path(), &flags);
        output.fails(code, told).fails(code, &["remedy"]);
    }
    logger(folder.path(), &[]).fails(78, &["configuration", "certificate"]);
    assert!(!folder.path().join("state").exists(), "nothing was written");
}

#[test]
fn whoever_calls_with_a_bad_certificate_is_refused() {
    let platform = Sandbox::start(&["--verbose"]);
    let own = Authority::load(&platform.state().join("pki")).unwrap();
    let trust = own.trust().unwrap();
    let addresses = addresses(&platform);
    let of = |service: &str| addresses.iter().find(|(name, _)| name == service).unwrap().1.clone();
    let credentials = |by: &Authority, validity: Validity, trust: &Trust| {
        let (chain, key) = issue(by, "relay", validity);
        Credentials::from_pem(&chain, key.to_pem(), &trust.to_pem()).unwrap()
    };
    let cases = [
        ("expired", credentials(&own, seconds(-7200, -3600), &trust)),
        ("not yet valid", credentials(&own, seconds(3600, 7200), &trust)),
        ("of another root", credentials(&authority(own.site()), seconds(-60, 3600), &trust)),
        ("of another site", credentials(&authority("other"), seconds(-60, 3600), &trust)),
    ];
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        for service in ["authorization", "project", "logger", "global-session", "local-session"] {
            for (case, credentials) in &cases {
                let refused = ask(service, &of(service), credentials).await.unwrap_err();
                assert_eq!(refused.code(), tonic::Code::Unavailable, "{service}, {case}: {refused:?}");
            }
        }
    });
    // Why stands in the log of the service.
    let told =
        |word: &str| platform.lines().iter().any(|line| line.contains("refused") && line.contains(word));
    e2e::until("the reasons are logged", e2e::PATIENCE, || {
        (told("expired") && told("UnknownIssuer")).then_some(())
    });
    platform.admin().ok(&["project", "list"]);
}

/// A login that lasts some seconds: it ends by time, a run that it began does not.
#[test]
fn slow_a_login_ends_by_time_and_its_run_goes_on() {
    let mut platform = Sandbox::prepare(&[]);
    // 20 s.
    platform.configure("authorization", "login-days = 0.00023\n");
    platform.up();
    let admin = platform.admin();
    let project = "
opentwin: 1
project: box
units: {length: mm, frequency: GHz}
geometry: {air: {cuboid: {min: [0, 0, 0], max: [100, 80, 60]}}}
mesh: {maximum_frequency: 4, steps_per_wavelength: 20}
ports: {1: {lumped: {start: [25, 20, 30], end: [25, 20, 0], impedance: 2 kohm}}}
boundaries: {all: pec}
solvers: {transient: {fit-td: {fmin: 2, fmax: 4, samples: 11, max_steps: 100000000, energy_stop: 1e-12}}}
";
    admin.apply(project).succeeds();
    let run = admin.detach("box/transient");
    let ended = e2e::until("the login ends", e2e::PATIENCE, || {
        let output = admin.run(&["project", "list"]);
        (output.code != Some(0)).then_some(output)
    });
    ended.fails(77, &["auth.expired", "what to do: log in again with `opentwin login`"]);
    platform.log_in_again(&admin);
    assert_eq!(admin.run_record(&run)["state"], "RUN_STATE_RUNNING");
    admin.ok(&["runs", "cancel", &run]);
}
