//! Memory and times of the host.

use std::ptr;

use windows_sys::Win32::Foundation::FILETIME;
use windows_sys::Win32::System::JobObjects::{
    JOB_OBJECT_LIMIT_JOB_MEMORY, JOBOBJECT_EXTENDED_LIMIT_INFORMATION, JobObjectExtendedLimitInformation,
    QueryInformationJobObject,
};
use windows_sys::Win32::System::SystemInformation::{GlobalMemoryStatusEx, MEMORYSTATUSEX};
use windows_sys::Win32::System::Threading::GetSystemTimes;

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

pub(crate) fn times() -> Option<Times> {
    let none = FILETIME { dwLowDateTime: 0, dwHighDateTime: 0 };
    let (mut idle, mut kernel, mut user) = (none, none, none);
    // SAFETY: all three places are there to be written to.
    done(unsafe { GetSystemTimes(&mut idle, &mut kernel, &mut user) }).ok()?;
    let ticks = |time: FILETIME| u64::from(time.dwHighDateTime) << 32 | u64::from(time.dwLowDateTime);
    // The kernel's time holds the idle time.
    Some(Times { idle: ticks(idle), all: ticks(kernel).saturating_add(ticks(user)) })
}
