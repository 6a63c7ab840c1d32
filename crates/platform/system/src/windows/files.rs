//! Files and folders with rights of their own.

use std::fs::File;
use std::io;
use std::os::windows::ffi::OsStrExt as _;
use std::os::windows::io::{AsRawHandle as _, FromRawHandle as _};
use std::path::Path;
use std::ptr;

use windows_sys::Win32::Foundation::{GENERIC_WRITE, INVALID_HANDLE_VALUE};
use windows_sys::Win32::Security::Authorization::{GetSecurityInfo, SE_FILE_OBJECT};
use windows_sys::Win32::Security::{
    ACCESS_ALLOWED_ACE, ACE_HEADER, ACL, DACL_SECURITY_INFORMATION, GetAce, INHERIT_ONLY_ACE,
    OWNER_SECURITY_INFORMATION, PSID,
};
use windows_sys::Win32::Storage::FileSystem::{
    CREATE_NEW, CreateDirectoryW, CreateFileW, FILE_ATTRIBUTE_NORMAL, FILE_SHARE_DELETE, FILE_SHARE_READ,
    FILE_SHARE_WRITE,
};
use windows_sys::Win32::System::SystemServices::ACCESS_ALLOWED_ACE_TYPE;

use super::rights::{self, ADMINISTRATORS, CONTAINER, Descriptor, Local, OWNER, SYSTEM};
use super::{done, status};

/// A path as the system takes it. Long ones are allowed in a form of their own.
fn wide(path: &Path) -> io::Result<Vec<u16>> {
    let path = std::path::absolute(path)?;
    let text = path.as_os_str();
    let long = text.len() >= 240 && !text.to_string_lossy().starts_with(r"\\");
    let prefix = if long { r"\\?\" } else { "" };
    let wide: Vec<u16> = prefix.encode_utf16().chain(text.encode_wide()).collect();
    if wide.contains(&0) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "a path holds no zero"));
    }
    Ok(wide.into_iter().chain([0]).collect())
}

/// Makes a folder for this user alone, and for another account, if one is given.
pub(crate) fn create_folder(path: &Path, account: Option<&str>) -> io::Result<()> {
    let account = account.map(rights::account).transpose()?;
    let descriptor = Descriptor::private(true, account.as_deref())?;
    let path = wide(path)?;
    // SAFETY: the path ends with zero, the attributes name a descriptor that lives until the call is over.
    done(unsafe { CreateDirectoryW(path.as_ptr(), &descriptor.attributes()) })
}

pub(crate) fn create_file(path: &Path) -> io::Result<File> {
    let descriptor = Descriptor::private(false, None)?;
    let path = wide(path)?;
    // SAFETY: as above; the handle is checked and owned by the file.
    unsafe {
        let handle = CreateFileW(
            path.as_ptr(),
            GENERIC_WRITE,
            FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
            &descriptor.attributes(),
            CREATE_NEW,
            FILE_ATTRIBUTE_NORMAL,
            ptr::null_mut(),
        );
        if handle == INVALID_HANDLE_VALUE {
            return Err(io::Error::last_os_error());
        }
        Ok(File::from_raw_handle(handle))
    }
}

/// Names of those who can reach a file besides its owner, this user, the system and the administrators. Inside of a
/// container there is nobody else.
pub(crate) fn others(file: &File) -> io::Result<Vec<String>> {
    let user = rights::user()?;
    if user.starts_with(CONTAINER) {
        return Ok(Vec::new());
    }
    let (mut owner, mut list): (PSID, *mut ACL) = (ptr::null_mut(), ptr::null_mut());
    let mut descriptor = ptr::null_mut();
    // SAFETY: the handle is that of an open file; owner and list lead into the descriptor, which is freed last.
    status(unsafe {
        GetSecurityInfo(
            file.as_raw_handle(),
            SE_FILE_OBJECT,
            OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION,
            &mut owner,
            ptr::null_mut(),
            &mut list,
            ptr::null_mut(),
            &mut descriptor,
        )
    })?;
    let _whole = Local(descriptor);
    if list.is_null() {
        return Ok(vec!["everyone (it has no access list)".to_owned()]);
    }
    let trusted = [user, rights::text(owner)?, SYSTEM.into(), ADMINISTRATORS.into(), OWNER.into()];
    // SAFETY: the list is not null and lives as long as the descriptor.
    let count = unsafe { (*list).AceCount };
    let mut others = Vec::new();
    for index in 0..u32::from(count) {
        let Some(sid) = let_in(list, index)? else { continue };
        if !trusted.contains(&rights::text(sid)?) {
            others.push(rights::name(sid)?);
        }
    }
    others.dedup();
    Ok(others)
}

/// Whom an entry lets read, change or hand on a file; none, if it only denies, or is for what is made in a folder.
fn let_in(list: *mut ACL, index: u32) -> io::Result<Option<PSID>> {
    /// Whatever gives the content away or lets it be changed: all but reading the rights and the times, and waiting.
    const HARMLESS: u32 = 0x0012_0080;
    let mut entry = ptr::null_mut();
    // SAFETY: the index is less than the list's count; entries begin with a header and lie within the list, and the
    // one of this type holds a mask and an account.
    unsafe {
        done(GetAce(list, index, &mut entry))?;
        let header = *entry.cast::<ACE_HEADER>();
        let allows = u32::from(header.AceType) == ACCESS_ALLOWED_ACE_TYPE;
        if !allows || u32::from(header.AceFlags) & INHERIT_ONLY_ACE != 0 {
            return Ok(None);
        }
        let entry = entry.cast::<ACCESS_ALLOWED_ACE>();
        let reaches = (*entry).Mask & !HARMLESS != 0;
        Ok(reaches.then(|| (&raw mut (*entry).SidStart).cast()))
    }
}

/// Lets everyone read a file.
#[cfg(test)]
pub(crate) fn open_to_everyone(path: &Path) -> io::Result<()> {
    use windows_sys::Win32::Security::SetFileSecurityW;
    let path = wide(path)?;
    let descriptor = Descriptor::parse("D:P(A;;FA;;;OW)(A;;FA;;;BA)(A;;FR;;;WD)")?;
    // SAFETY: the path ends with zero, the descriptor lives until the call is over.
    done(unsafe {
        SetFileSecurityW(
            path.as_ptr(),
            DACL_SECURITY_INFORMATION,
            descriptor.attributes().lpSecurityDescriptor,
        )
    })
}
