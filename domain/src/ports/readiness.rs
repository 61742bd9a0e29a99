//! Whether requests can be served.

use async_trait::async_trait;

use super::PortError;

/// Tells whether requests can be served now.
#[async_trait]
pub trait Readiness: Send + Sync {
    /// Returns when what every request needs is there.
    ///
    /// # Errors
    ///
    /// When it is not; asking again later may help.
    async fn ready(&self) -> Result<(), PortError>;
}
