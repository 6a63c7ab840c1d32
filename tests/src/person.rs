//! Somebody who uses the platform by its command line.

use std::io::{BufRead as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use serde_json::Value;

use crate::series::Series;
use crate::{PATIENCE, program};

/// What a command said, and how it ended.
#[derive(Clone, Debug)]
pub struct Output {
    /// The command line, for messages.
    pub command: String,
    /// Its exit code; none where a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Output {
    /// Fails the test unless the command failed with this exit code and its message has all the parts.
    #[track_caller]
    pub fn fails(&self, code: i32, parts: &[&str]) -> &Self {
        assert_eq!(self.code, Some(code), "{self}");
        for part in parts {
            assert!(self.stderr.contains(part), "`{part}` is missing in the message of {self}");
        }
        assert!(!self.stderr.contains("panicked"), "{self}");
        self
    }

    /// Fails the test unless the command succeeded.
    #[track_caller]
    pub fn succeeds(&self) -> &Self {
        assert_eq!(self.code, Some(0), "{self}");
        self
    }
}

impl std::fmt::Display for Output {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { command, code, stdout, stderr } = self;
        write!(f, "`{command}`: exit {code:?}\n--- stdout\n{stdout}\n--- stderr\n{stderr}")
    }
}

/// Somebody with a login of their own.
#[derive(Clone, Debug)]
pub struct Person {
    name: String,
    home: PathBuf,
}

impl Person {
    /// Somebody whose login is kept in a folder.
    pub fn new(name: &str, home: &Path) -> Self {
        Self { name: name.to_owned(), home: home.to_owned() }
    }

    /// Their name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The folder of their login.
    pub fn home(&self) -> &Path {
        &self.home
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = crate::sandbox::clean(program());
        command.args(arguments).env("OPENTWIN_CONFIG_HOME", &self.home).current_dir(&self.home);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Starts a command and leaves it to itself.
    #[track_caller]
    pub fn start(&self, arguments: &[&str]) -> Running {
        let child = self.command(arguments).spawn().expect("the command starts");
        Running { command: format!("opentwin {}", arguments.join(" ")), child: Some(child) }
    }

    /// Runs a command to its end, with text on its standard input.
    #[track_caller]
    pub fn with_input(&self, arguments: &[&str], input: &str) -> Output {
        let mut running = self.start(arguments);
        running.give(input);
        running.end()
    }

    /// Runs a command to its end.
    #[track_caller]
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.with_input(arguments, "")
    }

    /// Runs a command that has to succeed; what it printed.
    #[track_caller]
    pub fn ok(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        output.succeeds();
        output.stdout
    }

    /// Runs a command that has to succeed and print JSON.
    #[track_caller]
    pub fn json(&self, arguments: &[&str]) -> Value {
        let text = self.ok(&[arguments, &["--output", "json"]].concat());
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("no JSON ({e}): {text}"))
    }

    /// Applies a project file given as text.
    #[track_caller]
    pub fn apply(&self, yaml: &str) -> Output {
        self.with_input(&["apply", "-"], yaml)
    }

    /// An entity, with its properties, of the newest version.
    #[track_caller]
    pub fn entity(&self, project: &str, path: &str) -> Value {
        let shown = self.json(&["show", project, path]);
        let entities = shown["entities"].as_array().cloned().unwrap_or_default();
        entities
            .into_iter()
            .find(|entity| entity["path"] == path)
            .unwrap_or_else(|| panic!("no {path}: {shown}"))
    }

    /// Curves of a result.
    #[track_caller]
    pub fn series(&self, project: &str, path: &str) -> Series {
        Series::parse(&self.ok(&["export", project, path, "--format", "series", "-o", "-"]))
    }

    /// Starts a run and does not wait for it; its id.
    #[track_caller]
    pub fn detach(&self, what: &str) -> String {
        let run = self.json(&["run", what, "--detach"]);
        run["id"].as_str().unwrap_or_else(|| panic!("a run has an id: {run}")).to_owned()
    }

    /// The record of a run.
    #[track_caller]
    pub fn run_record(&self, id: &str) -> Value {
        self.json(&["runs", "show", id])
    }

    /// Process numbers of the running instances of a service in a project's session.
    #[track_caller]
    pub fn instances(&self, project: &str, service: &str) -> Vec<i32> {
        let reply = self.json(&["instances", project]);
        let instances = reply["instances"].as_array().cloned().unwrap_or_default();
        let of = instances.iter().filter(|i| i["service"] == service && i["state"] == "running");
        of.filter_map(|i| i["handle"].as_str()?.parse().ok()).collect()
    }
}

/// A command under way; ended when this is dropped.
#[derive(Debug)]
pub struct Running {
    command: String,
    child: Option<Child>,
}

impl Running {
    /// Its process number.
    pub fn id(&self) -> i32 {
        self.child.as_ref().and_then(|child| i32::try_from(child.id()).ok()).expect("it runs")
    }

    /// Gives it all of its standard input.
    pub fn give(&mut self, input: &str) {
        let mut stdin =
            self.child.as_mut().and_then(|child| child.stdin.take()).expect("input is given once");
        // A command that wants none may have gone.
        let _ = stdin.write_all(input.as_bytes());
    }

    /// Waits for a line of its standard output, and ends it; the lines up to that one.
    #[track_caller]
    pub fn until_line(mut self, found: impl Fn(&str) -> bool) -> Vec<String> {
        let child = self.child.as_mut().expect("it runs");
        let output = child.stdout.take().expect("output is read once");
        let (sender, lines) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            for line in std::io::BufReader::new(output).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        let mut seen = Vec::new();
        loop {
            let line = lines
                .recv_timeout(PATIENCE)
                .unwrap_or_else(|e| panic!("`{}` does not say it ({e}): {seen:?}", self.command));
            let last = found(&line);
            seen.push(line);
            if last {
                return seen;
            }
        }
    }

    /// Waits for its end.
    #[track_caller]
    pub fn end(mut self) -> Output {
        let mut child = self.child.take().expect("it runs");
        drop(child.stdin.take());
        let (mut out, mut err) = (child.stdout.take(), child.stderr.take());
        let read = |pipe: Option<&mut dyn std::io::Read>| {
            let mut bytes = Vec::new();
            pipe.map(|pipe| pipe.read_to_end(&mut bytes));
            String::from_utf8_lossy(&bytes).into_owned()
        };
        let start = Instant::now();
        std::thread::scope(|scope| {
            let stdout = scope.spawn(|| read(out.as_mut().map(|pipe| pipe as &mut dyn std::io::Read)));
            let stderr = scope.spawn(|| read(err.as_mut().map(|pipe| pipe as &mut dyn std::io::Read)));
            let status = loop {
                match child.try_wait().expect("a child can be waited for") {
                    Some(status) => break status,
                    None if start.elapsed() > 2 * PATIENCE => {
                        let _ = child.kill();
                        break child.wait().expect("a killed child ends");
                    }
                    None => std::thread::sleep(std::time::Duration::from_millis(5)),
                }
            };
            let [stdout, stderr] =
                [stdout, stderr].map(|thread| thread.join().expect("reading does not panic"));
            Output { command: self.command.clone(), code: status.code(), stdout, stderr }
        })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
