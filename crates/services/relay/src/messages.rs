//! Calls made here, for those who do not speak gRPC. Messages stay bytes: their descriptors turn them into
//! JSON and back.

use std::sync::Arc;
use std::task::{Context, Poll};

use api::{Code, Failure};
use bytes::{Buf, BufMut, Bytes};
use futures::Stream;
use futures::future::{BoxFuture, FutureExt as _};
use http::uri::PathAndQuery;
use http::{Request, Response};
use tonic::Status;
use tonic::body::Body;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder, Streaming};
use tonic::metadata::MetadataMap;

use crate::gate::{Call, Caller, Gate};

/// The messages of an answer.
pub(crate) type Messages = Streaming<Bytes>;

/// The beginning of an answer.
pub(crate) struct Opened {
    pub(crate) metadata: MetadataMap,
    pub(crate) messages: Messages,
}

impl Gate {
    /// Calls a method with one message. The caller has to be let in.
    pub(crate) async fn ask(
        self: &Arc<Self>,
        path: &str,
        caller: Caller,
        message: Bytes,
    ) -> Result<Messages, Failure> {
        Ok(self.open(path, caller, futures::stream::iter([message])).await?.messages)
    }

    /// Calls a method with many messages.
    pub(crate) async fn open(
        self: &Arc<Self>,
        path: &str,
        caller: Caller,
        messages: impl Stream<Item = Bytes> + Send + 'static,
    ) -> Result<Opened, Failure> {
        let call = self.admit(path, caller).await?;
        let path = PathAndQuery::from_static(call.method.path);
        let route =
            Route { gate: self.clone(), path: call.method.path, caller: call.caller, login: call.login };
        let mut client = tonic::client::Grpc::new(route).max_decoding_message_size(rpc::MAX_MESSAGE);
        let response = client.streaming(tonic::Request::new(messages), path, Plain).await?;
        let (metadata, messages, _) = response.into_parts();
        Ok(Opened { metadata, messages })
    }

    /// Calls a method that answers with one message.
    pub(crate) async fn ask_one(
        self: &Arc<Self>,
        path: &str,
        caller: Caller,
        message: Bytes,
    ) -> Result<Bytes, Failure> {
        only(self.ask(path, caller, message).await?).await
    }
}

/// The one message of an answer, and its good end.
pub(crate) async fn only(mut messages: Messages) -> Result<Bytes, Failure> {
    let message = messages.message().await?;
    let message = message.ok_or_else(|| Code::Internal.because("a service answered with nothing"))?;
    messages.message().await?;
    Ok(message)
}

/// A call on its way, as tonic's client sees it.
struct Route {
    gate: Arc<Gate>,
    path: &'static str,
    caller: Caller,
    login: Option<Arc<crate::logins::Login>>,
}

impl tower::Service<Request<Body>> for Route {
    type Response = Response<Body>;
    type Error = Status;
    type Future = BoxFuture<'static, Result<Response<Body>, Status>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let (gate, caller, login) = (self.gate.clone(), self.caller.clone(), self.login.clone());
        let path = self.path;
        async move {
            let call = Call { method: gate.method(path)?, caller, login };
            let (parts, body) = request.into_parts();
            gate.forward(&call, &parts.headers, body).await
        }
        .boxed()
    }
}

/// Messages as they are.
#[derive(Clone, Default)]
pub(crate) struct Plain;

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
