//! A request's body, beside which one can see whether its client keeps us waiting.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};

use super::seats::Seat;

/// The body of a request from this seat. While more of it is waited for, nothing has been done
/// yet for its client, who stands in line like those that have sent half a head.
pub(super) struct Upload {
    body: Incoming,
    seat: Arc<Seat>,
    has_waited: bool,
}

impl Upload {
    pub(super) fn new(body: Incoming, seat: Arc<Seat>) -> Self {
        Self {
            body,
            seat,
            has_waited: false,
        }
    }

    fn waits(&mut self) {
        // Once: whoever sends a byte now and then does not go to the end of the line for it.
        if !self.has_waited {
            self.has_waited = true;
            self.seat.waits();
        }
    }

    fn is_done(&mut self) {
        if self.has_waited {
            self.has_waited = false;
            self.seat.works();
        }
    }
}

impl Body for Upload {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        match &polled {
            Poll::Pending => self.waits(),
            Poll::Ready(Some(Ok(_))) => {}
            Poll::Ready(None | Some(Err(_))) => self.is_done(),
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        // Nobody reads on; what follows is ours to do.
        self.is_done();
    }
}
