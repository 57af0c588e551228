//! Numbers, texts and blocks of bytes, one after another: the form of passes and snapshots. Little-endian.

use thiserror::Error;

/// The bytes end too early, or are no text where a text should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("malformed")]
pub struct Malformed;

/// Reads from the front. Never panics.
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Reads these bytes.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Returns whether all was read.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All that has not been read.
    pub fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.0)
    }

    /// A block of so many bytes.
    pub fn bytes(&mut self, count: usize) -> Result<&'a [u8], Malformed> {
        let (bytes, rest) = self.0.split_at_checked(count).ok_or(Malformed)?;
        self.0 = rest;
        Ok(bytes)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (bytes, rest) = self.0.split_first_chunk().ok_or(Malformed)?;
        self.0 = rest;
        Ok(*bytes)
    }

    /// A number.
    pub fn u8(&mut self) -> Result<u8, Malformed> {
        self.array().map(u8::from_le_bytes)
    }

    /// A number.
    pub fn u16(&mut self) -> Result<u16, Malformed> {
        self.array().map(u16::from_le_bytes)
    }

    /// A number.
    pub fn u32(&mut self) -> Result<u32, Malformed> {
        self.array().map(u32::from_le_bytes)
    }

    /// A number.
    pub fn u64(&mut self) -> Result<u64, Malformed> {
        self.array().map(u64::from_le_bytes)
    }

    /// A number.
    pub fn u128(&mut self) -> Result<u128, Malformed> {
        self.array().map(u128::from_le_bytes)
    }

    /// Yes or no.
    pub fn flag(&mut self) -> Result<bool, Malformed> {
        self.u8().map(|byte| byte != 0)
    }

    /// A value, if a flag says that there is one.
    pub fn option<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, Malformed>,
    ) -> Result<Option<T>, Malformed> {
        if self.flag()? { read(self).map(Some) } else { Ok(None) }
    }

    /// Values behind their number.
    pub fn list<T, L: FromIterator<T>>(
        &mut self,
        mut read: impl FnMut(&mut Self) -> Result<T, Malformed>,
    ) -> Result<L, Malformed> {
        // As many as there are, whatever the number says: nothing is reserved for it.
        (0..self.u32()?).map(|_| read(self)).collect()
    }

    /// A text behind its length.
    pub fn text(&mut self) -> Result<Box<str>, Malformed> {
        let length = self.u16()?.into();
        let text = str::from_utf8(self.bytes(length)?).map_err(|_| Malformed)?;
        Ok(text.into())
    }
}

/// Writes to the end.
pub trait Write {
    /// Writes bytes without their number.
    fn put(&mut self, bytes: &[u8]);

    /// Writes a number.
    fn put_u8(&mut self, number: u8) {
        self.put(&[number]);
    }

    /// Writes a number.
    fn put_u32(&mut self, number: u32) {
        self.put(&number.to_le_bytes());
    }

    /// Writes a number.
    fn put_u64(&mut self, number: u64) {
        self.put(&number.to_le_bytes());
    }

    /// Writes a number.
    fn put_u128(&mut self, number: u128) {
        self.put(&number.to_le_bytes());
    }

    /// Writes yes or no.
    fn put_flag(&mut self, flag: bool) {
        self.put_u8(flag.into());
    }

    /// Writes the number of the values that follow.
    fn put_count(&mut self, count: usize) {
        self.put_u32(u32::try_from(count).unwrap_or(u32::MAX));
    }

    /// Writes a value, if there is one, behind a flag that says so.
    fn put_optional<V>(&mut self, value: Option<V>, put: impl FnOnce(&mut Self, V)) {
        self.put_flag(value.is_some());
        if let Some(value) = value {
            put(self, value);
        }
    }

    /// Writes a number, if there is one.
    fn put_option(&mut self, value: Option<u64>) {
        self.put_optional(value, Self::put_u64);
    }

    /// Writes a text, at most 64 KiB of it; it is cut between two characters.
    fn put_text(&mut self, text: &str) {
        let text = &text[..text.floor_char_boundary(u16::MAX.into())];
        self.put(&u16::try_from(text.len()).unwrap_or(u16::MAX).to_le_bytes());
        self.put(text.as_bytes());
    }
}

impl Write for Vec<u8> {
    /// Writes bytes without their number.
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}
