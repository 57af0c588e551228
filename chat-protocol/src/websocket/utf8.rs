//! Validation of UTF-8 that arrives in pieces, cut anywhere.

/// The bytes of a character that has been begun.
#[derive(Debug, Default)]
pub(super) struct Carry {
    bytes: [u8; 4],
    length: usize,
}

impl Carry {
    /// Checks the next piece. The error is the number of bytes of the piece before the character that is wrong.
    pub(super) fn check(&mut self, piece: &[u8]) -> Result<(), usize> {
        let mut start = 0;
        while self.length > 0 {
            let Some(byte) = piece.get(start) else { return Ok(()) };
            self.bytes[self.length] = *byte;
            start += 1;
            self.length += 1;
            match str::from_utf8(&self.bytes[..self.length]) {
                Ok(_) => self.length = 0,
                Err(error) if error.error_len().is_some() => return Err(0),
                Err(_) => {}
            }
        }
        let Err(error) = str::from_utf8(&piece[start..]) else { return Ok(()) };
        let valid = start + error.valid_up_to();
        if error.error_len().is_some() {
            return Err(valid);
        }
        let begun = &piece[valid..];
        self.bytes[..begun.len()].copy_from_slice(begun);
        self.length = begun.len();
        Ok(())
    }

    /// The text ends here. Returns whether its last character is whole.
    pub(super) fn end(&mut self) -> bool {
        std::mem::take(&mut self.length) == 0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn r10_4_what_is_text_does_not_depend_on_the_pieces(
            bytes in prop_oneof!["[aé€🎈]{0,6}".prop_map(String::into_bytes), prop::collection::vec(any::<u8>(), 0..8)],
            size in 1..5_usize,
        ) {
            let mut carry = Carry::default();
            let whole = bytes.chunks(size).all(|piece| carry.check(piece).is_ok()) && carry.end();
            prop_assert_eq!(whole, str::from_utf8(&bytes).is_ok());
        }
    }
}
