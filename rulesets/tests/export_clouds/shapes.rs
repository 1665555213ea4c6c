//! The forms as the vendors and the providers document them.

use super::documents::{
    ALIBABA, AWS_ACL, AWS_GROUPS, AZURE, GCP, LIGHTHOUSE, TENCENT_ACL, TENCENT_FIVE,
};
use super::lists;
use expect_test::expect_file;
use std::fmt::Write as _;

#[test]
fn every_form_of_every_cloud_is_as_written() {
    for (name, document) in [
        ("aws_group", AWS_GROUPS),
        ("aws_acl", AWS_ACL),
        ("azure", AZURE),
        ("gcp", GCP),
        ("alibaba", ALIBABA),
        ("tencent_acl", TENCENT_ACL),
        ("tencent_five", TENCENT_FIVE),
        ("lighthouse", LIGHTHOUSE),
    ] {
        let list = lists(document).remove(0);
        let mut text = String::new();
        for line in list.commands(Some("other-1")).unwrap() {
            writeln!(text, "{line}").unwrap();
        }
        let resources = list.terraform(Some("other-1"));
        let resources = resources.unwrap_or_else(|error| format!("error: {error}\n"));
        write!(text, "\n{resources}").unwrap();
        expect_file![format!("written/{name}.txt")].assert_eq(&text);
    }
}
