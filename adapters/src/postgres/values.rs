//! How values are read back from columns.

use chrono::{DateTime, Utc};
use domain::model::folded;
use sqlx::Row as _;
use sqlx::error::BoxDynError;
use sqlx::postgres::PgRow;

/// The value whose text is in `column`.
pub(super) fn parsed<T>(row: &PgRow, column: &'static str) -> sqlx::Result<T>
where
    T: TryFrom<String, Error: Into<BoxDynError>>,
{
    T::try_from(row.try_get(column)?).map_err(|error| unreadable(column, error))
}

/// The value whose text is in `column`, if there is one.
pub(super) fn optional<T>(row: &PgRow, column: &'static str) -> sqlx::Result<Option<T>>
where
    T: TryFrom<String, Error: Into<BoxDynError>>,
{
    row.try_get::<Option<String>, _>(column)?
        .map(|text| T::try_from(text).map_err(|error| unreadable(column, error)))
        .transpose()
}

/// The count in the 64-bit `column`, which is not negative.
pub(super) fn count<T>(row: &PgRow, column: &'static str) -> sqlx::Result<T>
where
    T: TryFrom<i64, Error: Into<BoxDynError>>,
{
    T::try_from(row.try_get(column)?).map_err(|error| unreadable(column, error))
}

/// The count in the 32-bit `column`, which is not negative.
pub(super) fn small_count(row: &PgRow, column: &'static str) -> sqlx::Result<u32> {
    u32::try_from(row.try_get::<i32, _>(column)?).map_err(|error| unreadable(column, error))
}

/// Each row as `read` reads it.
pub(super) fn each<T>(
    rows: &[PgRow],
    read: impl Fn(&PgRow) -> sqlx::Result<T>,
) -> sqlx::Result<Vec<T>> {
    rows.iter().map(read).collect()
}

/// What is in `column` is none of ours.
pub(super) fn unreadable(column: &'static str, cause: impl Into<BoxDynError>) -> sqlx::Error {
    sqlx::Error::ColumnDecode {
        index: column.to_owned(),
        source: cause.into(),
    }
}

/// `instant`, or the first that the database knows.
pub(super) fn known(instant: DateTime<Utc>) -> DateTime<Utc> {
    // Midnight at the beginning of 24 November 4714 BC; its last one is after all of ours.
    const FIRST: DateTime<Utc> =
        DateTime::from_timestamp(-210_866_803_200, 0).expect("an instant of 4714 BC");
    instant.max(FIRST)
}

/// The form in which `part` is looked for in folded columns.
///
/// A text with a NUL is in no text that the database can hold, and asking would be an error.
pub(super) fn searched(part: &str) -> Result<String, NowhereToBeFound> {
    if part.contains('\0') {
        return Err(NowhereToBeFound);
    }
    Ok(folded(part))
}

/// No row can contain what is looked for.
pub(super) struct NowhereToBeFound;
