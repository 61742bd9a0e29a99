//! Carries tasks from the store to Redis while a program runs.

use std::sync::Arc;
use std::time::Duration;

use adapters::redis::{Advice, RedisQueue};
use domain::ports::PortError;
use domain::relay::Relay;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

/// How long a step waits for something to carry; a stop waits for it to return.
const STEP_WAIT: Duration = Duration::from_millis(250);
/// How often lost tasks are looked for.
const MEND_EVERY: Duration = Duration::from_secs(5);
/// The pause after the first failure; it doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// A relay, and the server it carries to.
pub(crate) struct Relaying {
    pub(crate) relay: Relay,
    pub(crate) redis: Arc<RedisQueue>,
}

impl Relaying {
    pub(crate) async fn run(self, stop: CancellationToken) {
        let Self { relay, redis } = self;
        let advising = stop.run_until_cancelled(advise(&redis));
        tokio::join!(carry(relay, &stop), advising);
    }
}

/// Says once what of the server should be changed, as soon as it can be asked.
async fn advise(redis: &RedisQueue) {
    let condition = loop {
        match redis.condition().await {
            Ok(condition) => break condition,
            // Whoever carries tasks says that it is away.
            Err(_) => sleep(LONGEST_PAUSE).await,
        }
    };
    for advice in condition.advice() {
        match advice {
            Advice::Wrong(words) => tracing::error!("{words}"),
            Advice::Warning(words) => tracing::warn!("{words}"),
            Advice::Note(words) => tracing::info!("{words}"),
        }
    }
}

async fn carry(mut relay: Relay, stop: &CancellationToken) {
    let mut pause = FIRST_PAUSE;
    let mut mended_at = Instant::now();
    while !stop.is_cancelled() {
        // Not cut short by the stop: what is marked is pushed.
        match step(&mut relay, &mut mended_at).await {
            Ok(()) => {
                if pause != FIRST_PAUSE {
                    tracing::info!("tasks are carried to redis again");
                }
                pause = FIRST_PAUSE;
            }
            Err(error) => {
                if pause == FIRST_PAUSE {
                    say(&error);
                }
                stop.run_until_cancelled(sleep(pause)).await;
                pause = LONGEST_PAUSE.min(pause * 2);
            }
        }
    }
}

async fn step(relay: &mut Relay, mended_at: &mut Instant) -> Result<(), PortError> {
    relay.step(STEP_WAIT).await?;
    if MEND_EVERY <= mended_at.elapsed() {
        relay.mend().await?;
        *mended_at = Instant::now();
    }
    Ok(())
}

fn say(error: &PortError) {
    tracing::warn!(
        error = error as &dyn std::error::Error,
        "tasks cannot be carried to redis for now: they wait in the database"
    );
}
