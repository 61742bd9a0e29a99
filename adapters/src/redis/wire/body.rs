//! The body of a message, unwrapped and unpacked.

use std::borrow::Cow;
use std::io::Read;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bzip2::read::BzDecoder;
use flate2::read::{GzDecoder, ZlibDecoder};
use lzma_rust2::XzReader;

use super::{MOST_INFLATED, Refusal};

/// What real gzip begins with. Celery writes zlib's format and calls it gzip.
const GZIP: &[u8] = &[0x1f, 0x8b];

/// How much memory a body in the format of xz may ask for, in KiB: twice as much as Celery's do.
const MOST_FOR_XZ: u32 = 16 * 1024;

/// What `body` carries, if it is JSON of bounded length.
pub(super) fn unwrapped(
    body: &str,
    content_type: Option<&str>,
    encoding: Option<&str>,
    compression: Option<&str>,
) -> Result<Vec<u8>, Refusal> {
    if let Some(other) = content_type.filter(|each| *each != "application/json") {
        return Err(Refusal::ContentType(short(other)));
    }
    let packed = match encoding {
        Some("base64") => STANDARD.decode(body).map_err(Refusal::Base64)?,
        Some("utf-8") | None => body.as_bytes().to_vec(),
        Some(other) => return Err(Refusal::BodyEncoding(short(other))),
    };
    opened(packed, compression)
}

/// What was packed in this way, if it is of bounded length.
pub(super) fn opened(packed: Vec<u8>, compression: Option<&str>) -> Result<Vec<u8>, Refusal> {
    match compression {
        None => Ok(packed),
        Some("application/x-gzip" | "gzip" | "zlib") if packed.starts_with(GZIP) => {
            inflated(GzDecoder::new(&packed[..]))
        }
        Some("application/x-gzip" | "gzip" | "zlib") => inflated(ZlibDecoder::new(&packed[..])),
        Some("application/x-bz2" | "bzip2" | "bzip") => inflated(BzDecoder::new(&packed[..])),
        Some("application/x-lzma" | "lzma" | "xz") => {
            inflated(XzReader::new_mem_limit(&packed[..], true, MOST_FOR_XZ))
        }
        Some(other) => Err(Refusal::Compression(short(other))),
    }
}

/// Reads no further than it has to in order to know that it is too long.
fn inflated(packed: impl Read) -> Result<Vec<u8>, Refusal> {
    let mut plain = Vec::new();
    packed
        .take(MOST_INFLATED as u64 + 1)
        .read_to_end(&mut plain)
        .map_err(Refusal::Unpacking)?;
    if MOST_INFLATED < plain.len() {
        return Err(Refusal::InflatedTooLong);
    }
    Ok(plain)
}

/// What a message says of itself, as far as it is worth repeating.
pub(super) fn short(text: &str) -> String {
    const MOST: usize = 100;
    let shortened = match text.char_indices().nth(MOST) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    };
    shortened.into_owned()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use bzip2::write::BzEncoder;
    use flate2::Compression;
    use flate2::write::{GzEncoder, ZlibEncoder};
    use lzma_rust2::{XzOptions, XzWriter};

    use super::*;

    const JSON: Option<&str> = Some("application/json");

    fn zlib(plain: &[u8]) -> String {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(plain).expect("memory takes it");
        STANDARD.encode(encoder.finish().expect("memory takes it"))
    }

    fn xz(plain: &[u8]) -> Vec<u8> {
        let options = XzOptions::with_preset(1);
        let mut encoder = XzWriter::new(Vec::new(), options).expect("these are options");
        encoder.write_all(plain).expect("memory takes it");
        encoder.finish().expect("memory takes it")
    }

    fn unpacked(body: &str, compression: &str) -> Result<Vec<u8>, Refusal> {
        unwrapped(body, JSON, Some("base64"), Some(compression))
    }

    #[test]
    fn every_way_of_packing_is_read() {
        let plain = b"[[1, 2], {}, {}]";
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(plain).expect("memory takes it");
        let gzip = STANDARD.encode(gzip.finish().expect("memory takes it"));
        let mut bzip2 = BzEncoder::new(Vec::new(), bzip2::Compression::best());
        bzip2.write_all(plain).expect("memory takes it");
        let bzip2 = STANDARD.encode(bzip2.finish().expect("memory takes it"));

        for (body, compression) in [
            (zlib(plain), "application/x-gzip"),
            (gzip, "application/x-gzip"),
            (zlib(plain), "zlib"),
            (bzip2, "application/x-bz2"),
            (STANDARD.encode(xz(plain)), "application/x-lzma"),
            (STANDARD.encode(xz(plain)), "xz"),
        ] {
            assert_eq!(unpacked(&body, compression).expect(compression), plain);
        }
    }

    #[test]
    fn a_bomb_is_defused() {
        let fits = zlib(&vec![b' '; MOST_INFLATED]);
        let bomb = zlib(&vec![b' '; 16 * MOST_INFLATED]);

        assert!(unpacked(&fits, "zlib").is_ok());
        assert!(matches!(
            unpacked(&bomb, "zlib"),
            Err(Refusal::InflatedTooLong)
        ));
        let bomb = STANDARD.encode(xz(&vec![b' '; 2 * MOST_INFLATED]));
        assert!(matches!(
            unpacked(&bomb, "xz"),
            Err(Refusal::InflatedTooLong)
        ));
    }

    #[test]
    fn whoever_asks_for_much_memory_is_refused() {
        // Python's, of `[[], {}, {}]` with a dictionary of 64 MiB.
        let greedy = "/Td6WFoAAATm1rRGAgAhARwAAAAQz1jMAQALW1tdLCB7fSwge31dAIZkGgjE+Zl2AAEkDKYY2NgftvN9AQAAAAAEWVo=";

        let refused = unpacked(greedy, "xz").expect_err("that is too much");

        assert!(refused.to_string().contains("memory"), "{refused}");
    }

    #[test]
    fn a_spoilt_body_does_no_harm() {
        let packed = xz(&b"[[1, 2], {}, {}]".repeat(20));
        for place in 0..packed.len() {
            for bit in 0..8 {
                let mut spoilt = packed.clone();
                spoilt[place] ^= 1 << bit;
                let _ = opened(spoilt, Some("xz"));
            }
            assert!(opened(packed[..place].to_vec(), Some("xz")).is_err());
        }
    }

    #[test]
    fn what_is_not_json_is_refused_by_its_name() {
        for other in ["application/x-python-serialize", "application/x-yaml", ""] {
            let refused = unwrapped("gAQu", Some(other), Some("base64"), None);
            let Err(Refusal::ContentType(named)) = refused else {
                panic!("{refused:?}");
            };
            assert_eq!(named, other);
        }
    }

    #[test]
    fn what_is_wrapped_wrongly_is_refused() {
        let refused = |body, encoding, compression| unwrapped(body, JSON, encoding, compression);
        let base64 = Some("base64");

        assert!(matches!(
            refused("no base64", base64, None),
            Err(Refusal::Base64(_))
        ));
        assert!(matches!(
            refused("", Some("rot13"), None),
            Err(Refusal::BodyEncoding(_))
        ));
        assert!(matches!(
            refused("enp6", base64, Some("zlib")),
            Err(Refusal::Unpacking(_))
        ));
        assert!(matches!(
            refused("", base64, Some("application/zstd")),
            Err(Refusal::Compression(_))
        ));
        assert_eq!(refused("[1]", None, None).expect("text"), b"[1]");
    }
}
