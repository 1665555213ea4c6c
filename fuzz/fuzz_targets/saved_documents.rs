//! Documents that were saved by one run and are read by another.
#![no_main]

use libfuzzer_sys::fuzz_target;
use reachdx::diagnosis::diagnose;
use reachdx::inside::read_snapshot;
use reachdx::report::{Format, Style, read_run, write};

fuzz_target!(|input: &[u8]| {
    let text = String::from_utf8_lossy(input);
    snapshot(&text);
    saved_run(&text);
});

fn snapshot(text: &str) {
    if let Ok(snapshot) = read_snapshot(text) {
        let written = serde_json::to_string(&snapshot).expect("a snapshot can be written");
        read_snapshot(&written).expect("what was written can be read");
    }
}

fn saved_run(text: &str) {
    let run = match read_run(text) {
        Ok(run) => run,
        Err(error) => {
            let said = error.to_string();
            assert!(!said.contains(char::is_control) && said.chars().count() < 400);
            return;
        }
    };
    let diagnosis = diagnose(&run);
    for format in [Format::Text, Format::Markdown, Format::Nagios, Format::Json] {
        let mut report = Vec::new();
        write(format, &run, &diagnosis, Style::default(), &mut report)
            .expect("a report can be written");
        let report = String::from_utf8(report).expect("a report is text");
        assert!(!report.contains(|it: char| it != '\n' && it.is_control()));
        if format == Format::Json {
            let again = read_run(&report).expect("what was written can be read");
            assert_eq!(
                diagnose(&again),
                diagnosis,
                "the same run, the same diagnosis"
            );
        }
    }
}
