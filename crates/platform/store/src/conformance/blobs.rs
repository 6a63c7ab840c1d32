//! Blobs.

use std::sync::Arc;

use bytes::Bytes;
use futures::TryStreamExt;

use crate::{Backend, BlobStream, Error, Hash, Result, blob_stream, now};

const P: &str = "p";

/// Bytes that repeat nowhere near a piece's length.
fn noise(len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    blake3::Hasher::new().finalize_xof().fill(&mut bytes);
    bytes
}

fn stream(pieces: Vec<Result<Bytes>>) -> BlobStream {
    Box::pin(futures::stream::iter(pieces))
}

pub async fn blobs_come_back_in_ranges(backend: Arc<dyn Backend>) {
    let bytes = noise(1_000_003);
    let pieces = bytes.chunks(77_777).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    let info = backend.put_blob(P, stream(pieces), None).await.unwrap();
    assert_eq!((info.hash, info.size), (Hash::of(&bytes), bytes.len() as u64));
    assert_eq!(backend.stat_blob(P, info.hash).await.unwrap(), Some(info));
    assert_eq!(backend.get_blob(P, info.hash, u64::MAX).await.unwrap(), bytes);
    for (offset, len) in [(0, 1), (262_143, 2), (262_144, 262_144), (999_999, 4), (500_000, 500_003)] {
        let read = backend.read_blob(P, info.hash, offset as u64, len).await.unwrap();
        assert_eq!(read, bytes[offset..offset + len]);
    }
    assert_eq!(backend.read_blob(P, info.hash, 999_999, 100).await.unwrap().len(), 4);
    assert_eq!(backend.read_blob(P, info.hash, u64::MAX, 100).await.unwrap().len(), 0);
    let error = backend.get_blob(P, info.hash, 10).await.unwrap_err();
    assert_eq!(error.code(), "too_large");
    let pieces = blob_stream(backend.clone(), P.into(), info.hash, 1..info.size);
    let all: Vec<Bytes> = pieces.try_collect().await.unwrap();
    assert_eq!(all.concat(), bytes[1..]);
    let again = backend.put_blob_bytes(P, bytes.into()).await.unwrap();
    assert_eq!(again, info);
}

pub async fn empty_blobs_exist(backend: Arc<dyn Backend>) {
    let info = backend.put_blob(P, stream(Vec::new()), Some(Hash::of(b""))).await.unwrap();
    assert_eq!(info.size, 0);
    assert_eq!(backend.get_blob(P, info.hash, 0).await.unwrap(), "");
    let absent = backend.read_blob(P, Hash::ZERO, 0, 1).await.unwrap_err();
    assert_eq!(absent.code(), "not_found");
}

pub async fn wrong_hashes_are_refused(backend: Arc<dyn Backend>) {
    let pieces = vec![Ok(Bytes::from_static(b"x"))];
    let error = backend.put_blob(P, stream(pieces), Some(Hash::of(b"y"))).await.unwrap_err();
    assert_eq!(error.code(), "corrupt");
    assert_eq!(backend.list_blobs(P, Hash::ZERO, 10).await.unwrap(), []);
}

pub async fn broken_streams_leave_nothing(backend: Arc<dyn Backend>) {
    let broken = Error::Unavailable { reason: "the sender has gone".into() };
    let pieces = vec![Ok(Bytes::from_static(b"x")), Err(broken)];
    let error = backend.put_blob(P, stream(pieces), None).await.unwrap_err();
    assert_eq!(error.code(), "unavailable");
    assert_eq!(backend.list_blobs(P, Hash::ZERO, 10).await.unwrap(), []);
}

pub async fn blobs_are_listed_and_deleted(backend: Arc<dyn Backend>) {
    let start = now();
    let a = backend.put_blob_bytes(P, "a".into()).await.unwrap();
    let b = backend.put_blob_bytes(P, "bb".into()).await.unwrap();
    let mut both = vec![a, b];
    both.sort_by_key(|blob| blob.hash);
    assert_eq!(backend.list_blobs(P, Hash::ZERO, 10).await.unwrap(), both);
    assert_eq!(backend.list_blobs(P, both[1].hash, 10).await.unwrap(), both[1..]);
    backend.put_blob_bytes("another", "ccc".into()).await.unwrap();
    assert_eq!(backend.blob_bytes(P).await.unwrap(), 3);
    assert_eq!(backend.blob_bytes("none").await.unwrap(), 0);
    assert_eq!(backend.delete_blobs(P, &[a.hash, b.hash], start).await.unwrap(), (0, 0));
    assert_eq!(backend.delete_blobs(P, &[b.hash], u64::MAX).await.unwrap(), (1, 2));
    assert_eq!(backend.list_blobs(P, Hash::ZERO, 10).await.unwrap(), [a]);
    assert_eq!(backend.blob_bytes(P).await.unwrap(), 1);
    backend.put_blob_bytes(P, "bb".into()).await.unwrap();
    backend.compact(P, u64::MAX).await.unwrap();
    assert_eq!(backend.get_blob(P, b.hash, 10).await.unwrap(), "bb");
}
