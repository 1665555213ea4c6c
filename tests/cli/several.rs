//! Several targets in one call.

use crate::peer::{Refusing, http, listen};
use crate::runs::assert_valid;
use crate::tool::Tool;
use serde_json::Value;

#[test]
fn several_targets_make_a_list_of_documents_in_the_order_given() {
    let services = format!("http={}", listen(http()));
    let words = [
        "check",
        "127.0.0.1",
        "127.0.0.2",
        "--service",
        &services,
        "--format",
        "json",
    ];
    let output = Tool::new(words).run();
    // The server listens on the first address alone.
    let documents = output.document(2);
    let documents = documents.as_array().unwrap();
    let told: Vec<_> = documents
        .iter()
        .map(|it| (it["target"]["name"].as_str(), it["status"].as_str()))
        .collect();
    assert_eq!(
        told,
        [
            (Some("127.0.0.1"), Some("reachable")),
            (Some("127.0.0.2"), Some("blocked"))
        ]
    );
    documents.iter().for_each(assert_valid);
}

#[test]
fn a_single_target_makes_a_document_and_the_other_formats_follow_one_another() {
    let services = format!("http={}", listen(http()));
    let words = [
        "check",
        "127.0.0.1",
        "--service",
        &services,
        "--format",
        "json",
    ];
    assert!(Tool::new(words).run().document(0).is_object());
    for (format, lines) in [("nagios", Some(2)), ("text", None), ("markdown", None)] {
        let words = ["check", "127.0.0.1", "127.0.0.2", "--service", &services];
        let output = Tool::new(words.into_iter().chain(["--format", format])).run();
        let text = output.said(2);
        let first = text.find("127.0.0.1").unwrap();
        assert!(first < text.find("127.0.0.2").unwrap(), "{text}");
        if let Some(lines) = lines {
            assert_eq!(text.lines().count(), lines, "{text}");
        }
    }
}

#[test]
fn an_address_that_one_target_lacks_does_not_stop_the_other() {
    let refusing = Refusing::new();
    let services = format!("tcp/{}", refusing.port());
    let words = ["check", NO_HOST_NAME, "127.0.0.1", "--service", &services];
    let output = Tool::new(
        words
            .into_iter()
            .chain(["--format", "json", "--timeout", "1s"]),
    )
    .run();
    assert_eq!((output.code, output.stderr.as_str()), (2, ""));
    let documents: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(documents.as_array().unwrap().len(), 2);
    assert_eq!(documents[0]["target"]["addresses"], Value::Array(vec![]));
    assert_eq!(documents[1]["flows"][0]["outcome"]["outside"], "refused");
}

/// Refused before anything is sent: a host name is written in ASCII.
const NO_HOST_NAME: &str = "bücher";
