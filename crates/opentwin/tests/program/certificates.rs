//! The site's authority by hand: from a root to a service that shows its certificate.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{opentwin, run};

struct Desk(TempDir);

impl Desk {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// What `opentwin pki …` answers to programs, called in this folder.
    #[track_caller]
    fn pki(&self, arguments: &[&str]) -> Value {
        let mut command = opentwin();
        command.args(["pki", "--output", "json"]).args(arguments).current_dir(self.0.path());
        run(&mut command).json()["certificates"][0].clone()
    }

    /// Issues a certificate for the logger from a CSR description as cfssl has them.
    #[track_caller]
    fn issue(&self, name: &str, algorithm: &str, bits: u32) -> Value {
        let description = json!({
            "CN": "logger of the lab",
            "hosts": ["127.0.0.1", "localhost"],
            "key": {"algo": algorithm, "size": bits},
            "names": [{"C": "DE", "O": "The Lab", "OU": "Logs"}],
        });
        std::fs::write(self.path(&format!("{name}.json")), description.to_string()).unwrap();
        let (csr, out) = (format!("{name}.json"), format!("{name}/logger"));
        std::fs::create_dir(self.path(name)).unwrap();
        let line = ["issue", "--authority", "pki", "--csr", &csr, "--role", "logger", "--out", &out];
        self.pki(&[&line[..], &["--days", "30"]].concat())
    }

    /// Starts the logger with a certificate, asks for its health, and ends it.
    #[track_caller]
    fn serve(&self, certificate: &Path) {
        let mut command = opentwin();
        command.args(["run", "logger", "--site", "lab", "--with-parent"]);
        command.arg("--certificate").arg(certificate).arg("--key").arg(certificate.with_extension("key"));
        command.arg("--roots").arg(self.path("pki/root.pem")).arg("--state").arg(self.path("state"));
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let ready = lines.find_map(|line| {
            let record: Value = serde_json::from_str(&line.ok()?).ok()?;
            (record["ready"] == true).then_some(record)
        });
        let ready = ready.expect("the logger tells that it is ready");
        let mut health = opentwin();
        health.args(["health", ready["health"].as_str().unwrap(), "--output", "json"]);
        let answer = run(health.arg("--roots").arg(self.path("pki/root.pem"))).json();
        assert_eq!(answer, json!({"address": ready["health"], "state": "ready"}));
        // The end of its standard input ends it.
        drop(child.stdin.take());
        lines.for_each(drop);
        assert!(child.wait().unwrap().success());
    }
}

fn fingerprint(certificate: &Value) -> &str {
    certificate["fingerprint"].as_str().unwrap()
}

#[test]
fn from_a_root_to_a_service_and_its_next_certificate() {
    let desk = Desk::new();
    let root = desk.pki(&["create", "--site", "lab", "--dir", "pki", "--algorithm", "ecdsa:384"]);
    assert_eq!((&root["authority"], root["subject"] == root["issuer"]), (&json!(true), true), "{root}");
    for (name, algorithm, bits) in [("rsa", "rsa", 4096), ("curve", "ecdsa", 256)] {
        let issued = desk.issue(name, algorithm, bits);
        let file = format!("{name}/logger.pem");
        let shown = desk.pki(&["show", &file]);
        assert_eq!(shown, issued);
        assert_eq!(shown["issuer"], root["subject"]);
        assert_eq!(shown["hosts"], json!(["127.0.0.1", "localhost"]));
        assert!(shown["identity"].as_str().unwrap().ends_with("/logger/0"), "{shown}");
        assert!(shown["subject"].as_str().unwrap().contains("The Lab"), "{shown}");
        let key = shown["key"].as_str().unwrap().to_lowercase();
        assert!(key.contains(algorithm) && key.contains(&bits.to_string()), "{key}");
        desk.serve(&desk.path(&file));

        let renewed = desk.pki(&["renew", "--authority", "pki", &file, "--days", "60"]);
        assert_ne!(fingerprint(&renewed), fingerprint(&issued));
        assert_eq!((&renewed["key"], &renewed["identity"]), (&issued["key"], &issued["identity"]));
        assert!(renewed["notAfter"].as_str() > issued["notAfter"].as_str(), "{renewed}");
        desk.serve(&desk.path(&file));
    }
}

#[test]
fn people_read_the_same() {
    let desk = Desk::new();
    let root = desk.pki(&["create", "--site", "lab", "--dir", "pki"]);
    let shown = run(opentwin().args(["pki", "show"]).arg(desk.path("pki/root.pem"))).answer();
    assert!(shown.contains(&format!("fingerprint  {}", fingerprint(&root))), "{shown}");
    let again = run(opentwin().args(["pki", "create", "--site", "lab", "--dir"]).arg(desk.path("pki")));
    assert_ne!(again.code, Some(0), "an authority is not written over");
}
