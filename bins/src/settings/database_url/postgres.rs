//! The URLs of `PostgreSQL` databases: over the network, and by a socket in both spellings.

use std::time::Duration;

use adapters::postgres::{Encryption, Host, Password, PostgresAddress};

use super::{Database, DatabaseUrlError as Error};
use crate::settings::percent;

const PORT: u16 = 5432;
/// Where Debian's server has its socket, for URLs that name no host.
const SOCKETS: &str = "/var/run/postgresql";
const ENCRYPTIONS: [(&str, Encryption); 6] = [
    ("disable", Encryption::Disable),
    ("allow", Encryption::Allow),
    ("prefer", Encryption::Prefer),
    ("require", Encryption::Require),
    ("verify-ca", Encryption::VerifyCa),
    ("verify-full", Encryption::VerifyFull),
];

/// The database that the part of a URL after `postgres://` names.
pub(super) fn database(rest: &str) -> Result<Database, Error> {
    if rest.contains('#') {
        return Err(Error::Fragment);
    }
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, path) = place.split_once('/').ok_or(Error::NoDatabase)?;
    let mut address = at(authority, path)?;
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        set(&mut address, key, decoded(value)?)?;
    }
    if address.database.is_empty() {
        return Err(Error::NoDatabase);
    }
    Ok(Database::Postgres(Box::new(address)))
}

fn at(authority: &str, path: &str) -> Result<PostgresAddress, Error> {
    let (person, place) = authority.rsplit_once('@').unwrap_or(("", authority));
    let (user, password) = match person.split_once(':') {
        Some((user, password)) => (user, Some(password)),
        None => (person, None),
    };
    let (host, port) = host_and_port(place)?;
    let (user, host, path) = (decoded(user)?, decoded(host)?, decoded(path)?);
    // Django's way to name a socket: four slashes, its directory, and the database.
    let (host, database) = match path.rsplit_once('/') {
        Some((folder, database)) if host.is_empty() && folder.starts_with('/') => {
            (folder.to_owned(), database.to_owned())
        }
        _ => (host, path),
    };
    Ok(PostgresAddress {
        host: named(host),
        port,
        user: (!user.is_empty()).then_some(user),
        password: password.map(decoded).transpose()?.map(Password::new),
        database,
        encryption: Encryption::default(),
        root_certificate: None,
        max_age: None,
    })
}

fn host_and_port(place: &str) -> Result<(&str, u16), Error> {
    if place.contains(',') {
        return Err(Error::SeveralHosts);
    }
    // The colons within [::1] are no port.
    let (host, port) = match place.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, parsed(port)?),
        _ => (place, PORT),
    };
    let inside = host.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
    Ok((inside.unwrap_or(host), port))
}

fn parsed(port: &str) -> Result<u16, Error> {
    match port.parse() {
        Ok(port @ 1..) => Ok(port),
        _ => Err(Error::Port),
    }
}

fn named(host: String) -> Host {
    if host.is_empty() {
        Host::Socket(SOCKETS.into())
    } else if host.starts_with('/') {
        Host::Socket(host.into())
    } else {
        Host::Network(host)
    }
}

fn set(address: &mut PostgresAddress, key: &str, value: String) -> Result<(), Error> {
    match key.to_ascii_lowercase().as_str() {
        "host" => address.host = named(value),
        "port" => address.port = parsed(&value)?,
        "user" => address.user = Some(value),
        "password" => address.password = Some(Password::new(value)),
        "dbname" => address.database = value,
        "sslmode" => {
            let known = ENCRYPTIONS.iter().find(|(name, _)| *name == value);
            address.encryption = known.ok_or(Error::SslMode)?.1;
        }
        "sslrootcert" => address.root_certificate = Some(value.into()),
        "conn_max_age" if value.eq_ignore_ascii_case("none") => address.max_age = None,
        "conn_max_age" => {
            let seconds = value.parse().map_err(|_| Error::MaxAge)?;
            address.max_age = Some(Duration::from_secs(seconds));
        }
        // Behind an unescaped ? it may be a part of the password.
        key if key.len() <= 32 && key.bytes().all(|it| it.is_ascii_lowercase() || it == b'_') => {
            return Err(Error::UnknownPostgresParameter(key.to_owned()));
        }
        _ => return Err(Error::UnreadableParameter),
    }
    Ok(())
}

fn decoded(text: &str) -> Result<String, Error> {
    percent::decoded(text).ok_or(Error::Undecodable)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(url: &str) -> PostgresAddress {
        match url.parse() {
            Ok(Database::Postgres(address)) => *address,
            other => panic!("{url}: {other:?}"),
        }
    }

    #[test]
    fn a_url_names_a_server_and_a_database() {
        for (url, shown) in [
            ("postgres://u:p@h:6432/db", "postgres://u:**@h:6432/db"),
            ("postgresql://h/db", "postgres://h:5432/db"),
            ("psql://u@h/db", "postgres://u@h:5432/db"),
            ("pgsql://u@h/db?", "postgres://u@h:5432/db"),
            ("POSTGRES://u@h/db", "postgres://u@h:5432/db"),
            ("postgis://u@h/db", "postgres://u@h:5432/db"),
            ("postgres://[::1]:5433/db", "postgres://::1:5433/db"),
            ("postgres://[::1]/db", "postgres://::1:5432/db"),
            ("postgres://h/my%20db", "postgres://h:5432/my db"),
            (
                "postgres:////var/run/pg/db",
                "postgres:///db?host=/var/run/pg&port=5432",
            ),
            (
                "postgres://u:p@//var/run/pg/db",
                "postgres://u:**@/db?host=/var/run/pg&port=5432",
            ),
            (
                "postgres://%2Fvar%2Frun%2Fpg:5433/db",
                "postgres:///db?host=/var/run/pg&port=5433",
            ),
            (
                "postgres://u@/db?host=/tmp/pg&port=5433",
                "postgres://u@/db?host=/tmp/pg&port=5433",
            ),
            (
                "postgres:///db",
                "postgres:///db?host=/var/run/postgresql&port=5432",
            ),
            ("postgres://h/?dbname=db&user=u", "postgres://u@h:5432/db"),
        ] {
            assert_eq!(address(url).to_string(), shown, "{url}");
        }
    }

    #[test]
    fn a_password_may_hold_anything_that_is_encoded() {
        for (url, password) in [
            ("postgres://u:p%40ss@h/db", "p@ss"),
            ("postgres://u:p@ss@h/db", "p@ss"),
            ("postgres://u:a:b@h/db", "a:b"),
            ("postgres://u:%23%2F%3F%25@h/db", "#/?%"),
            ("postgres://u:@h/db", ""),
            ("postgres://u@h/db?password=x%26y", "x&y"),
        ] {
            let expected = Some(Password::new(password));
            assert_eq!(address(url).password, expected, "{url}");
        }
    }

    #[test]
    fn parameters_are_those_of_django_and_of_postgresql() {
        let read =
            address("postgres://h/db?sslmode=verify-full&sslrootcert=/ca.pem&CONN_MAX_AGE=60");

        assert_eq!(read.encryption, Encryption::VerifyFull);
        assert_eq!(read.root_certificate, Some("/ca.pem".into()));
        assert_eq!(read.max_age, Some(Duration::from_mins(1)));
        let unlimited = address("postgres://h/db?conn_max_age=None");
        assert_eq!(unlimited.max_age, None);
        assert_eq!(unlimited.encryption, Encryption::Prefer);
    }

    #[test]
    fn what_is_wrong_is_said_without_the_password() {
        for (url, said) in [
            ("postgres://u:hunter2@h", "names no database"),
            ("postgres://u:hunter2@h/", "names no database"),
            ("postgres://u:hunter2#x@h:5432/db", "write it as %23"),
            ("postgres://u:hunter2/x@h:5432/db", "/ as %2F"),
            ("postgres://u:hunter2?x@h:5432/db", "names no database"),
            ("postgres://u:x/y?hunter2@h/db", "/ as %2F"),
            ("postgres://h/db?hunter2@h/db=x", "? as %3F"),
            ("postgres://u:hunter2@h:0/db", "no port"),
            ("postgres://u:hunter2@a:1,b:2/db", "several hosts"),
            ("postgres://u:hunter2@h/db?sslmode=on", "verify-full"),
            ("postgres://u:hunter2@h/db?conn_max_age=x", "seconds"),
            ("postgres://u:hunter2@h/db?pool_size=3", "pool_size"),
            ("postgres://u:hunter2%FF@h/db", "not readable"),
        ] {
            let error = url.parse::<Database>().expect_err(url).to_string();

            assert!(error.contains(said), "{url}: {error}");
            assert!(!error.contains("hunter2"), "{url}: {error}");
        }
    }
}
