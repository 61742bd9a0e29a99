//! The API and its clients, who ask again when they get no answer.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use domain::model::{AlbumId, Caller};
use domain::ports::{AddAlbumError, Fingerprint, TaskQueue as _};
use domain::tasks::{Envelope, QueueName};
use domain::use_cases::{
    ChangeAlbumError, ChangeAlbumUseCase, CongratulateArtist, PublishAlbum, PublishAlbumError,
    PublishAlbumUseCase, Published,
};
use tests::samples::{account, artist, value};
use uuid::Uuid;

use super::House;
use crate::interleavings::ledger::Ledger;
use crate::interleavings::lines::StoreLine;
use crate::interleavings::stage::{Process, Stage};

/// How often a client asks before it gives up.
const MOST_TRIES: u32 = 4;

/// What clients want of the API, whichever process it is at the moment.
pub(crate) struct Desk(Mutex<Waiting>);

struct Waiting {
    requests: VecDeque<Request>,
    tries: u32,
    last_id: u128,
}

/// A client wants an album published.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) number: u64,
    /// Whether it says what makes a repeated request one request.
    pub(crate) has_key: bool,
    /// Whether a script asks for the congratulation as well, by a task of its own.
    pub(crate) is_asked_for_twice: bool,
    /// Whether the album is deleted soon.
    pub(crate) is_withdrawn: bool,
    /// How long it comes after the one before, in rests.
    pub(crate) after: u32,
}

impl Desk {
    pub(crate) fn new(requests: Vec<Request>) -> Self {
        Self(Mutex::new(Waiting {
            requests: requests.into(),
            tries: 0,
            last_id: 0,
        }))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.lock().unwrap().requests.is_empty()
    }

    /// What is asked next, again, and the id that an album of it would have.
    fn next(&self) -> Option<(Request, AlbumId)> {
        let waiting = &mut *self.0.lock().unwrap();
        if MOST_TRIES <= waiting.tries {
            waiting.tries = 0;
            waiting.requests.pop_front();
        }
        waiting.tries += 1;
        waiting.last_id += 1;
        let id = AlbumId::new(Uuid::from_u128(0xa1b << 64 | waiting.last_id));
        waiting
            .requests
            .front()
            .map(|request| (request.clone(), id))
    }

    fn answered(&self) {
        let waiting = &mut *self.0.lock().unwrap();
        waiting.tries = 0;
        waiting.requests.pop_front();
    }
}

struct Api {
    stage: Arc<Stage>,
    ledger: Arc<Ledger>,
    desk: Arc<Desk>,
    line: Arc<StoreLine>,
    publish: PublishAlbumUseCase,
    change: ChangeAlbumUseCase,
    ada: Caller,
}

pub(super) fn starts(house: &House, process: Process, line: Arc<StoreLine>) {
    let clock = house.stage.clock.clone();
    let api = Api {
        stage: house.stage.clone(),
        ledger: house.ledger.clone(),
        desk: house.desk.clone(),
        publish: PublishAlbumUseCase::new(line.clone(), clock, QueueName::default()),
        change: ChangeAlbumUseCase::new(line.clone()),
        line,
        ada: Caller {
            account: account(1),
            artist: Some(artist(1)),
        },
    };
    house.stage.begin(process, Box::pin(api.serves()));
}

impl Api {
    async fn serves(self) {
        while let Some((request, id)) = self.desk.next() {
            self.stage.rest(request.after).await;
            let asked = PublishAlbum {
                id,
                name: value(&format!("Album {}", request.number)),
                release_date: None,
                cost: None,
                once: request.has_key.then(|| {
                    let key = value(&format!("key-{}", request.number));
                    (key, Fingerprint([0; 32]))
                }),
            };
            match self.publish.run(&self.ada, asked).await {
                Ok(Published::New(details) | Published::Repeated(details)) => {
                    let id = details.album.id;
                    self.ledger.pages().acknowledged.insert(id);
                    self.desk.answered();
                    self.stage.note(|| format!("album {id} is acknowledged"));
                    if request.is_asked_for_twice {
                        self.asks_again(id).await;
                    }
                    if request.is_withdrawn {
                        self.withdraws(id).await;
                    }
                }
                Err(PublishAlbumError::Add(AddAlbumError::Port(_))) => self.stage.rest(2).await,
                // Without a key, who asks again is told that the name is taken.
                Err(_) => self.desk.answered(),
            }
        }
    }

    async fn asks_again(&self, album_id: AlbumId) {
        let task = CongratulateArtist {
            artist_id: artist(1).id,
            album_id,
        };
        let again = Envelope::seal(&task, format!("{album_id} again"), QueueName::default());
        // Whether it went well or not: nobody promised anything.
        drop(self.line.enqueue(&[again]).await);
    }

    async fn withdraws(&self, id: AlbumId) {
        loop {
            match self.change.delete(&self.ada, id).await {
                Ok(()) | Err(ChangeAlbumError::NotFound) => return,
                Err(_) => self.stage.rest(2).await,
            }
        }
    }
}
