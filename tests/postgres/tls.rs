//! The way to a server by the network: encrypted or not, as the `sslmode` of a URL says.

use tests::postgres::Database;
use tests::scripted_smtp::Authority;

use super::network::{
    address, assert_ready, assert_refused, authority, encrypted, encrypted_by, file_of, in_clear,
    migrate, migrate_with, stranger, url,
};
use super::{Process, soon};

/// Whether all sessions of ours in `database` are encrypted, once there are any.
async fn are_encrypted(database: &Database) -> String {
    soon(async || {
        let found = database.query(
            "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
             WHERE application_name = 'backbeat' AND datname = current_database()",
        );
        (!found.is_empty()).then_some(found)
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_session_is_encrypted_with_a_server_that_can() {
    for mode in ["verify-full", "verify-ca", "require", "prefer", "allow"] {
        let database = encrypted().database_with_tables();
        let query = format!("?sslmode={mode}&sslrootcert={}", authority());

        let _process = Process::at(&address(&url(&database, "localhost", &query))).await;

        assert_eq!(are_encrypted(&database).await, "t", "{mode}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_cannot_encrypt_is_spoken_to_in_clear_unless_that_is_forbidden() {
    for query in ["", "?sslmode=prefer", "?sslmode=allow", "?sslmode=disable"] {
        let database = in_clear().database_with_tables();

        let _process = Process::at(&address(&url(&database, "localhost", query))).await;

        assert_eq!(are_encrypted(&database).await, "f", "{query}");
    }
    let database = in_clear().database();
    for mode in ["require", "verify-ca", "verify-full"] {
        let url = url(&database, "localhost", &format!("?sslmode={mode}"));
        assert_refused(&url, &["does not support TLS"]);
    }
}

#[test]
fn a_program_takes_a_certificate_that_is_good_for_the_host() {
    let database = encrypted().database();
    let file = authority();
    let query = format!("?sslmode=verify-full&sslrootcert={file}");

    let ended = migrate(&url(&database, "localhost", &query));
    assert_ready(&ended, "by the file of the URL");

    let trusting = [("SSL_CERT_FILE", file.as_str())];
    let ended = migrate_with(
        &url(&database, "localhost", "?sslmode=verify-full"),
        &trusting,
    );
    assert_ready(&ended, "by what the machine trusts");
}

#[test]
fn a_certificate_of_a_stranger_is_refused_with_what_helps() {
    let database = encrypted().database();
    for query in [
        format!("?sslmode=verify-full&sslrootcert={}", stranger()),
        format!("?sslmode=verify-ca&sslrootcert={}", stranger()),
        // As psql does it: who names a file wants it to be looked at.
        format!("?sslmode=require&sslrootcert={}", stranger()),
        "?sslmode=verify-full".to_owned(),
    ] {
        let url = url(&database, "localhost", &query);
        assert_refused(&url, &["signed by nobody who is trusted", "?sslrootcert="]);
    }
}

#[test]
fn a_certificate_for_another_host_is_refused_with_what_helps() {
    let database = encrypted().database();
    let file = authority();

    let strict = format!("?sslmode=verify-full&sslrootcert={file}");
    let url_of = |query: &str| url(&database, "127.0.0.1", query);
    assert_refused(
        &url_of(&strict),
        &["127.0.0.1", "localhost", "DATABASE_URL"],
    );

    let lenient = format!("?sslmode=verify-ca&sslrootcert={file}");
    assert_ready(&migrate(&url_of(&lenient)), "the name is not looked at");
}

#[test]
fn a_server_may_sign_its_certificate_itself_unless_it_is_that_of_an_authority() {
    let authority = Authority::new().itself();
    let server = encrypted_by(&authority);
    let database = server.database();
    let url_by = |pem: &str| {
        let query = format!(
            "?sslmode=verify-full&sslrootcert={}",
            file_of(pem, server).display()
        );
        url(&database, "localhost", &query)
    };
    assert_refused(&url_by(&authority.0), &["CaUsedAsEndEntity", "CA:FALSE"]);

    let its_own = Authority::of_its_own("localhost");
    server.certify(&its_own);
    assert_ready(&migrate(&url_by(&its_own.0)), "signed by itself");
}

#[test]
fn a_file_of_authorities_that_is_not_there_is_named() {
    let database = encrypted().database();
    for mode in ["verify-full", "verify-ca", "require"] {
        let query = format!("?sslmode={mode}&sslrootcert=/no/such/authority.pem");
        let words = ["sslrootcert", "/no/such/authority.pem", "No such file"];
        assert_refused(&url(&database, "localhost", &query), &words);
    }
}

#[test]
fn a_server_that_wants_encryption_is_not_spoken_to_in_clear() {
    let database = encrypted().database();
    let url = url(&database, "localhost", "?sslmode=disable");

    assert_refused(&url, &["pg_hba.conf", "no encryption", "?sslmode=require"]);
}

#[test]
fn a_socket_needs_no_encryption_whatever_is_asked_for() {
    let database = encrypted().database();
    for mode in ["prefer", "require", "verify-full"] {
        let (folder, name) = (database.server().folder().display(), database.name());
        let port = database.server().port();
        let url = format!("postgres://backbeat@:{port}/{name}?host={folder}&sslmode={mode}");
        assert_ready(&migrate(&url), mode);
    }
}
