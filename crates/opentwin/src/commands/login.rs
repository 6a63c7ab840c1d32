//! Logging in and out, passwords, who one is.

use std::path::PathBuf;

use api::v1::{ChangePasswordRequest, Empty, LoginReply, LoginRequest, User};
use api::{Code, Failure};
use clap::Args;
use client::{Client, Home, LocalSite, ask, ask_once};

use super::desk::Desk;
use super::{prompt, text, usage};

/// Log in to a platform; the login is kept for the commands that follow
///
/// The first time, the site's root certificate has to be trusted: give it with --roots, give its fingerprint
/// with --fingerprint, or compare the fingerprint that is shown with the one that the administrator tells you.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  opentwin login twin.example:8443 --user ada\n  opentwin login --state ~/.local/share/opentwin --user admin\n  printf '%s\\n' \"$PASSWORD\" | opentwin login twin.example:8443 --user ci --roots root.pem --password-stdin"
)]
pub struct Login {
    /// Address of the platform, as `opentwin up` prints it [default: that of the last login]
    #[arg(value_name = "HOST:PORT", conflicts_with = "state")]
    address: Option<String>,
    /// State directory of a platform on this machine: address and root certificate are taken from there
    #[arg(long, value_name = "DIR", conflicts_with_all = ["roots", "fingerprint"])]
    state: Option<PathBuf>,
    /// Name to log in with
    #[arg(long, short, value_name = "NAME")]
    user: Option<String>,
    /// Root certificates of the site (PEM)
    #[arg(long, value_name = "FILE", conflicts_with = "fingerprint")]
    roots: Option<PathBuf>,
    /// SHA-256 fingerprint of the site's root certificate
    #[arg(long, value_name = "SHA256")]
    fingerprint: Option<String>,
    /// Take the password from the first line of standard input
    #[arg(long)]
    password_stdin: bool,
    /// Where a one-time password has to be replaced, take the new one from the next line of standard input
    #[arg(long, requires = "password_stdin")]
    new_password_stdin: bool,
}

/// Where to log in and whom to trust there.
struct Site {
    address: String,
    roots: String,
}

impl Login {
    pub(crate) async fn execute(self, desk: &Desk<'_>) -> Result<(), Failure> {
        let home = desk.home()?;
        let known = home.find_login().unwrap_or_default();
        let site = self.site(desk, known.as_ref()).await?;
        let user = self.name(known.filter(|login| login.address == site.address).map(|login| login.user))?;
        let password = match self.password_stdin {
            true => prompt::next_line("password")?,
            false if prompt::interactive() => prompt::password(&format!("password of {user}: "))?,
            false => {
                return Err(usage("there is no terminal to ask for the password", "give --password-stdin"));
            }
        };
        let trust = rpc::TrustRoots::from_pem(&site.roots).map_err(|e| {
            Code::Certificate.because(e.to_string()).remedy("give a PEM file with root certificates")
        })?;
        let client = Client::connect(&site.address, &trust, None)?;
        let request = LoginRequest { name: user, password: password.clone() };
        let reply = ask_once!(client, authorization.login(request))?;
        let client = client.with_token(&reply.token)?;
        let who = keep(&home, &site, &reply)?;
        if who.must_change_password {
            self.replace_password(desk, &client, password).await?;
        }
        desk.out.answer(&User { must_change_password: false, ..who.clone() }, || {
            desk.out.line(&format!("logged in to {} as {}", site.address, text::clean(&who.name)))
        })
    }

    async fn site(&self, desk: &Desk<'_>, known: Option<&client::Login>) -> Result<Site, Failure> {
        if let Some(state) = &self.state {
            let local = LocalSite::read(state)?;
            return Ok(Site { roots: read(&local.roots)?, address: local.address });
        }
        let address = match (&self.address, known) {
            (Some(address), _) => client::address(address)?,
            (None, Some(known)) => known.address.clone(),
            (None, None) => {
                return Err(usage(
                    "no address is given",
                    "write `opentwin login HOST:PORT`, or give --state DIR",
                ));
            }
        };
        if let Some(file) = &self.roots {
            return Ok(Site { address, roots: read(file)? });
        }
        if let Some(pinned) = &self.fingerprint {
            let pinned: pki::Fingerprint = pinned.parse().map_err(|e: pki::Error| {
                usage(e.to_string(), "give the 64 hexadecimal digits of the root's SHA-256")
            })?;
            let root = client::present(&address).await?;
            if root.fingerprint != pinned {
                return Err(Code::Certificate
                    .because(format!("{address} shows the root {}, not {pinned}", root.fingerprint))
                    .remedy("do not log in there; ask the site's administrator for the fingerprint"));
            }
            return Ok(Site { address, roots: root.pem });
        }
        match known.filter(|login| login.address == address) {
            Some(login) => Ok(Site { address, roots: login.roots.clone() }),
            None => first_contact(desk, address).await,
        }
    }

    fn name(&self, known: Option<String>) -> Result<String, Failure> {
        match (&self.user, known) {
            (Some(name), _) => Ok(name.clone()),
            (None, Some(known)) => Ok(known),
            (None, None) if prompt::interactive() && !self.password_stdin => prompt::line("user: "),
            (None, None) => Err(usage("no user is given", "give --user NAME")),
        }
    }

    /// A one-time password opens nothing but its change.
    async fn replace_password(&self, desk: &Desk<'_>, client: &Client, old: String) -> Result<(), Failure> {
        let ask = !self.password_stdin && prompt::interactive();
        if !ask && !self.new_password_stdin {
            return Err(Code::Precondition
                .because("you are logged in with a one-time password, which opens nothing but its change")
                .remedy("run `opentwin passwd`, or give the new password with --new-password-stdin"));
        }
        if ask {
            desk.out.remark("this was a one-time password: choose one of your own");
        }
        loop {
            let new_password = if ask { prompt::new_password()? } else { prompt::next_line("new password")? };
            let request = ChangePasswordRequest { old_password: old.clone(), new_password };
            match ask_once!(client, authorization.change_password(request)) {
                // Too short, say: whoever sits there may try another one.
                Err(failure) if ask && failure.code == Code::Invalid => {
                    desk.out.remark(&format!("{failure}: {}", failure.what_to_do()));
                }
                done => return done.map(drop),
            }
        }
    }
}

fn keep(home: &Home, site: &Site, reply: &LoginReply) -> Result<User, Failure> {
    let user = reply.user.clone().unwrap_or_default();
    home.keep(&client::Login {
        address: site.address.clone(),
        roots: site.roots.clone(),
        token: reply.token.clone(),
        user: user.name.clone(),
        expires_ms: reply.expires_ms,
    })?;
    Ok(user)
}

/// Shows the root's fingerprint and asks whether it is the right one.
async fn first_contact(desk: &Desk<'_>, address: String) -> Result<Site, Failure> {
    let root = client::present(&address).await?;
    let unknown = || {
        Code::Certificate.because(format!(
            "{address} is not known here yet; it shows the root certificate {}",
            root.fingerprint
        ))
    };
    if !prompt::interactive() {
        return Err(unknown()
            .remedy("compare the fingerprint with the administrator's, then give it with --fingerprint"));
    }
    desk.out.remark(&format!("{address} is not known here yet. It shows this root certificate:"));
    desk.out.remark(&format!("  {}", root.subject));
    desk.out.remark(&format!("  {}", root.fingerprint));
    desk.out.remark("Compare it with what `opentwin up` printed, or ask the site's administrator.");
    match prompt::yes("Is it the right one?")? {
        true => Ok(Site { address, roots: root.pem }),
        false => Err(unknown().remedy("ask the site's administrator for the right fingerprint")),
    }
}

fn read(path: &std::path::Path) -> Result<String, Failure> {
    pki::read(path).map_err(|e| {
        Code::Config.because(e.to_string()).remedy("give a PEM file with the site's root certificates")
    })
}

/// End the login
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  opentwin logout")]
pub struct Logout {}

impl Logout {
    pub(crate) async fn execute(self, desk: &Desk<'_>) -> Result<(), Failure> {
        let home = desk.home()?;
        // Forgotten here in any case; the platform ends it too, if it can be reached.
        let ended = match desk.client() {
            Ok(client) => ask!(client, authorization.logout(Empty {})).map(drop),
            Err(failure) => Err(failure),
        };
        let was = home.forget()?;
        match ended {
            Err(failure) if was && !matches!(failure.code, Code::Expired | Code::Unauthenticated) => {
                desk.out.remark(&format!("the platform still knows the login until it expires: {failure}"));
            }
            _ => {}
        }
        desk.out
            .answer(&Empty {}, || desk.out.line(if was { "logged out" } else { "you were not logged in" }))
    }
}

/// Show who is logged in, and where
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  opentwin whoami --output json")]
pub struct Whoami {}

impl Whoami {
    pub(crate) async fn execute(self, desk: &Desk<'_>) -> Result<(), Failure> {
        let login = desk.login()?;
        let user = ask!(desk.client()?, authorization.who_am_i(Empty {}))?;
        desk.out.answer(&user, || {
            desk.out.facts(&[
                ("user", user.name.clone()),
                ("name", user.full_name.clone()),
                ("groups", user.groups.join(", ")),
                ("administrator", text::yes(user.administrator)),
                ("platform", login.address.clone()),
                ("login ends", text::time(login.expires_ms)),
                (
                    "password",
                    if user.must_change_password {
                        "one-time: run `opentwin passwd`".into()
                    } else {
                        String::new()
                    },
                ),
            ])
        })
    }
}

/// Change your password; your other logins end
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  opentwin passwd\n  printf '%s\\n%s\\n' \"$OLD\" \"$NEW\" | opentwin passwd --password-stdin"
)]
pub struct Passwd {
    /// Take the old and the new password from the first two lines of standard input
    #[arg(long)]
    password_stdin: bool,
}

impl Passwd {
    pub(crate) async fn execute(self, desk: &Desk<'_>) -> Result<(), Failure> {
        let client = desk.client()?;
        let (old_password, new_password) = match self.password_stdin {
            true => (prompt::next_line("old password")?, prompt::next_line("new password")?),
            false if prompt::interactive() => (prompt::password("old password: ")?, prompt::new_password()?),
            false => return Err(usage("there is no terminal to ask for passwords", "give --password-stdin")),
        };
        ask_once!(
            client,
            authorization.change_password(ChangePasswordRequest { old_password, new_password })
        )?;
        desk.out.answer(&Empty {}, || desk.out.line("password changed"))
    }
}
