//! When a process shall end: a signal, or the end of the process that started it.

use std::io::{BufRead as _, Read as _};
use std::path::Path;
use std::time::{Duration, Instant};

use api::v1::Empty;
use api::v1::local_session_client::LocalSessionClient;
use api::{Code, Failure};
use base::identity::Role;
use tokio_util::sync::CancellationToken;

use crate::context::Context;

/// A token that is cancelled by SIGTERM, SIGINT (Ctrl-C), what Windows has instead of them or, with `with_parent`, by the end of standard
/// input, which the starting process holds open: so no child outlives it, however it ended.
pub fn shutdown_token(with_parent: bool) -> CancellationToken {
    let token = CancellationToken::new();
    let signalled = token.clone();
    tokio::spawn(async move {
        wait_for_signal().await;
        tracing::info!("asked to end");
        signalled.cancel();
    });
    if with_parent {
        let orphaned = token.clone();
        // A thread of its own, not tokio's standard input: that would hold up the end of the runtime.
        let (sender, receiver) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || {
            drain_stdin();
            let _ = sender.send(());
        });
        tokio::spawn(async move {
            if receiver.await.is_ok() {
                tracing::info!("the process that started this one is gone");
                orphaned.cancel();
            }
        });
    }
    token
}

fn drain_stdin() {
    let mut buffer = [0; 256];
    while matches!(std::io::stdin().lock().read(&mut buffer), Ok(n) if n > 0) {}
}

/// Longest first line of standard input, or of the file in its place.
const LONGEST: u64 = 65_536;

/// Reads one line of standard input, at most 64 KiB. To be called before anything else reads it.
pub(crate) fn read_line() -> std::io::Result<String> {
    let mut line = String::new();
    std::io::stdin().lock().take(LONGEST).read_line(&mut line)?;
    Ok(line)
}

/// Reads a file in its place.
pub(crate) fn read_file(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    std::fs::File::open(path)?.take(LONGEST).read_to_string(&mut text)?;
    Ok(text)
}

/// Wait before the local-session is looked for again.
const AGAIN: Duration = Duration::from_secs(1);

/// Ends this process where its local-session does not know it any more, or is out of reach for longer than the options
/// allow: for instances on another machine than their local-session's, which no closed pipe tells of its end.
pub(crate) async fn accompany(context: Context) {
    let Some(address) = context.options.lifeline.clone() else { return };
    let mut heard = Instant::now();
    let lost = loop {
        match listen(&context, &address, &mut heard).await {
            Failure { code: Code::NotFound | Code::Denied | Code::Unauthenticated, message, .. } => {
                break message;
            }
            failure if heard.elapsed() >= context.options.alone() => break failure.message,
            failure => tracing::debug!(%failure, "the local-session does not answer"),
        }
        tokio::select! {
            () = tokio::time::sleep(AGAIN) => {}
            () = context.shutdown.cancelled() => return,
        }
    };
    tracing::warn!(why = lost, "the local-session of this instance is lost");
    context.shutdown.cancel();
}

/// Listens to the local-session until it falls silent; why.
async fn listen(context: &Context, address: &str, heard: &mut Instant) -> Failure {
    let silence = context.options.alone();
    let listening = async {
        let channel = context.peers.to(address, &Role::LocalSession)?;
        let late = |_| Code::Timeout.because(format!("nothing is heard of the local-session at {address}"));
        let mut client = LocalSessionClient::new(channel);
        let mut signs =
            tokio::time::timeout(silence, client.accompany(Empty {})).await.map_err(late)??.into_inner();
        while tokio::time::timeout(silence, signs.message()).await.map_err(late)??.is_some() {
            *heard = Instant::now();
        }
        Err(Code::Unavailable.because(format!("the local-session at {address} said no more")))
    };
    let failure: Result<std::convert::Infallible, Failure> = tokio::select! {
        result = listening => result,
        () = context.shutdown.cancelled() => Err(Code::Cancelled.because("this process ends")),
    };
    match failure {
        Ok(never) => match never {},
        Err(failure) => failure,
    }
}

async fn wait_for_signal() {
    if let Err(error) = system::stop::asked().await {
        tracing::warn!(%error, "signals cannot be heard; end this process by force");
        std::future::pending::<()>().await;
    }
}
