//! Who is who: the user of this process, access lists, and their text.

use std::ffi::c_void;
use std::io;
use std::os::windows::io::{AsRawHandle as _, FromRawHandle as _, OwnedHandle};
use std::ptr;

use windows_sys::Win32::Foundation::{HANDLE, LocalFree};
use windows_sys::Win32::Security::Authorization::{
    ConvertSidToStringSidW, ConvertStringSecurityDescriptorToSecurityDescriptorW, SDDL_REVISION_1,
};
use windows_sys::Win32::Security::{
    GetTokenInformation, LookupAccountNameW, LookupAccountSidW, PSECURITY_DESCRIPTOR, PSID,
    SECURITY_ATTRIBUTES, SID_NAME_USE, TOKEN_QUERY, TOKEN_USER, TokenUser,
};
use windows_sys::Win32::System::Threading::{GetCurrentProcess, OpenProcessToken};

use super::done;

/// The system itself.
pub(super) const SYSTEM: &str = "S-1-5-18";
/// The administrators of the machine.
pub(super) const ADMINISTRATORS: &str = "S-1-5-32-544";
/// Whoever owns the file.
pub(super) const OWNER: &str = "S-1-3-4";
/// Users inside of a container: its user and its administrator.
pub(super) const CONTAINER: &str = "S-1-5-93-2-";

/// Memory that the system gave and that is to be freed.
pub(super) struct Local(pub(super) *mut c_void);

impl Drop for Local {
    fn drop(&mut self) {
        // SAFETY: it came from a call that says to free it so, and is freed once.
        unsafe { LocalFree(self.0) };
    }
}

/// A security descriptor made from its text.
pub(super) struct Descriptor(Local);

impl Descriptor {
    /// What only this user, the system, the administrators and the account can reach; for a folder, also what is made in it.
    pub(super) fn private(folder: bool, account: Option<&str>) -> io::Result<Self> {
        let passed_on = if folder { "OICI" } else { "" };
        let user = user()?;
        let let_in = [user.as_str(), SYSTEM, ADMINISTRATORS].into_iter().chain(account);
        let entries: Vec<String> = let_in.map(|sid| format!("(A;{passed_on};FA;;;{sid})")).collect();
        Self::parse(&format!("D:P{}", entries.concat()))
    }

    pub(super) fn parse(text: &str) -> io::Result<Self> {
        let wide: Vec<u16> = text.encode_utf16().chain([0]).collect();
        let mut descriptor: PSECURITY_DESCRIPTOR = ptr::null_mut();
        // SAFETY: the text ends with zero; the descriptor is freed by its owner below.
        done(unsafe {
            ConvertStringSecurityDescriptorToSecurityDescriptorW(
                wide.as_ptr(),
                SDDL_REVISION_1,
                &mut descriptor,
                ptr::null_mut(),
            )
        })?;
        Ok(Self(Local(descriptor)))
    }

    /// Attributes that name it; good as long as it lives.
    pub(super) fn attributes(&self) -> SECURITY_ATTRIBUTES {
        SECURITY_ATTRIBUTES {
            nLength: size_of::<SECURITY_ATTRIBUTES>() as u32,
            lpSecurityDescriptor: self.0.0,
            bInheritHandle: 0,
        }
    }
}

/// The user that this process runs as, as text (`S-1-…`).
pub(super) fn user() -> io::Result<String> {
    let mut token: HANDLE = ptr::null_mut();
    // SAFETY: the process's own handle is always good; the token is closed by its owner.
    let token = unsafe {
        done(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &mut token))?;
        OwnedHandle::from_raw_handle(token)
    };
    // A user is a pointer and a number with at most fifteen parts, which it points to: 128 bytes hold both.
    let mut space = [0_u64; 16];
    let mut used = 0;
    // SAFETY: the space is aligned for its pointer and its size is told.
    done(unsafe {
        GetTokenInformation(
            token.as_raw_handle(),
            TokenUser,
            space.as_mut_ptr().cast(),
            size_of_val(&space) as u32,
            &mut used,
        )
    })?;
    // SAFETY: the call filled it with that structure, whose pointer leads into the same space.
    text(unsafe { (*space.as_ptr().cast::<TOKEN_USER>()).User.Sid })
}

/// A user or group as text.
pub(super) fn text(sid: PSID) -> io::Result<String> {
    let mut wide = ptr::null_mut();
    // SAFETY: the caller's `sid` is one that the system gave; the text is freed by its owner.
    done(unsafe { ConvertSidToStringSidW(sid, &mut wide) })?;
    let _owner = Local(wide.cast());
    // SAFETY: the text ends with zero.
    Ok(unsafe {
        let length = (0..).take_while(|&at| *wide.add(at) != 0).count();
        String::from_utf16_lossy(std::slice::from_raw_parts(wide, length))
    })
}

/// The number of an account, by its name or its number.
pub(super) fn account(name: &str) -> io::Result<String> {
    if name.starts_with("S-1-") {
        return Ok(name.to_owned());
    }
    let wide: Vec<u16> = name.encode_utf16().chain([0]).collect();
    // A number has at most fifteen parts of four bytes after its first eight.
    let (mut sid, mut sid_length) = ([0_u64; 9], size_of::<[u64; 9]>() as u32);
    let mut domain = [0_u16; 256];
    let mut domain_length = domain.len() as u32;
    let mut kind: SID_NAME_USE = 0;
    // SAFETY: the name ends with zero; both spaces are there, aligned, with their lengths.
    done(unsafe {
        LookupAccountNameW(
            ptr::null(),
            wide.as_ptr(),
            sid.as_mut_ptr().cast(),
            &mut sid_length,
            domain.as_mut_ptr(),
            &mut domain_length,
            &mut kind,
        )
    })?;
    text(sid.as_mut_ptr().cast())
}

/// A user or group as people know it; its text, where it has no name here.
pub(super) fn name(sid: PSID) -> io::Result<String> {
    let (mut name, mut domain) = ([0_u16; 256], [0_u16; 256]);
    let (mut name_length, mut domain_length) = (name.len() as u32, domain.len() as u32);
    let mut kind: SID_NAME_USE = 0;
    // SAFETY: both spaces are there, with their lengths.
    let found = unsafe {
        LookupAccountSidW(
            ptr::null(),
            sid,
            name.as_mut_ptr(),
            &mut name_length,
            domain.as_mut_ptr(),
            &mut domain_length,
            &mut kind,
        )
    };
    match name.get(..name_length as usize) {
        Some(name) if found != 0 && !name.is_empty() => Ok(String::from_utf16_lossy(name)),
        _ => text(sid),
    }
}
