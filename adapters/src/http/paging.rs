//! Long lists in stretches, with links to the next one and the one before.

use domain::model::{Page, PageRequest, ValueError};
use serde::Serialize;
use url::form_urlencoded::Serializer;

use super::query::{Parameters, Query};

const LIMIT: &str = "limit";
const OFFSET: &str = "offset";
const USUAL: u32 = 20;
const MOST: u32 = 100;

/// A stretch of a list, as it is sent.
#[derive(Serialize)]
pub(super) struct ListBody<T> {
    count: u64,
    next: Option<String>,
    previous: Option<String>,
    results: Vec<T>,
}

/// The stretch that is asked for; a greater limit than 100 is taken as 100.
pub(super) fn page_request(parameters: &mut Parameters<'_>) -> PageRequest {
    let limit = parameters.read(LIMIT, limit);
    let offset = parameters.read(OFFSET, offset);
    PageRequest {
        limit: limit.unwrap_or(USUAL),
        offset: offset.unwrap_or(0),
    }
}

/// Shows `page` of the list at `url`, its neighbours linked with the same conditions.
pub(super) fn list_body<T, B>(
    page: Page<T>,
    asked: PageRequest,
    url: &str,
    query: &Query,
    show: impl Fn(T) -> B,
) -> ListBody<B> {
    let PageRequest { limit, offset } = asked;
    let link = |offset| link(url, query, limit, offset);
    let next = offset
        .checked_add(limit)
        .filter(|next| u64::from(*next) < page.count)
        .map(link);
    let previous = (0 < offset).then(|| link(offset.saturating_sub(limit)));
    ListBody {
        count: page.count,
        next,
        previous,
        results: page.items.into_iter().map(show).collect(),
    }
}

fn link(url: &str, query: &Query, limit: u32, offset: u32) -> String {
    let mut pairs = Serializer::new(String::new());
    pairs.extend_pairs(query.without(&[LIMIT, OFFSET]));
    pairs.append_pair(LIMIT, &limit.to_string());
    if 0 < offset {
        pairs.append_pair(OFFSET, &offset.to_string());
    }
    format!("{url}?{}", pairs.finish())
}

fn limit(text: &str) -> Result<u32, ValueError> {
    match number(text) {
        Some(limit @ 1..) => Ok(limit.min(MOST)),
        _ => Err(ValueError::Rule("must be a whole number from 1 to 100")),
    }
}

fn offset(text: &str) -> Result<u32, ValueError> {
    number(text)
        .filter(|offset| *offset < u32::MAX)
        .ok_or(ValueError::Rule("must be a whole number from 0 on"))
}

/// A whole number in plain digits; a huge one is as good as the greatest.
fn number(text: &str) -> Option<u32> {
    let is_number = !text.is_empty() && text.bytes().all(|each| each.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(query: &str, limit: u32, offset: u32, count: u64) -> (Option<String>, Option<String>) {
        let asked = PageRequest { limit, offset };
        let page = Page {
            items: vec![(); 2],
            count,
        };
        let body = list_body(
            page,
            asked,
            "http://x/albums/",
            &Query::parse(query),
            |()| (),
        );
        (body.next, body.previous)
    }

    #[test]
    fn links_lead_to_the_neighbours_and_keep_the_conditions() {
        let at = |tail: &str| Some(format!("http://x/albums/?{tail}"));

        assert_eq!(links("", 2, 0, 2), (None, None));
        assert_eq!(links("", 2, 0, 3), (at("limit=2&offset=2"), None));
        assert_eq!(
            links("offset=2&limit=2&name=a%26b%20%C3%A5", 2, 2, 5),
            (
                at("name=a%26b+%C3%A5&limit=2&offset=4"),
                at("name=a%26b+%C3%A5&limit=2")
            )
        );
        assert_eq!(links("", 2, 9, 0), (None, at("limit=2&offset=7")));
        assert_eq!(links("", 100, u32::MAX - 1, u64::MAX).0, None);
    }

    #[test]
    fn limits_and_offsets_are_plain_numbers() {
        for (text, expected) in [("1", 1), ("100", 100), ("101", 100), ("99999999999", 100)] {
            assert_eq!(limit(text), Ok(expected), "{text}");
        }
        for text in ["0", "-1", "+1", "1.0", "abc", "0x1", "٣"] {
            assert!(limit(text).is_err(), "{text}");
        }
        assert_eq!(offset("0"), Ok(0));
        for text in ["-1", "abc", "99999999999"] {
            assert!(offset(text).is_err(), "{text}");
        }
    }
}
