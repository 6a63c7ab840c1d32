//! What every service process is: configuration, telemetry, listeners, shutdown.
