//! A stretch of a longer list.

/// Which stretch of a list is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageRequest {
    /// The greatest number of items in the answer.
    pub limit: u32,
    /// How many items are passed over first.
    pub offset: u32,
}

/// A stretch of a list, and how long the whole list is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The items of this stretch, in the order of the list.
    pub items: Vec<T>,
    /// The number of items in the whole list.
    pub count: u64,
}
