//! Compute services as child processes of this one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStderr, ChildStdin, Command};
use tokio::sync::{Mutex, mpsc, watch};

use crate::{End, Error, Instance, Order, Spawner, Words};

/// Lines of standard error that are kept.
const TAIL: usize = 20;

/// Bytes of a line of standard error; longer ones are cut into several.
const LONGEST: u64 = 64 << 10;

/// What marks the line of last words (see `runtime::leave`).
const LAST_WORDS: &str = "last words: ";

/// A program that hosts a service.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Program {
    /// Path of the program.
    pub program: PathBuf,
    /// Arguments before those of the service.
    #[serde(default)]
    pub arguments: Vec<String>,
}

/// Starts services as child processes.
///
/// A program is called as `PROGRAM [ARGUMENTS…] run SERVICE …` to serve and as `PROGRAM [ARGUMENTS…] describe
/// SERVICE` to print its description.
pub struct Processes {
    programs: BTreeMap<String, Program>,
}

impl Processes {
    /// A spawner of these services.
    pub fn new(programs: BTreeMap<String, Program>) -> Self {
        Self { programs }
    }

    fn program(&self, service: &str) -> Result<&Program, Error> {
        self.programs.get(service).ok_or_else(|| Error::Unknown {
            service: service.to_owned(),
            installed: self.services().join(", "),
        })
    }
}

#[async_trait]
impl Spawner for Processes {
    fn services(&self) -> Vec<String> {
        self.programs.keys().cloned().collect()
    }

    async fn describe(&self, service: &str) -> Result<Option<String>, Error> {
        let program = self.program(service)?;
        let failed = |reason: String| Error::Describe {
            service: service.to_owned(),
            program: show(&program.program),
            reason,
        };
        let output = command(program)
            .args(["describe", service])
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await
            .map_err(|e| failed(unstarted(&e)))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(failed(said.lines().last().unwrap_or("it said nothing").to_owned()));
        }
        String::from_utf8(output.stdout).map(Some).map_err(|e| failed(e.to_string()))
    }

    async fn spawn(&self, order: Order) -> Result<Box<dyn Instance>, Error> {
        let program = self.program(&order.service)?;
        let failed = |e: std::io::Error| Error::Start {
            service: order.service.clone(),
            program: show(&program.program),
            reason: unstarted(&e),
        };
        // A port of its own, where this host is reached.
        let address = format!("{}:0", order.host);
        let mut child = command(program)
            .args(["run", &order.service])
            .args(&order.arguments)
            .args(["--listen", &address, "--health", &address])
            .args(["--instance", &order.instance, "--with-parent"])
            .stdin(Stdio::piped())
            .stdout(Stdio::inherit())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(failed)?;
        let mut stdin = child.stdin.take();
        if let Some(pipe) = &mut stdin {
            // A child that has ended already tells why through its end, not through this pipe.
            let _ = pipe.write_all(format!("{}\n", order.ticket).as_bytes()).await;
        }
        let process = Process::watch(order.instance, child, stdin);
        Ok(Box::new(process))
    }
}

/// Options in the environment are this process's own: its address or configuration file would be wrong for a child.
fn command(program: &Program) -> Command {
    let mut command = Command::new(&program.program);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("OPENTWIN_") {
            command.env_remove(name);
        }
    }
    command.args(&program.arguments);
    command
}

/// Why a program cannot be started.
fn unstarted(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "it is not there; install it at this place".to_owned(),
        _ => error.to_string(),
    }
}

fn show(path: &Path) -> String {
    path.display().to_string()
}

struct Process {
    id: Option<u32>,
    /// The child ends when this is closed; so it cannot outlive this process.
    lifeline: Arc<Mutex<Option<ChildStdin>>>,
    kill: mpsc::Sender<()>,
    end: watch::Receiver<Option<End>>,
}

impl Process {
    fn watch(instance: String, mut child: Child, stdin: Option<ChildStdin>) -> Self {
        let id = child.id();
        let (kill, mut killed) = mpsc::channel(1);
        let (told, end) = watch::channel(None);
        let stderr = child.stderr.take();
        tokio::spawn(async move {
            let reading = tokio::spawn(listen(instance, stderr));
            let status = tokio::select! {
                status = child.wait() => status,
                () = async {
                    // Without a sender left there is nobody who could kill; then only the end counts.
                    if killed.recv().await.is_none() { std::future::pending::<()>().await; }
                } => {
                    let _ = child.start_kill();
                    child.wait().await
                }
            };
            let (last_words, tail) = reading.await.unwrap_or_default();
            told.send_replace(Some(end_of(status, last_words, tail)));
        });
        Self { id, lifeline: Arc::new(Mutex::new(stdin)), kill, end }
    }
}

/// Reads standard error to its end: last words are kept, all else goes to our own.
async fn listen(instance: String, stderr: Option<ChildStderr>) -> (Option<Words>, Vec<String>) {
    let (mut words, mut tail) = (None, Vec::new());
    let Some(stderr) = stderr else { return (words, tail) };
    let mut stderr = BufReader::new(stderr);
    let mut line = Vec::new();
    // Read to its end whatever it holds: a pipe that is closed early would end the child that writes to it.
    while let Ok(1..) = (&mut stderr).take(LONGEST).read_until(b'\n', &mut line).await {
        let line = String::from_utf8_lossy(&std::mem::take(&mut line)).trim_end().to_owned();
        match line.strip_prefix(LAST_WORDS).and_then(|json| serde_json::from_str(json).ok()) {
            Some(said) => words = Some(said),
            None => {
                tracing::warn!(of = instance, "{line}");
                if tail.len() == TAIL {
                    tail.remove(0);
                }
                tail.push(line);
            }
        }
    }
    (words, tail)
}

fn end_of(
    status: std::io::Result<std::process::ExitStatus>,
    last_words: Option<Words>,
    tail: Vec<String>,
) -> End {
    let status = status.ok();
    #[cfg(unix)]
    let signal = status.and_then(|s| std::os::unix::process::ExitStatusExt::signal(&s));
    #[cfg(not(unix))]
    let signal = None;
    let code = status.and_then(|s| s.code()).map(|code| u8::try_from(code).unwrap_or(u8::MAX));
    End { code, signal, last_words, tail, moved: None }
}

#[async_trait]
impl Instance for Process {
    fn handle(&self) -> String {
        self.id.map(|id| id.to_string()).unwrap_or_default()
    }

    async fn ended(&self) -> End {
        let mut end = self.end.clone();
        match end.wait_for(Option::is_some).await {
            Ok(end) => end.clone(),
            Err(_) => None,
        }
        .unwrap_or_default()
    }

    async fn stop(&self) {
        if self.end.borrow().is_some() {
            return;
        }
        if !self.id.is_some_and(system::stop::ask) {
            // The end of its standard input asks it too, on every system.
            self.lifeline.lock().await.take();
        }
    }

    async fn kill(&self) {
        let _ = self.kill.send(()).await;
    }
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::time::Duration;

    fn spawner(script: &str) -> (tempfile::TempDir, Processes) {
        let folder = tempfile::tempdir().unwrap();
        let service = folder.path().join("service");
        std::fs::write(&service, format!("{script}\n")).unwrap();
        // The shell reads the script. Executed itself, it would be "busy" as long as a child that another test forks
        // in this moment holds our handle for writing.
        let arguments = vec![service.display().to_string()];
        let programs =
            BTreeMap::from([("echo".to_owned(), Program { program: "/bin/sh".into(), arguments })]);
        (folder, Processes::new(programs))
    }

    fn order() -> Order {
        let (service, instance, ticket) = ("echo".into(), "e1".into(), "secret".into());
        Order { service, instance, ticket, host: "127.0.0.1".into(), ..Order::default() }
    }

    async fn end_of(script: &str) -> End {
        let (_folder, spawner) = spawner(script);
        let instance = spawner.spawn(order()).await.unwrap();
        tokio::time::timeout(Duration::from_secs(10), instance.ended()).await.unwrap()
    }

    #[tokio::test]
    async fn the_ticket_comes_on_standard_input_and_not_on_the_command_line() {
        let end =
            end_of("read ticket; case \"$*\" in *secret*) exit 3;; esac; test \"$ticket\" = secret").await;
        assert!(end.success(), "{end:?}");
    }

    #[tokio::test]
    async fn last_words_and_exit_codes_arrive() {
        let words = r#"{"code":"mesh.invalid","reason":"no cells","remedy":"","exit_code":80}"#;
        let end = end_of(&format!("echo 'last words: {words}' >&2; exit 80")).await;
        assert_eq!(end.code, Some(80));
        assert_eq!(end.describe(), "no cells");
    }

    #[tokio::test]
    async fn noise_on_standard_error_does_not_hide_what_follows() {
        let noise = r"printf '\377\376 noise\n' >&2; head -c 200000 /dev/zero >&2; echo >&2";
        let end = end_of(&format!("{noise}; echo 'the reason' >&2; exit 3")).await;
        assert_eq!((end.code, end.tail.last().map(String::as_str)), (Some(3), Some("the reason")));
    }

    #[tokio::test]
    async fn without_last_words_the_tail_is_told() {
        let end = end_of("echo 'cannot open libfoo' >&2; exit 127").await;
        assert_eq!(end.describe(), "ended with exit code 127: cannot open libfoo");
    }

    #[tokio::test]
    async fn a_stop_is_heard_and_a_kill_ends_what_does_not_hear() {
        let (_folder, spawner) = spawner("trap '' TERM; while :; do read x || :; done");
        let instance = spawner.spawn(order()).await.unwrap();
        instance.stop().await;
        instance.kill().await;
        let end = tokio::time::timeout(Duration::from_secs(10), instance.ended()).await.unwrap();
        assert!(end.signal.is_some(), "{end:?}");
    }

    #[tokio::test]
    async fn closing_the_lifeline_ends_a_child_that_watches_it() {
        let (_folder, spawner) = spawner("read ticket; cat >/dev/null; exit 7");
        let instance = spawner.spawn(order()).await.unwrap();
        let pid = instance.handle();
        drop(instance);
        let deadline = std::time::Instant::now() + Duration::from_secs(10);
        // Gone, or a zombie that is about to be reaped.
        while std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|s| !s.contains(" Z ")) {
            assert!(std::time::Instant::now() < deadline, "the child lives on");
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn what_is_not_installed_is_named_at_once() {
        let (_folder, spawner) = spawner("exit 0");
        let unknown = spawner.spawn(Order { service: "magic".into(), ..order() }).await.err().unwrap();
        assert!(unknown.to_string().contains("magic") && unknown.to_string().contains("echo"), "{unknown}");
        let programs = BTreeMap::from([(
            "echo".to_owned(),
            Program { program: "/nowhere/service".into(), arguments: vec![] },
        )]);
        let missing = Processes::new(programs);
        for missing in [missing.spawn(order()).await.err(), missing.describe("echo").await.err()] {
            let missing = missing.unwrap().to_string();
            assert!(missing.contains("/nowhere/service"), "{missing}");
            assert!(missing.ends_with("it is not there; install it at this place"), "{missing}");
        }
    }
}

/// The same on Windows, where the shell's language is another.
#[cfg(all(test, windows))]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::time::Duration;

    async fn start(script: &str) -> (tempfile::TempDir, Box<dyn Instance>) {
        let folder = tempfile::tempdir().unwrap();
        let batch = folder.path().join("service.bat");
        std::fs::write(&batch, format!("@echo off\r\nset /p ticket=\r\n{script}\r\n")).unwrap();
        let arguments = vec!["/c".to_owned(), batch.display().to_string()];
        let programs =
            BTreeMap::from([("echo".to_owned(), Program { program: "cmd.exe".into(), arguments })]);
        let (service, instance) = ("echo".to_owned(), "e1".to_owned());
        let order = Order { service, instance, ticket: "secret".into(), ..Order::default() };
        (folder, Processes::new(programs).spawn(order).await.unwrap())
    }

    async fn end(instance: &dyn Instance) -> End {
        tokio::time::timeout(Duration::from_secs(20), instance.ended()).await.unwrap()
    }

    #[tokio::test]
    async fn the_ticket_last_words_and_exit_codes_arrive() {
        let words = r#"{"code":"mesh.invalid","reason":"no cells","remedy":"","exit_code":80}"#;
        let script =
            format!("if not \"%ticket%\"==\"secret\" exit 3\r\n>&2 echo last words: {words}\r\nexit 80");
        let (_folder, instance) = start(&script).await;
        let end = end(instance.as_ref()).await;
        assert_eq!(end.code, Some(80), "{end:?}");
        assert_eq!(end.describe(), "no cells");
    }

    #[tokio::test]
    async fn a_stop_closes_the_lifeline() {
        let (_folder, instance) = start("set /p more=\r\nexit 7").await;
        instance.stop().await;
        assert_eq!(end(instance.as_ref()).await.code, Some(7));
    }

    #[tokio::test]
    async fn a_kill_ends_what_does_not_hear() {
        let (_folder, instance) = start(":again\r\ngoto again").await;
        instance.kill().await;
        let end = end(instance.as_ref()).await;
        assert!(!end.success(), "{end:?}");
    }
}
