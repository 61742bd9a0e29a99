//! Whatever numbers Python writes: they are read and written again as they were.

use domain::tasks::numbers;
use proptest::prelude::*;
use serde_json::Value;

fn read(json: &[u8]) -> Result<Value, serde_json::Error> {
    numbers::read(json, |json| serde_json::from_slice(json))
}

/// The same JSON as Python writes it, with spaces, and without.
type Json = (String, String);

fn plain(json: String) -> Json {
    (json.clone(), json)
}

fn leaves() -> impl Strategy<Value = Json> {
    let texts = prop_oneof![any::<String>(), "[NaInfity0-9\"\\\\{}, -]{0,40}"];
    prop_oneof![
        "-?[1-9][0-9]{0,60}".prop_map(plain),
        "NaN|Infinity|-Infinity|null|true|0|1e400|-1[.]5e999".prop_map(plain),
        any::<f64>()
            .prop_filter("JSON has it", |number| number.is_finite())
            .prop_map(|number| plain(Value::from(number).to_string())),
        texts.prop_map(|text| plain(Value::from(text).to_string())),
    ]
}

fn bracketed(brackets: (char, char), parts: &[Json]) -> Json {
    let joined = |between: &str, part: fn(&Json) -> &str| {
        let parts: Vec<&str> = parts.iter().map(part).collect();
        format!("{}{}{}", brackets.0, parts.join(between), brackets.1)
    };
    (joined(", ", |part| &part.0), joined(",", |part| &part.1))
}

fn values() -> impl Strategy<Value = Json> {
    leaves().prop_recursive(6, 60, 6, |inner| {
        let list = prop::collection::vec(inner.clone(), 0..6);
        let object = prop::collection::btree_map("[NaN0-9\"]{0,6}", inner, 0..6);
        let entries = object.prop_map(|entries| {
            let entry = |(name, (spaced, tight)): (String, Json)| {
                let name = Value::from(name);
                (format!("{name}: {spaced}"), format!("{name}:{tight}"))
            };
            let entries: Vec<Json> = entries.into_iter().map(entry).collect();
            bracketed(('{', '}'), &entries)
        });
        prop_oneof![
            list.prop_map(|parts| bracketed(('[', ']'), &parts)),
            entries
        ]
    })
}

proptest! {
    #[test]
    fn what_python_writes_is_written_again_as_it_was((spaced, tight) in values()) {
        for json in [&spaced, &tight] {
            let value = read(json.as_bytes());
            prop_assert!(value.is_ok(), "{json}: {value:?}");
            prop_assert_eq!(&numbers::written(value.unwrap().to_string()), &tight);
        }
    }

    #[test]
    fn floating_point_is_exact(number in any::<f64>()) {
        prop_assume!(number.is_finite());
        let value = read(format!("{number:?}").as_bytes()).unwrap();
        prop_assert_eq!(value.as_f64().map(f64::to_bits), Some(number.to_bits()));
    }

    #[test]
    fn what_everybody_writes_is_read_as_it_is(bytes in any::<Vec<u8>>(), text in any::<String>()) {
        for json in [&bytes[..], text.as_bytes()] {
            if let Ok(value) = serde_json::from_slice::<Value>(json) {
                prop_assert_eq!(read(json).unwrap(), value);
            }
        }
        prop_assert_eq!(numbers::written(text.clone()), text);
    }

    #[test]
    fn what_is_almost_json_does_no_harm(text in "[\\[\\]{}\",: \\\\0-9eE.+NaInfity-]{0,80}") {
        let _ = read(text.as_bytes());
        let front = r#"{"__type__":"backbeat.number","__value__":""#;
        let odd = format!("{front}{text}{front}{text}\"}}{text}");
        let _ = numbers::written(odd);
    }

    #[test]
    fn any_digits_are_read_as_what_they_are(before in "[ \\[]{0,40}", digits in "[1-9][0-9]{0,40}") {
        let json = format!("{before}[{digits}]{}", before.replace('[', "]").replace(' ', ""));
        let value = read(json.as_bytes()).unwrap().to_string();
        let tight = json.replace(' ', "");
        prop_assert_eq!(numbers::written(value), tight);
    }
}
