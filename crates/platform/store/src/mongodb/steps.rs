//! Projects: one document each, `{_id: name, refs, count, epoch, log, seq,
//! outbox, trimmed}`, so that one update moves any references, and notes the
//! event, all or nothing.
//!
//! Fences are documents of their own, for a project has as many as it had
//! runs. A fenced step reads the project's epoch, then its fence, and moves
//! the epoch on with its update; so a step that looked at its fence before
//! another raised it finds another epoch and looks again.

use ::mongodb::bson::{Bson, Document, doc};
use ::mongodb::options::ReturnDocument;

use super::Mongodb;
use super::failure::{duplicate, failed};
use super::keys::{below, binary, damaged, field, name, number, signed};
use super::streams::Head;
use crate::backend::{Fence, Publish, RefChange};
use crate::{Error, Hash, Result};

/// The most references of a project: their document holds 16 MB at most.
pub(super) const MAX_REFS: u64 = 20_000;
const ATTEMPTS: usize = 64;

/// One step as a conditional update of the project's document.
struct Update {
    filter: Document,
    change: Document,
}

fn dotted(change: &RefChange) -> String {
    format!("refs.{}", field(&change.name))
}

fn value(hash: Hash) -> Bson {
    binary(hash.as_bytes().to_vec())
}

fn reference(refs: &Document, name: &str) -> Result<Option<Hash>> {
    let Some(found) = refs.get(field(name)) else { return Ok(None) };
    let Bson::Binary(found) = found else { return Err(damaged("a reference")) };
    Hash::from_slice(&found.bytes).map(Some).ok_or_else(|| damaged("a reference"))
}

/// How many references the step adds, less those that it removes.
fn growth(step: &Publish) -> i64 {
    let of = |change: &RefChange| i64::from(change.new.is_some()) - i64::from(change.expected.is_some());
    step.refs.iter().map(of).sum()
}

impl Update {
    fn of(project: &str, step: &Publish, epoch: Option<u64>) -> Self {
        let (mut filter, mut set, mut unset) = (doc! { "_id": project }, Document::new(), Document::new());
        let (mut inc, mut change) = (Document::new(), Document::new());
        for wanted in &step.refs {
            let path = dotted(wanted);
            let is = wanted.expected.map_or_else(|| doc! { "$exists": false }.into(), value);
            filter.insert(path.clone(), is);
            match wanted.new {
                Some(new) => set.insert(path, value(new)),
                None => unset.insert(path, ""),
            };
        }
        let growth = growth(step);
        if growth != 0 {
            inc.insert("count", growth);
        }
        if let Ok(grown @ 1..) = u64::try_from(growth) {
            filter.insert("count", doc! { "$lte": signed(MAX_REFS.saturating_sub(grown)) });
        }
        if let Some(epoch) = epoch {
            filter.insert("epoch", signed(epoch));
            inc.insert("epoch", 1_i64);
        }
        if let Some((stream, payload)) = &step.event {
            filter.insert("log", doc! { "$in": ["", stream.as_str()] });
            set.insert("log", stream.as_str());
            inc.insert("seq", 1_i64);
            change.insert("$push", Head::entry(payload));
        }
        for (operator, fields) in [("$set", set), ("$unset", unset), ("$inc", inc)] {
            if !fields.is_empty() {
                change.insert(operator, fields);
            }
        }
        Self { filter, change }
    }
}

impl Mongodb {
    /// Objects and blobs are stored and marked as used already.
    pub(super) async fn step(&self, project: &str, step: &Publish) -> Result<Option<u64>> {
        if let Some((stream, payload)) = &step.event {
            Head::check(stream, payload)?;
        }
        for _ in 0..ATTEMPTS {
            let epoch = match &step.fence {
                Some(fence) => Some(self.pass(project, fence).await?),
                None => None,
            };
            let update = Update::of(project, step, epoch);
            if update.change.is_empty() {
                return Ok(None);
            }
            let moved = self
                .projects
                .find_one_and_update(update.filter, update.change)
                .projection(doc! { "seq": 1, "outbox": 1, "trimmed": 1 })
                .return_document(ReturnDocument::After);
            if let Some(document) = self.done("move references", moved).await? {
                let Some((stream, _)) = &step.event else { return Ok(None) };
                let head = Head::read(document)?;
                self.archive_when_long(&self.projects, stream, &head).await;
                return Ok(Some(head.seq));
            }
            self.explain(project, step).await?;
        }
        Err(Error::Unavailable { reason: format!("project `{project}` is written too often at once") })
    }

    /// The error that a step met, or nothing when it is worth another try.
    async fn explain(&self, project: &str, step: &Publish) -> Result<()> {
        let mut fields = doc! { "count": 1, "log": 1 };
        for change in &step.refs {
            fields.insert(dotted(change), 1);
        }
        let found = self.projects.find_one(doc! { "_id": project }).projection(fields);
        let Some(document) = self.done("read references", found).await? else {
            // Only a step that could succeed makes the project.
            return match step.refs.iter().find(|change| change.expected.is_some()) {
                Some(change) => Err(moved(change, None)),
                None => self.make(project).await,
            };
        };
        let empty = Document::new();
        let refs = document.get_document("refs").unwrap_or(&empty);
        for change in &step.refs {
            let actual = reference(refs, &change.name)?;
            if actual != change.expected {
                return Err(moved(change, actual));
            }
        }
        let count = number(&document, "count").unwrap_or(0);
        let grown = u64::try_from(growth(step)).unwrap_or(0);
        if grown > 0 && count + grown > MAX_REFS {
            let what = format!("branches, tags and other references in project `{project}`");
            return Err(Error::TooMany { what, limit: MAX_REFS });
        }
        let log = document.get_str("log").unwrap_or_default();
        match &step.event {
            Some((stream, _)) if !log.is_empty() && log != stream => Err(Error::Backend {
                action: "write an event",
                reason: format!("project `{project}` writes to stream `{log}`, not to `{stream}`"),
            }),
            _ => Ok(()),
        }
    }

    async fn make(&self, project: &str) -> Result<()> {
        let blank = doc! {
            "_id": project, "refs": {}, "count": 0_i64, "epoch": 0_i64,
            "log": "", "seq": 0_i64, "outbox": [], "trimmed": 0_i64,
        };
        match self.in_time(self.projects.insert_one(blank)).await? {
            Err(error) if !duplicate(&error) => Err(self.noted(failed("make a project", &error))),
            _ => Ok(()),
        }
    }

    /// Raises the fence, or is refused by it. Returns the epoch that the step
    /// must meet.
    async fn pass(&self, project: &str, fence: &Fence) -> Result<u64> {
        let epoch = loop {
            let query = self.projects.find_one(doc! { "_id": project }).projection(doc! { "epoch": 1 });
            match self.done("read a project", query).await? {
                Some(found) => break number(&found, "epoch").ok_or_else(|| damaged("a project's epoch"))?,
                None => self.make(project).await?,
            }
        };
        let Fence { scope, token } = fence.clone();
        let id = format!("{project}/{scope}");
        loop {
            let raised = self
                .fences
                .find_one_and_update(doc! { "_id": &id }, doc! { "$max": { "token": signed(token) } })
                .upsert(true)
                .return_document(ReturnDocument::After);
            match self.in_time(raised).await? {
                Ok(found) => {
                    let current = found.and_then(|found| number(&found, "token"));
                    let current = current.ok_or_else(|| damaged("a fence"))?;
                    if current > token {
                        return Err(Error::Fenced { scope, token, current });
                    }
                    return Ok(epoch);
                }
                // Two made it at once: it is there now.
                Err(error) if duplicate(&error) => {}
                Err(error) => return Err(self.noted(failed("raise a fence", &error))),
            }
        }
    }

    pub(super) async fn reference_of(&self, project: &str, name: &str) -> Result<Option<Hash>> {
        let path = format!("refs.{}", field(name));
        let query = self.projects.find_one(doc! { "_id": project }).projection(doc! { path: 1 });
        let found = self.done("read a reference", query).await?;
        found
            .map_or(Ok(None), |found| reference(found.get_document("refs").unwrap_or(&Document::new()), name))
    }

    pub(super) async fn references_of(&self, project: &str, prefix: &str) -> Result<Vec<(String, Hash)>> {
        let query = self.projects.find_one(doc! { "_id": project }).projection(doc! { "refs": 1 });
        let Some(found) = self.done("read references", query).await? else { return Ok(Vec::new()) };
        let refs = found.get_document("refs").map_err(|_| damaged("the references"))?;
        let names = refs.keys().map(|key| name(key)).filter(|name| name.starts_with(prefix));
        let pairs = names.map(|name| {
            let hash = reference(refs, &name)?.ok_or_else(|| damaged("a reference"))?;
            Ok((name, hash))
        });
        let mut pairs: Vec<(String, Hash)> = pairs.collect::<Result<_>>()?;
        pairs.sort();
        Ok(pairs)
    }

    pub(super) async fn project_names(&self) -> Result<Vec<String>> {
        let query = self
            .projects
            .find(doc! { "count": { "$gt": 0 } })
            .projection(doc! { "_id": 1 })
            .sort(doc! { "_id": 1 });
        let found = self.all("list projects", query).await?;
        found.iter().map(|one| one.get_str("_id").map(Into::into).map_err(|_| damaged("a project"))).collect()
    }

    /// The document stays with the position of the last event: positions go
    /// on should the name come again.
    pub(super) async fn clear_project(&self, project: &str) -> Result<()> {
        let blank = doc! { "$set": { "refs": {}, "count": 0_i64 }, "$inc": { "epoch": 1_i64 } };
        self.done("delete references", self.projects.update_one(doc! { "_id": project }, blank)).await?;
        self.drop_objects(project).await?;
        let scopes = doc! { "_id": { "$gte": format!("{project}/"), "$lt": below(&format!("{project}/")) } };
        self.done("delete fences", self.fences.delete_many(scopes)).await?;
        self.drop_blobs(project).await
    }
}

fn moved(change: &RefChange, actual: Option<Hash>) -> Error {
    let RefChange { name, expected, .. } = change.clone();
    Error::RefMoved { name, expected, actual }
}
