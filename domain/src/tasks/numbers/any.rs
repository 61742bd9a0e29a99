//! A number of any kind, for tasks that take or give such.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Number, Value, json};

use super::{TYPE, number_in, spelling::is_lacking};

/// A number as Python has it: an integer of any size, or floating point, be it `NaN` or infinite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnyNumber(String);

impl AnyNumber {
    /// As JSON has it or would have it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The integer that it is, if it is one of at most 128 bits.
    pub fn as_i128(&self) -> Option<i128> {
        self.0.parse().ok()
    }

    /// The floating point number that is next to it.
    pub fn as_f64(&self) -> f64 {
        self.0.parse().unwrap_or(f64::NAN)
    }
}

impl From<i128> for AnyNumber {
    fn from(number: i128) -> Self {
        Self(number.to_string())
    }
}

impl From<f64> for AnyNumber {
    fn from(number: f64) -> Self {
        Self(match Number::from_f64(number) {
            Some(number) => number.to_string(),
            None if number.is_nan() => "NaN".to_owned(),
            None if number < 0.0 => "-Infinity".to_owned(),
            None => "Infinity".to_owned(),
        })
    }
}

impl Serialize for AnyNumber {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.parse::<Number>() {
            Ok(number) if !is_lacking(self.0.as_bytes()) => number.serialize(serializer),
            _ => json!({"__type__": TYPE, "__value__": self.0}).serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for AnyNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        match (&value, number_in(&value)) {
            (Value::Number(number), _) => Ok(Self(number.to_string())),
            (_, Some(number)) => Ok(Self(number.to_owned())),
            _ => Err(D::Error::custom("this is no number")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_of_any_kind_is_what_it_was() {
        for (number, json) in [
            (AnyNumber::from(5), json!(5)),
            (AnyNumber::from(i128::from(u64::MAX)), json!(u64::MAX)),
            (
                AnyNumber::from(1 << 70),
                json!({"__type__": TYPE, "__value__": "1180591620717411303424"}),
            ),
            (AnyNumber::from(0.5), json!(0.5)),
            (
                AnyNumber::from(f64::NAN),
                json!({"__type__": TYPE, "__value__": "NaN"}),
            ),
            (
                AnyNumber::from(-f64::INFINITY),
                json!({"__type__": TYPE, "__value__": "-Infinity"}),
            ),
        ] {
            let written = serde_json::to_value(&number).expect("it serializes");
            assert_eq!(written, json);
            let read: AnyNumber = serde_json::from_value(written).expect("it is a number");
            assert_eq!(read, number);
        }
        assert!(serde_json::from_value::<AnyNumber>(json!("1")).is_err());
    }

    #[test]
    fn it_is_an_integer_or_floating_point() {
        let long = AnyNumber::from(1 << 70);

        assert_eq!(long.as_i128(), Some(1 << 70));
        assert!((long.as_f64() - 2_f64.powi(70)).abs() < f64::EPSILON);
        assert_eq!(AnyNumber::from(1.5).as_i128(), None);
        assert!(AnyNumber::from(f64::INFINITY).as_f64().is_infinite());
    }
}
