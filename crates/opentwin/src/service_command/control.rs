//! Services of Windows, made and taken away.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use api::{Code, Failure};
use windows_service::service::{
    Service, ServiceAccess, ServiceAction, ServiceActionType, ServiceErrorControl, ServiceFailureActions,
    ServiceFailureResetPeriod, ServiceInfo, ServiceStartType, ServiceState, ServiceType,
};
use windows_service::service_manager::{ServiceManager, ServiceManagerAccess};

use super::Install;
use super::keeper::DRAIN;

/// Makes the service; it is started by the next start of the machine, or by hand.
pub(super) fn install(install: &Install) -> Result<(), Failure> {
    let name = &install.named.name;
    let log = match &install.log {
        Some(log) => std::path::absolute(log).map_err(|e| io(log, &e))?,
        None => data()?.join(format!("{name}.log")),
    };
    let account = install.account.clone().unwrap_or_else(|| format!("NT SERVICE\\{name}"));
    let manager = manager(ServiceManagerAccess::CONNECT | ServiceManagerAccess::CREATE_SERVICE)?;
    let info = info(install, &account, &log)?;
    let access = ServiceAccess::CHANGE_CONFIG | ServiceAccess::START | ServiceAccess::DELETE;
    let service = manager.create_service(&info, access).map_err(|e| refused("install", name, &e))?;
    // The account has a number only now that the service is there.
    let prepared = configure(&service, name).and_then(|()| folders(install, &account, &log));
    if prepared.is_err() {
        let _ = service.delete();
        return prepared;
    }
    println!("{name} is a service of Windows, run as {account}; it says what it does in {}", log.display());
    println!("start it with `sc.exe start {name}`");
    if install.line.first().is_some_and(|word| word == "up")
        && let Some(state) = state(install)
    {
        let authorization = state.join("authorization");
        println!(
            "then show the first password with `opentwin first-password --state \"{}\"`",
            authorization.display()
        );
    }
    Ok(())
}

fn info(install: &Install, account: &str, log: &Path) -> Result<ServiceInfo, Failure> {
    let program = std::env::current_exe()
        .map_err(|e| Code::Io.because(format!("cannot tell where this program stands: {e}")))?;
    let name = &install.named.name;
    let mut arguments: Vec<OsString> = vec!["service".into(), "host".into()];
    arguments.extend(["--name".into(), name.into(), "--log".into(), log.into(), "--".into()]);
    arguments.extend(install.line.iter().map(OsString::from));
    Ok(ServiceInfo {
        name: name.into(),
        display_name: if name == "opentwin" {
            "OpenTwin".into()
        } else {
            format!("OpenTwin ({name})").into()
        },
        service_type: ServiceType::OWN_PROCESS,
        start_type: ServiceStartType::AutoStart,
        error_control: ServiceErrorControl::Normal,
        executable_path: program,
        launch_arguments: arguments,
        dependencies: Vec::new(),
        account_name: (!is_system(account)).then(|| account.into()),
        account_password: None,
    })
}

/// Whether an account is Windows itself, which the service manager calls so and nobody else.
fn is_system(account: &str) -> bool {
    let name = account.strip_prefix(r".\").unwrap_or(account);
    ["localsystem", r"nt authority\system"].iter().any(|system| name.eq_ignore_ascii_case(system))
}

/// What a crash of the service's own process leads to, and how long it may take to end with the machine.
fn configure(service: &Service, name: &str) -> Result<(), Failure> {
    let restart = |seconds| ServiceAction {
        action_type: ServiceActionType::Restart,
        delay: Duration::from_secs(seconds),
    };
    let actions = ServiceFailureActions {
        reset_period: ServiceFailureResetPeriod::After(Duration::from_secs(24 * 3600)),
        reboot_msg: None,
        command: None,
        actions: Some(vec![restart(10), restart(60), restart(300)]),
    };
    service
        .update_failure_actions(actions)
        .and_then(|()| service.set_description("A self-hosted platform for engineering simulation"))
        .and_then(|()| service.set_preshutdown_timeout(DRAIN))
        .map_err(|e| refused("configure", name, &e))
}

/// Makes the folders of state and log, for the account too. One that is there keeps its rights.
fn folders(install: &Install, account: &str, log: &Path) -> Result<(), Failure> {
    let wanted = log.parent().map(Path::to_owned).into_iter().chain(state(install));
    for folder in wanted {
        if folder.is_dir() {
            let account = account.to_owned();
            println!(
                "{} is there: `icacls \"{}\" /grant \"{account}:(OI)(CI)F\"` lets the service use it",
                folder.display(),
                folder.display()
            );
            continue;
        }
        // Windows itself has its rights in every case; no account is called as the service manager calls it.
        let made = if is_system(account) {
            system::private::create_folder(&folder)
        } else {
            system::private::create_folder_for(&folder, account)
        };
        made.map_err(|e| io(&folder, &e))?;
    }
    Ok(())
}

fn state(install: &Install) -> Option<PathBuf> {
    let mut words = install.line.iter();
    while let Some(word) = words.next() {
        match word.strip_prefix("--state") {
            Some("") => return words.next().map(PathBuf::from),
            Some(rest) => return rest.strip_prefix('=').map(PathBuf::from),
            None => {}
        }
    }
    None
}

/// Stops the service and takes it away.
pub(super) fn remove(name: &str) -> Result<(), Failure> {
    let access = ServiceAccess::QUERY_STATUS | ServiceAccess::STOP | ServiceAccess::DELETE;
    let manager = manager(ServiceManagerAccess::CONNECT)?;
    let service = manager.open_service(name, access).map_err(|e| refused("find", name, &e))?;
    let failed = |e: windows_service::Error| refused("remove", name, &e);
    if service.query_status().map_err(failed)?.current_state != ServiceState::Stopped {
        service.stop().map_err(failed)?;
        let end = Instant::now() + DRAIN;
        while service.query_status().map_err(failed)?.current_state != ServiceState::Stopped {
            if Instant::now() > end {
                return Err(Code::Timeout.because(format!("the service {name} does not stop")));
            }
            std::thread::sleep(Duration::from_millis(200));
        }
    }
    service.delete().map_err(failed)?;
    println!("{name} is removed; its state and its log are left");
    Ok(())
}

fn manager(access: ServiceManagerAccess) -> Result<ServiceManager, Failure> {
    ServiceManager::local_computer(None::<&str>, access)
        .map_err(|e| refused("reach", "the service manager", &e))
}

fn data() -> Result<PathBuf, Failure> {
    let data = std::env::var_os("ProgramData").map(PathBuf::from).filter(|path| path.is_absolute());
    data.map(|data| data.join("opentwin"))
        .ok_or_else(|| runtime::options::missing("log", "where the service says what it does"))
}

/// What Windows says, with what helps.
fn refused(doing: &str, name: &str, error: &windows_service::Error) -> Failure {
    /// Numbers of Windows for what people can do something about.
    const DENIED: i32 = 5;
    const UNKNOWN: i32 = 1060;
    const EXISTS: i32 = 1073;
    let number = match error {
        windows_service::Error::Winapi(error) => error.raw_os_error(),
        _ => None,
    };
    let (code, reason, remedy) = match number {
        Some(DENIED) => {
            (Code::Denied, "access is denied".to_owned(), "run it in a console of an administrator")
        }
        Some(UNKNOWN) => {
            (Code::NotFound, "there is no such service".to_owned(), "`sc.exe query` lists the services")
        }
        Some(EXISTS) => (
            Code::Exists,
            "there is a service of that name".to_owned(),
            "give another --name, or remove that one",
        ),
        _ => (Code::Io, describe(error), "look into the event log of Windows"),
    };
    code.because(format!("cannot {doing} {name}: {reason}")).remedy(remedy)
}

fn describe(error: &windows_service::Error) -> String {
    match error {
        windows_service::Error::Winapi(error) => error.to_string(),
        other => other.to_string(),
    }
}

fn io(path: &Path, error: &std::io::Error) -> Failure {
    Code::Io.because(format!("{}: {error}", path.display()))
}
