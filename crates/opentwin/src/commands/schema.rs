//! The published JSON Schema of project files.

use api::Failure;
use clap::Args;

use super::desk::Desk;
use super::kinds;

/// Print the JSON Schema of the project file, for editors and programs
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  opentwin schema > opentwin.schema.json\n\nIn an editor with a YAML language server, begin the file with\n  # yaml-language-server: $schema=opentwin.schema.json"
)]
pub struct Schema {
    /// That of the platform you are logged in to, with all services that run there
    #[arg(long)]
    site: bool,
}

impl Schema {
    pub(crate) async fn execute(self, desk: &Desk<'_>) -> Result<(), Failure> {
        let kinds = if self.site { kinds::of_site(&desk.client()?).await? } else { kinds::built_in()? };
        desk.out.value(&declare::schema(&kinds.inputs))
    }
}
