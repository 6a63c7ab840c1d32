//! What this process takes of its host.

use std::time::Duration;

/// Time that the cores have computed for this process since it started; `None` where that cannot be told.
pub fn computed() -> Option<Duration> {
    #[cfg(unix)]
    {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        Some(Duration::new(u64::try_from(time.tv_sec).ok()?, u32::try_from(time.tv_nsec).ok()?))
    }
    #[cfg(windows)]
    {
        crate::windows::memory::computed()
    }
}

/// Memory that this process takes at the moment, in bytes; 0 where that cannot be told.
pub fn memory() -> u64 {
    #[cfg(unix)]
    {
        resident(&std::fs::read_to_string("/proc/self/status").unwrap_or_default())
    }
    #[cfg(windows)]
    {
        crate::windows::memory::own()
    }
}

/// The line `VmRSS:   1234 kB`.
#[cfg(unix)]
fn resident(status: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kib.map_or(0, |kib| kib << 10)
}

/// The name of this host, or of the container; empty where it has none.
pub fn host_name() -> String {
    #[cfg(unix)]
    {
        rustix::system::uname().nodename().to_string_lossy().into_owned()
    }
    #[cfg(windows)]
    {
        std::env::var("COMPUTERNAME").unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_computes_and_takes_memory() {
        let before = computed();
        // Something that takes time, and whose end depends on all of it.
        let sum = (0..5_000_000_u64).fold(1_u64, |sum, n| sum.wrapping_mul(31).wrapping_add(n));
        assert_ne!(sum, 0);
        assert!(computed() > before);
        assert!(memory() > 100 << 10, "{}", memory());
        assert!(!host_name().is_empty());
    }

    #[cfg(unix)]
    #[test]
    fn the_kernel_is_read() {
        assert_eq!(resident("Name:\tx\nVmRSS:\t    1234 kB\nThreads:\t1\n"), 1234 << 10);
        assert_eq!(resident(""), 0);
    }
}
