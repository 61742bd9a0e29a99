//! Cuts pages out of lists.

use domain::model::{Page, PageRequest};

/// The stretch of `list` that `request` asks for.
pub(super) fn page<T>(list: Vec<T>, request: PageRequest) -> Page<T> {
    let count = list.len() as u64;
    let items = list
        .into_iter()
        .skip(request.offset as usize)
        .take(request.limit as usize)
        .collect();
    Page { items, count }
}
