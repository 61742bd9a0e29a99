//! What every mail must be that has come through a real server.

use mail_parser::{Address, MessageParser, MimeHeaders as _, PartType};

/// The name and the address of the first of these.
pub(super) fn person(address: Option<&Address<'_>>) -> (String, String) {
    let first = address.and_then(Address::first).unwrap();
    (
        first.name().unwrap().to_owned(),
        first.address().unwrap().to_owned(),
    )
}

/// Holds every mail to RFC 5322 and MIME: lines, bytes, and encodings as declared.
pub(super) fn assert_sane(mail: &[u8]) {
    let text = std::str::from_utf8(mail).unwrap();
    assert!(text.is_ascii(), "no byte needs 8BITMIME: {text}");
    // The mailbox keeps lines in the manner of this system.
    assert!(!text.contains('\r'), "no carriage return is left over");
    assert!(text.ends_with('\n'), "the last line is whole");
    assert!(text.lines().all(|line| line.len() <= 998), "{text}");
    let (head, _) = text.split_once("\n\n").unwrap();
    for name in [
        "From",
        "To",
        "Subject",
        "Message-ID",
        "Date",
        "MIME-Version",
        "Auto-Submitted",
    ] {
        let field = format!("\n{name}: ");
        assert_eq!(head.matches(&field).count(), 1, "{name} in {head}");
    }
    let parsed = MessageParser::default().parse(mail).unwrap();
    let kinds: Vec<_> = parsed
        .parts
        .iter()
        .map(|part| {
            assert!(!part.is_encoding_problem, "{part:?}");
            let encoding = part.content_transfer_encoding().unwrap_or("7bit");
            let raw = &mail[part.offset_body as usize..part.offset_end as usize];
            match encoding {
                "7bit" => {}
                "quoted-printable" => assert!(
                    raw.split(|each| *each == b'\n')
                        .all(|line| line.len() <= 76)
                ),
                "base64" => assert!(
                    raw.iter()
                        .all(|each| each.is_ascii_alphanumeric() || b"+/=\n".contains(each))
                ),
                other => panic!("the encoding {other}"),
            }
            match &part.body {
                PartType::Text(_) => "text",
                PartType::Html(_) => "html",
                PartType::Multipart(_) => "alternatives",
                _ => "something else",
            }
        })
        .collect();
    assert_eq!(kinds, ["alternatives", "text", "html"]);
}
