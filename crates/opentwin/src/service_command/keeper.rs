//! A program that is kept running, its output in a file.

use std::ffi::OsString;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use api::{Code, Failure};
use spawn::Backoff;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio_util::sync::CancellationToken;

/// A log that is larger when the program starts makes room for a new one.
const LOG: u64 = 16 << 20;

/// How long the program may take to end: all of its services one after another.
pub(super) const DRAIN: Duration = Duration::from_secs(120);

/// What is kept running.
pub(super) struct Keeper {
    /// The program.
    pub(super) program: PathBuf,
    /// What it is called with.
    pub(super) arguments: Vec<OsString>,
    /// File for its output.
    pub(super) log: PathBuf,
}

impl Keeper {
    /// Keeps the program running until `stop`, or until it ends with a code that says that starting it again would be
    /// in vain; gives that code, 0 after a stop. `ready` is called whenever it says that it serves.
    pub(super) async fn keep(
        &self,
        ready: impl Fn() + Send + Sync + 'static,
        stop: CancellationToken,
    ) -> Result<u8, Failure> {
        let ready: Arc<dyn Fn() + Send + Sync> = Arc::new(ready);
        let log = Arc::new(Mutex::new(open(&self.log)?));
        let mut backoff = Backoff::default();
        loop {
            let started = Instant::now();
            let mut child = self.start(&log, &ready)?;
            let lifeline = child.stdin.take();
            let status = tokio::select! {
                status = child.wait() => status,
                () = stop.cancelled() => {
                    drop(lifeline);
                    if tokio::time::timeout(DRAIN, child.wait()).await.is_err() {
                        note(&log, "does not end when asked to; killed");
                        let _ = child.kill().await;
                    }
                    return Ok(0);
                }
            };
            let code = status.ok().and_then(|status| status.code()).and_then(|code| u8::try_from(code).ok());
            // A crash has no code of ours: that it happens again is not said.
            if let Some(code) = code
                && !Code::of_exit(code).is_some_and(|code| code.row().retryable)
            {
                return Ok(code);
            }
            let wait = backoff.failed(started, Instant::now());
            note(&log, &format!("ended ({code:?}); started again in {} s", wait.as_secs()));
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = stop.cancelled() => return Ok(0),
            }
        }
    }

    fn start(&self, log: &Log, ready: &Arc<dyn Fn() + Send + Sync>) -> Result<Child, Failure> {
        let mut command = Command::new(&self.program);
        command
            .args(&self.arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        system::children::own_group(&mut command);
        let mut child = command
            .spawn()
            .map_err(|e| Code::Spawn.because(format!("{} cannot be started: {e}", self.program.display())))?;
        if let Some(output) = child.stdout.take() {
            tokio::spawn(copy(output, log.clone(), Some(ready.clone())));
        }
        if let Some(errors) = child.stderr.take() {
            tokio::spawn(copy(errors, log.clone(), None));
        }
        Ok(child)
    }
}

type Log = Arc<Mutex<File>>;

/// Opens the log for what is to come; it is for who runs the service alone.
fn open(path: &Path) -> Result<File, Failure> {
    let failed =
        |e: std::io::Error| Code::Io.because(format!("cannot write the log {}: {e}", path.display()));
    if path.metadata().is_ok_and(|data| data.len() > LOG) {
        let mut old = path.as_os_str().to_owned();
        old.push(".1");
        std::fs::rename(path, old).map_err(failed)?;
    }
    match File::options().append(true).open(path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            system::private::create_file(path).map_err(failed)
        }
        file => file.map_err(failed),
    }
}

fn note(log: &Log, line: &str) {
    let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
    // A full disk must not end what runs.
    let _ = writeln!(log, "{line}");
}

/// Whether a line tells that the program serves: `up` says so in words, a service in a record.
fn serves(line: &str) -> bool {
    line == crate::up::SERVES || line.contains("\"ready\":true")
}

async fn copy(from: impl AsyncRead + Unpin, log: Log, ready: Option<Arc<dyn Fn() + Send + Sync>>) {
    let mut lines = BufReader::new(from).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        note(&log, &line);
        if let Some(ready) = &ready
            && serves(&line)
        {
            ready();
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(20);

    /// Keeps a script of the system's own shell; each line is a command.
    fn keeper(script: &str) -> (tempfile::TempDir, Keeper) {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("service.log");
        let keeper = if cfg!(windows) {
            let batch = folder.path().join("service.bat");
            std::fs::write(&batch, format!("@echo off\r\n{}\r\n", script.replace('\n', "\r\n"))).unwrap();
            Keeper { program: "cmd.exe".into(), arguments: vec!["/c".into(), batch.into()], log }
        } else {
            Keeper { program: "/bin/sh".into(), arguments: vec!["-c".into(), script.into()], log }
        };
        (folder, keeper)
    }

    #[tokio::test]
    async fn a_stop_closes_its_standard_input_once_it_serves() {
        let wait = if cfg!(windows) { "set /p more=" } else { "cat >/dev/null" };
        let script = format!("echo {}\n{wait}\necho drained", crate::up::SERVES);
        let (_folder, keeper) = keeper(&script);
        let stop = CancellationToken::new();
        let asking = stop.clone();
        let kept = keeper.keep(move || asking.cancel(), stop);
        assert_eq!(tokio::time::timeout(PATIENCE, kept).await.unwrap().unwrap(), 0);
        let log = std::fs::read_to_string(&keeper.log).unwrap();
        assert!(log.starts_with(crate::up::SERVES), "{log}");
    }

    #[tokio::test]
    async fn what_would_fail_again_is_not_started_again() {
        let code = Code::Config.row().exit;
        let (_folder, keeper) = keeper(&format!("exit {code}"));
        let kept = keeper.keep(|| {}, CancellationToken::new());
        assert_eq!(tokio::time::timeout(PATIENCE, kept).await.unwrap().unwrap(), code);
    }

    #[tokio::test]
    async fn what_may_succeed_later_is_started_again() {
        assert!(Code::Unavailable.row().retryable);
        let marks = tempfile::tempdir().unwrap();
        let (mark, again) = (marks.path().join("mark"), Code::Unavailable.row().exit);
        let there = if cfg!(windows) { "if exist" } else { "[ -e" };
        let then = if cfg!(windows) { "" } else { "] &&" };
        let script = format!("{there} \"{0}\" {then} exit 0\necho >\"{0}\"\nexit {again}", mark.display());
        let (_folder, keeper) = keeper(&script);
        let kept = keeper.keep(|| {}, CancellationToken::new());
        assert_eq!(tokio::time::timeout(PATIENCE, kept).await.unwrap().unwrap(), 0);
        assert!(std::fs::read_to_string(&keeper.log).unwrap().contains("started again"));
    }

    #[test]
    fn readiness_is_read_from_both_forms() {
        assert!(serves(crate::up::SERVES));
        assert!(serves(r#"{"level":"INFO","ready":true,"message":"ready"}"#));
        assert!(!serves(r#"{"level":"INFO","ready":false}"#));
    }
}
