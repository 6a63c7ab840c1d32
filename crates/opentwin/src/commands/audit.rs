//! Who did what.

use api::Failure;
use api::v1::AuditRequest;
use clap::Args;
use client::ask;

use super::desk::Desk;
use super::output::Side::Left;
use super::text;

/// Show who did what on the site, newest first; for administrators
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  opentwin audit --limit 20")]
pub struct Audit {
    /// How many entries at most
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: u32,
}

impl Audit {
    pub(crate) async fn execute(self, desk: &Desk<'_>) -> Result<(), Failure> {
        let reply = ask!(desk.client()?, authorization.audit(AuditRequest { limit: self.limit }))?;
        desk.out.answer(&reply, || {
            let columns =
                &[("time", Left), ("user", Left), ("action", Left), ("subject", Left), ("allowed", Left)];
            let rows = reply.entries.iter().map(|entry| {
                let allowed = if entry.allowed { "yes" } else { "NO" };
                vec![
                    text::time(entry.time_ms),
                    entry.user.clone(),
                    entry.action.clone(),
                    entry.subject.clone(),
                    allowed.to_owned(),
                ]
            });
            desk.out.table(columns, rows, "nothing yet")
        })
    }
}
