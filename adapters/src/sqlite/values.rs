//! How values lie in columns, and how they are read back.

use chrono::{DateTime, Utc};
use sqlx::Row as _;
use sqlx::error::BoxDynError;
use sqlx::sqlite::SqliteRow;

/// The instant in `column`, as microseconds since the epoch.
pub(super) fn instant(row: &SqliteRow, column: &'static str) -> sqlx::Result<DateTime<Utc>> {
    from_micros(row.try_get(column)?).ok_or_else(|| unreadable(column, "not an instant"))
}

/// The instant in `column`, if there is one.
pub(super) fn optional_instant(
    row: &SqliteRow,
    column: &'static str,
) -> sqlx::Result<Option<DateTime<Utc>>> {
    row.try_get::<Option<i64>, _>(column)?
        .map(|micros| from_micros(micros).ok_or_else(|| unreadable(column, "not an instant")))
        .transpose()
}

/// The value whose text is in `column`.
pub(super) fn parsed<T>(row: &SqliteRow, column: &'static str) -> sqlx::Result<T>
where
    T: TryFrom<String, Error: Into<BoxDynError>>,
{
    T::try_from(row.try_get(column)?).map_err(|error| unreadable(column, error))
}

/// The value whose text is in `column`, if there is one.
pub(super) fn optional<T>(row: &SqliteRow, column: &'static str) -> sqlx::Result<Option<T>>
where
    T: TryFrom<String, Error: Into<BoxDynError>>,
{
    row.try_get::<Option<String>, _>(column)?
        .map(|text| T::try_from(text).map_err(|error| unreadable(column, error)))
        .transpose()
}

/// The count in `column`, which is not negative.
pub(super) fn count<T>(row: &SqliteRow, column: &'static str) -> sqlx::Result<T>
where
    T: TryFrom<i64, Error: Into<BoxDynError>>,
{
    T::try_from(row.try_get(column)?).map_err(|error| unreadable(column, error))
}

/// What is in `column` is none of ours.
pub(super) fn unreadable(column: &'static str, cause: impl Into<BoxDynError>) -> sqlx::Error {
    sqlx::Error::ColumnDecode {
        index: column.to_owned(),
        source: cause.into(),
    }
}

fn from_micros(micros: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_micros(micros)
}
