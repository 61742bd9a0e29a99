//! Nobody hears how tasks fare.

use async_trait::async_trait;
use domain::ports::{Attempted, Lease, PortError, TaskObserver};

/// Nobody.
pub(super) struct Unobserved;

#[async_trait]
impl TaskObserver for Unobserved {
    fn received(&self, _: &Lease) {}

    fn started(&self, _: &Lease) {}

    async fn ended(&self, _: &[Attempted]) -> Result<(), PortError> {
        Ok(())
    }
}
