//! A QR picture (ISO/IEC 18004) in characters, for consoles that nothing can be copied from.
//!
//! Light modules are drawn and dark ones left out, as consoles are dark. The margin is two modules, not
//! the standard's four: phones read it, and a small console has no room for more.

use qrcodegen::{QrCode, QrCodeEcc, QrSegment, Version};

/// Where a picture is to appear.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Console {
    /// Columns of characters.
    pub columns: usize,
    /// Rows of characters.
    pub rows: usize,
    /// Whether it shows half blocks, two modules above each other in one character.
    pub half_blocks: bool,
}

/// Draws a text of the QR code's alphanumeric mode; `None` when it does not fit with a row to spare.
pub(super) fn draw(text: &str, console: Console) -> Option<String> {
    if !QrSegment::is_alphanumeric(text) {
        return None;
    }
    let segments = [QrSegment::make_alphanumeric(text)];
    let code = QrCode::encode_segments_advanced(
        &segments,
        QrCodeEcc::Low,
        Version::MIN,
        Version::MAX,
        None,
        true,
    )
    .ok()?;
    let size = usize::try_from(code.size() + 2 * MARGIN).ok()?;
    let (columns, rows) = extent(size, console.half_blocks);
    if columns > console.columns || rows >= console.rows {
        return None;
    }
    let module = |at: usize| i32::try_from(at).unwrap_or(i32::MAX).saturating_sub(MARGIN);
    let light = |x: usize, y: usize| y < size && !code.get_module(module(x), module(y));
    let mut picture = String::new();
    for row in 0..rows {
        for x in 0..size {
            if console.half_blocks {
                picture.push(match (light(x, 2 * row), light(x, 2 * row + 1)) {
                    (true, true) => '█',
                    (true, false) => '▀',
                    (false, true) => '▄',
                    (false, false) => ' ',
                });
            } else {
                picture.push_str(if light(x, row) { "##" } else { "  " });
            }
        }
        picture.push('\n');
    }
    Some(picture)
}

fn extent(size: usize, half_blocks: bool) -> (usize, usize) {
    if half_blocks {
        (size, size.div_ceil(2))
    } else {
        (2 * size, size)
    }
}

const MARGIN: i32 = 2;

#[cfg(test)]
mod tests {
    use super::*;

    const LARGE: Console = Console {
        columns: 400,
        rows: 400,
        half_blocks: true,
    };

    /// Reads a picture with a decoder that knows nothing of this module.
    fn scan(picture: &str, half_blocks: bool) -> String {
        let rows: Vec<Vec<char>> = picture.lines().map(|row| row.chars().collect()).collect();
        let size = rows[0].len() / if half_blocks { 1 } else { 2 };
        let dark = |x: usize, y: usize| {
            let shown = if half_blocks {
                rows.get(y / 2).map(|row| row[x])
            } else {
                rows.get(y).map(|row| row[2 * x])
            };
            match shown {
                Some('█' | '#') => false,
                Some('▀') => !y.is_multiple_of(2),
                Some('▄') => y.is_multiple_of(2),
                _ => true,
            }
        };
        let scale = 4;
        let mut image =
            rqrr::PreparedImage::prepare_from_greyscale(size * scale, size * scale, |x, y| {
                if dark(x / scale, y / scale) { 0 } else { 255 }
            });
        let grids = image.detect_grids();
        assert_eq!(grids.len(), 1);
        grids[0].decode().unwrap().1
    }

    #[test]
    fn a_picture_says_its_text_to_another_decoder() {
        for length in [1, 40, 78, 300, 900, 1800] {
            let text: String = ('A'..='Z').cycle().take(length).collect();
            for half_blocks in [true, false] {
                let console = Console {
                    half_blocks,
                    ..LARGE
                };
                assert_eq!(scan(&draw(&text, console).unwrap(), half_blocks), text);
            }
        }
    }

    #[test]
    fn each_console_has_room_for_its_version() {
        // Characters in alphanumeric mode at the lowest correction, by version: 6, 12, 18, 26.
        for (columns, rows, most) in [
            (80, 25, 195),
            (100, 37, 535),
            (128, 48, 1046),
            (160, 64, 1990),
        ] {
            let console = Console {
                columns,
                rows,
                half_blocks: true,
            };
            let picture = draw(&"A".repeat(most), console).unwrap();
            assert!(picture.lines().count() < rows);
            assert!(picture.lines().all(|row| row.chars().count() <= columns));
            assert!(draw(&"A".repeat(most * 5 / 4 + 40), console).is_none());
        }
    }

    #[test]
    fn what_is_too_long_or_has_other_characters_is_not_drawn() {
        assert_eq!(draw(&"A".repeat(5000), LARGE), None);
        assert_eq!(draw("small", LARGE), None);
        let narrow = Console {
            columns: 20,
            ..LARGE
        };
        assert_eq!(draw("A", narrow), None);
    }
}
