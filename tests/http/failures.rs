//! When something behind the API fails or hangs.

use std::future::pending;

use async_trait::async_trait;
use domain::ports::{PortError, Readiness, Severity};

use super::ask::get;
use super::world::{LIMITS, World};

/// How the other side fails.
pub(super) enum Broken {
    Never,
    With(Severity),
    WithoutEnd,
}

#[async_trait]
impl Readiness for Broken {
    async fn ready(&self) -> Result<(), PortError> {
        match self {
            Self::Never => Ok(()),
            Self::With(severity) => Err(PortError {
                adapter: "sqlite",
                action: "answer",
                severity: *severity,
                source: "secret detail at /var/lib".into(),
            }),
            Self::WithoutEnd => pending().await,
        }
    }
}

fn world(broken: Broken) -> World {
    World::with(broken, LIMITS)
}

#[tokio::test]
async fn what_may_help_later_is_a_503_and_what_will_not_a_500() {
    let away = world(Broken::With(Severity::Transient));
    let wrong = world(Broken::With(Severity::Permanent));

    let away = away.refused(get("/readyz"), 503).await;
    let wrong = wrong.refused(get("/readyz"), 500).await;

    assert_eq!(away.header("retry-after"), "1");
    assert_eq!(wrong.text("/detail"), "something went wrong here");
    for answer in [away, wrong] {
        assert!(!answer.body.to_string().contains("secret"));
    }
}

#[tokio::test]
async fn being_alive_does_not_depend_on_being_ready() {
    let world = world(Broken::With(Severity::Transient));

    world.body(get("/healthz"), 200).await;
}

#[tokio::test(start_paused = true)]
async fn a_request_that_hangs_is_given_up() {
    let world = world(Broken::WithoutEnd);

    let answer = world.refused(get("/readyz"), 503).await;

    assert_eq!(answer.header("retry-after"), "1");
}
