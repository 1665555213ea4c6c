//! What a form cannot express is an error that names the rule, or a remark that does.

use super::documents::{ALIBABA, AWS_ACL, AZURE, GCP, LIGHTHOUSE, TENCENT_FIVE};
use super::lists;
use rulesets::export::{api_json, cloud_lists};
use rulesets::host::NamedText;

/// The error for a document with one text in it replaced, in one of the two forms.
fn refused(document: &str, from: &str, to: &str, terraform: bool) -> String {
    assert!(document.contains(from), "{from}");
    let list = lists(&document.replacen(from, to, 1)).remove(0);
    let error = if terraform {
        list.terraform(None).map(|_| ())
    } else {
        list.commands(None).map(|_| ())
    };
    error.unwrap_err().to_string()
}

#[test]
fn names_and_remarks_that_a_tool_would_take_for_something_else_are_refused() {
    for (document, from, to, expected) in [
        (
            AZURE,
            r#""name": "ssh""#,
            r#""name": "--yes""#,
            "inbound rule 0 `--yes`: its name is none",
        ),
        (
            AZURE,
            "it's $HOME",
            "@/etc/passwd",
            "inbound rule 0 `ssh`: its remark has an `@`",
        ),
        (
            AZURE,
            r#""name": "web""#,
            r#""name": "-x""#,
            "`-x` is not an id",
        ),
        (
            AZURE,
            "resourceGroups/Servers/providers/Microsoft.Network/networkSecurityGroups",
            "x",
            "does not say its resource group",
        ),
        (
            GCP,
            r#""name": "ssh""#,
            r#""name": "--quiet""#,
            "inbound rule 0 `--quiet`: its name is none",
        ),
        (
            GCP,
            r#"["jump"]"#,
            r#"["a,b"]"#,
            "inbound rule 0 `ssh`: an end or a target of it is no plain word",
        ),
        (GCP, r#"["jump"]"#, r#"["^x"]"#, "is no plain word"),
        (
            ALIBABA,
            r#""SourceCidrIp": "192.0.2.0/24", "#,
            "",
            "names no far end; write the address block",
        ),
    ] {
        let error = refused(document, from, to, false);
        assert!(error.contains(expected) && !error.contains('\n'), "{error}");
    }
}

#[test]
fn what_a_provider_has_no_word_for_is_refused() {
    for (document, from, to, expected) in [
        (
            AZURE,
            r#""203.0.113.7""#,
            r#""Internet""#,
            "takes no service tag among several prefixes",
        ),
        (
            ALIBABA,
            r#""IpProtocol": "TCP""#,
            r#""IpProtocol": "ICMPv6""#,
            "the provider has no ICMPv6",
        ),
        (
            ALIBABA,
            r#""SourcePortRange": """#,
            r#""SourcePortRange": "53/53""#,
            "no word for source ports",
        ),
        (
            ALIBABA,
            r#""NicType""#,
            r#""DestCidrIp": "10.0.0.1/32", "NicType""#,
            "no word for its own address",
        ),
        (
            LIGHTHOUSE,
            r#""Protocol": "ICMP""#,
            r#""Protocol": "ICMPv6""#,
            "takes IPv4 alone",
        ),
        (TENCENT_FIVE, "ssh", "ssh", "inbound rule 1 "),
    ] {
        let error = refused(document, from, to, true);
        assert!(error.contains(expected) && !error.contains('\n'), "{error}");
    }
}

#[test]
fn the_vendors_own_rules_are_named_in_remarks() {
    let list = lists(AWS_ACL).remove(0);
    let lines = list.commands(None).unwrap();
    let own: Vec<&String> = lines.iter().filter(|line| line.starts_with('#')).collect();
    assert_eq!(own.len(), 2);
    assert!(
        own[0].starts_with("# inbound rule 3 is the vendor's own: "),
        "{}",
        own[0]
    );
    let written = list.terraform(None).unwrap();
    assert!(
        written.contains("# outbound rule 1 is the vendor's own: "),
        "{written}"
    );
}

#[test]
fn a_part_of_a_listing_says_so_and_stays_one() {
    let one = GCP.trim_start().strip_prefix('[').unwrap();
    let one = format!("{}}}", one.split("},\n").next().unwrap());
    let list = lists(&one).remove(0);
    let remark = "# other rules of projects/p-1/global/networks/net are not in the document given";
    assert_eq!(list.commands(None).unwrap()[0], remark);
    assert!(list.terraform(None).unwrap().starts_with(remark));
    let written = api_json(&[list]).unwrap();
    assert!(written.starts_with('{'), "{written}");
}

#[test]
fn lists_of_several_kinds_are_no_one_document() {
    let mut both = lists(AZURE);
    both.extend(lists(GCP));
    assert_eq!(
        api_json(&both).unwrap_err().to_string(),
        "the vendor has no one document for all of these lists; choose one with --bind"
    );
    assert_eq!(
        api_json(&[]).unwrap_err().to_string(),
        "there is no rule to write"
    );
    let error = cloud_lists(&[NamedText {
        name: "x.json",
        text: "{",
    }])
    .unwrap_err();
    assert!(error.to_string().starts_with("`x.json`: "), "{error}");
}
