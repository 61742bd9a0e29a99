//! What a hash is, whom it fits, and who has to wait for one.

use domain::ports::PasswordHasher as _;

use super::*;

async fn fits(passwords: &Argon2Passwords, password: &str, hash: &ports::PasswordHash) -> bool {
    let verified = passwords.verify(password, Some(hash.clone())).await;
    verified.unwrap()
}

#[tokio::test]
async fn a_hash_fits_its_password_and_no_other() {
    let passwords = Argon2Passwords::new();

    let hash = passwords.hash("corréct horse").await.unwrap();

    assert!(fits(&passwords, "corréct horse", &hash).await);
    assert!(!fits(&passwords, "correct horse", &hash).await);
    assert!(!fits(&passwords, "", &hash).await);
}

#[tokio::test]
async fn a_hash_names_its_cost_and_is_salted() {
    let passwords = Argon2Passwords::new();

    let first = passwords.hash("secret").await.unwrap();
    let second = passwords.hash("secret").await.unwrap();

    assert!(
        first
            .as_str()
            .starts_with("$argon2id$v=19$m=19456,t=2,p=1$")
    );
    assert_ne!(first, second);
}

#[tokio::test]
async fn the_decoy_costs_the_same_and_fits_nothing() {
    let passwords = Argon2Passwords::new();
    let real = passwords.hash("secret").await.unwrap();
    let shape = |phc: &str| {
        let parts = phc.split('$').map(str::to_owned).collect::<Vec<_>>();
        (parts[..4].to_vec(), parts[4].len(), parts[5].len())
    };

    assert_eq!(shape(&passwords.decoy), shape(real.as_str()));
    assert!(!passwords.verify("secret", None).await.unwrap());
    let decoy = ports::PasswordHash::new(passwords.decoy.to_string());
    assert!(!fits(&passwords, "", &decoy).await);
    assert_ne!(passwords.decoy, Argon2Passwords::new().decoy);
}

#[tokio::test]
async fn what_is_no_hash_is_an_error() {
    let passwords = Argon2Passwords::new();

    for phc in ["", "secret", "$argon2id$v=19$m=1", "$1$salt$hash"] {
        let hash = ports::PasswordHash::new(phc.to_owned());
        let refusal = passwords.verify("secret", Some(hash)).await.unwrap_err();
        assert_eq!(refusal.severity, Severity::Permanent, "{phc:?}");
        assert!(
            matches!(
                refusal.source.downcast_ref(),
                Some(PasswordError::Unreadable(_))
            ),
            "{phc:?}: {refusal:?}"
        );
    }
}

#[tokio::test]
async fn a_caller_that_left_keeps_its_turn_until_the_work_is_done() {
    let passwords = Argon2Passwords {
        turns: Arc::new(Semaphore::new(1)),
        ..Argon2Passwords::new()
    };
    let (release, held) = std::sync::mpsc::channel::<()>();
    let (tell, told) = tokio::sync::oneshot::channel();
    let impatient = passwords.in_turn(move |_| {
        let _ = tell.send(());
        let _ = held.recv();
        Ok(())
    });
    tokio::select! {
        _ = impatient => panic!("nobody released it"),
        begun = told => begun.unwrap(),
    }

    assert_eq!(passwords.turns.available_permits(), 0);
    drop(release);
    passwords.in_turn(|_| Ok(())).await.unwrap();
}

#[tokio::test]
async fn who_finds_the_line_full_is_refused_at_once_and_may_come_again() {
    let passwords = Argon2Passwords {
        places: Arc::new(Semaphore::new(2)),
        turns: Arc::new(Semaphore::new(0)),
        ..Argon2Passwords::new()
    };
    let first = tokio::spawn({
        let passwords = passwords.clone();
        async move { passwords.hash("secret").await }
    });
    let second = tokio::spawn({
        let passwords = passwords.clone();
        async move { passwords.hash("secret").await }
    });
    while 0 < passwords.places.available_permits() {
        tokio::task::yield_now().await;
    }

    let refusal = passwords.hash("secret").await.unwrap_err();

    assert_eq!(refusal.severity, Severity::Transient);
    let why = refusal.source.downcast_ref();
    assert!(
        matches!(why, Some(PasswordError::Overloaded)),
        "{refusal:?}"
    );
    passwords.turns.add_permits(1);
    first.await.unwrap().unwrap();
    second.await.unwrap().unwrap();
    passwords.hash("secret").await.unwrap();
}
