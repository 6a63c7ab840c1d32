//! The machine, or the container in it, that this process runs on.

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
pub struct Load {
    #[cfg(windows)]
    before: std::sync::Mutex<Option<Times>>,
}

/// Time that the cores of a host spent, in any one unit, since it started.
#[cfg(any(windows, test))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Times {
    /// Doing nothing.
    pub(crate) idle: u64,
    /// Altogether.
    pub(crate) all: u64,
}

#[cfg(any(windows, test))]
impl Times {
    /// Busy fraction of the time since an earlier moment, 0 to 1.
    fn busy_since(self, before: Self) -> f64 {
        let all = self.all.saturating_sub(before.all);
        let idle = self.idle.saturating_sub(before.idle).min(all);
        if all == 0 { 0.0 } else { (all - idle) as f64 / all as f64 }
    }
}

impl Load {
    /// Busy fraction of the cores: on Linux over the last minute, where more than 1 means that work waits; on Windows
    /// since the question before, 0 to 1. 0 where that cannot be told.
    pub fn busy(&self) -> f64 {
        #[cfg(windows)]
        {
            let Some(now) = crate::windows::memory::times() else { return 0.0 };
            let mut before = self.before.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            before.replace(now).map_or(0.0, |before| now.busy_since(before))
        }
        #[cfg(not(windows))]
        {
            let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
            let minute: f64 =
                text.split_whitespace().next().and_then(|word| word.parse().ok()).unwrap_or(0.0);
            minute / cores() as f64
        }
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
        assert!(load.busy() >= 0.0 && load.busy().is_finite());
    }

    #[test]
    fn the_busy_fraction_is_what_was_not_idle() {
        let at = |idle, all| Times { idle, all };
        assert!((at(30, 140).busy_since(at(20, 100)) - 0.75).abs() < 1e-12);
        assert!(at(20, 100).busy_since(at(20, 100)).abs() < 1e-12);
        assert!(at(90, 120).busy_since(at(20, 100)).abs() < 1e-12);
    }
}
