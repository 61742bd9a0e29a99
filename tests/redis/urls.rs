//! Where Redis is: the forms that people write.

use std::sync::Arc;

use adapters::clock::SystemClock;
use adapters::redis::{RedisQueue, RedisSettings, RedisUrl, RedisUrlError};
use domain::ports::{PortError, Severity, TaskQueue as _, chain};
use proptest::prelude::*;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tests::ports::free_port;
use tests::redis_server::RedisServer;
use tests::samples::task;

fn shown(url: &str) -> String {
    RedisUrl::try_from(url).map_or_else(|error| format!("! {error}"), |url| url.to_string())
}

#[test]
fn every_form_in_use_is_read_and_shown_without_its_secrets() {
    for (url, expected) in [
        ("redis://h", "redis://h:6379/0"),
        ("redis://h:1234/7", "redis://h:1234/7"),
        ("redis://[::1]:1234/7", "redis://[::1]:1234/7"),
        ("redis:///3", "redis://127.0.0.1:6379/3"),
        ("redis://:geheim@h/0", "redis://:**@h:6379/0"),
        ("redis://me:ge%40heim@h", "redis://me:**@h:6379/0"),
        ("valkey://h", "redis://h:6379/0"),
        ("rediss://h:6380/1", "rediss://h:6380/1"),
        (
            "rediss://h?ssl_cert_reqs=CERT_REQUIRED",
            "rediss://h:6379/0",
        ),
        ("redis:///tmp/redis.sock", "unix:///tmp/redis.sock?db=0"),
        ("unix:///tmp/redis.sock?db=2", "unix:///tmp/redis.sock?db=2"),
        (
            "redis+socket:///tmp/r.sock?virtual_host=1",
            "unix:///tmp/r.sock?db=1",
        ),
        (
            "sentinel://h;sentinel://[::1]:1234",
            "sentinel://h:26379;sentinel://[::1]:1234/0?master_name=",
        ),
        (
            "sentinel://me:geheim@h:1/2;sentinel://h2:2?master_name=music&sentinel_password=geheim",
            "sentinel://me:**@h:1;sentinel://h2:2/2?master_name=music",
        ),
        (
            "sentinel://h1;sentinel://h2/2?master_name=music&ssl_cert_reqs=required&sentinel_ssl=1",
            "sentinel://h1:26379;sentinel://h2:26379/2?master_name=music",
        ),
        (
            "redis+unix:///tmp/r.sock?password=geheim",
            "unix://:**@/tmp/r.sock?db=0",
        ),
    ] {
        assert_eq!(shown(url), expected, "{url}");
        let debug = format!("{:?}", RedisUrl::try_from(url).unwrap());
        assert!(!debug.contains("heim"), "{debug}");
    }
}

#[test]
fn a_password_that_was_not_encoded_is_refused_and_not_shown() {
    for url in [
        "redis://me:12/geheim@h:6379/0",
        "redis://:12/geheim@h",
        "redis://me:12?geheim@h",
        "redis://me:12#geheim@h",
        "redis://me:12/?geheim@h",
    ] {
        let shown = shown(url);

        assert!(shown.starts_with("! ") && shown.contains("%2F"), "{shown}");
        assert!(!shown.contains("geheim"), "{shown}");
    }
    assert_eq!(
        shown("redis+unix:///run/redis@1/r.sock"),
        "unix:///run/redis@1/r.sock?db=0"
    );
}

#[test]
fn what_is_not_supported_is_refused_in_words() {
    for (url, words) in [
        ("h:6379", "scheme \"h\" is not supported"),
        ("http://h", "scheme \"http\" is not supported"),
        ("rediscache://h", "not supported"),
        ("sentinel://h1:26379,h2:26379", "several servers"),
        ("sentinel://h1;redis://h2", "several servers"),
        (
            "sentinel://:a@h1;sentinel://:b@h2",
            "two things of the password",
        ),
        (
            "sentinel://h1/1;sentinel://h2/2",
            "two things of the database",
        ),
        ("sentinel://h1?sentinel_ssl=perhaps", "is not known"),
        ("sentinel://a@b/@h1", "%2F"),
        ("redis://h1:6379,h2:6379/0", "several servers"),
        ("redis://h/seven", "database \"seven\" is not a number"),
        (
            "redis://h?socket_timeout=1",
            "parameter \"socket_timeout\" is not known",
        ),
        (
            "rediss://h?ssl_cert_reqs=none",
            "certificates are always checked",
        ),
        ("rediss://h?ssl_certfile=a", "go together"),
        ("redis://h?ssl_ca_certs=a", "is not known"),
        ("redis://a%zz@h", "user is not percent-encoded"),
    ] {
        let refusal = shown(url);
        assert!(
            refusal.starts_with("! ") && refusal.contains(words),
            "{url}: {refusal}"
        );
    }
}

proptest! {
    #[test]
    fn any_text_is_a_url_or_refused(text in prop_oneof![any::<String>(), "redi[s+unixocket]{1,8}://[ -~]{0,40}", "sentinel://[ -~]{0,60}"]) {
        let read: Result<RedisUrl, RedisUrlError> = RedisUrl::try_from(text.as_str());
        if let Ok(url) = read {
            prop_assert!(url.to_string().contains("://"));
        }
    }
}

/// A server with TLS on a port of its own, and the authority that vouches for it.
async fn with_tls() -> (RedisServer, u16, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &authority).unwrap();
    let write = |name: &str, text: String| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    write("authority.pem", authority.pem());
    let (certificate, key) = (
        write("server.pem", certificate.pem()),
        write("server.key", key.serialize_pem()),
    );
    let port = free_port();
    let options = [
        "--bind",
        "127.0.0.1",
        "--tls-port",
        &port.to_string(),
        "--tls-auth-clients",
        "no",
        "--tls-cert-file",
        &certificate,
        "--tls-key-file",
        &key,
    ];
    (RedisServer::start(&options).await, port, folder)
}

async fn enqueue_at(url: &str) -> Result<(), PortError> {
    let url = RedisUrl::try_from(url).unwrap();
    let queue = RedisQueue::open(&url, Arc::new(SystemClock), RedisSettings::default())?;
    queue.enqueue(&[task("a")]).await.map(|_| ())
}

#[tokio::test]
async fn tls_is_spoken_with_whom_the_authority_vouches_for_and_nobody_else() {
    let (_server, port, folder) = with_tls().await;
    let authority = folder.path().join("authority.pem");
    let trusted = |host: &str| {
        format!(
            "rediss://{host}:{port}?ssl_ca_certs={}",
            authority.display()
        )
    };

    enqueue_at(&trusted("localhost")).await.unwrap();

    let unknown = enqueue_at(&format!("rediss://localhost:{port}"))
        .await
        .unwrap_err();
    assert!(
        chain(&unknown).contains("certificate"),
        "{}",
        chain(&unknown)
    );
    let another = enqueue_at(&trusted("127.0.0.1")).await.unwrap_err();
    assert!(
        chain(&another).contains("certificate"),
        "{}",
        chain(&another)
    );
    assert_eq!(another.severity, Severity::Transient);
    let missing = format!("rediss://localhost:{port}?ssl_ca_certs=/nowhere");
    let missing = enqueue_at(&missing).await.unwrap_err();
    assert!(chain(&missing).contains("/nowhere"));
}
