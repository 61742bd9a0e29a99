//! The slot that an attempt takes of its worker's, and lends while it only waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// One of the slots of a worker, which has as many as tasks it does at a time.
///
/// An attempt that does nothing but wait for somebody else lends its slot, so that whoever
/// stands still holds up nobody but those who wait for them. Its clones are the same slot.
#[derive(Clone, Debug, Default)]
pub struct Slot(Arc<AtomicBool>);

impl Slot {
    /// Does `waiting`, and lends the slot meanwhile: if it takes long, the worker begins another
    /// task beside this one.
    ///
    /// How many wait so at a time has to be bounded elsewhere, as by a number of connections: the
    /// worker does not count them.
    pub async fn lent_for<T>(&self, waiting: impl Future<Output = T>) -> T {
        let _lent = Lent::by(self);
        waiting.await
    }

    /// Whether it is lent at the moment.
    pub fn is_lent(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A slot that is lent until this is dropped.
struct Lent<'a>(&'a Slot);

impl<'a> Lent<'a> {
    fn by(slot: &'a Slot) -> Self {
        slot.0.store(true, Ordering::Relaxed);
        Self(slot)
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        self.0.0.store(false, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};
    use std::task::{Context, Poll, Waker};

    use super::*;

    #[test]
    fn it_is_lent_while_somebody_waits_and_no_longer() {
        let slot = Slot::default();
        let worker = slot.clone();

        assert_eq!(pollster::block_on(slot.lent_for(ready(1))), 1);
        assert!(!worker.is_lent());
        let mut waiting = Box::pin(slot.lent_for(pending::<()>()));
        let mut context = Context::from_waker(Waker::noop());
        assert_eq!(waiting.as_mut().poll(&mut context), Poll::Pending);
        assert!(worker.is_lent());
        drop(waiting);
        assert!(!worker.is_lent());
    }
}
