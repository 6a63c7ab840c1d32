//! A service as a child of the launcher: started, listened to, started again, stopped.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use api::{Code, Failure};
use runtime::LastWords;
use serde_json::Value;
use spawn::Backoff;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// How long a service may take until it is ready.
const START: Duration = Duration::from_secs(30);

/// How long a service may take to end.
const DRAIN: Duration = Duration::from_secs(30);

/// Characters of an end that the next process is told.
const LONGEST_END: usize = 1000;

/// What a service is started with.
#[derive(Clone)]
pub struct Plan {
    pub role: &'static str,
    pub program: PathBuf,
    pub arguments: Vec<String>,
    pub verbose: bool,
    /// Issues the service's certificate anew: that of the first start may have expired by the next one.
    pub certify: Arc<dyn Fn() -> Result<(), Failure> + Send + Sync>,
}

/// Addresses that a service told when it was ready.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ready {
    pub address: String,
    pub health: String,
    /// Only the relay has one.
    pub public: String,
}

impl Ready {
    /// The flags that bring a service back at the same addresses.
    fn fixed(&self) -> Vec<String> {
        let flags = [("--listen", &self.address), ("--health", &self.health), ("--public", &self.public)];
        let given = flags.into_iter().filter(|(_, address)| !address.is_empty());
        given.flat_map(|(flag, address)| [flag.to_owned(), address.clone()]).collect()
    }
}

/// A service that is kept running.
pub struct Supervised {
    pub role: &'static str,
    pub ready: Ready,
    stop: CancellationToken,
    task: tokio::task::JoinHandle<()>,
}

impl Supervised {
    /// Starts a service; returns when it is ready. From then on it is started again whenever it ends, at the same
    /// addresses.
    pub async fn start(plan: Plan) -> Result<Self, Failure> {
        let mut running = Running::start(&plan, &[])?;
        let ready = running.wait_ready(&plan).await?;
        let stop = CancellationToken::new();
        let task = tokio::spawn(keep(plan.clone(), ready.clone(), running, stop.clone()));
        Ok(Self { role: plan.role, ready, stop, task })
    }

    /// Asks the service to end and waits until it has.
    pub async fn stop(self) {
        self.stop.cancel();
        let _ = self.task.await;
    }
}

/// Keeps a service running until it shall end.
async fn keep(plan: Plan, ready: Ready, mut running: Running, stop: CancellationToken) {
    let mut backoff = Backoff::default();
    loop {
        let started = Instant::now();
        let end = tokio::select! {
            end = running.ended() => end,
            () = stop.cancelled() => return running.stop(plan.role).await,
        };
        let ended = jiff::Timestamp::now();
        let wait = backoff.failed(started, Instant::now());
        eprintln!("{} ended ({end}); started again in {} s", plan.role, wait.as_secs());
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = stop.cancelled() => return,
        }
        loop {
            let again = again(&ready, &end, ended);
            match (plan.certify)().and_then(|()| Running::start(&plan, &again)) {
                Ok(next) => {
                    running = next;
                    break;
                }
                Err(failure) => eprintln!("{failure}"),
            }
            tokio::select! {
                () = tokio::time::sleep(Duration::from_secs(10)) => {}
                () = stop.cancelled() => return,
            }
        }
    }
}

/// What a service is started again with: the addresses of the one before, and the news of its end. That could tell nobody
/// itself any more, and this process has no place in the central log.
fn again(ready: &Ready, end: &str, at: jiff::Timestamp) -> Vec<String> {
    let mut flags = ready.fixed();
    let end: String = end.chars().take(LONGEST_END).collect();
    // In one word with its flag, whatever it begins with.
    flags.push(format!("--after={end} ({at:.0})"));
    flags
}

/// One process of a service.
struct Running {
    child: Child,
    /// The child ends when this is closed, however the launcher itself ends.
    lifeline: Option<tokio::process::ChildStdin>,
    ready: watch::Receiver<Option<Ready>>,
    words: tokio::task::JoinHandle<Option<String>>,
}

impl Running {
    fn start(plan: &Plan, fixed: &[String]) -> Result<Self, Failure> {
        let mut command = Command::new(&plan.program);
        command
            .args(["run", plan.role])
            .args(without(&plan.arguments, fixed))
            .args(fixed)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        system::children::own_group(&mut command);
        let mut child = command.spawn().map_err(|e| {
            Code::Spawn.because(format!("cannot start {} ({}): {e}", plan.role, plan.program.display()))
        })?;
        let (told, ready) = watch::channel(None);
        let told = Arc::new(told);
        if let Some(output) = child.stdout.take() {
            tokio::spawn(listen(output, told, plan.verbose));
        }
        let errors = child.stderr.take();
        let words = tokio::spawn(async move {
            match errors {
                Some(errors) => last_words(errors).await,
                None => None,
            }
        });
        let lifeline = child.stdin.take();
        Ok(Self { child, lifeline, ready, words })
    }

    async fn wait_ready(&mut self, plan: &Plan) -> Result<Ready, Failure> {
        let mut ready = self.ready.clone();
        tokio::select! {
            Ok(ready) = ready.wait_for(Option::is_some) => Ok(ready.clone().unwrap_or_default()),
            failure = self.failed() => {
                Err(Failure { message: format!("{}: {}", plan.role, failure.message), ..failure })
            }
            () = tokio::time::sleep(START) => {
                Err(Code::Timeout.because(format!("{} was not ready within {START:?}", plan.role)))
            }
        }
    }

    /// Why it ended before it was ready: its own words, where it had any.
    async fn failed(&mut self) -> Failure {
        let status = self.child.wait().await;
        let code = status.as_ref().ok().and_then(std::process::ExitStatus::code);
        let words = (&mut self.words).await.ok().flatten();
        let code =
            code.and_then(|code| u8::try_from(code).ok()).and_then(Code::of_exit).unwrap_or(Code::Crashed);
        code.because(words.unwrap_or_else(|| "ended while it started".to_owned()))
    }

    /// How it ended.
    async fn ended(&mut self) -> String {
        let status = self.child.wait().await;
        match ((&mut self.words).await.ok().flatten(), status) {
            (Some(words), _) => words,
            (None, Ok(status)) => status.to_string(),
            (None, Err(error)) => error.to_string(),
        }
    }

    async fn stop(mut self, role: &str) {
        // The end of its standard input asks it to end, on every system.
        drop(self.lifeline.take());
        if tokio::time::timeout(DRAIN, self.child.wait()).await.is_err() {
            eprintln!("{role} does not end when asked to; killed");
            let _ = self.child.kill().await;
        }
    }
}

/// Arguments without the flags that `fixed` sets anew.
fn without(arguments: &[String], fixed: &[String]) -> Vec<String> {
    let mut kept = Vec::new();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        if fixed.contains(argument) && argument.starts_with("--") {
            rest.next();
        } else {
            kept.push(argument.clone());
        }
    }
    kept
}

/// Reads a service's log lines: notes when it is ready, prints what shall be seen.
async fn listen(output: impl AsyncRead + Unpin, ready: Arc<watch::Sender<Option<Ready>>>, verbose: bool) {
    let mut lines = BufReader::new(output).lines();
    let (mut told, mut offers) = (Ready::default(), false);
    while let Ok(Some(line)) = lines.next_line().await {
        let Ok(Value::Object(record)) = serde_json::from_str(&line) else {
            eprintln!("{line}");
            continue;
        };
        let text = |key: &str| record.get(key).and_then(Value::as_str).unwrap_or_default();
        if !text("public").is_empty() {
            told.public = text("public").to_owned();
        }
        if record.get("ready") == Some(&Value::Bool(true)) {
            (told.address, told.health) = (text("address").to_owned(), text("health").to_owned());
        }
        offers |= record.contains_key("offers");
        let complete = !told.address.is_empty()
            && match text("service") {
                "relay" => !told.public.is_empty(),
                // A project can be filled once it is known what may stand in it.
                "local-session" => offers,
                _ => true,
            };
        if complete && ready.borrow().is_none() {
            ready.send_replace(Some(told.clone()));
        }
        if verbose {
            println!("{line}");
        } else if matches!(text("level"), "ERROR" | "WARN") {
            // Why, where the line has it apart from its message.
            let why =
                if text("failure").is_empty() { String::new() } else { format!(": {}", text("failure")) };
            eprintln!("{} {}: {}{why}", text("level"), text("service"), text("message"));
        }
    }
}

/// Reads a service's standard error to its end; its last words, or else its last line.
async fn last_words(errors: impl AsyncRead + Unpin) -> Option<String> {
    let mut lines = BufReader::new(errors).lines();
    let mut last = None;
    while let Ok(Some(line)) = lines.next_line().await {
        if let Some(words) = LastWords::find(&line) {
            return Some(words.reason);
        }
        eprintln!("{line}");
        last = Some(line);
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_relay_comes_back_at_a_public_address() {
        let mut ready =
            Ready { address: "127.0.0.1:7".into(), health: "127.0.0.1:8".into(), ..Ready::default() };
        assert_eq!(ready.fixed(), ["--listen", "127.0.0.1:7", "--health", "127.0.0.1:8"]);
        ready.public = "127.0.0.1:9".into();
        assert_eq!(ready.fixed()[4..], ["--public", "127.0.0.1:9"]);
    }

    #[test]
    fn the_next_process_is_told_how_the_one_before_ended() {
        let ready = Ready { address: "127.0.0.1:7".into(), ..Ready::default() };
        let flags = again(&ready, "signal: 9 (SIGKILL)", jiff::Timestamp::UNIX_EPOCH);
        let after = "--after=signal: 9 (SIGKILL) (1970-01-01T00:00:00Z)";
        assert_eq!(flags, ["--listen", "127.0.0.1:7", after]);
        let long = again(&Ready::default(), &"ä".repeat(70_000), jiff::Timestamp::UNIX_EPOCH);
        assert!(long[0].len() < 4000, "no command line is too long for the system");
    }

    #[test]
    fn addresses_of_the_first_start_replace_what_was_asked_for() {
        let owned = |list: &[&str]| list.iter().map(|&s| s.to_owned()).collect::<Vec<_>>();
        let arguments = owned(&["--listen", "127.0.0.1:0", "--site", "lab"]);
        let fixed = owned(&["--listen", "127.0.0.1:7"]);
        assert_eq!(without(&arguments, &fixed), owned(&["--site", "lab"]));
    }
}
