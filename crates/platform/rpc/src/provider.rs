//! The one cryptographic provider.

use std::sync::{Arc, LazyLock};

use rustls::crypto::{CryptoProvider, aws_lc_rs};

static PROVIDER: LazyLock<Arc<CryptoProvider>> = LazyLock::new(|| Arc::new(aws_lc_rs::default_provider()));

/// Makes aws-lc-rs the process's default provider, for libraries that ask for the default (a database
/// driver, an HTTP client). To be called first in every `main`; further calls change nothing. This crate
/// itself names its provider and does not depend on the call.
pub fn install_crypto_provider() {
    // An error says that one is installed, which is what was wanted.
    let _ = aws_lc_rs::default_provider().install_default();
}

pub(crate) fn provider() -> Arc<CryptoProvider> {
    PROVIDER.clone()
}
