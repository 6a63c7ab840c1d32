//! Files and folders that only their owner can reach.
//!
//! On Unix that is a mode. On Windows it is an access list of its own, which takes nothing from the folder above:
//! the user who runs the program, the system itself, and the administrators, who could take the file anyway.

use std::fmt;
use std::fs::File;
use std::io;
use std::path::Path;

/// Who else may read a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readers {
    /// Nobody but the owner.
    Owner,
    /// The file's group too: so orchestrators hand secrets to a process that is not root.
    OwnerAndGroup,
}

/// Why a file is no secret: whom its rights let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exposure {
    rights: String,
}

impl Exposure {
    /// What closes the file, for people.
    pub fn remedy(&self, path: &Path) -> String {
        let path = path.display();
        if cfg!(windows) {
            // Its owner's rights, those of the system and of the administrators, by their well-known numbers.
            format!(
                "`icacls \"{path}\" /inheritance:r /grant:r *S-1-3-4:F *S-1-5-18:F *S-1-5-32-544:F` closes it"
            )
        } else {
            format!("`chmod 600 {path}` closes it")
        }
    }
}

impl fmt::Display for Exposure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rights)
    }
}

/// Makes a folder, and those above it that are missing, for this user alone; one that is there is left as it is.
///
/// # Errors
/// What the system says, such as that a file stands in its place.
pub fn create_folder(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(path)
    }
    #[cfg(windows)]
    {
        if path.is_dir() {
            return Ok(());
        }
        if let Some(above) = path.parent().filter(|above| !above.as_os_str().is_empty()) {
            create_folder(above)?;
        }
        match crate::windows::files::create_folder(path, None) {
            // Somebody else made it in this moment.
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
            made => made,
        }
    }
}

/// As [`create_folder`], for an account besides (`DOMAIN\\NAME`, or its number `S-1-…`), which can use what is in it.
/// Folders above it that are missing have the rights of the folder that they are in.
///
/// # Errors
/// What the system says, such as that there is no such account.
#[cfg(windows)]
pub fn create_folder_for(path: &Path, account: &str) -> io::Result<()> {
    if let Some(above) = path.parent() {
        std::fs::create_dir_all(above)?;
    }
    crate::windows::files::create_folder(path, Some(account))
}

/// Makes a new file for this user alone, opened for writing. It has its rights from its first moment.
///
/// # Errors
/// What the system says, such as that there is such a file.
pub fn create_file(path: &Path) -> io::Result<File> {
    #[cfg(unix)]
    {
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(path)
    }
    #[cfg(windows)]
    {
        crate::windows::files::create_file(path)
    }
}

/// Whether others can reach an open file, and by which rights. Asked of the open file, so that it cannot be exchanged
/// in between. In a container of Windows nobody else is there, and files that are mounted have the host's rights: so
/// none is exposed.
///
/// # Errors
/// What the system says when its rights cannot be read.
pub fn exposure(file: &File, readers: Readers) -> io::Result<Option<Exposure>> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = file.metadata()?.permissions().mode() & 0o7777;
        let closed = match readers {
            Readers::Owner => 0o077,
            Readers::OwnerAndGroup => 0o027,
        };
        Ok((mode & closed != 0).then(|| Exposure { rights: format!("mode {mode:04o}") }))
    }
    #[cfg(windows)]
    {
        // There is no group of a file in that sense.
        let _ = readers;
        let others = crate::windows::files::others(file)?;
        Ok((!others.is_empty()).then(|| Exposure { rights: format!("rights for {}", others.join(", ")) }))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::io::Write as _;

    fn exposed(path: &Path, readers: Readers) -> Option<Exposure> {
        exposure(&File::open(path).unwrap(), readers).unwrap()
    }

    #[test]
    fn what_is_made_private_is_not_exposed() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("a").join("b");
        create_folder(&inner).unwrap();
        create_folder(&inner).unwrap();
        let path = inner.join("secret");
        create_file(&path).unwrap().write_all(b"x").unwrap();
        assert_eq!(exposed(&path, Readers::Owner), None);
        assert_eq!(std::fs::read(&path).unwrap(), b"x");
        assert_eq!(create_file(&path).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert!(create_folder(&path).is_err());
        std::fs::remove_file(&path).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn the_group_may_read_where_that_is_said() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        create_file(&path).unwrap();
        for (mode, owner, group) in
            [(0o600, true, true), (0o640, false, true), (0o660, false, false), (0o604, false, false)]
        {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(exposed(&path, Readers::Owner).is_none(), owner, "{mode:o}");
            assert_eq!(exposed(&path, Readers::OwnerAndGroup).is_none(), group, "{mode:o}");
        }
        let exposure = exposed(&path, Readers::Owner).unwrap();
        assert_eq!(exposure.to_string(), "mode 0604");
        assert!(exposure.remedy(&path).contains("chmod 600"));
    }

    #[cfg(windows)]
    #[test]
    fn a_file_that_all_may_read_is_exposed_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        std::fs::write(&path, "x").unwrap();
        crate::windows::files::open_to_everyone(&path).unwrap();
        let exposure = exposed(&path, Readers::Owner).unwrap();
        assert!(exposure.to_string().starts_with("rights for "), "{exposure}");
        assert!(exposure.remedy(&path).contains("icacls"));
    }
}
