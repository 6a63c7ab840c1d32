//! `opentwin store`: everything that `project` and `authorization` keep, into one file and back.
//!
//! The file begins with `OTSITE01`. Then come pieces: whose (one byte), the length (four bytes, little-endian), the
//! bytes; one with neither ends it. The pieces of one service make up an archive of the store, which checks itself.

use std::path::{Path, PathBuf};

use api::{Code, Failure};
use bytes::Bytes;
use clap::{Args, Subcommand, ValueEnum};
use futures::StreamExt as _;
use serde_json::{Value, json};
use store::{Address, Imported, Place, Repository};
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, BufReader, BufWriter};
use tokio::sync::mpsc;

use crate::commands::Out;

const MAGIC: &[u8; 8] = b"OTSITE01";
/// The longest piece in bytes.
const LONGEST: usize = 16 << 20;
const END: u8 = 0;

/// Everything that a site keeps, into one file and back
///
/// Works on the stores themselves, so `project` and `authorization` must not run on SQLite meanwhile; on MongoDB they
/// may. The file holds the hashes of passwords and tokens: keep it as you keep a key.
#[derive(Subcommand)]
pub enum Command {
    /// Write projects with their history, files and runs, people, groups, rights and the audit into a file
    #[command(after_help = "Example:\n  opentwin store export site.otsite --state /var/lib/opentwin")]
    Export(Work),
    /// Read such a file into empty stores
    #[command(after_help = "Example:\n  opentwin store import site.otsite --database mongodb://db:27017")]
    Import(Work),
}

/// What to work on.
#[derive(Args)]
pub struct Work {
    /// The file
    file: PathBuf,
    /// State directory as `opentwin up` has it, with the folders `project` and `authorization`
    #[arg(long, env = "OPENTWIN_STATE", value_name = "DIR")]
    state: Option<PathBuf>,
    /// Only what this service keeps
    #[arg(long, value_enum)]
    only: Option<Part>,
    /// Database: `sqlite`, or `mongodb://[user@]host[:port][,…]` without a password [default: sqlite]
    #[arg(long, env = "OPENTWIN_DATABASE", value_name = "ADDRESS")]
    database: Option<Address>,
    /// File that holds the password of the database's user
    #[arg(long, env = "OPENTWIN_DATABASE_PASSWORD_FILE", value_name = "FILE")]
    database_password_file: Option<PathBuf>,
    /// Certificates (PEM) of those who may sign the database server's; turns TLS on
    #[arg(long, env = "OPENTWIN_DATABASE_CA", value_name = "FILE")]
    database_ca: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    Project,
    Authorization,
}

impl Part {
    const ALL: [Self; 2] = [Self::Project, Self::Authorization];

    fn name(self) -> &'static str {
        match self {
            Self::Project => "project",
            Self::Authorization => "authorization",
        }
    }

    fn mark(self) -> u8 {
        match self {
            Self::Project => b'P',
            Self::Authorization => b'A',
        }
    }

    /// Streams that are worth keeping; those of projects are told by their versions.
    fn streams(self) -> &'static [&'static str] {
        match self {
            Self::Project => &[],
            Self::Authorization => &[authorization::AUDIT, authorization::AUDIT_REFUSED],
        }
    }
}

impl Command {
    /// Does it.
    pub async fn execute(self, out: &Out) -> Result<(), Failure> {
        match self {
            Self::Export(work) => work.export(out).await,
            Self::Import(work) => work.import(out).await,
        }
    }
}

fn failed(path: &Path) -> impl Fn(std::io::Error) -> Failure + '_ {
    move |error| {
        let full = error.kind() == std::io::ErrorKind::StorageFull;
        let code = if full { Code::DiskFull } else { Code::Io };
        code.because(format!("{}: {error}", path.display()))
    }
}

impl Work {
    fn place(&self, part: Part) -> Result<Place, Failure> {
        let sqlite = self.database.as_ref().is_none_or(|address| address.to_string() == "sqlite");
        let state = match &self.state {
            Some(state) => state.join(part.name()),
            None if sqlite => {
                return Err(runtime::options::missing("state", "where the site keeps its data"));
            }
            None => PathBuf::new(),
        };
        let (database, file, ca) =
            (self.database.clone(), self.database_password_file.clone(), self.database_ca.clone());
        Ok(match part {
            Part::Project => project::Options {
                database,
                database_password_file: file,
                database_ca: ca,
                ..project::Options::default()
            }
            .place(&state),
            Part::Authorization => authorization::Options {
                database,
                database_password_file: file,
                database_ca: ca,
                ..authorization::Options::default()
            }
            .place(&state),
        })
    }

    async fn open(&self, part: Part, must_exist: bool) -> Result<Repository, Failure> {
        let place = self.place(part)?;
        let sqlite = place.address.as_ref().is_none_or(|address| address.to_string() == "sqlite");
        if must_exist && sqlite && !place.directory.join("store.db").is_file() {
            return Err(Code::NotFound
                .because(format!("there is no store in {}", place.directory.display()))
                .remedy("give the state directory of the site with --state"));
        }
        Ok(Repository::new(place.open().await.map_err(project::store_failure)?))
    }

    fn parts(&self) -> Vec<Part> {
        Part::ALL.into_iter().filter(|part| self.only.is_none_or(|only| only == *part)).collect()
    }

    async fn export(self, out: &Out) -> Result<(), Failure> {
        let failed = failed(&self.file);
        let opened = system::private::create_file(&self.file);
        if opened.as_ref().is_err_and(|error| error.kind() == std::io::ErrorKind::AlreadyExists) {
            return Err(Code::Exists.because(format!("{} exists already", self.file.display())));
        }
        let mut file = BufWriter::new(File::from_std(opened.map_err(&failed)?));
        match self.write(&mut file, out).await {
            Ok(services) if out.json() => out.value(&json!({"file": self.file, "services": services})),
            Ok(_) => out.line(&format!("{} written", self.file.display())),
            Err(failure) => {
                // Half a file must not pass for a backup.
                let _ = tokio::fs::remove_file(&self.file).await;
                Err(failure)
            }
        }
    }

    /// Writes the file; what of each service stands in it.
    async fn write(&self, file: &mut BufWriter<File>, out: &Out) -> Result<Vec<Value>, Failure> {
        let failed = failed(&self.file);
        let mut written = Vec::new();
        file.write_all(MAGIC).await.map_err(&failed)?;
        for part in self.parts() {
            let repository = self.open(part, true).await?;
            let mut archive = repository.export_all(part.streams());
            while let Some(piece) = archive.next().await {
                for piece in piece.map_err(project::store_failure)?.chunks(LONGEST) {
                    file.write_u8(part.mark()).await.map_err(&failed)?;
                    file.write_u32_le(piece.len() as u32).await.map_err(&failed)?;
                    file.write_all(piece).await.map_err(&failed)?;
                }
            }
            let projects = repository.projects().await.map_err(project::store_failure)?.len();
            written.push(json!({"service": part.name(), "projects": projects}));
            if !out.json() {
                out.line(&format!("{}: {projects} projects, and all records", part.name()))?;
            }
        }
        file.write_u8(END).await.map_err(&failed)?;
        file.write_u32_le(0).await.map_err(&failed)?;
        file.flush().await.map_err(&failed)?;
        file.get_ref().sync_all().await.map_err(&failed)?;
        Ok(written)
    }

    async fn import(self, out: &Out) -> Result<(), Failure> {
        let mut file = BufReader::new(File::open(&self.file).await.map_err(failed(&self.file))?);
        let mut magic = [0; 8];
        let read = file.read_exact(&mut magic).await;
        if read.is_err() || magic != *MAGIC {
            return Err(Code::Invalid
                .because(format!("{} is no file of `opentwin store export`", self.file.display())));
        }
        let wanted = self.parts();
        let mut reading: Option<Reading> = None;
        let (mut done, mut read) = (Vec::new(), Vec::new());
        loop {
            let (mark, piece) = self.piece(&mut file).await?;
            if reading.as_ref().is_some_and(|reading| reading.part.mark() != mark)
                && let Some(reading) = reading.take()
            {
                done.push(reading.part);
                read.push(reading.end(out).await?);
            }
            if mark == END {
                break;
            }
            let part =
                Part::ALL.into_iter().find(|part| part.mark() == mark).ok_or_else(|| self.damaged())?;
            if done.contains(&part) {
                return Err(self.damaged());
            }
            if !wanted.contains(&part) {
                continue;
            }
            if reading.is_none() {
                reading = Some(Reading::start(part, self.open(part, false).await?).await?);
            }
            if let Some(reading) = &reading {
                // Who does not take it any more says why at the end.
                let _ = reading.pieces.send(Ok(piece)).await;
            }
        }
        match wanted.iter().find(|part| !done.contains(part)) {
            None if out.json() => out.value(&json!({"services": read})),
            None => Ok(()),
            Some(part) => Err(Code::Invalid
                .because(format!("{} holds nothing of `{}`", self.file.display(), part.name()))
                .remedy("the rest was imported; name it with --only")),
        }
    }

    async fn piece(&self, file: &mut BufReader<File>) -> Result<(u8, Bytes), Failure> {
        let cut = |_| self.damaged();
        let mark = file.read_u8().await.map_err(cut)?;
        let length = file.read_u32_le().await.map_err(cut)? as usize;
        if length > LONGEST || (mark == END && length > 0) {
            return Err(self.damaged());
        }
        let mut piece = vec![0; length];
        file.read_exact(&mut piece).await.map_err(cut)?;
        Ok((mark, piece.into()))
    }

    fn damaged(&self) -> Failure {
        Code::Corrupt
            .because(format!("{} is damaged or not whole", self.file.display()))
            .remedy("take another copy; start again with empty stores")
    }
}

/// An archive on its way into a store.
struct Reading {
    part: Part,
    pieces: mpsc::Sender<store::Result<Bytes>>,
    task: tokio::task::JoinHandle<store::Result<Imported>>,
}

impl Reading {
    async fn start(part: Part, repository: Repository) -> Result<Self, Failure> {
        let projects = repository.projects().await.map_err(project::store_failure)?;
        let records = repository.backend().list_collections().await.map_err(project::store_failure)?;
        if !projects.is_empty() || !records.is_empty() {
            return Err(Code::Exists
                .because(format!("the store of `{}` holds data already", part.name()))
                .remedy("import into an empty state directory or database"));
        }
        let (pieces, queue) = mpsc::channel(4);
        let archive = futures::stream::unfold(queue, |mut queue: mpsc::Receiver<_>| async move {
            queue.recv().await.map(|item| (item, queue))
        });
        let task = tokio::spawn(async move { repository.import(Box::pin(archive), None, "import").await });
        Ok(Self { part, pieces, task })
    }

    /// Waits for the end; what was read.
    async fn end(self, out: &Out) -> Result<Value, Failure> {
        drop(self.pieces);
        let ended =
            self.task.await.map_err(|e| Code::Internal.because(format!("the import broke off: {e}")))?;
        let Imported { projects, records, entries } = ended.map_err(project::store_failure)?;
        let (name, projects) = (self.part.name(), projects.len());
        if !out.json() {
            out.line(&format!(
                "{name}: {projects} projects, {records} records, {entries} entries of the audit"
            ))?;
        }
        Ok(json!({"service": name, "projects": projects, "records": records, "auditEntries": entries}))
    }
}

#[cfg(test)]
mod tests;
