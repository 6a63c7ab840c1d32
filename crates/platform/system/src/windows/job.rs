//! A job object that ends with this process.

use std::io;
use std::ptr;

use windows_sys::Win32::System::JobObjects::{
    AssignProcessToJobObject, CreateJobObjectW, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE,
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION, JobObjectExtendedLimitInformation, SetInformationJobObject,
};
use windows_sys::Win32::System::Threading::GetCurrentProcess;

use super::done;

pub(crate) fn bind() -> io::Result<()> {
    let mut limits = JOBOBJECT_EXTENDED_LIMIT_INFORMATION::default();
    limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
    let size = size_of_val(&limits) as u32;
    // SAFETY: no name and no attributes are allowed; the handle is checked.
    let job = unsafe { CreateJobObjectW(ptr::null(), ptr::null()) };
    if job.is_null() {
        return Err(io::Error::last_os_error());
    }
    // The handle stays open on purpose: that it is closed by the end of this process is what ends the others. It
    // is not inherited, so no child keeps it open.
    // SAFETY: the structure is the one of this class, and its size is told.
    done(unsafe {
        SetInformationJobObject(job, JobObjectExtendedLimitInformation, (&raw const limits).cast(), size)
    })?;
    // SAFETY: both handles are good; children that are started from now on belong to the job too.
    done(unsafe { AssignProcessToJobObject(job, GetCurrentProcess()) })
}
