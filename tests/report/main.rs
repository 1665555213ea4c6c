//! Reports of typical runs, compared whole, and what must hold for every report.
#![expect(clippy::unwrap_used, reason = "a failing test should panic")]

mod parts;
mod runs;

use expect_test::expect_file;
use reachdx::diagnosis::{Diagnosis, diagnose};
use reachdx::evidence::Run;
use reachdx::report::{Format, Style, read_run, schema, write};
use std::path::PathBuf;

#[test]
fn reports_read_as_recorded() {
    for (name, run) in runs::all() {
        let diagnosis = diagnose(&run);
        for (format, extension) in [
            (Format::Text, "txt"),
            (Format::Markdown, "md"),
            (Format::Nagios, "nagios"),
            (Format::Json, "json"),
        ] {
            let golden = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
                .join("tests/golden/report")
                .join(format!("{name}.{extension}"));
            expect_file![golden].assert_eq(&rendered(format, &run, &diagnosis));
        }
    }
}

#[test]
fn text_fits_its_width_but_for_commands() {
    for (name, run) in runs::all() {
        let diagnosis = diagnose(&run);
        let commands = commands(&diagnosis);
        for width in [40, 60, 80, 200] {
            let style = Style {
                color: false,
                width,
            };
            let mut out = Vec::new();
            write(Format::Text, &run, &diagnosis, style, &mut out).unwrap();
            for line in String::from_utf8(out).unwrap().lines() {
                let command = commands.contains(&one_service(line));
                assert!(
                    columns(line) <= width.min(80) || command,
                    "{name} at {width}: {line}"
                );
            }
        }
    }
}

#[test]
fn colour_adds_codes_and_nothing_else() {
    for (name, run) in runs::all() {
        let diagnosis = diagnose(&run);
        let style = Style {
            color: true,
            width: 80,
        };
        let mut out = Vec::new();
        write(Format::Text, &run, &diagnosis, style, &mut out).unwrap();
        let coloured = String::from_utf8(out).unwrap();
        assert!(coloured.contains("\x1b[1;3"), "{name}");
        let mut bare = String::new();
        for (index, piece) in coloured.split('\x1b').enumerate() {
            let text = if index == 0 {
                piece
            } else {
                piece.split_once('m').unwrap().1
            };
            bare.push_str(text);
        }
        assert_eq!(bare, rendered(Format::Text, &run, &diagnosis), "{name}");
    }
}

#[test]
fn nothing_remote_steers_the_reader() {
    for (name, run) in runs::all() {
        let diagnosis = diagnose(&run);
        for format in [Format::Text, Format::Json, Format::Markdown, Format::Nagios] {
            let report = rendered(format, &run, &diagnosis);
            let hostile = |it: char| it != '\n' && (it.is_control() || it == '\u{202e}');
            assert!(!report.contains(hostile), "{name} as {format:?}");
        }
        let markdown = rendered(Format::Markdown, &run, &diagnosis);
        assert!(!markdown.contains("<script>"), "{name}");
    }
}

#[test]
fn a_monitoring_line_is_one_line_with_a_short_first_part() {
    for (name, run) in runs::all() {
        let line = rendered(Format::Nagios, &run, &diagnose(&run));
        assert_eq!(line.matches('\n').count(), 1, "{name}");
        assert_eq!(line.matches('|').count(), 1, "{name}: {line}");
        let (words, measured) = line.trim_end().split_once(" | ").unwrap();
        assert!(words.chars().count() < 80, "{name}: {words}");
        assert!(!measured.is_empty(), "{name}");
    }
}

#[test]
fn documents_hold_to_their_schema() {
    let schema = schema();
    assert_eq!(
        schema["$schema"],
        "https://json-schema.org/draft/2020-12/schema"
    );
    assert_eq!(schema["title"], "reachdx document");
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    for (name, run) in runs::all() {
        let text = rendered(Format::Json, &run, &diagnose(&run));
        let mut document: serde_json::Value = serde_json::from_str(&text).unwrap();
        let faults: Vec<_> = validator
            .iter_errors(&document)
            .map(|error| error.to_string())
            .collect();
        assert!(faults.is_empty(), "{name}: {faults:?}");
        for flow in document["flows"].as_array().unwrap() {
            assert!(flow.as_object().unwrap().contains_key("cause"), "{name}");
        }
        document["status"] = "fine".into();
        assert!(!validator.is_valid(&document), "{name}");
    }
}

#[test]
fn a_document_holds_the_run_it_came_from() {
    for (name, run) in runs::all() {
        let diagnosis = diagnose(&run);
        let document = rendered(Format::Json, &run, &diagnosis);
        let again = read_run(&document).unwrap();
        assert_eq!(again, run, "{name}");
        assert_eq!(
            rendered(Format::Json, &again, &diagnose(&again)),
            document,
            "{name}"
        );
    }
}

#[test]
fn a_file_that_is_no_saved_run_is_named_in_one_line() {
    let (_, run) = runs::all().swap_remove(0);
    let document = rendered(Format::Json, &run, &diagnose(&run));
    let broken = |from: &str, to: &str| {
        assert!(document.contains(from), "{from}");
        document.replacen(from, to, 1)
    };
    let wanted = "a document that `reachdx check --format json` wrote";
    let cases = [
        (
            "{\"a\": \u{1b}[31m}".to_owned(),
            format!("not JSON: expected value at line 1 column 7; expected {wanted}"),
        ),
        ("[1]".to_owned(), format!("found a list; expected {wanted}")),
        (
            "{\"schema_version\": 1}".to_owned(),
            format!("found JSON of another kind; expected {wanted}"),
        ),
        (
            "{\"reachdx_inside\": 1}".to_owned(),
            format!("found an inside snapshot, which goes with `--inside`; expected {wanted}"),
        ),
        (
            broken("\"schema_version\": 1", "\"schema_version\": 7"),
            "schema_version is 7, this version of reachdx reads 1; use the version that wrote it"
                .to_owned(),
        ),
        (
            broken("\"run\": {", "\"ran\": {"),
            format!("found a document without its run; expected {wanted}"),
        ),
        (
            document.replace("\"vantage\": \"outside\"", "\"vantage\": \"moon\""),
            "run.evidence.outside[0]: unknown variant `moon`, expected `inside` or `outside`"
                .to_owned(),
        ),
        (
            document.replace("\"timeout_s\": 4.0", "\"timeout_s\": \"4\""),
            "run.plan: invalid type: string \"4\", expected f64".to_owned(),
        ),
    ];
    for (text, want) in cases {
        let error = read_run(&text).unwrap_err().to_string();
        assert_eq!(error, want);
    }
}

fn rendered(format: Format, run: &Run, diagnosis: &Diagnosis) -> String {
    let mut out = Vec::new();
    write(format, run, diagnosis, Style::default(), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// Everything a reader may copy: commands, the ways back, and the parts of next tests.
fn commands(diagnosis: &Diagnosis) -> Vec<String> {
    let mut all = Vec::new();
    for flow in &diagnosis.flows {
        for fix in &flow.fixes {
            all.extend(fix.commands.values().map(|it| one_service(it)));
            all.push(one_service(&fix.rollback));
        }
        for test in &flow.next_tests {
            for part in test.command.split("; ") {
                let command = part.split(" (").next().unwrap_or(part);
                all.push(one_service(command));
            }
        }
        all.extend(
            flow.cause
                .iter()
                .map(|it| format!("reachdx cause {}", it.id)),
        );
    }
    all
}

/// A command with the first of its services alone: flows alike share a command.
fn one_service(command: &str) -> String {
    let mut words: Vec<_> = command.split_whitespace().collect();
    if let Some(at) = words.iter().position(|word| *word == "--service") {
        words[at + 1] = words[at + 1].split(',').next().unwrap();
    }
    words.join(" ")
}

/// Enough for the texts of these runs: their only wide characters are Chinese.
fn columns(line: &str) -> usize {
    line.chars()
        .map(|it| {
            if ('\u{4e00}'..='\u{9fff}').contains(&it) {
                2
            } else {
                1
            }
        })
        .sum()
}
