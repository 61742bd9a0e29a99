//! What became of every album: counted from outside, by what the mail server took.

mod causes;
mod store;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use tests::scripted_smtp::Seen;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::fleet::Fleet;
use super::load::{Acknowledged, Ledger};
pub(super) use causes::Event;
pub(super) use store::is_at_rest;

/// How long everything may take to come to rest after the last fault: retries wait, and a mail
/// server that was away is given time.
const AT_REST: Duration = Duration::from_secs(150);

/// What was counted.
pub(super) struct Tally {
    acknowledged: usize,
    mails: usize,
    /// Albums of which there is neither a mail nor a parked one.
    lost: BTreeSet<Uuid>,
    /// Whose mail is parked, and to whom it would have gone.
    parked: BTreeMap<Uuid, String>,
    /// How many mails to each address the mail server refused for good.
    refused: BTreeMap<String, usize>,
    /// Copies beyond the first: of which mail, and when the copy before was taken.
    doubled: Vec<(Uuid, Instant)>,
    to_somebody_else: Vec<Uuid>,
    /// Mails of which nobody published the album.
    without_album: Vec<Uuid>,
    /// From the acknowledgement to the mail, in order.
    delays: Vec<Duration>,
}

impl Tally {
    /// Waits until all is done, and counts.
    pub(super) async fn of(fleet: &Fleet, ledger: &Ledger) -> Self {
        let deadline = Instant::now() + AT_REST;
        loop {
            let found = store::inspected(fleet);
            store::requeue_what_met_three_kills(fleet, &found);
            let parked = store::refused_albums(&found);
            let tally = Self::now(&ledger.albums(), &parked, &fleet.sink.seen());
            let at_rest = tally.lost.is_empty() && is_at_rest(&found);
            if at_rest || deadline < Instant::now() {
                assert!(at_rest, "it does not come to rest: {tally}; {found}");
                return tally;
            }
            sleep(Duration::from_millis(500)).await;
        }
    }

    fn now(albums: &BTreeMap<Uuid, Acknowledged>, parked: &BTreeSet<Uuid>, seen: &Seen) -> Self {
        let mut first: BTreeMap<Uuid, Instant> = BTreeMap::new();
        let mut last = BTreeMap::new();
        let (mut doubled, mut to_somebody_else, mut without_album) = (vec![], vec![], vec![]);
        for (mail, &taken) in seen.mails.iter().zip(&seen.taken_at) {
            let text = String::from_utf8_lossy(mail);
            let album = album_of(&text);
            if let Some(before) = last.insert(album, taken) {
                doubled.push((album, before));
                continue;
            }
            first.insert(album, taken);
            match albums.get(&album) {
                None => without_album.push(album),
                Some(acknowledged) if !is_to(&text, &acknowledged.email) => {
                    to_somebody_else.push(album);
                }
                Some(_) => {}
            }
        }
        let mailed: BTreeSet<Uuid> = first.keys().copied().collect();
        let mut delays: Vec<Duration> = albums
            .iter()
            .filter_map(|(id, album)| Some(first.get(id)?.saturating_duration_since(album.at)))
            .collect();
        delays.sort();
        Self {
            acknowledged: albums.len(),
            mails: seen.mails.len(),
            lost: albums
                .keys()
                .filter(|id| !mailed.contains(id) && !parked.contains(id))
                .copied()
                .collect(),
            parked: albums
                .iter()
                .filter(|(id, _)| parked.contains(id))
                .map(|(id, album)| (*id, album.email.clone()))
                .collect(),
            refused: seen.refused.clone(),
            doubled,
            to_somebody_else,
            without_album,
            delays,
        }
    }

    /// Nothing came twice at all.
    pub(super) fn assert_nothing_doubled(&self) {
        assert!(
            self.doubled.is_empty(),
            "{:?} came twice: {self}",
            self.doubled
        );
    }

    /// How many mails are parked for this address, and how many the mail server refused.
    pub(super) fn parked(&self, address: &str) -> (usize, usize) {
        let parked = self.parked.values().filter(|to| *to == address).count();
        let refused = self.refused.get(address);
        (parked, refused.copied().unwrap_or_default())
    }

    /// What is parked the mail server refused, of those for whom it did.
    ///
    /// It may have refused more: a sender that dies with a refusal has its mail sent once more.
    fn assert_parked_as_refused(&self, told: &impl Fn() -> String) {
        for address in self.parked.values() {
            let (parked, refused) = self.parked(address);
            assert!(
                parked <= refused,
                "{parked} mails to {address} are parked, {refused} were refused: {}",
                told()
            );
        }
    }

    /// After how long so many of a hundred mails had been taken.
    pub(super) fn delay(&self, of_100: usize) -> Duration {
        let delay = self.delays.get(self.delays.len() * of_100 / 100);
        delay.or(self.delays.last()).copied().unwrap_or_default()
    }

    /// Nothing was lost, and what came twice came so because of something that may do that.
    pub(super) fn assert_sound(&self, events: &[Event], lost_answers: usize) {
        let listed: Vec<String> = events.iter().map(Event::to_string).collect();
        let told = || format!("{self}, after {}", listed.join(", "));
        assert!(self.lost.is_empty(), "lost: {}", told());
        assert!(
            self.to_somebody_else.is_empty(),
            "to somebody else: {}",
            told()
        );
        assert!(
            self.without_album.is_empty(),
            "without an album: {}",
            told()
        );
        self.assert_parked_as_refused(&told);
        if let Some((album, taken)) = causes::first_without(&self.doubled, events, lost_answers) {
            let before = events.iter().rfind(|event| event.began <= taken);
            let since = before.map(|event| (&event.what, taken - event.began));
            panic!(
                "{album} came again, before that after {since:?}: {}",
                told()
            )
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} albums acknowledged, {} mails taken: {} lost, {} parked, {} twice, {} to somebody else, {} without an album; \
             after {:.1?} (median), {:.1?} (99 of 100), {:.1?} (all)",
            self.acknowledged,
            self.mails,
            self.lost.len(),
            self.parked.len(),
            self.doubled.len(),
            self.to_somebody_else.len(),
            self.without_album.len(),
            self.delay(50),
            self.delay(99),
            self.delay(100),
        )
    }
}

pub(super) fn album_of(mail: &str) -> Uuid {
    let id = mail
        .split("<congratulation.")
        .nth(1)
        .and_then(|rest| rest.split('@').next());
    id.and_then(|id| id.parse().ok())
        .expect("a mail about an album")
}

fn is_to(mail: &str, address: &str) -> bool {
    let to = mail.lines().find(|line| line.starts_with("To: "));
    to.is_some_and(|line| line.contains(&format!("<{address}>")))
}
