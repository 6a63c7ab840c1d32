//! When a process shall end: a signal, or the end of the process that started it.

use std::io::{BufRead as _, Read as _};

use tokio_util::sync::CancellationToken;

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

/// Reads one line of standard input, at most 64 KiB. To be called before anything else reads it.
pub(crate) fn read_line() -> std::io::Result<String> {
    let mut line = String::new();
    std::io::stdin().lock().take(65_536).read_line(&mut line)?;
    Ok(line)
}

async fn wait_for_signal() {
    if let Err(error) = system::stop::asked().await {
        tracing::warn!(%error, "signals cannot be heard; end this process by force");
        std::future::pending::<()>().await;
    }
}
