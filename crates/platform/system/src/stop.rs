//! Being asked to end by the system or by a person at the terminal.

use std::io;

/// Waits until this process is asked to end: SIGTERM or SIGINT; on Windows Ctrl-C, Ctrl-Break, the closing of the
/// console, the end of the login or of the machine. Windows then gives a few seconds for an orderly end.
///
/// # Errors
/// If the system lets this process hear none of it.
pub async fn asked() -> io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    }
    #[cfg(windows)]
    {
        use tokio::signal::windows;
        let (mut c, mut brk) = (windows::ctrl_c()?, windows::ctrl_break()?);
        let (mut close, mut logoff) = (windows::ctrl_close()?, windows::ctrl_logoff()?);
        let mut shutdown = windows::ctrl_shutdown()?;
        tokio::select! {
            _ = c.recv() => {}
            _ = brk.recv() => {}
            _ = close.recv() => {}
            _ = logoff.recv() => {}
            _ = shutdown.recv() => {}
        }
    }
    Ok(())
}

/// Asks a child to end, where the system can tell a process by its number: on Unix by SIGTERM. On Windows there is no
/// such thing for a process without a window; there its lifeline is closed instead, and this says false.
pub fn ask(id: u32) -> bool {
    #[cfg(unix)]
    {
        use rustix::process::{Pid, Signal, kill_process};
        let Some(id) = i32::try_from(id).ok().and_then(Pid::from_raw) else { return false };
        // It may have ended in this moment; then there is nothing to stop.
        let _ = kill_process(id, Signal::TERM);
        true
    }
    #[cfg(windows)]
    {
        let _ = id;
        false
    }
}
