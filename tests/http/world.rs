//! An API of its own for each test, on a memory store and a hand-moved clock.

use std::sync::Arc;
use std::time::Duration;

use adapters::clock::ManualClock;
use adapters::http::{Api, routes};
use adapters::link_signer::HmacLinkSigner;
use adapters::login_throttle::{LoginLimits, MemoryLoginThrottle};
use adapters::memory::MemoryStore;
use adapters::password::Argon2Passwords;
use adapters::token::RandomTokens;
use chrono::{DateTime, TimeDelta};
use domain::model::{Account, AccountId, ArtistId, EmailAddress, Username};
use domain::ports::{
    AccountRepo, Clock, NewAccount, NewToken, PasswordHash, ReminderRepo, TaskQueueAdmin,
    TokenSource,
};
use domain::tasks::QueueName;
use domain::use_cases::{
    BecomeArtistUseCase, BrowseUseCase, ChangeAlbumUseCase, EditOwnAccountUseCase,
    IdentifyCallerUseCase, LogInUseCase, LogOutUseCase, PublishAlbumUseCase,
    RegisterAccountUseCase, TokenIssuer, UnsubscribeUseCase,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::ask::{Answer, Ask, get, post};
use super::failures::Broken;

pub(super) const PUBLIC_URL: &str = "https://music.example";

/// How often these tests may try to log in.
pub(super) const LIMITS: LoginLimits = LoginLimits {
    per_account: 10,
    per_address: 60,
    window: Duration::from_mins(5),
};

/// The API under test and the world it stands in.
pub(super) struct World {
    pub(super) clock: Arc<ManualClock>,
    store: MemoryStore,
    api: Arc<Api>,
}

/// Somebody with a token.
pub(super) struct Somebody {
    pub(super) id: AccountId,
    pub(super) token: String,
}

impl World {
    pub(super) fn new() -> Self {
        Self::with(Broken::Never, LIMITS)
    }

    pub(super) fn with(readiness: Broken, limits: LoginLimits) -> Self {
        let start = DateTime::from_timestamp_micros(1_700_000_000_000_001).unwrap();
        let clock = Arc::new(ManualClock::at(start));
        let store = MemoryStore::new(clock.clone());
        let api = Arc::new(api(&store, &clock, readiness, limits));
        Self { clock, store, api }
    }

    pub(super) async fn send(&self, ask: Ask) -> Answer {
        Answer::of(&ask.request.reply(&routes(self.api.clone())).await)
    }

    /// Sends what must be refused with `status`.
    pub(super) async fn refused(&self, ask: Ask, status: u16) -> Answer {
        let answer = self.send(ask).await;
        assert_eq!(answer.status, status, "{answer:?}");
        answer
    }

    /// Sends what must be answered with `status`, and has the body.
    pub(super) async fn body(&self, ask: Ask, status: u16) -> Value {
        let answer = self.send(ask).await;
        assert_eq!(answer.status, status, "{answer:?}");
        answer.body
    }

    /// An account put straight into the store: no time goes into a password.
    pub(super) async fn account(&self, name: &str) -> Somebody {
        self.add_account(name, false).await
    }

    pub(super) async fn staff(&self, name: &str) -> Somebody {
        self.add_account(name, true).await
    }

    /// An account that has become an artist called `name`.
    pub(super) async fn artist(&self, name: &str) -> Somebody {
        let somebody = self.account(name).await;
        let become_artist = post("/artists/", &json!({ "stage_name": name }));
        self.body(become_artist.by(&somebody.token), 201).await;
        somebody
    }

    /// Publishes an album and answers with its path.
    pub(super) async fn publish(&self, somebody: &Somebody, name: &str) -> String {
        let album = post("/albums/", &json!({ "name": name })).by(&somebody.token);
        let album = self.body(album, 201).await;
        format!("/albums/{}/", album["id"].as_str().unwrap())
    }

    /// How many tasks wait.
    pub(super) async fn tasks_waiting(&self) -> u64 {
        let counts = self.store.counts().await.unwrap();
        counts.iter().map(|queue| queue.waiting).sum()
    }

    /// Whether this artist wants no reminders.
    pub(super) async fn is_unsubscribed(&self, artist: ArtistId) -> bool {
        let silence = self.store.silence(artist).await.unwrap();
        silence.unwrap().is_unsubscribed
    }

    /// All that can be seen of the store through the API, by staff.
    pub(super) async fn everything(&self, staff: &Somebody) -> Value {
        let albums = get("/albums/?limit=100").by(&staff.token);
        json!({
            "albums": self.body(albums, 200).await,
            "artists": self.body(get("/artists/?limit=100"), 200).await,
            "tasks": self.tasks_waiting().await,
        })
    }

    pub(super) fn api(&self) -> Arc<Api> {
        self.api.clone()
    }

    async fn add_account(&self, name: &str, is_staff: bool) -> Somebody {
        let now = self.clock.now();
        let account = Account {
            id: AccountId::new(Uuid::now_v7()),
            username: Username::try_from(name.to_owned()).unwrap(),
            email: EmailAddress::try_from(format!("{name}@example.com")).unwrap(),
            bio: None,
            is_staff,
            created_at: now,
        };
        let token = RandomTokens.generate();
        let token_row = NewToken {
            digest: RandomTokens.digest(token.reveal()),
            account_id: account.id,
            created_at: now,
            expires_at: now + TimeDelta::days(10),
        };
        let id = account.id;
        let new = NewAccount {
            account,
            password: PasswordHash::new("no password fits this".to_owned()),
            token: Some(token_row),
        };
        self.store.add(&new).await.unwrap();
        Somebody {
            id,
            token: token.reveal().to_owned(),
        }
    }
}

/// Signs as the API under test does.
pub(super) fn signer() -> HmacLinkSigner {
    HmacLinkSigner::new("the secret of these tests")
}

fn api(
    store: &MemoryStore,
    clock: &Arc<ManualClock>,
    readiness: Broken,
    limits: LoginLimits,
) -> Api {
    let shared = Arc::new(store.clone());
    let source = Arc::new(RandomTokens);
    let hasher = Arc::new(Argon2Passwords::new());
    let issuer = TokenIssuer::new(source.clone(), TimeDelta::days(10));
    Api {
        register: RegisterAccountUseCase::new(
            shared.clone(),
            hasher.clone(),
            issuer.clone(),
            clock.clone(),
        ),
        log_in: LogInUseCase::new(
            shared.clone(),
            shared.clone(),
            hasher,
            Arc::new(MemoryLoginThrottle::new(limits)),
            issuer,
            clock.clone(),
        ),
        log_out: LogOutUseCase::new(shared.clone(), source.clone()),
        identify: IdentifyCallerUseCase::new(shared.clone(), source, clock.clone()),
        own_account: EditOwnAccountUseCase::new(shared.clone()),
        become_artist: BecomeArtistUseCase::new(shared.clone(), clock.clone()),
        browse: BrowseUseCase::new(shared.clone(), shared.clone()),
        publish_album: PublishAlbumUseCase::new(
            shared.clone(),
            clock.clone(),
            QueueName::default(),
        ),
        change_album: ChangeAlbumUseCase::new(shared.clone()),
        unsubscribe: UnsubscribeUseCase::new(shared, Arc::new(signer())),
        readiness: Arc::new(readiness),
        public_url: PUBLIC_URL.to_owned(),
    }
}
