//! What people type for a worker, and what comes of it.

use clap::error::ErrorKind;

use super::*;
use crate::settings::Sources;

fn parsed(line: &str) -> Result<Worker, clap::Error> {
    Worker::read(["worker"].into_iter().chain(line.split_whitespace()))
}

fn options(line: &str) -> NodeOptions {
    parsed(line)
        .expect("a line that is understood")
        .into_options()
}

#[test]
fn what_people_type_for_celery_is_understood() {
    let line = "-c 4 -Q music,mail -X old -n music@here -l WARNING -E -O fair --prefetch-multiplier 1 --time-limit 60 \
                --soft-time-limit=30 --without-gossip --without-mingle --heartbeat-interval 5 --purge";
    let worker = parsed(line).expect("a line that is understood");
    let mut settings = Settings::from_sources(&Sources::default()).expect("defaults");

    worker.adjust(&mut settings);

    assert_eq!(settings.worker.concurrency, 4);
    assert_eq!(settings.worker.prefetch_multiplier, 1);
    assert_eq!(settings.worker.time_limit, Duration::from_mins(1));
    assert_eq!(
        settings.worker.soft_time_limit,
        Some(Duration::from_secs(30))
    );
    assert_eq!(settings.log.level.to_string(), "warn");
    assert!(settings.node.task_events && settings.warnings.is_empty());
    let expected = NodeOptions {
        name: "music@here".to_owned(),
        queues: vec!["music".to_owned(), "mail".to_owned()],
        excluded: vec!["old".to_owned()],
        purge: true,
        heartbeat: Some(Duration::from_secs(5)),
        mingle: false,
    };
    assert_eq!(worker.into_options(), expected);
}

#[test]
fn without_a_word_it_is_a_worker_of_celery() {
    let NodeOptions {
        name,
        queues,
        purge,
        heartbeat,
        mingle,
        ..
    } = options("");

    assert_eq!(name, format!("celery@{}", node_name::host()));
    assert!(queues.is_empty() && !purge && mingle);
    assert_eq!(heartbeat, Some(Duration::from_secs(2)));
    assert_eq!(options("--without-heartbeat").heartbeat, None);
}

#[test]
fn what_means_nothing_here_is_refused_with_what_to_do() {
    for (line, said) in [
        ("-P gevent", "side by side in one process"),
        ("--pool=prefork", "side by side in one process"),
        ("--autoscale=10,3", "-c"),
        ("--max-tasks-per-child 100", "no child processes"),
        ("--max-memory-per-child=12000", "MemoryMax="),
        ("-B", "the program `beat`"),
        ("-A music", "leave it out"),
        ("--statedb /x", "kept in Redis"),
        ("--pidfile=/x", "supervises"),
        ("-D", "supervises"),
        ("-f x.log", "standard error"),
    ] {
        let error = parsed(line).expect_err(line);

        assert_eq!(error.kind(), ErrorKind::ArgumentConflict, "{line}");
        let words = error.to_string();
        assert!(
            words.contains(said) && !words.contains("  "),
            "{line}: {words}"
        );
    }
    assert!(parsed("--prefetch-multiplier 0").is_err() && parsed("-O slow").is_err());
}

#[test]
fn a_soft_limit_that_comes_too_late_is_remarked_upon() {
    let worker = parsed("--soft-time-limit 600").expect("a line that is understood");
    let mut settings = Settings::from_sources(&Sources::default()).expect("defaults");

    worker.adjust(&mut settings);

    assert_eq!(settings.warnings.len(), 1);
}
