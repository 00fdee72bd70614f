//! Finds the cells of a plain line eight bytes at a time: nearly every line has no quotes, and is whole in the buffer.
//! What cannot be told so fast is left to the splitter, which goes byte by byte.

use super::record::ROW_BYTES;

const EACH: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = EACH * 0x80;
const BLOCK: usize = 64;

/// The end of each cell goes into `ends`; answers the length of the line, without the byte that ends it. None, and
/// `ends` is of no use, when the line holds a quote or a NUL, is too long, or ends near the end of the buffer.
pub(super) fn split(buffer: &[u8], delimiter: u8, ends: &mut Vec<usize>) -> Option<usize> {
    for (index, block) in buffer.as_chunks::<BLOCK>().0.iter().enumerate() {
        let from = index * BLOCK;
        if from > ROW_BYTES - BLOCK {
            return None;
        }
        let mut marks = marks(block, delimiter);
        while marks != 0 {
            let at = marks.trailing_zeros() as usize;
            marks &= marks - 1;
            match block[at] {
                byte if byte == delimiter => ends.push(from + at),
                b'\n' | b'\r' => {
                    ends.push(from + at);
                    return Some(from + at);
                }
                b'"' | 0 => return None,
                _ => {}
            }
        }
    }
    None
}

/// One bit for each byte that may be a delimiter, a quote or a control character; now and then for another one.
fn marks(block: &[u8; BLOCK], delimiter: u8) -> u64 {
    // The high bit of each byte that is below `limit`; a borrow may add the byte behind one.
    let below = |word: u64, limit: u64| word.wrapping_sub(EACH * limit) & !word;
    let (delimiters, quotes) = (EACH * u64::from(delimiter), EACH * u64::from(b'"'));
    block.as_chunks::<8>().0.iter().rfold(0, |all, eight| {
        let word = u64::from_le_bytes(*eight);
        let found = below(word, 0x20) | below(word ^ delimiters, 1) | below(word ^ quotes, 1);
        // Brings the eight high bits together.
        let bits = ((found & HIGH) >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        all << 8 | bits
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_found_wherever_it_stands() {
        for at in 0..200 {
            for (byte, expected) in [
                (b';', Some(vec![at, 250])),
                (b'\n', Some(vec![at])),
                (b'\r', Some(vec![at])),
                (b'"', None),
                (0, None),
                (b'\t', Some(vec![250])),
                (b':', Some(vec![250])),
                (0xC3, Some(vec![250])),
            ] {
                let mut line = vec![b'x'; 320];
                line[250] = b'\n';
                line[at] = byte;
                let mut ends = Vec::new();
                let length = split(&line, b';', &mut ends);
                assert_eq!(length.map(|_| ends.clone()), expected, "{byte} at {at}");
                assert_eq!(length, expected.and_then(|ends| ends.last().copied()));
            }
        }
    }

    #[test]
    fn a_line_that_may_be_too_long_or_cut_off_is_left_alone() {
        let mut ends = Vec::new();
        let long = ["x".repeat(ROW_BYTES), "\n".repeat(BLOCK)].concat();
        assert_eq!(split(long.as_bytes(), b';', &mut ends), None);
        assert_eq!(split(b"a;b\n", b';', &mut ends), None);
        assert_eq!(split(b"", b';', &mut ends), None);
    }
}
