//! The polite end of a connection.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy, sink};
use tokio::time::timeout;

/// How long a client may need to notice that it has been answered.
const FOR: Duration = Duration::from_secs(1);

/// How much more of it is read meanwhile.
const BYTES: u64 = 8 * 1024 * 1024;

/// Says that nothing more will be sent, and forgets what the client still sends, until it
/// closes too or a bound is reached.
///
/// A socket closed with bytes unread is reset, and a reset may overtake the answer.
pub(super) async fn linger(mut stream: impl AsyncRead + AsyncWrite + Unpin) {
    let farewell = async {
        stream.shutdown().await?;
        copy(&mut stream.take(BYTES), &mut sink()).await
    };
    let _ = timeout(FOR, farewell).await;
}
