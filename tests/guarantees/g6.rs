//! G6: each scheduled occurrence is queued exactly once, whatever becomes of the beats, and
//! never by a beat that has the wrong time.

use std::fs;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use tempfile::TempDir;
use tests::postgres::{Database, PostgresServer};
use tests::program::{Program, command};
use tokio::time::{sleep, timeout};

use super::clocks;

const SCHEDULE: &str = r#"{"tick": {"task": "samples.tick", "schedule": 1}}"#;
const SOON: Duration = Duration::from_mins(1);

/// A beat in a folder of its own, which may go by a clock of its own.
struct Beat {
    program: Program,
    _folder: TempDir,
}

impl Beat {
    fn on(database: &Database, clock: Option<&str>) -> Self {
        let folder = TempDir::new().unwrap();
        let settings = [
            format!("DATABASE_URL={}", database.url()),
            "SECRET_KEY=the same on every machine, and long enough".to_owned(),
        ];
        fs::write(folder.path().join(".env"), settings.join("\n")).unwrap();
        let mut how = command("beat", folder.path());
        how.env("CELERY_CONF_BEAT_SCHEDULE", SCHEDULE);
        if let Some(clock) = clock {
            let file = folder.path().join("clock");
            fs::write(&file, clock).unwrap();
            clocks::goes_by(&mut how, &file);
        }
        Self {
            program: Program::start(how),
            _folder: folder,
        }
    }
}

/// The seconds between one occurrence and the next, and how many tasks there are of them.
fn fired(database: &Database) -> (Vec<i64>, usize) {
    let gaps = "SELECT extract(epoch FROM due_at - lag(due_at) OVER (ORDER BY due_at))::bigint FROM occurrences";
    let gaps = database.query(gaps);
    let gaps = gaps.lines().filter_map(|gap| gap.parse().ok()).collect();
    let tasks = database.query("SELECT count(DISTINCT due_since) || ' ' || count(*) FROM tasks");
    let (distinct, all) = tasks.split_once(' ').unwrap();
    assert_eq!(distinct, all, "an occurrence with two tasks");
    (gaps, all.parse().unwrap())
}

async fn until_fired(database: &Database, count: usize) {
    let firing = async {
        while fired(database).0.len() < count {
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(SOON, firing).await.expect("it is fired");
}

fn assert_each_once(database: &Database) {
    let (gaps, tasks) = fired(database);
    assert!(gaps.iter().all(|gap| *gap == 1), "{gaps:?}");
    assert_eq!(gaps.len() + 1, tasks);
}

#[tokio::test(flavor = "multi_thread")]
async fn beats_killed_at_random_fire_each_occurrence_once() {
    let database = PostgresServer::shared().database();
    let mut random = StdRng::seed_from_u64(6);
    let mut beats: Vec<Beat> = (0..4).map(|_| Beat::on(&database, None)).collect();
    beats[0].program.line_with("beat ready");
    for _ in 0..15 {
        sleep(Duration::from_millis(random.random_range(100..700))).await;
        beats.remove(random.random_range(0..4)).program.kill();
        beats.push(Beat::on(&database, None));
    }
    until_fired(&database, fired(&database).0.len() + 2).await;
    for beat in beats {
        assert_eq!(beat.program.stop().status.code(), Some(0));
    }

    assert_each_once(&database);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_beat_hours_off_fires_nothing_while_another_keeps_time() {
    let database = PostgresServer::shared().database();
    let mut right = Beat::on(&database, None);
    right.program.line_with("beat ready");

    let wrong = ["+5h", "-5h"].map(|clock| Beat::on(&database, Some(clock)));
    let saying = async {
        let says = |beat: &Beat| beat.program.log().contains("could not trust its clock");
        while !wrong.iter().all(says) {
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(SOON, saying).await.expect("both say what is wrong");
    until_fired(&database, fired(&database).0.len() + 4).await;

    for beat in wrong.into_iter().chain([right]) {
        assert_eq!(beat.program.stop().status.code(), Some(0));
    }
    assert_each_once(&database);
}
