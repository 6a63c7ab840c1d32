//! A small disk that can be filled, in memory.

use std::fs::{DirBuilder, File};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A mounted file system; unmounted when this is dropped.
#[derive(Debug)]
pub struct Disk {
    at: PathBuf,
}

impl Disk {
    /// Mounts one of so many megabytes at a path, or tells why that is not possible here.
    pub fn mount(at: &Path, megabytes: u32) -> Result<Self, String> {
        DirBuilder::new().recursive(true).create(at).expect("a folder can be made");
        let size = format!("size={megabytes}m,mode=700");
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "opentwin-e2e"]).arg(at).output();
        match mount {
            Err(error) => Err(format!("`mount` cannot be run: {error}")),
            Ok(done) if !done.status.success() => {
                Err(String::from_utf8_lossy(&done.stderr).trim().to_owned())
            }
            Ok(_) => Ok(Self { at: at.to_owned() }),
        }
    }

    fn ballast(&self) -> PathBuf {
        self.at.join("ballast")
    }

    /// Fills it to the last byte.
    pub fn fill(&self) {
        let mut file =
            File::options().create(true).append(true).open(self.ballast()).expect("a file can be made");
        for size in [1 << 16, 1 << 12, 1] {
            let bytes = vec![0; size];
            loop {
                match file.write_all(&bytes) {
                    Ok(()) => {}
                    Err(error) if error.kind() == ErrorKind::StorageFull => break,
                    Err(error) => panic!("the disk cannot be filled: {error}"),
                }
            }
        }
    }

    /// Makes room again.
    pub fn free(&self) {
        std::fs::remove_file(self.ballast()).expect("it was filled");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: a process that is just ending may have a file open.
        let _ = Command::new("umount").arg("--lazy").arg(&self.at).status();
    }
}
