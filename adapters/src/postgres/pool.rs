//! A few connections, each lent to one at a time, and a deadline on all that is asked of them.

mod session;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sqlx::postgres::{PgArguments, PgConnectOptions, PgConnection, PgRow};
use sqlx::query::Query;
use sqlx::{ConnectOptions as _, Connection as _, Postgres};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};

pub(super) use self::session::Session;
use super::error::StoreError;

/// How long anything asked of the server is waited for. The server itself gives up a little
/// sooner, and says so (see [`super::entrance::options`]).
pub(super) const ANSWERED_WITHIN: Duration = Duration::from_secs(5);
/// How long a connection is waited for while all are lent.
const LENT_WITHIN: Duration = Duration::from_secs(1);
/// How long a connection may lie unused before it is tried out first: whoever restarts the
/// server or cuts the line tells nobody. While the server is busy this costs nothing.
const TRUSTED_FOR: Duration = Duration::from_secs(1);
/// How often a statement is run that others got in the way of.
const TRIES: u32 = 5;

/// A statement and what it is about.
pub(super) type Statement<'q> = Query<'q, Postgres, PgArguments>;

/// The connections of one process for one purpose. Clones are the same.
#[derive(Clone)]
pub(super) struct Pool(Arc<Connections>);

struct Connections {
    server: Arc<Server>,
    free: Arc<Semaphore>,
    idle: Mutex<Vec<Open>>,
}

/// What all connections of a process have in common.
struct Server {
    options: PgConnectOptions,
    max_age: Option<Duration>,
    /// When a connection was last found broken: then the others may be.
    doubted_at: Mutex<Option<Instant>>,
}

struct Open {
    connection: PgConnection,
    opened_at: Instant,
    used_at: Instant,
}

impl Pool {
    /// Opens up to `most` connections when they are needed.
    pub(super) fn new(options: PgConnectOptions, most: u32, max_age: Option<Duration>) -> Self {
        Self::to(
            Arc::new(Server {
                options,
                max_age,
                doubted_at: Mutex::default(),
            }),
            most,
        )
    }

    /// Up to `most` other connections to the same server, for another purpose.
    pub(super) fn beside(&self, most: u32) -> Self {
        Self::to(Arc::clone(&self.0.server), most)
    }

    fn to(server: Arc<Server>, most: u32) -> Self {
        Self(Arc::new(Connections {
            server,
            free: Arc::new(Semaphore::new(most as usize)),
            idle: Mutex::default(),
        }))
    }

    /// How connections to this server are made.
    pub(super) fn options(&self) -> &PgConnectOptions {
        &self.0.server.options
    }

    /// A connection for several statements.
    pub(super) async fn session(&self) -> Result<Session, StoreError> {
        let free = Arc::clone(&self.0.free).acquire_owned();
        let permit = timeout(LENT_WITHIN, free)
            .await
            .map_err(|_| StoreError::Overloaded)?
            .map_err(|_| StoreError::Stopped)?;
        let open = match self.0.tried().await {
            Some(open) => open,
            None => self.0.opened().await?,
        };
        Ok(Session::of(open, &self.0, permit))
    }

    /// The rows that a statement yields; one that collides with others is run again.
    pub(super) async fn all<'q>(
        &self,
        statement: impl Fn() -> Statement<'q>,
    ) -> Result<Vec<PgRow>, StoreError> {
        let mut tries = 0;
        loop {
            tries += 1;
            match self.session().await?.all(statement()).await {
                Err(error) if error.is_collision() && tries < TRIES => {}
                ended => return ended,
            }
        }
    }

    /// The first row that a statement yields.
    pub(super) async fn first<'q>(
        &self,
        statement: impl Fn() -> Statement<'q>,
    ) -> Result<Option<PgRow>, StoreError> {
        Ok(self.all(statement).await?.into_iter().next())
    }

    /// How many rows a statement changes; one that collides with others is run again.
    pub(super) async fn changed<'q>(
        &self,
        statement: impl Fn() -> Statement<'q>,
    ) -> Result<u64, StoreError> {
        let mut tries = 0;
        loop {
            tries += 1;
            match self.session().await?.changed(statement()).await {
                Err(error) if error.is_collision() && tries < TRIES => {}
                ended => return ended,
            }
        }
    }
}

impl Connections {
    /// A connection that lay unused and still answers.
    async fn tried(&self) -> Option<Open> {
        loop {
            let mut open = self.idle().pop()?;
            if self.server.wants_new(&open) {
                continue;
            }
            if self.server.trusts(&open) {
                return Some(open);
            }
            match timeout(ANSWERED_WITHIN, open.connection.ping()).await {
                Ok(Ok(())) => return Some(open),
                _ => self.server.doubt(),
            }
        }
    }

    async fn opened(&self) -> Result<Open, StoreError> {
        let connection = connected(&self.server.options).await?;
        let now = Instant::now();
        Ok(Open {
            connection,
            opened_at: now,
            used_at: now,
        })
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Open>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Server {
    fn wants_new(&self, open: &Open) -> bool {
        self.max_age
            .is_some_and(|age| open.opened_at.elapsed() >= age)
    }

    fn trusts(&self, open: &Open) -> bool {
        open.used_at.elapsed() < TRUSTED_FOR && self.doubted_at().is_none_or(|at| at < open.used_at)
    }

    fn doubt(&self) {
        *self.doubted_at() = Some(Instant::now());
    }

    fn doubted_at(&self) -> MutexGuard<'_, Option<Instant>> {
        let doubted_at = self.doubted_at.lock();
        doubted_at.unwrap_or_else(PoisonError::into_inner)
    }
}

/// A new connection.
pub(super) async fn connected(options: &PgConnectOptions) -> Result<PgConnection, StoreError> {
    let connected = timeout(ANSWERED_WITHIN, options.connect()).await;
    Ok(connected.map_err(|_| StoreError::Silent)??)
}

/// What `asked` answers, if it does in time.
pub(super) async fn in_time<T>(
    asked: impl Future<Output = sqlx::Result<T>>,
) -> Result<T, StoreError> {
    let answered = timeout(ANSWERED_WITHIN, asked).await;
    Ok(answered.map_err(|_| StoreError::Silent)??)
}
