//! Reads a request's body without letting the client decide how long or how large.

use std::error::Error;
use std::pin::pin;
use std::time::Duration;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use tokio::time::timeout;

/// The longest body taken.
pub const BODY_BYTES: usize = 64 * 1024;

/// How long a body may take to arrive; together with the time for a head it is less than 15 s.
pub const BODY_WITHIN: Duration = Duration::from_secs(7);

/// Why a body could not be had.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// It is longer than the limit, whatever its headers said (413).
    #[error("the body is longer than {limit} bytes")]
    TooLarge {
        /// How many bytes would have been taken.
        limit: usize,
    },
    /// It had not arrived as a whole in time (408).
    #[error("the body did not arrive within {within:?}")]
    TooSlow {
        /// How long it was waited for.
        within: Duration,
    },
    /// The connection ended in its midst, or its chunks make no sense (400).
    #[error("the body broke off")]
    Broken(#[source] Box<dyn Error + Send + Sync>),
}

/// Reads the whole of `body`: at most `limit` bytes, counted as they come, and at most
/// `within` for all of them together.
///
/// A body of exactly `limit` bytes is taken. Never holds much more than `limit` bytes.
/// Works with what `warp::body::stream()` extracts.
///
/// # Errors
///
/// After an error the rest of the body is unread; the server closes the connection once
/// the answer is sent.
pub async fn read_body<S, B, E>(body: S, limit: usize, within: Duration) -> Result<Bytes, BodyError>
where
    S: Stream<Item = Result<B, E>>,
    B: Buf,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    timeout(within, collect(body, limit))
        .await
        .unwrap_or(Err(BodyError::TooSlow { within }))
}

async fn collect<S, B, E>(body: S, limit: usize) -> Result<Bytes, BodyError>
where
    S: Stream<Item = Result<B, E>>,
    B: Buf,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    let mut body = pin!(body);
    let mut taken = BytesMut::new();
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|e| BodyError::Broken(e.into()))?;
        if limit - taken.len() < chunk.remaining() {
            return Err(BodyError::TooLarge { limit });
        }
        taken.put(chunk);
    }
    Ok(taken.freeze())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use std::io;

    use futures_util::stream;

    use super::*;

    const SOON: Duration = Duration::from_millis(20);

    fn chunks(parts: &[&'static str]) -> impl Stream<Item = Result<Bytes, io::Error>> + use<> {
        let parts: Vec<_> = parts.iter().map(|part| Ok(Bytes::from(*part))).collect();
        stream::iter(parts)
    }

    #[tokio::test]
    async fn chunks_are_joined_in_order() {
        let body = read_body(chunks(&["one ", "", "two"]), 100, SOON).await;

        assert_eq!(body.unwrap(), "one two");
    }

    #[tokio::test]
    async fn the_limit_itself_is_taken_and_one_more_is_not() {
        let full = read_body(chunks(&["1234", "5678"]), 8, SOON).await;
        let over = read_body(chunks(&["1234", "56789"]), 8, SOON).await;

        assert_eq!(full.unwrap(), "12345678");
        assert!(matches!(over, Err(BodyError::TooLarge { limit: 8 })));
    }

    #[tokio::test]
    async fn a_body_that_never_ends_is_too_slow() {
        let body = chunks(&["a"]).chain(stream::pending());

        let read = read_body(body, 8, SOON).await;

        assert!(matches!(read, Err(BodyError::TooSlow { within: SOON })));
    }

    #[tokio::test]
    async fn a_body_that_breaks_off_is_broken() {
        let body = chunks(&["a"]).chain(stream::iter([Err(io::ErrorKind::UnexpectedEof.into())]));

        let read = read_body(body, 8, SOON).await;

        assert!(matches!(read, Err(BodyError::Broken(_))));
    }
}
