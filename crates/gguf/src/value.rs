//! A value of the metadata.

use crate::error::Error;
use crate::reader::Reader;
use std::fmt::{self, Display, Formatter};
use std::io::Read;

/// A value of the metadata. It can be shown (`Display`); [`Metadata`](crate::Metadata) has it as a type.
#[derive(Debug, Clone, PartialEq)]
pub struct Value(pub(crate) Held);

/// What a value is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Held {
    Number(Number, [u8; 8]),
    String(String),
    /// Numbers, as they are stored.
    Numbers(Number, Vec<u8>),
    Strings(Strings),
}

/// Texts one after another, which take no more memory than in the file.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Strings {
    text: String,
    /// Where each ends.
    ends: Vec<u32>,
}

/// The type of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Number {
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    F32,
    Bool,
    U64,
    I64,
    F64,
}

/// A number's value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Scalar {
    Integer(i128),
    Float(f64),
    Bool(bool),
}

const STRING: u32 = 8;
const ARRAY: u32 = 9;

impl Value {
    /// Reads a value of the key that is named.
    pub(crate) fn read(reader: &mut Reader<impl Read>, key: &str) -> Result<Self, Error> {
        let what = || format!("the value of {key}");
        let number = reader.u32(&|| format!("the type of {}", what()))?;
        let held = match number {
            STRING => Held::String(reader.text(&what)?),
            ARRAY => {
                let number = reader.u32(&|| format!("the type of {}", what()))?;
                let n = reader.u64(&|| format!("the length of {}", what()))?;
                match number {
                    STRING => Held::Strings(Strings::read(reader, n, &what)?),
                    ARRAY => return Err(reader.damaged(format!("{} is a list of lists", what()))),
                    _ => {
                        let number = Number::of_file(reader, number, &what)?;
                        let bytes = u128::from(n) * number.bytes() as u128;
                        reader.expect(bytes, &what)?;
                        let mut stored = Vec::new();
                        reader.append(bytes as u64, &mut stored, &what)?;
                        if number == Number::Bool && stored.iter().any(|&byte| byte > 1) {
                            return Err(reader.damaged(format!("{} is neither true nor false", what())));
                        }
                        Held::Numbers(number, stored)
                    }
                }
            }
            _ => {
                let number = Number::of_file(reader, number, &what)?;
                let mut bytes = Vec::new();
                reader.append(number.bytes() as u64, &mut bytes, &what)?;
                let mut stored = [0; 8];
                stored[..bytes.len()].copy_from_slice(&bytes);
                if number == Number::Bool && stored[0] > 1 {
                    return Err(reader.damaged(format!("{} is neither true nor false", what())));
                }
                Held::Number(number, stored)
            }
        };
        Ok(Self(held))
    }

    /// The number, of a value that is one.
    pub(crate) fn scalar(&self) -> Option<Scalar> {
        match &self.0 {
            Held::Number(number, bytes) => Some(number.scalar(*bytes)),
            _ => None,
        }
    }

    /// The numbers, of a value that is a list of them.
    pub(crate) fn scalars(&self) -> Option<impl Iterator<Item = Scalar>> {
        let Held::Numbers(number, stored) = &self.0 else { return None };
        Some(stored.chunks_exact(number.bytes()).map(|bytes| {
            let mut eight = [0; 8];
            eight[..bytes.len()].copy_from_slice(bytes);
            number.scalar(eight)
        }))
    }

    /// What it is, in words: a long text or list is not spelled out.
    pub(crate) fn in_words(&self) -> String {
        match &self.0 {
            Held::Number(number, _) => format!("{self} ({})", number.name()),
            Held::String(_) => format!("the text {self}"),
            Held::Numbers(number, stored) => {
                format!("a list of {} numbers ({})", stored.len() / number.bytes(), number.name())
            }
            Held::Strings(strings) => format!("a list of {} texts", strings.len()),
        }
    }
}

impl Display for Value {
    /// A number, a text in quotes of at most 60 letters, or how long a list is.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Held::Number(number, bytes) => match number.scalar(*bytes) {
                Scalar::Integer(value) => write!(f, "{value}"),
                // With an exponent where there are many digits.
                Scalar::Float(value) => write!(f, "{value:?}"),
                Scalar::Bool(value) => write!(f, "{value}"),
            },
            Held::String(text) => match text.char_indices().nth(60) {
                Some((end, _)) => write!(f, "{:?}…", &text[..end]),
                None => write!(f, "{text:?}"),
            },
            Held::Numbers(..) | Held::Strings(_) => f.write_str(&self.in_words()),
        }
    }
}

impl Strings {
    fn read(reader: &mut Reader<impl Read>, n: u64, what: &dyn Fn() -> String) -> Result<Self, Error> {
        // Each has at least its length.
        reader.expect(u128::from(n) * 8, what)?;
        let (mut bytes, mut ends) = (Vec::new(), Vec::with_capacity(n as usize));
        for i in 0..n {
            let what = || format!("number {i} in {}", what());
            let length = reader.u64(&|| format!("the length of {}", what()))?;
            let start = bytes.len();
            reader.append(length, &mut bytes, &what)?;
            if std::str::from_utf8(&bytes[start..]).is_err() {
                return Err(reader.damaged(format!("{} is not UTF-8", what())));
            }
            ends.push(bytes.len() as u32);
        }
        // Texts that are UTF-8 one by one are so together.
        let text =
            String::from_utf8(bytes).map_err(|_| reader.damaged(format!("{} is not UTF-8", what())))?;
        Ok(Self { text, ends })
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, &end)| &self.text[start as usize..end as usize])
    }
}

impl Number {
    fn of_file(reader: &Reader<impl Read>, number: u32, what: &dyn Fn() -> String) -> Result<Self, Error> {
        Ok(match number {
            0 => Self::U8,
            1 => Self::I8,
            2 => Self::U16,
            3 => Self::I16,
            4 => Self::U32,
            5 => Self::I32,
            6 => Self::F32,
            7 => Self::Bool,
            10 => Self::U64,
            11 => Self::I64,
            12 => Self::F64,
            _ => return Err(reader.damaged(format!("{} has type {number}, which there is not", what()))),
        })
    }

    fn bytes(self) -> usize {
        match self {
            Self::U8 | Self::I8 | Self::Bool => 1,
            Self::U16 | Self::I16 => 2,
            Self::U32 | Self::I32 | Self::F32 => 4,
            Self::U64 | Self::I64 | Self::F64 => 8,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::U8 => "uint8",
            Self::I8 => "int8",
            Self::U16 => "uint16",
            Self::I16 => "int16",
            Self::U32 => "uint32",
            Self::I32 => "int32",
            Self::F32 => "float32",
            Self::Bool => "bool",
            Self::U64 => "uint64",
            Self::I64 => "int64",
            Self::F64 => "float64",
        }
    }

    /// The number that the first of eight bytes stand for.
    fn scalar(self, bytes: [u8; 8]) -> Scalar {
        let [a, b, c, d, ..] = bytes;
        match self {
            Self::U8 => Scalar::Integer(a.into()),
            Self::I8 => Scalar::Integer(i8::from_le_bytes([a]).into()),
            Self::U16 => Scalar::Integer(u16::from_le_bytes([a, b]).into()),
            Self::I16 => Scalar::Integer(i16::from_le_bytes([a, b]).into()),
            Self::U32 => Scalar::Integer(u32::from_le_bytes([a, b, c, d]).into()),
            Self::I32 => Scalar::Integer(i32::from_le_bytes([a, b, c, d]).into()),
            Self::F32 => Scalar::Float(f32::from_le_bytes([a, b, c, d]).into()),
            Self::Bool => Scalar::Bool(a == 1),
            Self::U64 => Scalar::Integer(u64::from_le_bytes(bytes).into()),
            Self::I64 => Scalar::Integer(i64::from_le_bytes(bytes).into()),
            Self::F64 => Scalar::Float(f64::from_le_bytes(bytes)),
        }
    }
}
