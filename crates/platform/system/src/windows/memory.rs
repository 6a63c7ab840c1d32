//! Memory and times of the host and of this process.

use std::ptr;
use std::time::Duration;

use windows_sys::Win32::Foundation::FILETIME;
use windows_sys::Win32::System::JobObjects::{
    JOB_OBJECT_LIMIT_JOB_MEMORY, JOBOBJECT_EXTENDED_LIMIT_INFORMATION, JobObjectExtendedLimitInformation,
    QueryInformationJobObject,
};
use windows_sys::Win32::System::ProcessStatus::{K32GetProcessMemoryInfo, PROCESS_MEMORY_COUNTERS};
use windows_sys::Win32::System::SystemInformation::{GlobalMemoryStatusEx, MEMORYSTATUSEX};
use windows_sys::Win32::System::Threading::{GetCurrentProcess, GetProcessTimes, GetSystemTimes};

use super::done;
use crate::host::Times;

pub(crate) fn total() -> u64 {
    let size = size_of::<MEMORYSTATUSEX>() as u32;
    let mut status = MEMORYSTATUSEX { dwLength: size, ..MEMORYSTATUSEX::default() };
    // SAFETY: the structure says its own size.
    if done(unsafe { GlobalMemoryStatusEx(&mut status) }).is_err() {
        return 0;
    }
    limit().map_or(status.ullTotalPhys, |limit| status.ullTotalPhys.min(limit))
}

/// The limit of the job that this process is in: a container is one.
fn limit() -> Option<u64> {
    let mut limits = JOBOBJECT_EXTENDED_LIMIT_INFORMATION::default();
    let size = size_of_val(&limits) as u32;
    // SAFETY: without a handle the job of this process is meant; the structure is the one of this class.
    done(unsafe {
        QueryInformationJobObject(
            ptr::null_mut(),
            JobObjectExtendedLimitInformation,
            (&raw mut limits).cast(),
            size,
            ptr::null_mut(),
        )
    })
    .ok()?;
    let limited = limits.BasicLimitInformation.LimitFlags & JOB_OBJECT_LIMIT_JOB_MEMORY != 0;
    (limited && limits.JobMemoryLimit > 0).then_some(limits.JobMemoryLimit as u64)
}

/// 100 ns are a tick.
fn ticks(time: FILETIME) -> u64 {
    u64::from(time.dwHighDateTime) << 32 | u64::from(time.dwLowDateTime)
}

const NEVER: FILETIME = FILETIME { dwLowDateTime: 0, dwHighDateTime: 0 };

pub(crate) fn times() -> Option<Times> {
    let (mut idle, mut kernel, mut user) = (NEVER, NEVER, NEVER);
    // SAFETY: all three places are there to be written to.
    done(unsafe { GetSystemTimes(&mut idle, &mut kernel, &mut user) }).ok()?;
    // The kernel's time holds the idle time.
    Some(Times { idle: ticks(idle), all: ticks(kernel).saturating_add(ticks(user)) })
}

/// Time that the cores have computed for this process.
pub(crate) fn computed() -> Option<Duration> {
    let (mut begun, mut ended, mut kernel, mut user) = (NEVER, NEVER, NEVER, NEVER);
    // SAFETY: the handle of this process needs no closing; all four places are there to be written to.
    done(unsafe { GetProcessTimes(GetCurrentProcess(), &mut begun, &mut ended, &mut kernel, &mut user) })
        .ok()?;
    Some(Duration::from_nanos(ticks(kernel).saturating_add(ticks(user)).saturating_mul(100)))
}

/// Memory that this process takes.
pub(crate) fn own() -> u64 {
    let size = size_of::<PROCESS_MEMORY_COUNTERS>() as u32;
    let mut counters = PROCESS_MEMORY_COUNTERS { cb: size, ..PROCESS_MEMORY_COUNTERS::default() };
    // SAFETY: the handle of this process needs no closing; the structure has the size that is told.
    done(unsafe { K32GetProcessMemoryInfo(GetCurrentProcess(), &mut counters, size) })
        .map_or(0, |()| counters.WorkingSetSize as u64)
}
