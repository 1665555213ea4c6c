//! Rules of the Terraform provider in, in each of their forms.
#![expect(clippy::unwrap_used, reason = "a failing test should panic")]

use rulesets::SecurityGroup;
use rulesets::tencent::read;

fn groups(text: &str) -> Vec<SecurityGroup> {
    read(text, "file").unwrap().groups
}

/// A group as lines: its id, then its rules.
fn lines(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    for group in groups(text) {
        all.push(group.id.clone());
        all.extend(group.ingress.iter().map(|rule| format!("in {}", rule.text)));
        all.extend(group.egress.iter().map(|rule| format!("out {}", rule.text)));
    }
    all
}

fn refused(text: &str) -> String {
    let error = read(text, "file").unwrap_err().to_string();
    assert!(!error.contains('\n') && !error.ends_with('.'), "{error}");
    error
}

const CONFIGURATION: &str = r#"
# The provider's own example, shortened.
resource "tencentcloud_security_group" "base" {
  name        = "test-set-sg"
}

/* a comment with } and " in it */
resource "tencentcloud_address_template" "foo" {
  addresses = ["10.0.0.1", "10.0.1.0/24", "10.0.0.1-10.0.0.100"]
}

resource "tencentcloud_security_group_rule_set" "base" {
  security_group_id = tencentcloud_security_group.base.id

  ingress {
    action      = "ACCEPT"
    cidr_block  = "10.0.0.0/22"
    protocol    = "TCP"
    port        = "80-90"
    description = "A:Allow \"Ips\" and 80-90"
  }

  ingress {
    action             = "DROP"
    protocol           = "TCP"
    port               = 80
    source_security_id = tencentcloud_security_group.relative.id
  }

  egress {
    action                 = "DROP"
    address_template_group = "ipmg-12345678"
  }
  lifecycle { ignore_changes = [ingress] }
}

resource tencentcloud_security_group_lite_rule "lite" {
  security_group_id = "sg-7"
  ingress = [
    "ACCEPT#192.168.1.0/24#80#TCP", // office
    "ACCEPT#sg-7ixn3foj#80-90#TCP",
  ]
  egress = ["DROP#0.0.0.0/0#ALL#ALL"]
}

resource "tencentcloud_security_group_rule" "one" {
  security_group_id = "sg-8"
  type              = "egress"
  cidr_ip           = "10.0.0.0/16"
  ip_protocol       = "TCP"
  port_range        = "80"
  policy            = "ACCEPT"
}
"#;

#[test]
fn a_configuration_is_read_block_by_block() {
    assert_eq!(
        lines(CONFIGURATION),
        [
            "sg-7",
            "in ACCEPT TCP 80 from 192.168.1.0/24",
            "in ACCEPT TCP 80-90 from sg-7ixn3foj",
            "out DROP ALL to 0.0.0.0/0",
            "sg-8",
            "out ACCEPT TCP 80 to 10.0.0.0/16",
            "tencentcloud_security_group_rule_set.base",
            "in ACCEPT TCP 80-90 from 10.0.0.0/22",
            "in DROP TCP 80 from ${tencentcloud_security_group.relative.id}",
            "out DROP ALL to ipmg-12345678",
        ]
    );
    let set = groups(CONFIGURATION).remove(2);
    assert_eq!(set.ingress[0].description, "A:Allow \"Ips\" and 80-90");
}

#[test]
fn what_terraform_shows_is_read_from_states_and_plans() {
    let resource = r#"{"address": "module.a.tencentcloud_security_group_rule_set.base",
        "type": "tencentcloud_security_group_rule_set", "name": "base", "values": {
        "security_group_id": "sg-1", "ingress": [{"action": "ACCEPT", "cidr_block": "10.0.0.0/8",
        "ipv6_cidr_block": "", "protocol": "TCP", "port": "22", "source_security_id": "",
        "address_template_id": "", "service_template_id": "", "description": ""}], "egress": []}}"#;
    let module = format!(
        r#"{{"root_module": {{"resources": [], "child_modules": [{{"resources": [{resource}]}}]}}}}"#
    );
    let expected = ["sg-1", "in ACCEPT TCP 22 from 10.0.0.0/8"];
    let state =
        format!(r#"{{"format_version": "1.0", "terraform_version": "1.9", "values": {module}}}"#);
    assert_eq!(lines(&state), expected);
    let plan = format!(r#"{{"format_version": "1.2", "planned_values": {module}}}"#);
    assert_eq!(lines(&plan), expected);
    let file = r#"{"version": 4, "terraform_version": "1.9", "resources": [{"mode": "managed",
        "type": "tencentcloud_security_group_lite_rule", "name": "x", "instances": [{"attributes":
        {"security_group_id": "sg-1", "ingress": ["ACCEPT#10.0.0.0/8#22#TCP"], "egress": null}}]}]}"#;
    assert_eq!(lines(file), expected);
    let configuration = r#"{"resource": {"tencentcloud_security_group_rule_set": {"base": {
        "security_group_id": "sg-1", "ingress": {"action": "ACCEPT", "cidr_block": "10.0.0.0/8",
        "protocol": "TCP", "port": 22}}}}}"#;
    assert_eq!(lines(configuration), expected);
    let single = r#"{"terraform_version": "1.9", "values": {"root_module": {"resources": [{"type":
        "tencentcloud_security_group_rule", "name": "x", "values": {"security_group_id": "sg-1",
        "type": "ingress", "policy": "accept", "address_template": [{"template_id": "ipm-1",
        "group_id": ""}], "protocol_template": [{"group_id": "ppmg-1"}]}}]}}}"#;
    assert_eq!(lines(single), ["sg-1", "in accept ppmg-1 from ipm-1"]);
    let remark = read(single, "file").unwrap().remarks;
    assert_eq!(
        remark,
        ["`sg-1`: single rules stand in the document's order; the vendor may keep another"]
    );
}

#[test]
fn rules_of_the_short_form_may_stand_on_lines_of_their_own() {
    let text = "# rules of the office\nACCEPT#10.0.0.0/8#22#TCP\n\n  \"DROP#0.0.0.0/0#ALL#ALL\",\n\
                egress:\naccept#::/0#443#tcp\n";
    let expected = [
        "file",
        "in ACCEPT TCP 22 from 10.0.0.0/8",
        "in DROP ALL from 0.0.0.0/0",
        "out accept tcp 443 to ::/0",
    ];
    assert_eq!(lines(text), expected);
    let lists = "ingress = [\n  \"ACCEPT#10.0.0.0/8#22#TCP\",\n  \"DROP#0.0.0.0/0#ALL#ALL\"\n]\n\
                 egress = [\"accept#::/0#443#tcp\"]\n";
    assert_eq!(lines(lists), expected);
}

#[test]
fn what_terraform_alone_can_work_out_is_refused_with_the_remedy() {
    let body = |inner: &str| {
        format!("resource \"tencentcloud_security_group_rule_set\" \"x\" {{\n{inner}\n}}\n")
    };
    let block = |inner: &str| body(&format!("ingress {{\naction = \"ACCEPT\"\n{inner}\n}}"));
    for (text, expected) in [
        (
            body("dynamic \"ingress\" {\n}"),
            "tencentcloud_security_group_rule_set.x: `dynamic` makes rules when Terraform runs; give the \
             output of `terraform show -json`",
        ),
        (
            body("count = 2"),
            "tencentcloud_security_group_rule_set.x: `count` makes rules when Terraform runs; give the \
             output of `terraform show -json`",
        ),
        (
            block("protocol = upper(\"tcp\")\ncidr_block = \"10.0.0.0/8\""),
            "tencentcloud_security_group_rule_set.x.ingress[0].protocol: `${upper(\"tcp\")}` is an \
             expression; give the output of `terraform show -json`",
        ),
        (
            block("protocol = \"TCP\"\nport = \"22-\"\ncidr_block = \"10.0.0.0/8\""),
            "tencentcloud_security_group_rule_set.x.ingress[0].Port: `22-` is not a port, a range, a \
             list or ALL",
        ),
        (
            body("ingress = var.rules"),
            "tencentcloud_security_group_rule_set.x.ingress: expected a list, found text",
        ),
        (body("ingress {"), "line 3: a block is not closed"),
        (body("ingress \"x"), "line 2: a text is not closed"),
        (
            body("a = \"\\q\""),
            "line 2: an escape in a text is not known",
        ),
        (body("a = 1\na = 2"), "line 3: `a` is given twice"),
        (
            "resource \"tencentcloud_security_group_x\" \"y\" {}\n".to_owned(),
            "expected a resource tencentcloud_security_group_rule_set, _lite_rule or _rule, found none \
             in `file`",
        ),
        (
            "ACCEPT#10.0.0.0/8#22#TCP\nhello\n".to_owned(),
            "line 2: `hello` is not ACTION#SOURCE#PORT#PROTOCOL, such as ACCEPT#10.0.0.0/8#22#TCP",
        ),
    ] {
        assert_eq!(refused(&text), expected, "{text}");
    }
}

#[test]
fn deep_or_long_text_is_read_in_time_or_refused() {
    let head = "resource \"tencentcloud_security_group_rule_set\" \"x\" {\n";
    let deep = format!("{head}a = {}", "[".repeat(200_000));
    assert_eq!(refused(&deep), "line 2: a bracket is not closed");
    let blocks = format!("{head}{}", "a {\n".repeat(100_000));
    assert!(refused(&blocks).starts_with("line 10: expected `=` or a block after `a`"));
    let dollars = format!("{head}a = \"{}", "${".repeat(200_000));
    assert_eq!(refused(&dollars), "line 2: a text is not closed");
}
