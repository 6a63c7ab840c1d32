//! Blobs as files: `blobs/<project>/ab/cdef…`, named by their hash.
//!
//! A blob is written beside, synced, then renamed, so a file under its name
//! is whole (**invariant**). Checksums of its pieces lie in the database, so
//! any range can be verified without reading the rest.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::UNIX_EPOCH;

use bytes::Bytes;
use futures::StreamExt;
use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinHandle};

use crate::backend::{BlobInfo, BlobStream};
use crate::{Error, Hash, Result};

/// The piece that one checksum covers, in bytes.
pub(super) const PIECE: u64 = 256 << 10;

pub(super) struct Files {
    root: PathBuf,
    /// The most bytes of all blobs together.
    limit: u64,
    used: Arc<AtomicU64>,
    next: AtomicU64,
    /// One makes folders at a time: who finds a folder may count on its being
    /// durable.
    folders: Arc<Mutex<()>>,
}

/// A blob that is written and synced but not yet under its name.
pub(super) struct Written {
    pub info: BlobInfo,
    pub sums: Vec<u8>,
    temporary: Temporary,
}

/// Removes the file unless it was renamed, and gives its bytes back.
struct Temporary {
    path: PathBuf,
    used: Arc<AtomicU64>,
    size: u64,
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
        self.used.fetch_sub(self.size, Ordering::Relaxed);
    }
}

/// Names what failed; a full disk is told apart.
pub(super) fn failed(action: &'static str) -> impl Fn(io::Error) -> Error {
    move |error| match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            Error::DiskFull { what: "blobs".into() }
        }
        _ => Error::Backend { action, reason: error.to_string() },
    }
}

/// Runs file work off the asynchronous threads.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    joined(tokio::task::spawn_blocking(work)).await
}

/// Waits for file work.
pub(super) async fn joined<T>(work: JoinHandle<Result<T>>) -> Result<T> {
    let broken = |error: JoinError| Error::Backend { action: "use a file", reason: error.to_string() };
    work.await.map_err(broken)?
}

impl Files {
    /// Opens the folder and removes what interrupted writes left.
    pub fn open(root: PathBuf, limit: u64, used: u64) -> Result<Self> {
        let temporary = root.join("tmp");
        if temporary.exists() {
            fs::remove_dir_all(&temporary).map_err(failed("clear the temporary folder"))?;
        }
        make_folder(&temporary)?;
        let used = Arc::new(AtomicU64::new(used));
        Ok(Self { root, limit, used, next: AtomicU64::new(0), folders: Arc::default() })
    }

    /// Writes the bytes to a temporary file and syncs it.
    pub async fn write(&self, mut bytes: BlobStream) -> Result<Written> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let path = self.root.join("tmp").join(number.to_string());
        let temporary = Temporary { path, used: self.used.clone(), size: 0 };
        let (pieces, queue) = mpsc::channel::<Bytes>(4);
        let limit = self.limit;
        let writer = tokio::spawn(blocking(move || write(temporary, queue, limit)));
        while let Some(piece) = bytes.next().await {
            // A closed channel means that the writer failed: it says why.
            match piece {
                Ok(piece) => {
                    if pieces.send(piece).await.is_err() {
                        break;
                    }
                }
                Err(error) => {
                    drop(pieces);
                    let _ = writer.await;
                    return Err(error);
                }
            }
        }
        drop(pieces);
        writer
            .await
            .unwrap_or_else(|error| Err(Error::Backend { action: "write a blob", reason: error.to_string() }))
    }

    /// Gives a written blob its name, durably.
    pub fn adopt(root: &Path, folders: &Mutex<()>, project: &str, mut written: Written) -> Result<()> {
        let path = path(root, project, written.info.hash);
        let folder = path.parent().unwrap_or(root);
        {
            let _alone = folders.lock().unwrap_or_else(PoisonError::into_inner);
            make_folder(folder)?;
        }
        fs::rename(&written.temporary.path, &path).map_err(failed("name a blob"))?;
        // Its bytes stay in use: the row in the database answers for them.
        written.temporary.size = 0;
        settle(&path)
    }

    pub fn folders(&self) -> Arc<Mutex<()>> {
        self.folders.clone()
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The bytes in use.
    #[cfg(test)]
    pub fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }

    /// Bytes are free again.
    pub fn give_back(&self, bytes: u64) {
        self.used.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// Tries whether there is room for a megabyte.
    pub fn probe(root: &Path) -> Result<()> {
        let path = root.join("tmp").join("probe");
        let mut file = File::create(&path).map_err(failed("test the disk"))?;
        let done = file.write_all(&[0; 1 << 20]).and_then(|()| file.sync_all());
        let _ = fs::remove_file(&path);
        done.map_err(failed("test the disk"))
    }
}

fn write(mut temporary: Temporary, mut queue: mpsc::Receiver<Bytes>, limit: u64) -> Result<Written> {
    let mut file = File::create_new(&temporary.path).map_err(failed("create a blob"))?;
    let mut whole = blake3::Hasher::new();
    let mut piece = blake3::Hasher::new();
    let (mut filled, mut size, mut sums) = (0, 0_u64, Vec::new());
    while let Some(bytes) = queue.blocking_recv() {
        let len = bytes.len() as u64;
        let used = temporary.used.fetch_add(len, Ordering::Relaxed);
        temporary.size += len;
        if used.saturating_add(len) > limit {
            return Err(Error::DiskFull { what: "blobs".into() });
        }
        file.write_all(&bytes).map_err(failed("write a blob"))?;
        whole.update(&bytes);
        size += len;
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let take = rest.len().min((PIECE - filled) as usize);
            piece.update(&rest[..take]);
            rest = &rest[take..];
            filled += take as u64;
            if filled == PIECE {
                sums.extend(piece.finalize().as_bytes());
                piece.reset();
                filled = 0;
            }
        }
    }
    if filled > 0 {
        sums.extend(piece.finalize().as_bytes());
    }
    file.sync_all().map_err(failed("sync a blob"))?;
    let info = BlobInfo { hash: whole.finalize().into(), size };
    Ok(Written { info, sums, temporary })
}

fn project_folder(root: &Path, project: &str) -> PathBuf {
    // "p-" keeps a project from taking the name of the temporary folder.
    root.join(format!("p-{project}"))
}

fn path(root: &Path, project: &str, hash: Hash) -> PathBuf {
    let hex = hash.to_string();
    project_folder(root, project).join(&hex[..2]).join(&hex[2..])
}

/// Reads `len` bytes from `offset`, which lie within the blob, and verifies
/// the pieces that they touch against `sums`, which begin with the first.
pub(super) fn read(
    root: &Path,
    project: &str,
    info: BlobInfo,
    (offset, len): (u64, usize),
    sums: &[u8],
) -> Result<Bytes> {
    let damaged = || Error::corrupt("a blob", info.hash);
    let mut file = match File::open(path(root, project, info.hash)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(damaged()),
        file => file.map_err(failed("open a blob"))?,
    };
    let start = offset / PIECE * PIECE;
    let end = (offset + len as u64).div_ceil(PIECE).saturating_mul(PIECE).min(info.size);
    let mut bytes = Vec::with_capacity((end - start) as usize);
    file.seek(SeekFrom::Start(start)).map_err(failed("read a blob"))?;
    file.take(end - start).read_to_end(&mut bytes).map_err(failed("read a blob"))?;
    if bytes.len() as u64 != end - start || sums.len() != bytes.len().div_ceil(PIECE as usize) * 32 {
        return Err(damaged());
    }
    for (piece, sum) in bytes.chunks(PIECE as usize).zip(sums.chunks(32)) {
        if blake3::hash(piece).as_bytes() != sum {
            return Err(damaged());
        }
    }
    let skip = (offset - start) as usize;
    Ok(Bytes::from(bytes).slice(skip..skip + len))
}

/// Deletes the files of blobs whose rows are gone.
pub(super) fn remove(root: &Path, project: &str, blobs: &[BlobInfo]) -> Result<()> {
    for blob in blobs {
        match fs::remove_file(path(root, project, blob.hash)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(failed("delete a blob")(error));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Deletes all files of a project.
pub(super) fn remove_project(root: &Path, project: &str) -> Result<()> {
    match fs::remove_dir_all(project_folder(root, project)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed("delete blobs")(error)),
        _ => Ok(()),
    }
}

/// The blobs whose files are older than `before` (Unix milliseconds).
pub(super) fn old_files(root: &Path, project: &str, before: u64) -> Result<Vec<Hash>> {
    let mut found = Vec::new();
    let Ok(folders) = fs::read_dir(project_folder(root, project)) else { return Ok(found) };
    for folder in folders.flatten() {
        for file in fs::read_dir(folder.path()).into_iter().flatten().flatten() {
            let name = format!("{}{}", folder.file_name().display(), file.file_name().display());
            let age = file.metadata().and_then(|data| data.modified()).ok();
            let written = age.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
            let old = written.is_some_and(|time| time.as_millis() < u128::from(before));
            if let (true, Ok(hash)) = (old, name.parse()) {
                found.push(hash);
            }
        }
    }
    Ok(found)
}

/// Makes a folder and those above it, each entry durable.
pub(super) fn make_folder(folder: &Path) -> Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty());
    if let Some(parent) = parent {
        make_folder(parent)?;
    }
    system::private::create_folder(folder).map_err(failed("make a folder"))?;
    settle(folder)
}

/// Makes the entry of a file or folder durable.
fn settle(path: &Path) -> Result<()> {
    system::durable::settle(path).map_err(failed("sync a folder"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_has_its_own_error() {
        for kind in [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded] {
            assert_eq!(failed("write")(kind.into()).code(), "disk_full");
        }
        assert_eq!(failed("write")(io::ErrorKind::PermissionDenied.into()).code(), "backend");
    }

    /// The kernel's own full device.
    #[cfg(target_os = "linux")]
    #[test]
    fn the_full_device_is_a_full_disk() {
        let result = File::options()
            .write(true)
            .open("/dev/full")
            .and_then(|mut file| file.write_all(b"x"))
            .map_err(failed("write"));
        assert!(matches!(result, Err(Error::DiskFull { .. })));
    }
}
