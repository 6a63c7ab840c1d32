//! One router for all services of the contract, over bytes.

use std::future::Future;

use api::Failure;
use bytes::{Buf as _, BufMut as _, Bytes};
use futures::StreamExt as _;
use futures::stream::BoxStream;
use prost::Message;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::{Request, Response, Status};

/// What a method answers: messages, then an end or a failure.
pub(super) type Answer = BoxStream<'static, Result<Bytes, Status>>;

#[derive(Clone, Copy, Default)]
struct Plain;

impl Codec for Plain {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Plain {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, into: &mut EncodeBuf<'_>) -> Result<(), Status> {
        into.put(item);
        Ok(())
    }
}

impl Decoder for Plain {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(from.copy_to_bytes(from.remaining())))
    }
}

/// Answers every call with what `reply` says to its name (`Project/PutRun`) and message.
pub(super) fn router<R, F>(reply: R) -> axum::Router
where
    R: Fn(String, Bytes) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<Answer, Failure>> + Send + 'static,
{
    axum::Router::new().fallback(move |request: axum::extract::Request| {
        let reply = reply.clone();
        let name = request.uri().path().trim_start_matches("/opentwin.v1.").to_owned();
        async move {
            let service = tower::service_fn(move |request: Request<tonic::Streaming<Bytes>>| {
                let (reply, name) = (reply.clone(), name.clone());
                async move {
                    let message = request.into_inner().message().await?.unwrap_or_default();
                    reply(name, message).await.map(Response::new).map_err(Status::from)
                }
            });
            tonic::server::Grpc::new(Plain).streaming(service, request).await.map(axum::body::Body::new)
        }
    })
}

pub(super) fn one(message: &impl Message) -> Answer {
    futures::stream::iter([Ok(Bytes::from(message.encode_to_vec()))]).boxed()
}

pub(super) fn read<M: Message + Default>(bytes: &Bytes) -> M {
    M::decode(bytes.clone()).unwrap()
}
