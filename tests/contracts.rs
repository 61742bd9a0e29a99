//! The laws that every adapter of a port obeys.
//!
//! A law is an `async fn(&World)` named as a sentence. It is written once, and listed once
//! in the [`laws!`] of its file; the adapters are listed once, here. So each law becomes one
//! test for each adapter: `task_queue::settling::memory::a_verdict_given_twice_counts_once`.

/// Makes a test of each of these laws on each adapter.
///
/// A new adapter is one line here, and a function of its name in [`world`] that opens an empty store.
macro_rules! laws {
    ($($law:ident),+ $(,)?) => {
        laws_on!(memory: $($law),+);
        laws_on!(sqlite: $($law),+);
        laws_on!(postgres: $($law),+);
    };
}

/// The same for laws of queues, most of which a conveyor obeys, too; and for the queue of a
/// store whose tasks travel by a conveyor.
///
/// What a store alone promises is to know an id for as long as its task is kept, to keep what
/// is done, and to put what is enqueued late where it would have been in time.
macro_rules! queue_laws {
    (any queue: $($law:ident),+; $(stores alone: $($of_stores:ident),+;)?) => {
        laws!($($law),+ $(, $($of_stores),+)?);
        laws_on!(redis: $($law),+);
        laws_on!(sqlite_by_redis: $($law),+ $(, $($of_stores),+)?);
        laws_on!(postgres_by_redis: $($law),+ $(, $($of_stores),+)?);
    };
}

macro_rules! laws_on {
    ($adapter:ident: $($law:ident),+) => {
        mod $adapter {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $law() {
                    let world = $crate::contracts::world::$adapter().await;
                    super::$law(&world).await;
                }
            )+
        }
    };
}

mod account_repo;
mod album_repo;
mod artist_repo;
mod housekeeping;
mod mail_log;
mod mail_pauses;
mod outbox;
mod reminder_repo;
mod schedule_repo;
mod task_queue;
mod task_queue_admin;
mod token_repo;
mod world;
