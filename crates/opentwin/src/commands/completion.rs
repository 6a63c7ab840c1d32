//! Shell completion.

use api::Failure;
use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use super::desk::Desk;

/// Print the completion script of a shell
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  opentwin completion bash > ~/.local/share/bash-completion/completions/opentwin\n  opentwin completion zsh > ~/.zfunc/_opentwin\n  opentwin completion fish > ~/.config/fish/completions/opentwin.fish"
)]
pub struct Completion {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

impl Completion {
    pub(crate) fn execute(self, desk: &Desk<'_>) -> Result<(), Failure> {
        let mut program = crate::Cli::command();
        // Written to memory first: the generator panics where its writer fails.
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut program, "opentwin", &mut script);
        desk.out.bytes(&script)
    }
}
