//! The processes of a platform, as the system knows them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rustix::process::{Pid, Signal, kill_process};

/// A process.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Process {
    /// Its number.
    pub id: i32,
    /// Its parent's number.
    pub parent: i32,
    /// When it started, in ticks since boot: a number is given again, the pair is not.
    pub started: u64,
    /// Its command line, parted by blanks.
    pub command: String,
}

impl Process {
    /// True while it is there and no corpse.
    pub fn lives(&self) -> bool {
        read(self.id).is_some_and(|now| now.started == self.started)
    }

    /// True if it hosts a service.
    pub fn is(&self, service: &str) -> bool {
        self.command.contains(&format!(" run {service} "))
    }
}

/// A process by its number; none where it is gone or a corpse.
pub fn read(id: i32) -> Option<Process> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The name stands in brackets and may hold anything.
    let rest: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    if matches!(rest.first(), Some(&"Z" | &"X")) {
        return None;
    }
    let command = std::fs::read(format!("/proc/{id}/cmdline")).ok()?;
    let command = String::from_utf8_lossy(&command).replace('\0', " ");
    Some(Process { id, parent: rest.get(1)?.parse().ok()?, started: rest.get(19)?.parse().ok()?, command })
}

fn all() -> Vec<Process> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    entries.filter_map(|entry| read(entry.ok()?.file_name().to_str()?.parse().ok()?)).collect()
}

/// A process and all that it started, directly or not.
pub fn tree(root: i32) -> Vec<Process> {
    let mut children: BTreeMap<i32, Vec<Process>> = BTreeMap::new();
    let mut found = Vec::new();
    for process in all() {
        if process.id == root {
            found.push(process);
        } else {
            children.entry(process.parent).or_default().push(process);
        }
    }
    let mut next = 0;
    while let Some(process) = found.get(next) {
        found.extend(children.remove(&process.id).unwrap_or_default());
        next += 1;
    }
    found
}

/// Processes whose command line names a path.
pub fn naming(path: &Path) -> Vec<Process> {
    let path = path.display().to_string();
    all().into_iter().filter(|process| process.command.contains(&path)).collect()
}

/// True if every thread of a process has given up gaining rights, as one does that confines itself.
pub fn confined(id: i32) -> bool {
    let Ok(threads) = std::fs::read_dir(format!("/proc/{id}/task")) else { return false };
    let given_up = |thread: std::io::Result<std::fs::DirEntry>| {
        let status = std::fs::read_to_string(thread.ok()?.path().join("status")).ok()?;
        Some(status.lines().any(|line| line.split_whitespace().eq(["NoNewPrivs:", "1"])))
    };
    // A thread may end meanwhile.
    let threads: Vec<bool> = threads.filter_map(given_up).collect();
    !threads.is_empty() && threads.into_iter().all(|given_up| given_up)
}

/// Ends a process at once, as a crash would.
pub fn kill(id: i32) {
    signal(id, Signal::KILL);
}

/// Sends a signal; a process that is gone already needs none.
pub fn signal(id: i32, signal: Signal) {
    let _ = kill_process(Pid::from_raw(id).expect("a process number is positive"), signal);
}

/// TCP ports on which these processes listen.
pub fn listening(processes: &[Process]) -> BTreeSet<u16> {
    let sockets: BTreeSet<String> = processes.iter().flat_map(|process| sockets(process.id)).collect();
    let mut ports = BTreeSet::new();
    for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
        for line in std::fs::read_to_string(table).unwrap_or_default().lines().skip(1) {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let [_, local, _, "0A", .., _] = fields.as_slice() else { continue };
            let Some(inode) = fields.get(9) else { continue };
            if sockets.contains(*inode) {
                let port = local.rsplit_once(':').map(|(_, port)| u16::from_str_radix(port, 16));
                ports.extend(port.and_then(Result::ok));
            }
        }
    }
    ports
}

fn sockets(id: i32) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(format!("/proc/{id}/fd")) else { return Vec::new() };
    let link = |entry: std::io::Result<std::fs::DirEntry>| {
        let link = std::fs::read_link(entry.ok()?.path()).ok()?;
        Some(link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned())
    };
    entries.filter_map(link).collect()
}
