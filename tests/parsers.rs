//! Whatever is typed: a parser refuses it or makes a value that keeps its promise.

use std::fmt::{Debug, Display};

use domain::model::{
    AlbumName, Bio, EmailAddress, HeaderName, HeaderText, Password, Price, SocialLink, StageName,
    Username, folded,
};
use domain::ports::IdempotencyKey;
use domain::tasks::{Key, Payload, QueueName, Reason, TaskId, TaskName};
use domain::use_cases::CongratulateArtist;
use proptest::prelude::*;

/// Text of every kind: anything printable, anything at all, and what looks like the real thing.
fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "\\PC{0,300}",
        "[ -~]{0,40}",
        "[a-zA-Z0-9.+_-]{1,20}@[a-z0-9.-]{1,20}",
        "https?://[ -~]{0,40}",
        "-?[0-9]{0,12}[.,]?[0-9]{0,4}",
    ]
}

/// What was accepted is accepted again, and is the same value.
fn keeps<T>(text: &str) -> Result<Option<T>, TestCaseError>
where
    T: TryFrom<String> + Display + PartialEq + Debug,
    T::Error: Debug,
{
    let Ok(value) = T::try_from(text.to_owned()) else {
        return Ok(None);
    };
    let again = T::try_from(value.to_string());
    prop_assert!(
        again.is_ok(),
        "{value:?} is refused the second time: {again:?}"
    );
    prop_assert_eq!(again.unwrap(), value);
    T::try_from(text.to_owned())
        .map(Some)
        .map_err(|_| TestCaseError::fail("accepted once only"))
}

fn breaks_lines(text: &str) -> bool {
    text.contains(['\r', '\n', '\0'])
}

proptest! {
    #[test]
    fn names_are_one_line_of_bounded_length(text in texts()) {
        for (shown, most) in [
            (keeps::<StageName>(&text)?.map(|name| name.to_string()), 200),
            (keeps::<AlbumName>(&text)?.map(|name| name.to_string()), 200),
            (keeps::<Username>(&text)?.map(|name| name.to_string()), 150),
        ] {
            if let Some(shown) = shown {
                prop_assert!(!breaks_lines(&shown) && !shown.is_empty() && shown.chars().count() <= most);
            }
        }
        if let Some(bio) = keeps::<Bio>(&text)? {
            prop_assert!(!bio.as_str().contains('\0'));
        }
    }

    #[test]
    fn an_address_has_a_local_part_and_a_dotted_domain(text in texts()) {
        if let Some(address) = keeps::<EmailAddress>(&text)? {
            prop_assert_eq!(format!("{}@{}", address.local_part(), address.domain()), address.to_string());
            prop_assert!(address.domain().contains('.') && !address.local_part().is_empty());
            prop_assert!(!address.as_str().chars().any(|each| each.is_control() || each.is_whitespace()));
            prop_assert_eq!(address.folded(), folded(&address.folded()));
        }
    }

    #[test]
    fn a_price_is_exact(text in texts(), hundredths in 0..=9_999_999_999_i64) {
        if let Some(price) = keeps::<Price>(&text)? {
            prop_assert!((0..=9_999_999_999).contains(&price.hundredths()));
        }
        let price = Price::from_hundredths(hundredths).unwrap();
        prop_assert_eq!(Price::try_from(price.to_string()), Ok(price));
    }

    #[test]
    fn a_link_is_plain_and_of_the_web(text in texts()) {
        if let Some(link) = keeps::<SocialLink>(&text)? {
            let lower = link.as_str().to_ascii_lowercase();
            prop_assert!(lower.starts_with("http:") || lower.starts_with("https:"));
            prop_assert!(!breaks_lines(link.as_str()));
        }
    }

    #[test]
    fn nothing_in_a_header_ends_it(text in texts()) {
        if let Some(header) = keeps::<HeaderText>(&text)? {
            prop_assert!(!breaks_lines(header.as_str()));
        }
        if let Ok(name) = HeaderName::try_from(text.clone()) {
            prop_assert!(name.as_str().bytes().all(|each| each.is_ascii_graphic() && each != b':'));
        }
        prop_assert!(!breaks_lines(HeaderText::without_controls(&text).as_str()));
        prop_assert!(!breaks_lines(Reason::new(text).as_str()));
    }

    #[test]
    fn tokens_of_the_queue_are_one_line(text in texts()) {
        for shown in [
            keeps::<TaskId>(&text)?.map(|token| token.to_string()),
            keeps::<TaskName>(&text)?.map(|token| token.to_string()),
            keeps::<QueueName>(&text)?.map(|token| token.to_string()),
            keeps::<Key>(&text)?.map(|token| token.to_string()),
        ].into_iter().flatten() {
            prop_assert!(!breaks_lines(&shown) && !shown.is_empty());
        }
        if let Ok(key) = IdempotencyKey::try_from(text) {
            prop_assert!(key.as_str().bytes().all(|each| each.is_ascii_graphic()));
        }
    }

    #[test]
    fn folding_twice_is_folding_once(text in texts()) {
        prop_assert_eq!(folded(&folded(&text)), folded(&text));
        prop_assert_eq!(folded(&text.to_uppercase().to_lowercase()), folded(&text.to_uppercase()));
    }

    #[test]
    fn a_password_is_shown_by_nothing(text in "\\PC{8,128}") {
        if let Ok(password) = Password::try_from(text.clone()) {
            prop_assert_eq!(password.reveal(), text);
            prop_assert_eq!(format!("{password:?}"), "Password(..)");
        }
    }

    /// What cannot be read is refused, never a panic, and its bytes are kept.
    #[test]
    fn a_payload_of_any_bytes_is_kept_as_it_came(bytes in any::<Vec<u8>>()) {
        let payload = Payload::from_bytes(bytes.clone());
        prop_assert!(payload.decode::<CongratulateArtist>().is_err());
        prop_assert_eq!(payload.as_bytes(), &bytes[..]);
    }
}
