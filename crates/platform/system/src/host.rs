//! The machine, or the container in it, that this process runs on.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Cores that this process may use; at least one.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, Into::into)
}

/// Memory of the host in bytes, or that of the container, where it has less; 0 where that cannot be told.
pub fn total_memory() -> u64 {
    #[cfg(windows)]
    {
        crate::windows::memory::total()
    }
    #[cfg(not(windows))]
    {
        let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
        let kib = text
            .lines()
            .find_map(|line| line.strip_prefix("MemTotal:")?.split_whitespace().next()?.parse().ok());
        let host = kib.map_or(0, |kib: u64| kib << 10);
        // Both versions of control groups; without a limit the first says `max`, the second a very large number.
        let limits = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"];
        let limit =
            limits.iter().find_map(|path| std::fs::read_to_string(path).ok()?.trim().parse::<u64>().ok());
        limit.map_or(host, |limit| host.min(limit))
    }
}

/// Tells how busy the host is.
#[derive(Debug, Default)]
pub struct Load(Mutex<Looks>);

/// How long a look is the newest one: what is told is over one to two of these.
const SPAN: Duration = Duration::from_secs(5);

/// The last two looks that lie [`SPAN`] apart.
#[derive(Debug, Default)]
struct Looks {
    older: Option<(Instant, Times)>,
    newer: Option<(Instant, Times)>,
}

/// Time that the cores of a host spent, in any one unit, since it started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Times {
    /// Doing nothing.
    pub(crate) idle: u64,
    /// Altogether.
    pub(crate) all: u64,
}

impl Times {
    /// Busy fraction of the time since an earlier moment, 0 to 1.
    fn busy_since(self, before: Self) -> f64 {
        let all = self.all.saturating_sub(before.all);
        let idle = self.idle.saturating_sub(before.idle).min(all);
        if all == 0 { 0.0 } else { (all - idle) as f64 / all as f64 }
    }

    /// The first line of `/proc/stat`: time of all cores as user, nice, system, idle, waiting for the disk, interrupts,
    /// soft interrupts, stolen by the host of a virtual machine. What guests use is within the first two.
    #[cfg(any(not(windows), test))]
    fn parse(stat: &str) -> Option<Self> {
        let line = stat.lines().next()?.strip_prefix("cpu ")?;
        let mut numbers = [0_u64; 8];
        for (number, word) in numbers.iter_mut().zip(line.split_whitespace()) {
            *number = word.parse().ok()?;
        }
        let idle = numbers[3].saturating_add(numbers[4]);
        Some(Self { idle, all: numbers.iter().fold(0, |sum, number| sum.saturating_add(*number)) })
    }

    /// Now; `None` where that cannot be told.
    fn now() -> Option<Self> {
        #[cfg(windows)]
        {
            crate::windows::memory::times()
        }
        #[cfg(not(windows))]
        {
            Self::parse(&std::fs::read_to_string("/proc/stat").ok()?)
        }
    }
}

impl Looks {
    /// Busy fraction since the older look.
    fn look(&mut self, at: Instant, now: Times) -> f64 {
        if self.newer.is_none_or(|(then, _)| at.saturating_duration_since(then) >= SPAN) {
            self.older = self.newer.replace((at, now));
        }
        let before = self.older.or(self.newer);
        before.map_or(0.0, |(_, before)| now.busy_since(before))
    }
}

impl Load {
    /// Busy fraction of the cores over the last seconds, 0 to 1; 0 at the first question, and where it cannot be told.
    /// Not the number of processes that want to run: that has no bound, and on Linux counts those that wait for a disk.
    pub fn busy(&self) -> f64 {
        let Some(now) = Times::now() else { return 0.0 };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).look(Instant::now(), now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_has_cores_and_memory() {
        assert!(cores() >= 1);
        assert!(total_memory() > 64 << 20, "{}", total_memory());
        let load = Load::default();
        assert!((0.0..=1.0).contains(&load.busy()) && (0.0..=1.0).contains(&load.busy()));
    }

    #[test]
    fn the_busy_fraction_is_what_was_not_idle() {
        let at = |idle, all| Times { idle, all };
        assert!((at(30, 140).busy_since(at(20, 100)) - 0.75).abs() < 1e-12);
        assert!(at(20, 100).busy_since(at(20, 100)).abs() < 1e-12);
        assert!(at(90, 120).busy_since(at(20, 100)).abs() < 1e-12);
    }

    #[test]
    fn the_kernel_is_read() {
        let stat = "cpu  100 5 20 800 50 3 2 20 7 0\ncpu0 1 2 3 4\n";
        assert_eq!(Times::parse(stat), Some(Times { idle: 850, all: 1000 }));
        for bad in ["", "cpu", "cpu  1 x", "intr 5"] {
            assert_eq!(Times::parse(bad), None, "{bad}");
        }
    }

    /// However often it is asked: the time between two questions may be too short for the clock of the kernel.
    #[test]
    fn it_is_told_over_seconds() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let times = |idle, all| Times { idle, all };
        let mut looks = Looks::default();
        assert!(looks.look(at(0), times(0, 0)).abs() < 1e-12);
        assert!((looks.look(at(1), times(100, 200)) - 0.5).abs() < 1e-12);
        assert!((looks.look(at(5), times(900, 1000)) - 0.1).abs() < 1e-12);
        // Still since the beginning, until another five seconds are over.
        assert!((looks.look(at(9), times(900, 1800)) - 0.5).abs() < 1e-12);
        assert!((looks.look(at(10), times(900, 2000)) - 1.0).abs() < 1e-12);
    }
}
