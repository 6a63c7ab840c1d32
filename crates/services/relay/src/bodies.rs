//! Bodies that end when their caller falls silent, or is no longer let in.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use api::{Code, Failure};
use bytes::Bytes;
use futures::future::BoxFuture;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use tokio::time::Sleep;
use tonic::Status;

/// A request's body of which nothing comes for this long is given up.
pub(crate) const SILENCE: Duration = Duration::from_secs(60);

/// A request's body that fails when nothing of it comes for [`SILENCE`].
pub(crate) struct Patient<B> {
    inner: B,
    silence: Duration,
    patience: Option<Pin<Box<Sleep>>>,
}

impl<B> Patient<B> {
    pub(crate) fn new(inner: B) -> Self {
        Self { inner, silence: SILENCE, patience: None }
    }
}

impl<B> Body for Patient<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: std::fmt::Display,
{
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.inner).poll_frame(cx) {
            self.patience = None;
            return Poll::Ready(frame.map(|frame| {
                frame.map_err(|e| Status::from(Code::Cancelled.because(format!("the caller broke off: {e}"))))
            }));
        }
        // Made only for those who keep us waiting.
        let silence = self.silence;
        let patience = self.patience.get_or_insert_with(|| Box::pin(tokio::time::sleep(silence)));
        patience.as_mut().poll(cx).map(|()| {
            let late = Code::Timeout.because(format!("nothing came for {silence:?}"));
            Some(Err(late.into()))
        })
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// A gRPC answer that ends early, in good form, when `end` says why it has to.
pub(crate) struct Ended<B> {
    inner: B,
    end: Option<BoxFuture<'static, Failure>>,
}

impl<B> Ended<B> {
    pub(crate) fn new(inner: B, end: BoxFuture<'static, Failure>) -> Self {
        Self { inner, end: Some(end) }
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for Ended<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let Some(end) = &mut self.end else { return Poll::Ready(None) };
        let Poll::Ready(failure) = end.as_mut().poll(cx) else {
            return Pin::new(&mut self.inner).poll_frame(cx);
        };
        self.end = None;
        let mut trailers = HeaderMap::new();
        let status = Status::from(failure);
        Poll::Ready(status.add_header(&mut trailers).ok().map(|()| Ok(Frame::trailers(trailers))))
    }

    fn is_end_stream(&self) -> bool {
        self.end.is_none() || self.inner.is_end_stream()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use futures::FutureExt;
    use http_body_util::{BodyExt, Full, StreamBody};

    type Nothing = futures::stream::Pending<Result<Frame<Bytes>, std::convert::Infallible>>;

    fn silent() -> StreamBody<Nothing> {
        StreamBody::new(futures::stream::pending())
    }

    #[tokio::test]
    async fn a_silent_caller_is_given_up() {
        let mut brief = Patient { silence: Duration::from_millis(20), ..Patient::new(silent()) };
        let status = brief.frame().await.unwrap().unwrap_err();
        assert_eq!(Failure::from(status).code, Code::Timeout);
        let body = Patient::new(Full::new(Bytes::from_static(b"abc")));
        assert_eq!(body.collect().await.unwrap().to_bytes(), "abc");
    }

    #[tokio::test]
    async fn an_answer_that_has_to_end_does_so_with_a_status() {
        let why = async { Code::Expired.because("the login has ended") };
        let collected = Ended::new(silent(), why.boxed()).collect().await.unwrap();
        let status = Status::from_header_map(collected.trailers().unwrap()).unwrap();
        assert_eq!(Failure::from(status).code, Code::Expired);
    }
}
