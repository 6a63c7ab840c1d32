//! The process that Windows starts for a service.

use std::ffi::OsString;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use api::{Code, Failure};
use tokio_util::sync::CancellationToken;
use windows_service::service::{
    ServiceControl, ServiceControlAccept, ServiceExitCode, ServiceState, ServiceStatus, ServiceType,
};
use windows_service::service_control_handler::{self, ServiceControlHandlerResult, ServiceStatusHandle};
use windows_service::{define_windows_service, service_dispatcher};

use super::Host;
use super::keeper::{DRAIN, Keeper};

/// How long the program may take until it serves.
const START: Duration = Duration::from_secs(180);

/// Windows calls a function that takes nothing along.
static HOSTED: OnceLock<Host> = OnceLock::new();

define_windows_service!(entry, main);

/// Serves until Windows says stop. Refused where a person calls it.
pub(super) fn host(host: Host) -> Result<(), Failure> {
    let name = host.named.name.clone();
    let _ = HOSTED.set(host);
    service_dispatcher::start(&name, entry).map_err(|error| {
        Code::Usage
            .because(format!("this is what Windows calls for the service {name} ({error})"))
            .remedy(format!("start it with `sc.exe start {name}`"))
    })
}

fn main(_: Vec<OsString>) {
    let Some(host) = HOSTED.get() else { return };
    let stop = CancellationToken::new();
    let asked = stop.clone();
    let handler = move |control: ServiceControl| match control {
        ServiceControl::Stop | ServiceControl::Preshutdown => {
            asked.cancel();
            ServiceControlHandlerResult::NoError
        }
        ServiceControl::Interrogate => ServiceControlHandlerResult::NoError,
        _ => ServiceControlHandlerResult::NotImplemented,
    };
    let Ok(handle) = service_control_handler::register(&host.named.name, handler) else { return };
    let told = Arc::new(Told(handle));
    told.tell(ServiceState::StartPending, START, 0);
    let code = serve(host, &told, stop).unwrap_or_else(|failure| failure.code.row().exit);
    told.tell(ServiceState::Stopped, Duration::ZERO, code);
}

fn serve(host: &Host, told: &Arc<Told>, stop: CancellationToken) -> Result<u8, Failure> {
    let threads = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(|e| Code::Io.because(format!("no threads to run on: {e}")))?;
    // No process of the service outlives this one.
    system::children::bind().map_err(|e| Code::Spawn.because(e.to_string()))?;
    let program = std::env::current_exe()
        .map_err(|e| Code::Io.because(format!("cannot tell where this program stands: {e}")))?;
    let mut arguments: Vec<OsString> = host.line.iter().map(OsString::from).collect();
    arguments.push("--with-parent".into());
    let keeper = Keeper { program, arguments, log: host.log.clone() };
    threads.block_on(async {
        let (ready, stopping) = (told.clone(), told.clone());
        let asked = stop.clone();
        tokio::spawn(async move {
            asked.cancelled().await;
            stopping.tell(ServiceState::StopPending, DRAIN, 0);
        });
        keeper.keep(move || ready.tell(ServiceState::Running, Duration::ZERO, 0), stop).await
    })
}

/// What Windows is told of the service.
struct Told(ServiceStatusHandle);

impl Told {
    fn tell(&self, state: ServiceState, wait: Duration, code: u8) {
        let running = state == ServiceState::Running;
        let accepted = ServiceControlAccept::STOP | ServiceControlAccept::PRESHUTDOWN;
        let status = ServiceStatus {
            service_type: ServiceType::OWN_PROCESS,
            current_state: state,
            // Also while it starts: that may take long.
            controls_accepted: if running || state == ServiceState::StartPending {
                accepted
            } else {
                ServiceControlAccept::empty()
            },
            exit_code: match code {
                0 => ServiceExitCode::NO_ERROR,
                code => ServiceExitCode::ServiceSpecific(u32::from(code)),
            },
            checkpoint: 0,
            wait_hint: wait,
            process_id: None,
        };
        // Windows may be going down; then nobody is left to tell.
        let _ = self.0.set_service_status(status);
    }
}
