//! The socket's listening end.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::UnixListener;
use tokio_util::sync::CancellationToken;

use super::desk::Desk;
use super::routes::router;
use crate::http::{Limits, serve_connections};

#[derive(Debug, thiserror::Error)]
#[error("could not {action} the admin socket `{}`", .path.display())]
pub struct BindError {
    action: &'static str,
    path: PathBuf,
    source: std::io::Error,
}

/// Binds the socket, for its owner only. Called under the instance's lock, so what stands at `path` was left behind by a
/// process that is gone. Needs a runtime.
pub fn bind(path: &Path) -> Result<UnixListener, BindError> {
    let failed = |action| {
        let path = path.to_path_buf();
        move |source| BindError { action, path, source }
    };
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(failed("remove the left over")(error));
        }
        _ => {}
    }
    let listener = UnixListener::bind(path).map_err(failed("bind"))?;
    let owner_only = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(path, owner_only).map_err(failed("protect"))?;
    Ok(listener)
}

/// Answers until `shutdown`.
pub async fn serve(listener: UnixListener, desk: Arc<Desk>, shutdown: CancellationToken) {
    let router = router(desk, shutdown.clone());
    // Commands keep their connection while they wait for events.
    let limits = Limits {
        connections: 128,
        head: Duration::from_secs(3_600),
        drain: Duration::from_secs(2),
        ..Limits::default()
    };
    serve_connections(listener, router, limits, shutdown).await;
}
