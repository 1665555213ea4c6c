//! Whom the collector asks, and for what exactly: nothing else is ever asked, whatever a service offers.

use crate::fakes::{alibaba, aws, azure, google, tencent};
use crate::room::{Answer, Room};
use reachdx::inside::Cloud;

/// Every cloud with its service, the firmware that names it, and all that is asked.
type Case = (
    Cloud,
    Answer,
    (&'static str, &'static str),
    &'static [&'static str],
);

const CASES: [Case; 5] = [
    (
        Cloud::Tencent,
        tencent,
        ("sys_vendor", "Tencent Cloud"),
        &[
            "/latest/meta-data/instance-id",
            "/latest/meta-data/placement/region",
            "/latest/meta-data/placement/zone",
            "/latest/meta-data/mac",
            "/latest/meta-data/local-ipv4",
            "/latest/meta-data/public-ipv4",
            "/latest/meta-data/network/interfaces/macs/52:54:00:00:53:01/local-ipv4s/10.0.1.10/gateway",
            "/latest/meta-data/network/interfaces/macs/52:54:00:00:53:01/local-ipv4s/10.0.1.10/subnet-mask",
            "/latest/meta-data/network/interfaces/macs/52:54:00:00:53:01/vpc-id",
            "/latest/meta-data/network/interfaces/macs/52:54:00:00:53:01/subnet-id",
            "/latest/meta-data/instance/security-group",
        ],
    ),
    (
        Cloud::Aws,
        aws,
        ("sys_vendor", "Amazon EC2"),
        &[
            "PUT /latest/api/token",
            "/latest/meta-data/instance-id",
            "/latest/meta-data/placement/region",
            "/latest/meta-data/placement/availability-zone",
            "/latest/meta-data/mac",
            "/latest/meta-data/local-ipv4",
            "/latest/meta-data/public-ipv4",
            "/latest/meta-data/network/interfaces/macs/0a:00:00:00:53:01/subnet-ipv4-cidr-block",
            "/latest/meta-data/network/interfaces/macs/0a:00:00:00:53:01/vpc-id",
            "/latest/meta-data/network/interfaces/macs/0a:00:00:00:53:01/subnet-id",
            "/latest/meta-data/network/interfaces/macs/0a:00:00:00:53:01/security-group-ids",
        ],
    ),
    (
        Cloud::Azure,
        azure,
        ("chassis_asset_tag", "7783-7084-3265-9085-8269-3286-77"),
        &[
            "/metadata/instance/compute/vmId?api-version=2021-02-01&format=text",
            "/metadata/instance/compute/location?api-version=2021-02-01&format=text",
            "/metadata/instance/compute/zone?api-version=2021-02-01&format=text",
            "/metadata/instance/network/interface/0/ipv4/ipAddress/0/privateIpAddress?api-version=2021-02-01&format=text",
            "/metadata/instance/network/interface/0/ipv4/ipAddress/0/publicIpAddress?api-version=2021-02-01&format=text",
            "/metadata/instance/network/interface/0/ipv4/subnet/0/prefix?api-version=2021-02-01&format=text",
        ],
    ),
    (
        Cloud::Gcp,
        google,
        ("product_name", "Google Compute Engine"),
        &[
            "/computeMetadata/v1/instance/id",
            "/computeMetadata/v1/instance/zone",
            "/computeMetadata/v1/instance/network-interfaces/0/ip",
            "/computeMetadata/v1/instance/network-interfaces/0/access-configs/0/external-ip",
            "/computeMetadata/v1/instance/network-interfaces/0/gateway",
            "/computeMetadata/v1/instance/network-interfaces/0/subnetmask",
        ],
    ),
    (
        Cloud::Alibaba,
        alibaba,
        ("product_name", "Alibaba Cloud ECS"),
        &[
            "PUT /latest/api/token",
            "/latest/meta-data/instance-id",
            "/latest/meta-data/region-id",
            "/latest/meta-data/zone-id",
            "/latest/meta-data/mac",
            "/latest/meta-data/private-ipv4",
            "/latest/meta-data/eipv4",
            "/latest/meta-data/network/interfaces/macs/00:16:3e:00:53:01/gateway",
            "/latest/meta-data/network/interfaces/macs/00:16:3e:00:53:01/netmask",
            "/latest/meta-data/network/interfaces/macs/00:16:3e:00:53:01/vpc-id",
            "/latest/meta-data/network/interfaces/macs/00:16:3e:00:53:01/vswitch-id",
        ],
    ),
];

/// Where the clouds keep credentials and what users wrote, as their documentation has it.
const SECRETS: [&str; 7] = [
    "cam/",
    "iam/",
    "ram/",
    "user-data",
    "userData",
    "service-accounts",
    "oauth2",
];

#[test]
fn each_cloud_is_asked_for_a_list_that_is_the_same_for_ever() {
    for (cloud, answer, (file, vendor), want) in CASES {
        let firmware = format!(
            "mkdir $DIRECTORY/id; echo '{vendor}' > $DIRECTORY/id/{file}
             mkdir -p /sys/class/dmi/id; mount --bind $DIRECTORY/id /sys/class/dmi/id"
        );
        let firmware = format!("{SYS}\n{firmware}");
        let run = Room::of(cloud)
            .by_firmware()
            .answering(answer)
            .after(&firmware)
            .run();
        assert_eq!(run.paths(), want, "{}", cloud.name());
        assert_eq!(run.facts().cloud, cloud.name());
        for path in run.paths() {
            assert!(!SECRETS.iter().any(|it| path.contains(it)), "{path}");
        }
        assert!(!run.text.contains("SECRET"), "{}", cloud.name());
    }
}

#[test]
fn a_firmware_that_names_no_cloud_is_an_answer() {
    let firmware =
        format!("{SYS}\nmkdir -p /sys/class/dmi/id; echo QEMU > /sys/class/dmi/id/sys_vendor");
    let run = Room::of(Cloud::Aws)
        .by_firmware()
        .answering(aws)
        .after(&firmware)
        .run();
    assert!(run.requests.is_empty());
    let want = "names no cloud that is known: give --metadata=CLOUD";
    assert_eq!(
        (run.source().as_str(), run.reason().as_str()),
        ("/sys/class/dmi/id", want)
    );
}

#[test]
fn tencent_is_asked_by_its_name_wherever_it_leads_within_the_cloud() {
    let named = |hosts: &str, address: &str| {
        let room = Room::of(Cloud::Tencent).naming(hosts).listening(address);
        room.answering(tencent).run()
    };
    let moved = named("10.9.8.7 metadata.tencentyun.com\n", "10.9.8.7");
    assert_eq!(moved.source(), "http://metadata.tencentyun.com (10.9.8.7)");
    assert_eq!(moved.facts().prefix, Some(24));
    let unnamed = named("", "169.254.0.23");
    let source = "http://169.254.0.23, as metadata.tencentyun.com does not resolve";
    assert_eq!(unnamed.source(), source);
    assert_eq!(unnamed.facts().prefix, Some(24));
    let hijacked = named("203.0.113.9 metadata.tencentyun.com\n", "203.0.113.9");
    assert!(hijacked.requests.is_empty());
    let reason = hijacked.reason();
    assert!(
        reason.starts_with("its name leads to 203.0.113.9"),
        "{reason}"
    );
}

#[test]
fn a_service_that_wants_a_token_and_gives_none_is_told() {
    let run = Room::of(Cloud::Aws)
        .answering(|request| {
            if request.starts_with("PUT") {
                return "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n".to_owned();
            }
            "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n".to_owned()
        })
        .run();
    assert_eq!(
        run.reason(),
        "answers with status 401: it wants a token, and asked for one it answers with status 403"
    );
}

/// A `/sys` of which the firmware's part is empty.
const SYS: &str = "mount -t tmpfs none /sys";
