//! Joins rectangles that lie side by side.

use super::diagram::Difference;
use super::grid::Rect;

/// Joins neighbours with the same values, along any field, until none are left.
pub(super) fn merge(mut parts: Vec<Difference>) -> Vec<Difference> {
    let mut idle = 0;
    for at in (0..5).cycle() {
        let before = parts.len();
        along(at, &mut parts);
        idle = if parts.len() == before { idle + 1 } else { 0 };
        if idle == 5 {
            break;
        }
    }
    parts.sort_unstable();
    parts
}

/// Joins neighbours along one field.
fn along(at: usize, parts: &mut Vec<Difference>) {
    // All else alike comes together, and then in the order of the field.
    let key = |part: &Difference| {
        let mut rest = part.rect;
        (rest.first[at], rest.last[at]) = (0, 0);
        (part.values, rest, part.rect.first[at])
    };
    parts.sort_unstable_by_key(key);
    parts.dedup_by(|next, kept| {
        let joins = next.values == kept.values && side_by_side(at, &kept.rect, &next.rect);
        if joins {
            kept.rect.last[at] = next.rect.last[at];
        }
        joins
    });
}

fn side_by_side(at: usize, low: &Rect, high: &Rect) -> bool {
    let alike = (0..5)
        .filter(|other| *other != at)
        .all(|other| (low.first[other], low.last[other]) == (high.first[other], high.last[other]));
    alike && low.last[at].checked_add(1) == Some(high.first[at])
}
