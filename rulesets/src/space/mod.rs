//! Exact answers about sets of packets: what an ordered list of boxes does to all of them.
//!
//! A packet is a point in five dimensions, a rule one box or several, and the first box that holds a
//! point decides. Everything of vendors and formats is compiled down to that, one list an address
//! family. [`List::decide`] is the meaning; all else is a faster way to it:
//!
//! - [`Bulk`] decides many packets, by bit vectors or trees of bounding boxes.
//! - [`lint()`] finds rules that decide nothing or could go, and [`conflicts()`] pairs of which the order
//!   matters. Boxes are split on demand, which costs next to nothing for rules as people write them;
//!   a crafted list that makes the pieces multiply is asked again by an interval decision diagram
//!   that is clipped to the rule in question.
//! - [`region()`] and [`diff()`] read a whole set off such a diagram. [`diff()`] builds one only inside the
//!   boxes that just one of the lists has.
//!
//! Every question has a [`Budget`]. An answer is exact or [`NotDetermined`], never a guess, and the
//! same in every run. Fields are cut into the intervals that a list can tell apart, so 128 bits cost
//! no more than 32.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod budget;
mod bulk;
mod cube;
mod diagram;
mod diff;
mod grid;
mod lint;
mod list;
mod lookup;
mod merge;
mod region;
mod residual;
mod sets;
mod slices;
mod tree;
mod vectors;
mod words;

pub use budget::{Budget, NotDetermined};
pub use bulk::Bulk;
pub use cube::{Cube, Field, Point, Span};
pub use diff::{Change, diff};
pub use lint::{
    Conflict, ConflictKind, Conflicts, Cover, Life, Lint, Removal, RuleLint, conflicts, lint,
};
pub use list::{Decision, Entry, Label, List};
pub use region::{Decided, decisions, region, region_by_rule};
pub use sets::{count, difference, intersection, merged, union};
pub use words::{addresses, blocks, icmp_types, ports};
