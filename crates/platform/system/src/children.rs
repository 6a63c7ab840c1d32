//! Processes that this one starts.

use std::io;

use tokio::process::Command;

/// Keeps a child away from the terminal's Ctrl-C, which then reaches this process alone: it ends its children in order.
pub fn own_group(command: &mut Command) {
    #[cfg(unix)]
    command.process_group(0);
    #[cfg(windows)]
    {
        // A group of its own does not hear Ctrl-C; without a console of its own it is not closed with ours either.
        use windows_sys::Win32::System::Threading::{CREATE_NEW_PROCESS_GROUP, CREATE_NO_WINDOW};
        command.creation_flags(CREATE_NEW_PROCESS_GROUP | CREATE_NO_WINDOW);
    }
}

/// Ties all children that this process will start to its own life. To be called once, before the first is started.
///
/// On Windows they, and theirs, share a job object with this process that ends when its last handle is closed, so with
/// this process, however it ends. Elsewhere nothing is needed beyond the lifeline: a child's standard input, whose end
/// asks it to end.
///
/// # Errors
/// On Windows, if the system denies it.
pub fn bind() -> io::Result<()> {
    #[cfg(windows)]
    crate::windows::job::bind()?;
    Ok(())
}

/// Goes on as another program, with what this one has of the terminal and its environment. Returns only where that cannot
/// be; on Windows, where no process becomes another, with the exit code of one that was started instead.
///
/// # Errors
/// If the program cannot be started.
pub fn go_on_as(command: &mut std::process::Command) -> io::Result<u8> {
    #[cfg(unix)]
    {
        Err(std::os::unix::process::CommandExt::exec(command))
    }
    #[cfg(not(unix))]
    {
        let status = command.status()?;
        Ok(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX))
    }
}

#[cfg(all(test, windows))]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io::{BufRead as _, BufReader, Read as _};
    use std::process::{Command, Stdio};

    /// Set for the copy of this test program that plays the parent, and for the one that plays its child.
    const PART: &str = "SYSTEM_TEST_PART";

    fn again(part: &str) -> Command {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "children::tests::a_child_does_not_outlive_its_parent", "--nocapture"]);
        command.env(PART, part);
        command
    }

    /// A parent that is ended at once, without a chance to say goodbye, takes along a child that hears nothing. The
    /// child holds the other end of our pipe: that the pipe ends tells that the child has.
    #[test]
    fn a_child_does_not_outlive_its_parent() {
        match std::env::var(PART).as_deref() {
            Ok("parent") => {
                super::bind().unwrap();
                let mut child = again("child").stdin(Stdio::null()).spawn().unwrap();
                child.wait().unwrap();
            }
            Ok(_) => {
                println!("\nthe child is here");
                loop {
                    std::thread::park();
                }
            }
            Err(_) => {
                let mut parent = again("parent").stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
                let mut output = BufReader::new(parent.stdout.take().unwrap());
                let mut line = String::new();
                while !line.contains("the child is here") {
                    line.clear();
                    assert!(output.read_line(&mut line).unwrap() > 0, "the child did not start");
                }
                parent.kill().unwrap();
                parent.wait().unwrap();
                let mut rest = Vec::new();
                output.read_to_end(&mut rest).unwrap();
            }
        }
    }
}
