//! Stores a batch of albums with one commit, and finds another way for whom that does not do.

use std::collections::HashSet;

use domain::ports::{AddAlbumError, Added};
use sqlx::Row as _;
use sqlx::postgres::PgRow;

use super::{Add, Verdict, columns};
use crate::postgres::error::StoreError;
use crate::postgres::pool::{Pool, Session};
use crate::postgres::values::unreadable;

/// How often one album is tried while others get in its way.
const TRIES: u32 = 5;

/// Splits a batch into what can be stored together and what has to wait: of several requests
/// under one key, or with one id, the second is answered with what became of the first.
pub(super) fn apart<T>(batch: Vec<T>, of: impl Fn(&T) -> &Add) -> (Vec<T>, Vec<T>) {
    let (mut ids, mut keys) = (HashSet::new(), HashSet::new());
    batch.into_iter().partition(|request| {
        let new = &of(request).new;
        let key = new.once.as_ref().map(|once| {
            let artist = new.details.artist.id;
            (artist, once.key.as_str().to_owned())
        });
        ids.insert(new.details.album.id) && key.is_none_or(|key| keys.insert(key))
    })
}

/// Stores `adds`, no two of which are about the same; answers for each.
pub(super) async fn store(pool: &Pool, adds: &[Add]) -> Vec<Result<Verdict, StoreError>> {
    let looked = match together(pool, adds).await {
        Ok(looked) => looked,
        // One row spoils it for all, or two batches got into each other's way.
        Err(error) if 1 < adds.len() && !error.is_about_the_server() => {
            adds.iter().map(|_| None).collect()
        }
        Err(error) => return adds.iter().map(|_| Err(error.clone())).collect(),
    };
    let mut verdicts = Vec::with_capacity(adds.len());
    for (add, verdict) in adds.iter().zip(looked) {
        verdicts.push(match verdict {
            Some(verdict) => Ok(verdict),
            None => alone(pool, add).await,
        });
    }
    verdicts
}

/// Stores one album in a commit of its own.
async fn alone(pool: &Pool, add: &Add) -> Result<Verdict, StoreError> {
    let mut looks = 0;
    loop {
        looks += 1;
        match together(pool, std::slice::from_ref(add)).await {
            Ok(looked) => match looked.into_iter().flatten().next() {
                Some(verdict) => return Ok(verdict),
                // Nobody keeps an answer for its key, so it is the name that is taken.
                None if 1 < looks => return Ok(Err(AddAlbumError::NameTaken)),
                None => {}
            },
            Err(error) if error.is_orphan() => return Ok(Err(AddAlbumError::UnknownArtist)),
            Err(error) if error.is_collision() && looks < TRIES => {}
            Err(error) => return Err(error),
        }
    }
}

/// Stores `adds` with one commit. No verdict for those whose name somebody else was about to
/// use, perhaps for the same request: they have to be looked at again, by themselves.
async fn together(pool: &Pool, adds: &[Add]) -> Result<Vec<Option<Verdict>>, StoreError> {
    let mut session = pool.session().await?;
    if adds.iter().all(|add| add.new.once.is_none()) {
        return inserted(&mut session, adds).await;
    }
    session.begin().await?;
    let looked = inserted(&mut session, adds).await;
    session.end(looked).await
}

async fn inserted(session: &mut Session, adds: &[Add]) -> Result<Vec<Option<Verdict>>, StoreError> {
    let rows = session.all(columns::statement(adds)).await?;
    let pairs = adds.iter().zip(&rows);
    pairs.map(|(add, row)| verdict(add, row)).collect()
}

fn verdict(add: &Add, row: &PgRow) -> Result<Option<Verdict>, StoreError> {
    let once = add.new.once.as_ref();
    let kept: Option<Vec<u8>> = row.try_get("fingerprint")?;
    Ok(match (kept, once) {
        (Some(kept), Some(once)) if kept == once.fingerprint.0 => Some(Ok(answer(row)?)),
        (Some(_), _) => Some(Err(AddAlbumError::KeyReused)),
        // Without its answer it could be repeated, so it must not be stored.
        _ if row.try_get("is_added")? && !row.try_get("is_answered")? => {
            return Err(StoreError::Overtaken);
        }
        _ if row.try_get("is_added")? => Some(Ok(Added::New)),
        _ if !row.try_get("is_known")? => Some(Err(AddAlbumError::UnknownArtist)),
        (None, Some(_)) => None,
        (None, None) => Some(Err(AddAlbumError::NameTaken)),
    })
}

fn answer(row: &PgRow) -> sqlx::Result<Added> {
    serde_json::from_str(row.try_get("answer")?)
        .map(Added::Repeated)
        .map_err(|error| unreadable("answer", error))
}
