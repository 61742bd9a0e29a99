//! The statement that adds albums: all of a batch, each column as one array.

use domain::model::{Price, folded};

use super::Add;
use crate::postgres::pool::Statement;
use crate::postgres::tasks::TaskColumns;

/// Each album that has not been answered under its key before, is of a known artist, and has
/// a name of its own there, with its task and its answer. What is kept is read as it was
/// before the statement began.
const ADD: &str = "
    WITH new AS MATERIALIZED (
        SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13,
            $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)
        WITH ORDINALITY AS new (task_id, task_name, payload, queue, priority, expires_at, task_key,
            headers, state, due_at, id, artist_id, name, name_folded, release_date, cost, is_approved,
            created_at, key, fingerprint, answer, keep_until, now, place)),
    kept AS MATERIALIZED (
        SELECT new.place, answers.fingerprint, answers.answer
        FROM new JOIN answers ON answers.artist_id = new.artist_id AND answers.key = new.key
        WHERE answers.keep_until > new.now),
    added AS (
        INSERT INTO albums (id, artist_id, name, name_folded, release_date, cost, is_approved, created_at)
        SELECT id, artist_id, name, name_folded, release_date, cost, is_approved, created_at FROM new
        WHERE NOT EXISTS (SELECT FROM kept WHERE kept.place = new.place)
            AND EXISTS (SELECT FROM artists WHERE artists.id = new.artist_id)
        ORDER BY place
        ON CONFLICT DO NOTHING RETURNING id),
    queued AS (
        INSERT INTO tasks (id, name, payload, queue, priority, expires_at, key, headers, state, due_at, due_since)
        SELECT task_id, task_name, payload, queue, priority, expires_at, task_key, headers, state, due_at, due_at
        FROM new WHERE id IN (SELECT id FROM added)
        ORDER BY place
        ON CONFLICT (id) DO NOTHING),
    answered AS (
        INSERT INTO answers AS earlier (artist_id, key, fingerprint, answer, keep_until)
        SELECT artist_id, key, fingerprint, answer, keep_until FROM new
        WHERE key IS NOT NULL AND id IN (SELECT id FROM added)
        ORDER BY place
        ON CONFLICT (artist_id, key) DO UPDATE SET fingerprint = excluded.fingerprint,
            answer = excluded.answer, keep_until = excluded.keep_until
        WHERE earlier.keep_until <= (SELECT max(now) FROM new)
        RETURNING artist_id, key)
    SELECT kept.fingerprint, kept.answer,
        EXISTS (SELECT FROM added WHERE added.id = new.id) AS is_added,
        EXISTS (SELECT FROM artists WHERE artists.id = new.artist_id) AS is_known,
        new.key IS NULL OR EXISTS (SELECT FROM answered
            WHERE answered.artist_id = new.artist_id AND answered.key = new.key) AS is_answered
    FROM new LEFT JOIN kept ON kept.place = new.place
    ORDER BY new.place";

/// Adds `adds`; yields a row for each, in their order.
pub(super) fn statement(adds: &[Add]) -> Statement<'_> {
    let tasks = TaskColumns::of(adds.iter().map(|add| &add.follow_up));
    let albums = || adds.iter().map(|add| &add.new.details.album);
    let once = || adds.iter().map(|add| add.new.once.as_ref());
    let answers = adds.iter().map(|add| {
        let keeps = add.new.once.is_some();
        keeps.then(|| serde_json::to_string(&add.new.details).expect("an album serializes"))
    });
    tasks
        .bind_to(sqlx::query(ADD))
        .bind(column(albums().map(|album| album.id.as_uuid())))
        .bind(column(albums().map(|album| album.artist_id.as_uuid())))
        .bind(column(albums().map(|album| album.name.as_str())))
        .bind(column(albums().map(|album| folded(album.name.as_str()))))
        .bind(column(albums().map(|album| album.release_date)))
        .bind(column(
            albums().map(|album| album.cost.map(Price::hundredths)),
        ))
        .bind(column(albums().map(|album| album.is_approved)))
        .bind(column(albums().map(|album| album.created_at)))
        .bind(column(
            once().map(|once| once.map(|once| once.key.as_str())),
        ))
        .bind(column(
            once().map(|once| once.map(|once| once.fingerprint.0.as_slice())),
        ))
        .bind(column(answers))
        .bind(column(once().map(|once| once.map(|once| once.keep_until))))
        .bind(column(adds.iter().map(|add| add.now)))
}

fn column<T>(values: impl Iterator<Item = T>) -> Vec<T> {
    values.collect()
}
