//! Little-endian numbers and texts from what comes before the tensors, never more than is there.

use crate::error::Error;
use std::io::Read;

/// No header is longer: of a vocabulary of 256,000 tokens with their merges it is 12 MB.
const LONGEST_HEADER: u64 = 128 << 20;

/// Reads a header, and knows how much is left of it.
#[derive(Debug)]
pub(crate) struct Reader<R> {
    inner: R,
    at: u64,
    /// The file's length.
    length: u64,
}

impl<R: Read> Reader<R> {
    pub(crate) fn new(inner: R, length: u64) -> Self {
        Self { inner, at: 0, length }
    }

    /// Bytes that were read.
    pub(crate) fn at(&self) -> u64 {
        self.at
    }

    /// The file's length.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// Refuses what is longer than what is left of the file, or of any header.
    pub(crate) fn expect(&self, needs: u128, what: &dyn Fn() -> String) -> Result<(), Error> {
        let left = self.length.saturating_sub(self.at);
        if needs > u128::from(left) {
            return Err(Error::Cut { what: what(), at: self.at, needs, left });
        }
        if needs > u128::from(LONGEST_HEADER.saturating_sub(self.at)) {
            let what = format!("bytes of {}, at byte {},", what(), self.at);
            return Err(Error::TooMany { what, n: needs, most: LONGEST_HEADER });
        }
        Ok(())
    }

    pub(crate) fn damaged(&self, what: impl Into<String>) -> Error {
        Error::Damaged { at: self.at, what: what.into() }
    }

    /// As many bytes, put at the end of others.
    pub(crate) fn append(
        &mut self,
        n: u64,
        to: &mut Vec<u8>,
        what: &dyn Fn() -> String,
    ) -> Result<(), Error> {
        self.expect(n.into(), what)?;
        let start = to.len();
        to.resize(start + n as usize, 0);
        self.inner.read_exact(&mut to[start..])?;
        self.at += n;
        Ok(())
    }

    fn array<const N: usize>(&mut self, what: &dyn Fn() -> String) -> Result<[u8; N], Error> {
        self.expect(N as u128, what)?;
        let mut bytes = [0; N];
        self.inner.read_exact(&mut bytes)?;
        self.at += N as u64;
        Ok(bytes)
    }

    pub(crate) fn u32(&mut self, what: &dyn Fn() -> String) -> Result<u32, Error> {
        Ok(u32::from_le_bytes(self.array(what)?))
    }

    pub(crate) fn u64(&mut self, what: &dyn Fn() -> String) -> Result<u64, Error> {
        Ok(u64::from_le_bytes(self.array(what)?))
    }

    /// A text: its length, and as many bytes of UTF-8.
    pub(crate) fn text(&mut self, what: &dyn Fn() -> String) -> Result<String, Error> {
        let n = self.u64(&|| format!("the length of {}", what()))?;
        let mut bytes = Vec::new();
        self.append(n, &mut bytes, what)?;
        String::from_utf8(bytes).map_err(|_| self.damaged(format!("{} is not UTF-8", what())))
    }
}
