//! Live news between the processes of this service that share a database.
//!
//! What one tells its watchers it also appends to a stream, which the others read. Like the news itself a bridge may
//! lose some under load; runs and projects are looked up anew by whoever comes back.

use std::sync::Arc;
use std::time::Duration;

use api::Failure;
use api::v1::Event;
use bytes::Bytes;
use prost::Message as _;
use store::Backend;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::errors::failure;
use crate::server::Core;
use crate::watch::News;

const STREAM: &str = "live";
/// News that wait to be written before further ones are dropped.
const WAITING: usize = 1024;
/// How often the others' news are looked for.
const LOOK: Duration = Duration::from_millis(300);
/// News that are read at once.
const PAGE: usize = 512;
/// News that are kept, and how often older ones are deleted.
const KEPT: u64 = 4096;

/// The way to the other processes.
pub(crate) struct Bridge {
    origin: uuid::Uuid,
    sender: mpsc::Sender<Bytes>,
}

impl Bridge {
    /// Passes news on, unless too many wait.
    pub(crate) fn pass(&self, project: &str, news: &News) {
        let _ = self.sender.try_send(encode(self.origin, project, news));
    }
}

/// Connects this process to the others, where there can be any.
pub(crate) async fn connect(core: &Arc<Core>) -> Result<(), Failure> {
    let backend = core.repository.backend().clone();
    if !backend.shared() {
        return Ok(());
    }
    let after = backend.latest(STREAM).await.map_err(failure)?;
    let (sender, queue) = mpsc::channel(WAITING);
    let origin = uuid::Uuid::new_v4();
    core.live.bridge(Bridge { origin, sender });
    let shutdown = core.context.shutdown.clone();
    tokio::spawn(write(backend.clone(), queue, shutdown));
    tokio::spawn(read(core.clone(), backend, origin, after));
    Ok(())
}

async fn write(backend: Arc<dyn Backend>, mut queue: mpsc::Receiver<Bytes>, shutdown: CancellationToken) {
    loop {
        let news = tokio::select! {
            () = shutdown.cancelled() => return,
            news = queue.recv() => news,
        };
        let Some(news) = news else { return };
        let position = match backend.append(STREAM, news).await {
            Ok(position) => position,
            Err(error) => {
                tracing::warn!(%error, "other processes miss live news");
                continue;
            }
        };
        if position % KEPT == 0
            && let Err(error) = backend.trim(STREAM, position.saturating_sub(KEPT)).await
        {
            tracing::warn!(%error, "old live news stay");
        }
    }
}

async fn read(core: Arc<Core>, backend: Arc<dyn Backend>, origin: uuid::Uuid, mut after: u64) {
    let mut look = tokio::time::interval(LOOK);
    look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut well = true;
    loop {
        tokio::select! {
            () = core.context.shutdown.cancelled() => return,
            _ = look.tick() => {}
        }
        match backend.read(STREAM, after, PAGE).await {
            Ok(entries) => {
                well = true;
                for entry in entries {
                    after = entry.seq;
                    if let Some((project, news)) = decode(origin, &entry.payload) {
                        core.live.hear(&project, news);
                    }
                }
            }
            // Once, not three times a second.
            Err(error) if well => {
                well = false;
                tracing::warn!(%error, "live news of other processes cannot be read");
            }
            Err(_) => {}
        }
    }
}

/// Who tells it, the project, and an event; none where the project is no more.
fn encode(origin: uuid::Uuid, project: &str, news: &News) -> Bytes {
    let mut out = origin.as_bytes().to_vec();
    out.push(u8::try_from(project.len()).unwrap_or(u8::MAX));
    out.extend(project.as_bytes());
    if let News::Tell(what) = news {
        out.extend(Event { number: 0, what: Some((**what).clone()) }.encode_to_vec());
    }
    out.into()
}

/// What another process told; `None` for what is this one's own or cannot be read.
fn decode(own: uuid::Uuid, bytes: &[u8]) -> Option<(String, News)> {
    let (origin, rest) = bytes.split_at_checked(16)?;
    let (length, rest) = rest.split_first()?;
    let (project, event) = rest.split_at_checked(usize::from(*length))?;
    if origin == own.as_bytes() {
        return None;
    }
    let news = match event {
        [] => News::Purged,
        event => News::Tell(Arc::new(Event::decode(event).ok()?.what?)),
    };
    Some((String::from_utf8(project.to_vec()).ok()?, news))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use api::v1::Presence;
    use api::v1::event::What;

    #[test]
    fn news_come_back_elsewhere_only() {
        let (here, there) = (uuid::Uuid::from_u128(1), uuid::Uuid::from_u128(2));
        let what = What::Presence(Presence { user: "ada".into(), ..Presence::default() });
        let bytes = encode(here, "p", &News::Tell(Arc::new(what.clone())));
        let (project, news) = decode(there, &bytes).unwrap();
        assert!(project == "p" && matches!(news, News::Tell(found) if *found == what));
        assert!(decode(here, &bytes).is_none());
        let bytes = encode(here, "p", &News::Purged);
        assert!(matches!(decode(there, &bytes), Some((_, News::Purged))));
        for cut in 0..17 {
            assert!(decode(there, &bytes[..cut]).is_none());
        }
    }
}
