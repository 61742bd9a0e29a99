//! What cannot be started says why, in a line, and exits accordingly.

use std::fs;
use std::net::TcpListener;
use std::process::Command;

use tempfile::TempDir;
use tests::program::{Ended, Program, command};

use super::backbeat;

fn run(command: Command) -> Ended {
    Program::start(command).ended()
}

fn assert_refused(ended: &Ended, code: i32, words: &[&str]) {
    assert_eq!(ended.status.code(), Some(code), "{}", ended.errors);
    for words in words {
        assert!(ended.errors.contains(words), "{words} in {}", ended.errors);
    }
    assert!(!ended.errors.contains("panicked"), "{}", ended.errors);
}

#[test]
fn a_taken_port_is_named() {
    let folder = TempDir::new().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    for name in ["backbeat", "api"] {
        let mut how = command(name, folder.path());
        how.env("API_BIND", &address);

        let ended = run(how);

        assert_refused(&ended, 1, &[name, &address, "API_BIND"]);
        assert_eq!(
            ended
                .errors
                .lines()
                .filter(|line| line.contains(&address))
                .count(),
            1
        );
        fs::remove_file(folder.path().join(format!("{name}.log"))).unwrap();
    }
}

#[test]
fn a_directory_that_cannot_be_written_to_is_named() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    let mut how = command("backbeat", folder.path());
    how.env("DATA_DIR", "file/var");

    assert_refused(&run(how), 1, &["file/var"]);
}

#[test]
fn a_file_that_is_no_database_is_named_and_left_alone() {
    let folder = TempDir::new().unwrap();
    let text = "dear diary, ".repeat(1000);
    fs::write(folder.path().join("diary.txt"), &text).unwrap();
    let mut how = command("backbeat", folder.path());
    how.env("DATABASE_URL", "sqlite:///diary.txt");

    assert_refused(&run(how), 1, &["diary.txt"]);
    assert_eq!(
        fs::read_to_string(folder.path().join("diary.txt")).unwrap(),
        text
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_from_a_newer_version_is_left_alone() {
    let folder = TempDir::new().unwrap();
    let (program, _) = backbeat(folder.path());
    program.stop();
    let path = folder.path().join("var/backbeat.sqlite3");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&path);
    let mut connection = <sqlx::SqliteConnection as sqlx::Connection>::connect_with(&options)
        .await
        .unwrap();
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9999, 'of tomorrow', 1, x'00', 0)";
    sqlx::query(newer).execute(&mut connection).await.unwrap();
    sqlx::Connection::close(connection).await.unwrap();

    let ended = run(command("worker", folder.path()));

    assert_refused(&ended, 1, &["backbeat.sqlite3", "newer"]);
}

#[test]
fn all_wrong_settings_are_told_at_once() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join(".env"), "TOKEN_TTL=soon\n").unwrap();
    let mut how = command("beat", folder.path());
    how.env("API_BIND", "localhost")
        .env("CELERY_CONF_WORKER_CONCURENCY", "4")
        .env("DATABASE_URL", "mysql://root:hunter2@db/music");

    let ended = run(how);

    assert_refused(
        &ended,
        78,
        &[
            "TOKEN_TTL",
            ".env line 1",
            "API_BIND",
            "environment",
            "CELERY_CONF_WORKER_CONCURRENCY",
            "DATABASE_URL",
            "mysql",
        ],
    );
    assert!(!ended.errors.contains("hunter2"), "{}", ended.errors);
}

#[test]
fn a_database_in_memory_is_for_one_process() {
    let folder = TempDir::new().unwrap();
    for name in ["api", "worker", "beat"] {
        let mut how = command(name, folder.path());
        how.env("DATABASE_URL", "sqlite://:memory:");

        assert_refused(&run(how), 1, &["DATABASE_URL"]);
    }
}

#[test]
fn a_wrong_command_line_is_explained() {
    let folder = TempDir::new().unwrap();
    let mut how = command("worker", folder.path());
    how.args(["-c", "0"]);

    assert_refused(&run(how), 2, &["--concurrency"]);
}

#[test]
fn what_celery_has_and_we_have_not_is_refused_in_a_sentence_that_says_what_to_do_instead() {
    for (name, line, refused) in [
        ("worker", "-A music", &[("-A (--app)", "leave it out")][..]),
        (
            "worker",
            "-A music worker -l info",
            &[
                ("-A (--app)", "leave it out"),
                ("worker", "this program is the worker"),
            ],
        ),
        (
            "worker",
            "-c 4 -P gevent --pidfile=/x",
            &[
                ("--pidfile", "supervises"),
                ("-P (--pool)", "side by side in one process"),
            ],
        ),
        (
            "backbeat",
            "worker -A music -c 4",
            &[
                ("-A (--app)", "leave it out"),
                ("worker", "start the program `worker`"),
            ],
        ),
        (
            "backbeat",
            "-A music beat",
            &[
                ("-A (--app)", "leave it out"),
                ("beat", "start the program `beat`"),
            ],
        ),
        (
            "backbeat",
            "inspect --app=music",
            &[("-A (--app)", "leave it out")],
        ),
        ("backbeat", "status", &[("status", "celery -b redis://")]),
        (
            "backbeat",
            "inspect active -d one@host --json",
            &[("inspect active", "lists all")],
        ),
        (
            "backbeat",
            "inspect --most 3 query_task 1 2",
            &[("inspect query_task", "celery -b redis://")],
        ),
        (
            "beat",
            "-s /x -S django -l info",
            &[
                ("-s (--schedule)", "DATABASE_URL"),
                ("-S (--scheduler)", "CELERY_CONF_BEAT_SCHEDULE"),
            ],
        ),
    ] {
        let folder = TempDir::new().unwrap();
        let mut how = command(name, folder.path());
        how.args(line.split(' '));

        let ended = run(how);

        assert_refused(&ended, 2, &[]);
        let said: Vec<&str> = ended.errors.lines().collect();
        assert_eq!(said.len(), refused.len(), "{line}: {}", ended.errors);
        for (said, (option, instead)) in said.iter().zip(refused) {
            let begins = format!("error: {option} means nothing here: ");
            assert!(
                said.starts_with(&begins) && said.contains(instead),
                "{said}"
            );
        }
    }
}
