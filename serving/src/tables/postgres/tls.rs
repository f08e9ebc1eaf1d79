//! TLS to PostgreSQL, where the address asks for it (`sslmode=require`): with the certificates that the system trusts.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};
use tokio_postgres_rustls::MakeRustlsConnect;

pub(super) fn connector() -> Result<MakeRustlsConnect, Box<dyn std::error::Error + Send + Sync>> {
    let mut trusted = RootCertStore::empty();
    // Where there are none, an address that asks for TLS is refused by the server's certificate.
    let (_, _) = trusted.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(MakeRustlsConnect::new(config.with_root_certificates(trusted).with_no_client_auth()))
}
