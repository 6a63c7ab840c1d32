//! Records on disk: files of JSON lines, each named for the number of its first record; the newest is
//! appended to, the oldest are deleted when all are too large together.

use std::collections::VecDeque;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use api::v1::LogRecord;

use crate::Error;
use crate::record;

/// Largest segment, so that one can be read at once.
const LARGEST: u64 = 16 << 20;

/// Segments that what is kept is divided into, at least: as much as one of them goes at a time.
const PARTS: u64 = 8;

struct Segment {
    first: u64,
    bytes: u64,
}

/// The files of the log.
pub(crate) struct Segments {
    folder: PathBuf,
    keep: u64,
    size: u64,
    /// The oldest first.
    files: VecDeque<Segment>,
    /// The newest, while it is written to.
    current: Option<File>,
    dirty: bool,
    /// Held while the log is open.
    _lock: File,
}

impl Segments {
    /// Opens a folder, which is made if it does not exist, to keep at most `keep` bytes.
    pub(crate) fn open(folder: &Path, keep: u64) -> Result<Self, Error> {
        std::fs::create_dir_all(folder).map_err(Error::io("make", folder))?;
        let lock = lock(folder)?;
        let mut files = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(Error::io("read", folder))? {
            let entry = entry.map_err(Error::io("read", folder))?;
            let name = entry.file_name();
            let first = name.to_str().and_then(|name| name.strip_suffix(".jsonl")?.parse().ok());
            if let Some(first) = first {
                let bytes = entry.metadata().map_err(Error::io("read", &entry.path()))?.len();
                files.push(Segment { first, bytes });
            }
        }
        files.sort_by_key(|segment| segment.first);
        let size = (keep / PARTS).min(LARGEST);
        let mut segments = Self {
            folder: folder.to_owned(),
            keep,
            size,
            files: files.into(),
            current: None,
            dirty: false,
            _lock: lock,
        };
        segments.mend()?;
        segments.discard();
        Ok(segments)
    }

    /// Cuts off the line that a crash broke off, and goes on where that leaves the newest segment.
    fn mend(&mut self) -> Result<(), Error> {
        let Some(newest) = self.files.back_mut() else { return Ok(()) };
        let path = path(&self.folder, newest.first);
        let bytes = std::fs::read(&path).map_err(Error::io("read", &path))?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1) as u64;
        let mut file = OpenOptions::new().write(true).open(&path).map_err(Error::io("open", &path))?;
        if whole < bytes.len() as u64 {
            tracing::warn!(bytes = bytes.len() as u64 - whole, "the last line of the log was broken off");
            file.set_len(whole).map_err(Error::io("mend", &path))?;
        }
        file.seek(SeekFrom::End(0)).map_err(Error::io("open", &path))?;
        newest.bytes = whole;
        self.current = Some(file);
        Ok(())
    }

    /// Appends whole lines, of which `first` is the number of the first record.
    pub(crate) fn append(&mut self, first: u64, lines: &[u8]) -> Result<(), Error> {
        let full = self.files.back().is_none_or(|newest| newest.bytes >= self.size);
        if full || self.current.is_none() {
            self.begin(first)?;
        }
        let (Some(file), Some(newest)) = (&mut self.current, self.files.back_mut()) else { return Ok(()) };
        let path = path(&self.folder, newest.first);
        if let Err(error) = file.write_all(lines) {
            // Half a line must not stay between whole ones; where even that fails, a new file is begun.
            let mended = file.set_len(newest.bytes).and_then(|()| file.seek(SeekFrom::End(0)));
            if mended.is_err() {
                self.current = None;
            }
            return Err(Error::io("write", &path)(error));
        }
        newest.bytes += lines.len() as u64;
        self.dirty = true;
        self.discard();
        Ok(())
    }

    fn begin(&mut self, first: u64) -> Result<(), Error> {
        self.sync()?;
        let path = path(&self.folder, first);
        let file = OpenOptions::new().create(true).truncate(true).write(true).open(&path);
        self.current = Some(file.map_err(Error::io("create", &path))?);
        self.files.retain(|segment| segment.first != first);
        self.files.push_back(Segment { first, bytes: 0 });
        Ok(())
    }

    /// Deletes the oldest segments until what is left is small enough.
    fn discard(&mut self) {
        let mut total: u64 = self.files.iter().map(|segment| segment.bytes).sum();
        while total > self.keep && self.files.len() > 1 {
            let Some(oldest) = self.files.pop_front() else { return };
            total -= oldest.bytes;
            let path = path(&self.folder, oldest.first);
            if let Err(error) = std::fs::remove_file(&path) {
                tracing::warn!(%error, path = %path.display(), "an old segment of the log cannot be deleted");
            }
        }
    }

    /// Makes durable what was written.
    pub(crate) fn sync(&mut self) -> Result<(), Error> {
        if let (Some(file), true) = (&self.current, self.dirty) {
            file.sync_data().map_err(Error::io("sync", &self.folder))?;
            self.dirty = false;
        }
        Ok(())
    }

    /// The segments, the newest first, to be read with [`read`].
    pub(crate) fn list(&self) -> Vec<(u64, PathBuf)> {
        self.files.iter().rev().map(|segment| (segment.first, path(&self.folder, segment.first))).collect()
    }
}

/// The records of a segment, the oldest first; damaged lines are passed over. A segment that is gone has none.
pub(crate) fn read(path: &Path) -> Result<Vec<LogRecord>, Error> {
    let bytes = match std::fs::read(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        bytes => bytes.map_err(Error::io("read", path))?,
    };
    let mut damaged = 0;
    let mut records = Vec::new();
    // What follows the last end of a line is being written.
    for line in bytes.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n")) {
        match record::read(line) {
            Some(record) => records.push(record),
            None => damaged += 1,
        }
    }
    if damaged > 0 {
        tracing::warn!(lines = damaged, path = %path.display(), "damaged lines of the log are passed over");
    }
    Ok(records)
}

fn path(folder: &Path, first: u64) -> PathBuf {
    folder.join(format!("{first:020}.jsonl"))
}

fn lock(folder: &Path) -> Result<File, Error> {
    let path = folder.join("lock");
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
    let file = file.map_err(Error::io("open", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::Locked(folder.to_owned())),
        Err(TryLockError::Error(error)) => Err(Error::io("lock", &path)(error)),
    }
}
