//! Giving up what a program does not need, before it reads what strangers made.
//!
//! On Linux by Landlock: files that are not named cannot be opened any more, processes of others neither signalled nor
//! their memory read. Landlock leaves sockets that lie in the file system open, and the session bus or a container engine does
//! for its user whatever it is asked on one: so a filter of system calls refuses new ones. No right is needed for either,
//! and it cannot be taken back. Elsewhere, and on kernels without it, nothing happens, and [`this_thread`] says so.

use std::path::PathBuf;

/// What stays within reach.
#[derive(Clone, Debug, Default)]
pub struct Reach {
    /// Files and folders that may be read.
    pub read: Vec<PathBuf>,
    /// Files and folders that may be changed too.
    pub write: Vec<PathBuf>,
}

/// What the kernel enforces from now on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Confined {
    /// Only what is within reach is opened.
    pub files: bool,
    /// Nothing on this machine is called by a socket of the file system.
    pub sockets: bool,
}

/// Libraries, and what they look up: names of hosts, the time zone, the processors and the memory of this machine.
#[cfg(target_os = "linux")]
const SYSTEM: [&str; 15] = [
    "/usr",
    "/lib",
    "/lib64",
    "/etc/ld.so.cache",
    "/etc/hosts",
    "/etc/resolv.conf",
    "/etc/nsswitch.conf",
    "/etc/host.conf",
    "/etc/gai.conf",
    "/etc/services",
    "/etc/localtime",
    "/proc",
    "/sys",
    "/dev/random",
    "/dev/urandom",
];

/// Confines this thread and those that it starts from now on: to be called before there are others. What the kernel does
/// of it; what is missing in an old kernel is left out.
///
/// # Errors
/// The kernel refuses, though it could.
#[cfg(target_os = "linux")]
pub fn this_thread(reach: &Reach) -> std::io::Result<Confined> {
    Ok(Confined { files: keep_files(reach)?, sockets: drop_local_sockets().is_ok() })
}

#[cfg(target_os = "linux")]
fn keep_files(reach: &Reach) -> std::io::Result<bool> {
    use landlock::{
        ABI, Access as _, AccessFs, Ruleset, RulesetAttr as _, RulesetCreatedAttr as _, RulesetError,
        RulesetStatus, Scope, path_beneath_rules,
    };
    let refused = |error: RulesetError| std::io::Error::other(error);
    let read = AccessFs::ReadFile | AccessFs::ReadDir;
    let restricted = Ruleset::default()
        .handle_access(AccessFs::from_all(ABI::V6))
        .and_then(|rules| rules.scope(Scope::from_all(ABI::V6)))
        .and_then(Ruleset::create)
        .and_then(|rules| rules.add_rules(path_beneath_rules(SYSTEM, read)))
        .and_then(|rules| rules.add_rules(path_beneath_rules(&reach.read, read)))
        .and_then(|rules| {
            let change = [PathBuf::from("/dev/null")].into_iter().chain(reach.write.iter().cloned());
            rules.add_rules(path_beneath_rules(change, AccessFs::from_all(ABI::V6)))
        })
        .and_then(landlock::RulesetCreated::restrict_self)
        .map_err(refused)?;
    Ok(restricted.ruleset != RulesetStatus::NotEnforced)
}

/// Refuses `socket(AF_UNIX, …)`, and rings, which make sockets without that call. A pair of sockets within the process, as
/// the runtime uses, is another call.
#[cfg(target_os = "linux")]
fn drop_local_sockets() -> Result<(), seccompiler::Error> {
    use seccompiler::{
        BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
        SeccompRule,
    };
    let family = libc::AF_UNIX.unsigned_abs().into();
    let local = SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, family)?;
    let rules = [
        (libc::SYS_socket, vec![SeccompRule::new(vec![local])?]),
        // Without a condition: always.
        (libc::SYS_io_uring_setup, vec![]),
    ];
    let refusal = SeccompAction::Errno(libc::EACCES.unsigned_abs());
    let machine = std::env::consts::ARCH.try_into()?;
    let filter = SeccompFilter::new(rules.into(), SeccompAction::Allow, refusal, machine)?;
    seccompiler::apply_filter(&BpfProgram::try_from(filter)?)
}

/// Nothing is confined on this operating system.
///
/// # Errors
/// None.
#[cfg(not(target_os = "linux"))]
pub fn this_thread(_: &Reach) -> std::io::Result<Confined> {
    Ok(Confined::default())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io::ErrorKind;

    use super::*;

    #[test]
    fn what_is_not_within_reach_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let [own, shared, foreign] = ["own", "shared", "foreign"].map(|name| folder.path().join(name));
        for path in [&own, &shared, &foreign] {
            std::fs::create_dir(path).unwrap();
            std::fs::write(path.join("file"), "text").unwrap();
        }
        let mut other = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let reach = Reach { read: vec![shared.clone()], write: vec![own.clone()] };
        // Only the thread that asks for it is confined.
        let confined = std::thread::spawn({
            let (own, shared, foreign, other) = (own.clone(), shared.clone(), foreign.clone(), other.id());
            move || {
                if !this_thread(&reach).unwrap().files {
                    return false;
                }
                std::fs::write(own.join("new"), "text").unwrap();
                assert_eq!(std::fs::read_to_string(shared.join("file")).unwrap(), "text");
                let refusals = [
                    std::fs::write(shared.join("file"), "changed").unwrap_err(),
                    std::fs::read(foreign.join("file")).unwrap_err(),
                    std::fs::read_dir(&foreign).unwrap_err(),
                    std::fs::read(format!("/proc/{other}/mem")).unwrap_err(),
                ];
                for refusal in refusals {
                    assert_eq!(refusal.kind(), ErrorKind::PermissionDenied, "{refusal}");
                }
                let other = rustix::process::Pid::from_raw(i32::try_from(other).unwrap()).unwrap();
                let signalled = rustix::process::test_kill_process(other);
                assert_eq!(signalled.unwrap_err(), rustix::io::Errno::PERM);
                // What every program needs is still there.
                assert!(crate::host::total_memory() > 0);
                true
            }
        });
        let confined = confined.join();
        other.kill().unwrap();
        other.wait().unwrap();
        if !confined.unwrap() {
            eprintln!("not shown: this kernel has no Landlock");
            return;
        }
        std::fs::write(foreign.join("file"), "changed").unwrap();
    }

    #[test]
    fn sockets_of_the_file_system_are_refused_and_others_are_not() {
        use std::net::{TcpListener, TcpStream};
        use std::os::unix::net::{UnixListener, UnixStream};

        let folder = tempfile::tempdir().unwrap();
        let (bus, own) = (folder.path().join("bus"), folder.path().join("own"));
        let _listener = UnixListener::bind(&bus).unwrap();
        UnixStream::connect(&bus).unwrap();
        let confined = std::thread::spawn(move || {
            let reach = Reach { write: vec![folder.path().to_owned()], ..Reach::default() };
            if !this_thread(&reach).unwrap().sockets {
                eprintln!("not shown: this kernel filters no system calls");
                return;
            }
            // Also where the file itself is within reach.
            let refusals = [UnixStream::connect(&bus).unwrap_err(), UnixListener::bind(&own).unwrap_err()];
            for refusal in refusals {
                assert_eq!(refusal.kind(), ErrorKind::PermissionDenied, "{refusal}");
            }
            UnixStream::pair().unwrap();
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        });
        confined.join().unwrap();
    }
}
