//! Lines on a page: labels in the margin, text wrapped beside them. All text is made printable here,
//! so that no renderer of a part can forget it.

use crate::report::Style;
use crate::report::escape::{columns, printable, wrap};
use crate::report::paint::Paint;
use crate::report::words::Standing;
use std::io::{self, Write};

/// Where a text report is written.
pub(super) struct Page<'w, W: Write> {
    out: &'w mut W,
    color: bool,
    width: usize,
}

impl<'w, W: Write> Page<'w, W> {
    /// A page in this style.
    pub(super) fn new(out: &'w mut W, style: Style) -> Self {
        Self {
            out,
            color: style.color,
            width: style.width.clamp(NARROWEST, WIDEST),
        }
    }

    /// An empty line.
    pub(super) fn blank(&mut self) -> io::Result<()> {
        writeln!(self.out)
    }

    /// Text from the first column.
    pub(super) fn paragraph(&mut self, text: &str) -> io::Result<()> {
        for line in wrap(&printable(text), self.width) {
            writeln!(self.out, "{line}")?;
        }
        Ok(())
    }

    /// A label in the margin with text beside it.
    pub(super) fn entry(&mut self, label: &str, text: &str) -> io::Result<()> {
        self.hanging(label, Paint::Label, text, MARGIN)
    }

    /// A label in the margin with a word in colour and text behind it.
    pub(super) fn headed(
        &mut self,
        label: &str,
        (lead, paint): (&str, Paint),
        text: &str,
    ) -> io::Result<()> {
        let lines = wrap(&printable(&format!("{lead} {text}")), self.room());
        for (index, line) in lines.iter().enumerate() {
            let (margin, line) = match line.strip_prefix(lead) {
                Some(rest) if index == 0 => (label, paint.apply(lead, self.color) + rest),
                _ => ("", line.clone()),
            };
            self.margin(margin, Paint::Label, MARGIN)?;
            writeln!(self.out, "{line}")?;
        }
        Ok(())
    }

    /// Text under the entry above.
    pub(super) fn more(&mut self, text: &str) -> io::Result<()> {
        self.entry("", text)
    }

    /// Lines as they are under a label: they were fitted to [`Page::room`] before.
    pub(super) fn lines(&mut self, label: &str, lines: &[String]) -> io::Result<()> {
        for (index, line) in lines.iter().enumerate() {
            let label = if index == 0 { label } else { "" };
            self.margin(label, Paint::Label, MARGIN)?;
            writeln!(self.out, "{line}")?;
        }
        Ok(())
    }

    /// A command on a line of its own, whole, so that it can be copied.
    pub(super) fn command(&mut self, command: &str) -> io::Result<()> {
        for line in command.lines() {
            let line = printable(line.trim_end());
            let indent = if columns(&line) <= self.room() {
                MARGIN
            } else {
                COMMAND_MARGIN
            };
            writeln!(self.out, "{:indent$}{line}", "")?;
        }
        Ok(())
    }

    /// A command behind a word where both fit on a line, on its own line otherwise.
    pub(super) fn command_after(&mut self, word: &str, command: &str) -> io::Result<()> {
        let line = printable(&format!("{word} {command}"));
        if columns(&line) <= self.width {
            return writeln!(self.out, "{line}");
        }
        writeln!(self.out, "{word}")?;
        self.command(command)
    }

    /// A line of the table: the mark, the cells, and text that wraps under itself.
    pub(super) fn row(&mut self, standing: Standing, cells: &str, rest: &str) -> io::Result<()> {
        let mark = standing.paint().apply(standing.mark(), self.color);
        let rest = printable(rest);
        let used = standing.mark().len() + columns(cells) + 2;
        if used + columns(&rest) <= self.width {
            let line = format!("{mark}{cells}  {rest}");
            return writeln!(self.out, "{}", line.trim_end());
        }
        if standing.mark().len() + columns(cells.trim_end()) > self.width {
            let text = format!("{cells} {rest}");
            return self.hanging(standing.mark(), standing.paint(), &text, CELLS);
        }
        writeln!(self.out, "{mark}{}", cells.trim_end())?;
        for line in wrap(&rest, self.width - ROW_INDENT) {
            writeln!(self.out, "{:ROW_INDENT$}{line}", "")?;
        }
        Ok(())
    }

    /// A label in a margin of `margin` columns with text hanging beside it.
    pub(super) fn hanging(
        &mut self,
        label: &str,
        paint: Paint,
        text: &str,
        margin: usize,
    ) -> io::Result<()> {
        let room = self.width.saturating_sub(margin);
        for (index, line) in wrap(&printable(text), room).iter().enumerate() {
            let label = if index == 0 { label } else { "" };
            self.margin(label, paint, margin)?;
            writeln!(self.out, "{line}")?;
        }
        Ok(())
    }

    /// The columns beside the margin.
    pub(super) fn room(&self) -> usize {
        self.width - MARGIN
    }

    fn margin(&mut self, label: &str, paint: Paint, margin: usize) -> io::Result<()> {
        let gap = margin.saturating_sub(label.len());
        write!(self.out, "{}{:gap$}", paint.apply(label, self.color), "")
    }
}

const NARROWEST: usize = 40;
const WIDEST: usize = 80;
const MARGIN: usize = 10;
const COMMAND_MARGIN: usize = 2;
/// Where the cells of a row begin.
const CELLS: usize = 5;
const ROW_INDENT: usize = 7;
