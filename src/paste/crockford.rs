//! Crockford's base 32: digits and capital letters that are hard to mistake for each other.
//!
//! Small letters count as capitals, the letter O as zero, I and L as one; U is no symbol.

/// The value of a symbol, 0 to 31; `None` when it is none.
pub(super) fn value(symbol: char) -> Option<u8> {
    let folded = match symbol.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    let at = ALPHABET.iter().position(|it| char::from(*it) == folded)?;
    u8::try_from(at).ok()
}

/// The symbol of the lowest five bits.
pub(super) fn symbol(value: u8) -> char {
    char::from(ALPHABET[usize::from(value & 31)])
}

/// Writes bytes, five bits a symbol, the last symbol filled up with zero bits.
pub(super) fn encode(bytes: &[u8]) -> String {
    let bits = bytes.len() * 8;
    let bit = |at: usize| at < bits && bytes[at / 8] >> (7 - at % 8) & 1 == 1;
    (0..bits.div_ceil(5))
        .map(|group| symbol((0..5).fold(0, |value, at| value << 1 | u8::from(bit(group * 5 + at)))))
        .collect()
}

/// Reads what [`encode`] wrote; blanks and hyphens do not count. The error is the first character that
/// is no symbol.
pub(super) fn decode(text: &str) -> Result<Vec<u8>, char> {
    let mut bytes = Vec::with_capacity(text.len() * 5 / 8);
    let (mut held, mut bits) = (0u32, 0);
    for character in text.chars().filter(|it| !is_filler(*it)) {
        held = held << 5 | u32::from(value(character).ok_or(character)?);
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits & 0xff) as u8);
        }
        held &= 0xff;
    }
    Ok(bytes)
}

/// Whether a character only groups the symbols.
pub(super) fn is_filler(character: char) -> bool {
    character.is_whitespace() || HYPHENS.contains(&character)
}

/// The hyphen, and what editors make of it.
const HYPHENS: [char; 6] = [
    '-', '\u{2010}', '\u{2011}', '\u{2012}', '\u{2013}', '\u{2014}',
];
const ALPHABET: [u8; 32] = *b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_symbol_has_its_value_and_look_alikes_fold() {
        for at in 0..32 {
            assert_eq!(value(symbol(at)), Some(at));
            assert_eq!(value(symbol(at).to_ascii_lowercase()), Some(at));
        }
        for (folded, want) in [('o', 0), ('O', 0), ('i', 1), ('I', 1), ('l', 1), ('L', 1)] {
            assert_eq!(value(folded), Some(want));
        }
        for none in ['u', 'U', '!', ' ', 'é'] {
            assert_eq!(value(none), None);
        }
    }

    #[test]
    fn bytes_come_back() {
        for length in 0..40u8 {
            let bytes: Vec<u8> = (0..length).map(|at| at.wrapping_mul(73)).collect();
            let text = encode(&bytes);
            assert_eq!(decode(&text), Ok(bytes.clone()));
            assert_eq!(
                decode(&format!(" {}\n\u{2014}", text.to_lowercase())),
                Ok(bytes)
            );
        }
        assert_eq!(decode("ABu"), Err('u'));
    }
}
