//! A file that is written beside its place and put there when it is whole; or standard output.

use std::path::{Path, PathBuf};

use api::{Code, Failure};
use tokio::io::{AsyncWrite, AsyncWriteExt as _};

type Writer = Box<dyn AsyncWrite + Unpin + Send>;

/// Where an export is written to.
pub(crate) struct Target {
    writer: Writer,
    /// Where it is written, and where it belongs. `None` for standard output.
    places: Option<(PathBuf, PathBuf)>,
}

impl Target {
    /// A file at a path; `-` is standard output.
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        if path == Path::new("-") {
            return Ok(Self { writer: Box::new(tokio::io::stdout()), places: None });
        }
        if path.is_dir() {
            return Err(Code::Usage
                .because(format!("{} is a folder", path.display()))
                .remedy("give the name of a file"));
        }
        let mut beside = path.as_os_str().to_owned();
        beside.push(format!(".{}.part", std::process::id()));
        let beside = PathBuf::from(beside);
        // A new file, so that no link is followed.
        let _ = std::fs::remove_file(&beside);
        let file = std::fs::OpenOptions::new().write(true).create_new(true).open(&beside);
        let file = file.map_err(|e| failed(path, &e))?;
        let writer = Box::new(tokio::fs::File::from_std(file));
        Ok(Self { writer, places: Some((beside, path.to_owned())) })
    }

    /// What takes the bytes.
    pub(crate) fn writer(&mut self) -> &mut (impl AsyncWrite + Unpin + use<>) {
        &mut self.writer
    }

    /// Writes bytes.
    pub(crate) async fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let place = self.place();
        self.writer.write_all(bytes).await.map_err(|e| failed(&place, &e))
    }

    /// Puts the file in its place.
    pub(crate) async fn finish(mut self) -> Result<(), Failure> {
        let place = self.place();
        self.writer.flush().await.map_err(|e| failed(&place, &e))?;
        match self.places.take() {
            None => Ok(()),
            Some((beside, path)) => std::fs::rename(&beside, &path).map_err(|e| {
                let _ = std::fs::remove_file(&beside);
                failed(&path, &e)
            }),
        }
    }

    fn place(&self) -> PathBuf {
        self.places.as_ref().map_or_else(|| PathBuf::from("standard output"), |(_, path)| path.clone())
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        if let Some((beside, _)) = &self.places {
            let _ = std::fs::remove_file(beside);
        }
    }
}

fn failed(path: &Path, error: &std::io::Error) -> Failure {
    use std::io::ErrorKind as K;
    let (code, remedy) = match error.kind() {
        K::StorageFull | K::QuotaExceeded => (Code::DiskFull, "free space on this machine's disk"),
        _ => (Code::Io, "check the folder and your rights on it"),
    };
    code.because(format!("cannot write {}: {error}", path.display())).remedy(remedy)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test]
    async fn a_file_is_whole_or_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, "old").unwrap();
        let mut target = Target::open(&path).unwrap();
        target.write(b"half").await.unwrap();
        drop(target);
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
        let mut target = Target::open(&path).unwrap();
        target.write(b"new").await.unwrap();
        target.finish().await.unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        assert_eq!(Target::open(folder.path()).err().unwrap().code, Code::Usage);
        assert_eq!(Target::open(&folder.path().join("no/a")).err().unwrap().code, Code::Io);
    }
}
