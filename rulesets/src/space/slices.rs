//! A table that stores equal slices of numbers once and numbers them in the order of arrival.

/// Distinct slices, found again by their content.
#[derive(Debug)]
pub(super) struct Slices<T> {
    words: Vec<T>,
    /// Where each slice ends in `words`.
    ends: Vec<usize>,
    hashes: Vec<u64>,
    /// The number of a slice plus one, 0 where a place is free.
    places: Vec<u32>,
}

impl<T: Copy + Eq + Into<u64>> Slices<T> {
    pub(super) fn new() -> Self {
        Self {
            words: Vec::new(),
            ends: Vec::new(),
            hashes: Vec::new(),
            places: vec![0; 16],
        }
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// How many numbers are stored.
    pub(super) fn size(&self) -> usize {
        self.words.len()
    }

    pub(super) fn get(&self, number: u32) -> &[T] {
        let at = number as usize;
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.words[start..self.ends[at]]
    }

    /// A slice of a table in which all have this length.
    pub(super) fn row(&self, number: u32, length: usize) -> &[T] {
        let start = number as usize * length;
        &self.words[start..start + length]
    }

    /// The number of this slice; a slice not seen before gets the next one.
    pub(super) fn intern(&mut self, slice: &[T]) -> u32 {
        let hash = hash(slice);
        let mut place = self.home(hash);
        while let Some(number) = self.places[place].checked_sub(1) {
            if self.hashes[number as usize] == hash && self.get(number) == slice {
                return number;
            }
            place = (place + 1) & (self.places.len() - 1);
        }
        let number = super::grid::index(self.len());
        self.words.extend_from_slice(slice);
        self.ends.push(self.words.len());
        self.hashes.push(hash);
        self.places[place] = number + 1;
        if self.len() * 2 > self.places.len() {
            self.grow();
        }
        number
    }

    fn grow(&mut self) {
        self.places = vec![0; self.places.len() * 2];
        for number in 0..self.hashes.len() {
            let mut place = self.home(self.hashes[number]);
            while self.places[place] != 0 {
                place = (place + 1) & (self.places.len() - 1);
            }
            self.places[place] = super::grid::index(number) + 1;
        }
    }

    /// Where a slice is looked for first; the table's length is a power of two.
    fn home(&self, hash: u64) -> usize {
        let mask = self.places.len() as u64 - 1;
        usize::try_from((hash >> 20) & mask).unwrap_or(0)
    }
}

/// Multiply and rotate: quick, the same in every run, and a collision costs time and nothing else.
fn hash<T: Copy + Into<u64>>(slice: &[T]) -> u64 {
    slice.iter().fold(slice.len() as u64, |hash, word| {
        let mixed: u64 = (*word).into();
        (hash.rotate_left(23) ^ mixed).wrapping_mul(MIX)
    })
}

/// An odd number whose bits have no pattern.
const MIX: u64 = 0x9e37_79b9_7f4a_7c15;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_slices_get_one_number_in_the_order_of_arrival() {
        let mut slices = Slices::<u32>::new();
        let numbers: Vec<u32> = (0..1_000_u32)
            .map(|at| slices.intern(&[at % 250, at % 50]))
            .collect();
        assert_eq!(slices.len(), 250);
        assert_eq!(numbers[..3], [0, 1, 2]);
        assert_eq!(numbers[250..], numbers[..750]);
        assert_eq!(slices.get(249), [249, 49]);
        assert_eq!(slices.intern(&[]), 250);
        assert_eq!(slices.get(250), [0_u32; 0]);
    }
}
