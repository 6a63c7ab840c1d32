//! A back end in memory: for tests, and as the plainest statement of what a
//! back end does.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use futures::TryStreamExt;

use crate::backend::{Backend, BlobInfo, BlobStream, Entry, Fence, Health, Object, Publish, Record};
use crate::{Error, Hash, Result, now};

/// Projects in memory, gone with it.
#[derive(Default)]
pub struct Memory {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    projects: BTreeMap<String, Project>,
    records: BTreeMap<(String, String), (u64, Bytes)>,
    revision: u64,
    streams: BTreeMap<String, Stream>,
}

#[derive(Default)]
struct Project {
    objects: BTreeMap<Hash, (u64, Bytes)>,
    refs: BTreeMap<String, Hash>,
    fences: BTreeMap<String, u64>,
    blobs: BTreeMap<Hash, (u64, Bytes)>,
}

#[derive(Default)]
struct Stream {
    last: u64,
    entries: BTreeMap<u64, Bytes>,
}

impl State {
    fn append(&mut self, stream: &str, payload: Bytes) -> u64 {
        let stream = self.streams.entry(stream.to_owned()).or_default();
        stream.last += 1;
        stream.entries.insert(stream.last, payload);
        stream.last
    }

    fn revision_of(&self, collection: &str, key: &str) -> Option<u64> {
        self.records.get(&(collection.to_owned(), key.to_owned())).map(|record| record.0)
    }

    fn check(&self, collection: &str, key: &str, expected: Option<u64>) -> Result<()> {
        let actual = self.revision_of(collection, key);
        if actual == expected {
            return Ok(());
        }
        Err(Error::StaleRecord { collection: collection.into(), key: key.into(), actual })
    }
}

impl Project {
    /// Everything that can refuse a step, before anything changes.
    fn check(&self, step: &Publish) -> Result<()> {
        if let Some(Fence { scope, token }) = step.fence.clone() {
            let current = self.fences.get(&scope).copied().unwrap_or(0);
            if current > token {
                return Err(Error::Fenced { scope, token, current });
            }
        }
        for change in &step.refs {
            let actual = self.refs.get(&change.name).copied();
            if actual != change.expected {
                let (name, expected) = (change.name.clone(), change.expected);
                return Err(Error::RefMoved { name, expected, actual });
            }
        }
        match step.blobs.iter().find(|blob| !self.blobs.contains_key(blob)) {
            Some(blob) => Err(Error::not_found("blob", blob)),
            None => Ok(()),
        }
    }

    fn put(&mut self, objects: Vec<Object>) {
        for (hash, bytes) in objects {
            self.objects.insert(hash, (now(), bytes));
        }
    }
}

impl Memory {
    /// An empty back end.
    pub fn new() -> Self {
        Self::default()
    }

    /// Changes one byte of an object or blob, as a failing disk would; says
    /// whether there was one.
    #[doc(hidden)]
    pub fn damage(&self, project: &str, hash: Hash) -> bool {
        let mut state = self.lock();
        let Some(project) = state.projects.get_mut(project) else { return false };
        let found = project.objects.get_mut(&hash).or_else(|| project.blobs.get_mut(&hash));
        let Some((_, bytes)) = found else { return false };
        let mut changed = bytes.to_vec();
        if let Some(last) = changed.last_mut() {
            *last ^= 1;
        }
        *bytes = changed.into();
        true
    }

    /// Makes all objects and blobs of a project older, in milliseconds, as
    /// time would.
    #[doc(hidden)]
    pub fn age(&self, project: &str, by: u64) {
        self.with(project, |project| {
            let times = project.objects.values_mut().chain(project.blobs.values_mut());
            times.for_each(|(time, _)| *time = time.saturating_sub(by));
        });
    }

    /// Every change of the state is whole, so a poisoned lock is still good.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with<T: Default>(&self, project: &str, work: impl FnOnce(&mut Project) -> T) -> T {
        self.lock().projects.get_mut(project).map(work).unwrap_or_default()
    }
}

#[async_trait]
impl Backend for Memory {
    async fn get_objects(&self, project: &str, hashes: &[Hash]) -> Result<Vec<Option<Bytes>>> {
        let mut found: Vec<Option<Bytes>> = self.with(project, |project| {
            hashes.iter().map(|hash| project.objects.get(hash).map(|o| o.1.clone())).collect()
        });
        found.resize(hashes.len(), None);
        Ok(found)
    }

    async fn put_objects(&self, project: &str, objects: Vec<Object>) -> Result<()> {
        self.lock().projects.entry(project.to_owned()).or_default().put(objects);
        Ok(())
    }

    async fn list_objects(&self, project: &str, from: Hash, limit: usize) -> Result<Vec<Hash>> {
        Ok(self
            .with(project, |project| project.objects.range(from..).map(|item| *item.0).take(limit).collect()))
    }

    async fn delete_objects(&self, project: &str, hashes: &[Hash], before: u64) -> Result<usize> {
        Ok(self.with(project, |project| {
            let mut count = 0;
            for hash in hashes {
                if project.objects.get(hash).is_some_and(|object| object.0 < before) {
                    project.objects.remove(hash);
                    count += 1;
                }
            }
            count
        }))
    }

    async fn get_ref(&self, project: &str, name: &str) -> Result<Option<Hash>> {
        Ok(self.with(project, |project| project.refs.get(name).copied()))
    }

    async fn list_refs(&self, project: &str, prefix: &str) -> Result<Vec<(String, Hash)>> {
        Ok(self.with(project, |project| {
            let wanted = project.refs.iter().filter(|item| item.0.starts_with(prefix));
            wanted.map(|(name, hash)| (name.clone(), *hash)).collect()
        }))
    }

    async fn publish(&self, project: &str, step: Publish) -> Result<Option<u64>> {
        let mut state = self.lock();
        let project = state.projects.entry(project.to_owned()).or_default();
        project.check(&step)?;
        project.put(step.objects);
        project.fences.extend(step.fence.map(|fence| (fence.scope, fence.token)));
        for blob in step.blobs {
            project.blobs.entry(blob).and_modify(|blob| blob.0 = now());
        }
        for change in step.refs {
            match change.new {
                Some(new) => project.refs.insert(change.name, new),
                None => project.refs.remove(&change.name),
            };
        }
        Ok(step.event.map(|(stream, payload)| state.append(&stream, payload)))
    }

    async fn list_projects(&self) -> Result<Vec<String>> {
        let state = self.lock();
        let live = state.projects.iter().filter(|item| !item.1.refs.is_empty());
        Ok(live.map(|item| item.0.clone()).collect())
    }

    async fn drop_project(&self, project: &str) -> Result<()> {
        self.lock().projects.remove(project);
        Ok(())
    }

    async fn get_record(&self, collection: &str, key: &str) -> Result<Option<Record>> {
        let state = self.lock();
        let found = state.records.get(&(collection.to_owned(), key.to_owned()));
        Ok(found.map(|(revision, value)| Record {
            key: key.to_owned(),
            revision: *revision,
            value: value.clone(),
        }))
    }

    async fn list_records(
        &self,
        collection: &str,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Record>> {
        let state = self.lock();
        let wanted = state.records.iter().filter(|((its, key), _)| {
            its == collection && key.starts_with(prefix) && after.is_none_or(|after| key.as_str() > after)
        });
        let record = |((_, key), (revision, value)): (&(String, String), &(u64, Bytes))| Record {
            key: key.clone(),
            revision: *revision,
            value: value.clone(),
        };
        Ok(wanted.map(record).take(limit).collect())
    }

    async fn put_record(
        &self,
        collection: &str,
        key: &str,
        expected: Option<u64>,
        value: Bytes,
    ) -> Result<u64> {
        let mut state = self.lock();
        state.check(collection, key, expected)?;
        state.revision += 1;
        let revision = state.revision;
        state.records.insert((collection.to_owned(), key.to_owned()), (revision, value));
        Ok(revision)
    }

    async fn delete_record(&self, collection: &str, key: &str, expected: u64) -> Result<()> {
        let mut state = self.lock();
        state.check(collection, key, Some(expected))?;
        state.records.remove(&(collection.to_owned(), key.to_owned()));
        Ok(())
    }

    async fn list_collections(&self) -> Result<Vec<String>> {
        let state = self.lock();
        let mut names: Vec<String> = state.records.keys().map(|key| key.0.clone()).collect();
        names.dedup();
        Ok(names)
    }

    async fn append(&self, stream: &str, payload: Bytes) -> Result<u64> {
        Ok(self.lock().append(stream, payload))
    }

    async fn read(&self, stream: &str, after: u64, limit: usize) -> Result<Vec<Entry>> {
        let state = self.lock();
        let Some(stream) = state.streams.get(stream) else { return Ok(Vec::new()) };
        let later = stream.entries.range(after.saturating_add(1)..).take(limit);
        Ok(later.map(|(seq, payload)| Entry { seq: *seq, payload: payload.clone() }).collect())
    }

    async fn latest(&self, stream: &str) -> Result<u64> {
        Ok(self.lock().streams.get(stream).map_or(0, |stream| stream.last))
    }

    async fn trim(&self, stream: &str, through: u64) -> Result<()> {
        if let Some(stream) = self.lock().streams.get_mut(stream) {
            stream.entries.retain(|seq, _| *seq > through);
        }
        Ok(())
    }

    async fn put_blob(&self, project: &str, bytes: BlobStream, expected: Option<Hash>) -> Result<BlobInfo> {
        let all: BytesMut = bytes.try_collect().await?;
        let hash = Hash::of(&all);
        if expected.is_some_and(|expected| expected != hash) {
            return Err(Error::corrupt("a blob on its way in", expected));
        }
        let size = all.len() as u64;
        let mut state = self.lock();
        let project = state.projects.entry(project.to_owned()).or_default();
        project.blobs.insert(hash, (now(), all.freeze()));
        Ok(BlobInfo { hash, size })
    }

    async fn stat_blob(&self, project: &str, hash: Hash) -> Result<Option<BlobInfo>> {
        let found = self.with(project, |project| project.blobs.get(&hash).map(|blob| blob.1.len()));
        Ok(found.map(|size| BlobInfo { hash, size: size as u64 }))
    }

    async fn read_blob(&self, project: &str, hash: Hash, offset: u64, len: usize) -> Result<Bytes> {
        let found = self.with(project, |project| project.blobs.get(&hash).map(|blob| blob.1.clone()));
        let blob = found.ok_or_else(|| Error::not_found("blob", hash))?;
        if Hash::of(&blob) != hash {
            return Err(Error::corrupt("a blob", hash));
        }
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(blob.len());
        Ok(blob.slice(start..blob.len().min(start.saturating_add(len))))
    }

    async fn list_blobs(&self, project: &str, from: Hash, limit: usize) -> Result<Vec<BlobInfo>> {
        Ok(self.with(project, |project| {
            let blobs = project.blobs.range(from..).take(limit);
            blobs.map(|(hash, blob)| BlobInfo { hash: *hash, size: blob.1.len() as u64 }).collect()
        }))
    }

    async fn delete_blobs(&self, project: &str, hashes: &[Hash], before: u64) -> Result<(usize, u64)> {
        Ok(self.with(project, |project| {
            let (mut count, mut bytes) = (0, 0);
            for hash in hashes {
                if project.blobs.get(hash).is_some_and(|blob| blob.0 < before)
                    && let Some((_, blob)) = project.blobs.remove(hash)
                {
                    count += 1;
                    bytes += blob.len() as u64;
                }
            }
            (count, bytes)
        }))
    }

    async fn compact(&self, _project: &str, _before: u64) -> Result<()> {
        Ok(())
    }

    async fn health(&self) -> Result<Health> {
        Ok(Health::Good)
    }

    fn shared(&self) -> bool {
        false
    }
}
