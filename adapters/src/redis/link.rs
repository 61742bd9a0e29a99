//! A connection that comes back by itself.

use std::fmt;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{
    AsyncConnectionConfig, Cmd, FromRedisValue, Pipeline, ProtocolVersion, RedisError, RedisResult,
    ScriptInvocation,
};
use tokio::time::Instant;

use super::RedisUrl;
use super::error::is_of_the_connection;
use super::server::Server;

/// How long a connection may take to be made.
pub(super) const CONNECT_WITHIN: Duration = Duration::from_secs(2);
/// How long Redis may take to answer: no command waits for anything, so silence is a fault.
pub(super) const ANSWER_WITHIN: Duration = Duration::from_secs(3);
/// The longest pause after the first attempt that failed; it doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// So short that a worker is back long before its lease ends.
const LONGEST_PAUSE: Duration = Duration::from_secs(3);

/// One connection that everybody shares; when it breaks, the next who needs it makes another.
///
/// After a failure it is left alone for a pause, which is random so that many clients do not
/// come back at once; who calls meanwhile fails at once.
pub(super) struct Link {
    server: Server,
    config: AsyncConnectionConfig,
    /// What is said first on each new connection.
    greeting: Option<Cmd>,
    /// For people, without secrets.
    address: String,
    state: Mutex<State>,
    connecting: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    connection: Option<MultiplexedConnection>,
    /// Which connection it is, so that a late error does not break the next.
    generation: u64,
    down: Option<Down>,
}

#[derive(Clone, Copy)]
struct Down {
    since: Instant,
    tries: u32,
    next_try: Instant,
}

impl Link {
    pub(super) fn new(
        server: Server,
        config: AsyncConnectionConfig,
        greeting: Option<Cmd>,
        address: String,
    ) -> Self {
        Self {
            server,
            config,
            greeting,
            address,
            state: Mutex::default(),
            connecting: tokio::sync::Mutex::default(),
        }
    }

    /// A connection for commands that wait for nothing, to where `url` says.
    pub(super) fn to(url: &RedisUrl) -> RedisResult<Self> {
        let server = url.server(ProtocolVersion::RESP2)?;
        Ok(Self::new(server, with_deadlines(), None, url.to_string()))
    }

    pub(super) async fn script<T: FromRedisValue>(
        &self,
        script: &ScriptInvocation<'_>,
    ) -> RedisResult<T> {
        let (mut connection, generation) = self.connection().await?;
        let answer = script.invoke_async(&mut connection).await;
        self.checked(generation, answer)
    }

    pub(super) async fn command<T: FromRedisValue>(&self, command: &Cmd) -> RedisResult<T> {
        let (mut connection, generation) = self.connection().await?;
        let answer = command.query_async(&mut connection).await;
        self.checked(generation, answer)
    }

    pub(super) async fn pipeline<T: FromRedisValue>(&self, pipeline: &Pipeline) -> RedisResult<T> {
        let (mut connection, generation) = self.connection().await?;
        let answer = pipeline.query_async(&mut connection).await;
        self.checked(generation, answer)
    }

    fn checked<T>(&self, generation: u64, answer: RedisResult<T>) -> RedisResult<T> {
        if let Err(error) = &answer
            && is_of_the_connection(error)
        {
            let mut state = self.state();
            if state.generation == generation {
                state.connection = None;
                self.note_failure(&mut state, error);
            }
        }
        answer
    }

    async fn connection(&self) -> RedisResult<(MultiplexedConnection, u64)> {
        if let Some(there) = self.there()? {
            return Ok(there);
        }
        let _turn = self.connecting.lock().await;
        // Whoever was before may have made it, or failed to.
        if let Some(there) = self.there()? {
            return Ok(there);
        }
        match self.connect().await {
            Ok(connection) => Ok(self.keep(connection)),
            Err(error) => {
                self.note_failure(&mut self.state(), &error);
                Err(error)
            }
        }
    }

    fn there(&self) -> RedisResult<Option<(MultiplexedConnection, u64)>> {
        let state = self.state();
        if let Some(connection) = &state.connection {
            return Ok(Some((connection.clone(), state.generation)));
        }
        match state.down {
            Some(down) if Instant::now() < down.next_try => Err(away()),
            _ => Ok(None),
        }
    }

    async fn connect(&self) -> RedisResult<MultiplexedConnection> {
        let mut connection = self
            .server
            .client()
            .await?
            .get_multiplexed_async_connection_with_config(&self.config)
            .await?;
        if let Some(greeting) = &self.greeting {
            greeting.exec_async(&mut connection).await?;
        }
        Ok(connection)
    }

    fn keep(&self, connection: MultiplexedConnection) -> (MultiplexedConnection, u64) {
        let mut state = self.state();
        state.generation += 1;
        state.connection = Some(connection.clone());
        if let Some(down) = state.down.take() {
            let seconds = down.since.elapsed().as_secs_f64();
            tracing::info!(
                "connected to redis at {} again after {seconds:.1} s",
                self.address
            );
        }
        (connection, state.generation)
    }

    fn note_failure(&self, state: &mut State, error: &RedisError) {
        let now = Instant::now();
        let mut down = state.down.unwrap_or_else(|| {
            let error: &(dyn std::error::Error + 'static) = error;
            tracing::warn!(error, "redis at {} is away; trying again", self.address);
            Down {
                since: now,
                tries: 0,
                next_try: now,
            }
        });
        down.next_try = now + pause(down.tries);
        down.tries += 1;
        state.down = Some(down);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Link").field(&self.address).finish()
    }
}

/// How every connection is made: nothing is waited for without an end.
pub(super) fn with_deadlines() -> AsyncConnectionConfig {
    AsyncConnectionConfig::new()
        .set_connection_timeout(Some(CONNECT_WITHIN))
        .set_response_timeout(Some(ANSWER_WITHIN))
}

/// How long to leave Redis alone after so many failures: anything up to a bound that doubles.
fn pause(tries: u32) -> Duration {
    let bound = FIRST_PAUSE
        .saturating_mul(1 << tries.min(16))
        .min(LONGEST_PAUSE);
    bound.mul_f64(rand::random::<f64>())
}

fn away() -> RedisError {
    io::Error::new(io::ErrorKind::NotConnected, "redis is away").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_a_bound_and_differ() {
        for tries in [0, 1, 5, 40, u32::MAX] {
            let bound = FIRST_PAUSE.saturating_mul(1 << tries.min(16));
            let pauses: Vec<Duration> = (0..20).map(|_| pause(tries)).collect();
            assert!(pauses.iter().all(|each| *each <= bound.min(LONGEST_PAUSE)));
            assert!(pauses.iter().any(|each| *each != pauses[0]));
        }
    }
}
