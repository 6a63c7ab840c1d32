//! The platform, started and stopped.

use std::io::{BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustix::process::Signal;
use tempfile::TempDir;

use crate::processes::{self, Process};
use crate::site::Site;
use crate::{Disk, PATIENCE, Person, program, until};

/// The last line that `up` prints once all is ready.
const READY: &str = "Stop with Ctrl-C.";

/// A free port of this machine.
const ANY: &str = "127.0.0.1:0";

/// Every person's password.
const PASSWORD: &str = "a good long passphrase 7";

/// A command without what the surroundings of the test say to the platform.
pub(crate) fn clean(program: PathBuf) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("OPENTWIN_") {
            command.env_remove(name);
        }
    }
    command
}

/// A platform of its own. It is stopped when this is dropped, whatever happened.
///
/// Where the surroundings name a site (`E2E_SITE`), that one is used instead, emptied first: tests that need no more
/// than its public address run on any level of deployment.
pub struct Sandbox {
    /// A disk of its own for the state. The first one: it is unmounted before the folder goes.
    disk: Option<Disk>,
    folder: TempDir,
    flags: Vec<String>,
    up: Option<Up>,
    site: Option<Site>,
    /// The administrator's password once the first one was replaced.
    changed: bool,
}

/// A running `opentwin up`.
struct Up {
    child: Child,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Sandbox {
    /// Starts a platform with an empty state, waits until it is ready and logs the administrator in.
    #[track_caller]
    pub fn start(flags: &[&str]) -> Self {
        let mut sandbox = Self::prepare(flags);
        sandbox.site = Site::named();
        if let Some(site) = &sandbox.site {
            assert!(sandbox.flags.is_empty(), "this test needs a platform of its own: unset E2E_SITE");
            let login = sandbox.login("admin");
            let login: Vec<&str> = login.iter().map(String::as_str).collect();
            let admin = sandbox.admin();
            admin.with_input(&login, &format!("{}\n", site.password())).succeeds();
            Site::clear(&admin);
        } else {
            sandbox.up();
        }
        sandbox
    }

    /// A platform that is yet to be started with [`Sandbox::up`].
    #[track_caller]
    pub fn prepare(flags: &[&str]) -> Self {
        let folder =
            tempfile::Builder::new().prefix("opentwin-e2e-").tempdir().expect("a folder can be made");
        let flags: Vec<String> = flags.iter().map(|&flag| flag.to_owned()).collect();
        Self { folder, flags, up: None, site: None, disk: None, changed: false }
    }

    /// The same with configuration files of services (`local-session.toml`), by name of the service.
    #[track_caller]
    pub fn start_with(flags: &[&str], files: &[(&str, &str)]) -> Self {
        let mut sandbox = Self::prepare(flags);
        for (service, text) in files {
            sandbox.configure(service, text);
        }
        sandbox.up();
        sandbox
    }

    /// A platform whose state lies on a disk of so many megabytes, or why that cannot be had here.
    #[track_caller]
    pub fn on_small_disk(flags: &[&str], megabytes: u32) -> Result<Self, String> {
        let mut sandbox = Self::prepare(flags);
        sandbox.disk = Some(Disk::mount(&sandbox.state(), megabytes)?);
        sandbox.up();
        Ok(sandbox)
    }

    /// The small disk that the state lies on.
    #[track_caller]
    pub fn disk(&self) -> &Disk {
        self.disk.as_ref().expect("the sandbox was made with a small disk")
    }

    /// Configures a service by its file in the state, before the platform is started.
    #[track_caller]
    pub fn configure(&self, service: &str, toml: &str) {
        let folder = self.state();
        private(&folder);
        std::fs::write(folder.join(format!("{service}.toml")), toml).expect("a file can be written");
    }

    /// The command line by which somebody logs in with a password from standard input.
    pub fn login(&self, name: &str) -> Vec<String> {
        let mut login = vec!["login".to_owned()];
        match &self.site {
            Some(site) => login.extend(site.place()),
            None => login.extend(["--state".into(), self.state().display().to_string()]),
        }
        login.extend(["--user", name, "--password-stdin"].map(str::to_owned));
        login
    }

    /// Starts the platform on the state that is there, and logs the administrator in.
    #[track_caller]
    pub fn up(&mut self) {
        assert!(self.up.is_none(), "it runs already");
        let mut command = self.command(ANY);
        let child = command.spawn().expect("the launcher starts");
        let mut up = Up { child, lines: Arc::default() };
        up.listen();
        self.up = Some(up);
        until("the platform is ready", PATIENCE, || {
            let up = self.up.as_mut()?;
            if let Ok(Some(status)) = up.child.try_wait() {
                panic!("`opentwin up` ended with {status}:\n{}", self.output());
            }
            self.lines().iter().any(|line| line.trim() == READY).then_some(())
        });
        self.log_in();
    }

    /// Gives the launcher one more argument from its next start on.
    pub fn flag(&mut self, flag: &str) {
        self.flags.push(flag.to_owned());
    }

    /// `opentwin up` as the sandbox calls it, for a public address; port 0 is a free one.
    pub fn command(&self, public: &str) -> Command {
        let mut command = clean(program());
        command.args(["up", "--public", public, "--state"]).arg(self.state()).args(&self.flags);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    #[track_caller]
    fn log_in(&mut self) {
        let first = self.lines().iter().find_map(|line| {
            let password = line.trim().strip_prefix("password")?.trim();
            Some(password.split_whitespace().next()?.to_owned())
        });
        let admin = self.admin();
        let login = self.login("admin");
        let login: Vec<&str> = login.iter().map(String::as_str).collect();
        match (first, self.changed) {
            (Some(first), false) => {
                let input = format!("{first}\n{PASSWORD}\n");
                admin.with_input(&[&login[..], &["--new-password-stdin"]].concat(), &input).succeeds();
                self.changed = true;
            }
            (None, true) => {
                admin.with_input(&login, &format!("{PASSWORD}\n")).succeeds();
            }
            (Some(_), true) => panic!("the first password was shown twice"),
            (None, false) => panic!("the first start shows no password:\n{}", self.output()),
        }
    }

    /// The state directory.
    pub fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    /// A folder for files of the test, made if need be.
    pub fn folder(&self, name: &str) -> PathBuf {
        let folder = self.folder.path().join(name);
        std::fs::create_dir_all(&folder).expect("a folder can be made");
        folder
    }

    /// Everybody's password.
    pub fn password(&self) -> &'static str {
        PASSWORD
    }

    /// The administrator.
    pub fn admin(&self) -> Person {
        self.person("admin")
    }

    fn person(&self, name: &str) -> Person {
        let home = self.folder(&format!("home-{name}"));
        private(&home);
        Person::new(name, &home)
    }

    /// A new user, logged in.
    #[track_caller]
    pub fn user(&self, name: &str) -> Person {
        let made = self.admin().json(&["user", "create", name]);
        let first = made["oneTimePassword"].as_str().unwrap_or_else(|| panic!("no password: {made}"));
        let person = self.person(name);
        let login = self.login(name);
        let login: Vec<&str> = login.iter().map(String::as_str).chain(["--new-password-stdin"]).collect();
        person.with_input(&login, &format!("{first}\n{PASSWORD}\n")).succeeds();
        person
    }

    /// Logs somebody in again.
    #[track_caller]
    pub fn log_in_again(&self, person: &Person) {
        let login = self.login(person.name());
        let login: Vec<&str> = login.iter().map(String::as_str).collect();
        person.with_input(&login, &format!("{PASSWORD}\n")).succeeds();
    }

    /// What the launcher printed, line by line.
    pub fn lines(&self) -> Vec<String> {
        let lines =
            self.up.as_ref().map(|up| up.lines.lock().unwrap_or_else(PoisonError::into_inner).clone());
        lines.unwrap_or_default()
    }

    fn output(&self) -> String {
        self.lines().join("\n")
    }

    /// Process number of the launcher.
    #[track_caller]
    pub fn id(&self) -> i32 {
        let id = self.up.as_ref().map(|up| up.child.id()).expect("the platform runs");
        i32::try_from(id).expect("process numbers are small")
    }

    /// All processes of the platform.
    #[track_caller]
    pub fn processes(&self) -> Vec<Process> {
        processes::tree(self.id())
    }

    /// The processes that host a service.
    #[track_caller]
    pub fn hosts(&self, service: &str) -> Vec<Process> {
        self.processes().into_iter().filter(|process| process.is(service)).collect()
    }

    /// Kills the one process of a service of the platform, and waits until another has taken its place.
    #[track_caller]
    pub fn crash(&self, service: &str) {
        let hosts = self.hosts(service);
        let [host] = hosts.as_slice() else { panic!("{service} is not one process: {hosts:?}") };
        processes::kill(host.id);
        until(&format!("{service} comes back"), PATIENCE, || {
            self.hosts(service).iter().any(|now| now.id != host.id).then_some(())
        });
    }

    /// Stops the platform as Ctrl-C does, and fails the test if anything is left of it.
    #[track_caller]
    pub fn stop(&mut self) -> ExitStatus {
        let before = self.processes();
        let Some(mut up) = self.up.take() else { panic!("the platform does not run") };
        processes::signal(i32::try_from(up.child.id()).expect("process numbers are small"), Signal::INT);
        let status =
            until("the platform ends", PATIENCE, || up.child.try_wait().expect("a child can be waited for"));
        let left: Vec<Process> = before.into_iter().filter(Process::lives).collect();
        assert!(left.is_empty(), "processes are left: {left:?}");
        let left = processes::naming(&self.state());
        assert!(left.is_empty(), "processes still use the state: {left:?}");
        status
    }
}

/// Makes a folder that is ours alone.
fn private(folder: &Path) {
    std::fs::create_dir_all(folder).expect("a folder can be made");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700)).expect("the folder is ours");
    }
}

impl Up {
    /// Keeps all that the launcher says: a full pipe would stop it.
    fn listen(&mut self) {
        let pipes: [Option<Box<dyn Read + Send>>; 2] = [
            self.child.stdout.take().map(|pipe| Box::new(pipe) as Box<dyn Read + Send>),
            self.child.stderr.take().map(|pipe| Box::new(pipe) as Box<dyn Read + Send>),
        ];
        for pipe in pipes.into_iter().flatten() {
            let lines = self.lines.clone();
            std::thread::spawn(move || {
                for line in BufReader::new(pipe).lines().map_while(Result::ok) {
                    lines.lock().unwrap_or_else(PoisonError::into_inner).push(line);
                }
            });
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let lines = self.lines();
            let from = lines.len().saturating_sub(40);
            eprintln!(
                "--- what the platform said last\n{}\n---",
                lines.get(from..).unwrap_or_default().join("\n")
            );
        }
        let Some(mut up) = self.up.take() else { return };
        let id = i32::try_from(up.child.id()).unwrap_or(i32::MAX);
        let all = processes::tree(id);
        processes::signal(id, Signal::TERM);
        let end = std::time::Instant::now() + Duration::from_secs(40);
        while matches!(up.child.try_wait(), Ok(None)) && std::time::Instant::now() < end {
            std::thread::sleep(Duration::from_millis(10));
        }
        for process in all.iter().filter(|process| process.lives()) {
            processes::kill(process.id);
        }
        let _ = up.child.wait();
    }
}
