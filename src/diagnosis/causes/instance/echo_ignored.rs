use crate::diagnosis::catalogue::{Cause, Remedy, Steps, Test};
use crate::diagnosis::{Layer, Reading, Risk, scope};

pub(super) const CAUSE: Cause = Cause {
    id: "instance.echo_ignored",
    layer: Layer::Instance,
    title: "the kernel ignores echo requests",
    page: include_str!("echo_ignored.md"),
    scope: scope::echo,
    weight: 15,
    predicts: &[
        Reading::Timeout,
        Reading::EchoOff,
        Reading::Arrived,
        Reading::NothingLeft,
        Reading::CountersEchoIgnored,
    ],
    convicts: &[&[Reading::EchoOff], &[Reading::CountersEchoIgnored]],
    settled_by: &[Test::Inside],
    remedy: Remedy::Steps(Steps {
        summary: "let the kernel answer echo requests",
        risk: Risk::Safe,
        steps: &["set net.ipv4.icmp_echo_ignore_all (IPv6: net.ipv6.icmp.echo_ignore_all) to 0"],
        commands: &[("sh", "sysctl -w net.ipv4.icmp_echo_ignore_all=0")],
        rollback: "sysctl -w net.ipv4.icmp_echo_ignore_all=1",
    }),
    ..Cause::BLANK
};
