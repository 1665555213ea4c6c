//! Which cloud, and which paths of its service are asked.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use std::net::Ipv4Addr;

/// A cloud whose service is known.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Cloud {
    /// Tencent Cloud.
    Tencent,
    /// Amazon EC2.
    Aws,
    /// Microsoft Azure.
    Azure,
    /// Google Cloud.
    Gcp,
    /// Alibaba Cloud.
    Alibaba,
}

/// One path, and what it tells.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Ask {
    /// The path; `{mac}` stands for what [`Fact::Mac`] said, `{ip}` for [`Fact::PrivateAddress`].
    pub path: &'static str,
    /// What it tells.
    pub fact: Fact,
}

/// What a path tells.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Fact {
    /// The instance's id.
    InstanceId,
    /// The region.
    Region,
    /// The zone.
    Zone,
    /// The first interface's hardware address, which stands in other paths and is not kept.
    Mac,
    /// The first interface's private address.
    PrivateAddress,
    /// The public address.
    PublicAddress,
    /// The gateway.
    Gateway,
    /// The prefix length, as a mask, a network or a number.
    Prefix,
    /// The private network's id.
    Network,
    /// The subnet's id.
    Subnet,
    /// The ids of bound security groups.
    SecurityGroups,
}

impl Cloud {
    /// The cloud with this name.
    pub fn named(name: &str) -> Option<Self> {
        ALL.into_iter().find(|cloud| cloud.name() == name)
    }

    /// The cloud that the firmware names: `sys_vendor`, `product_name` and `chassis_asset_tag` of
    /// `/sys/class/dmi/id`.
    pub fn of_firmware(vendor: &str, product: &str, tag: &str) -> Option<Self> {
        match (vendor.trim(), product.trim(), tag.trim()) {
            ("Tencent Cloud", ..) => Some(Self::Tencent),
            ("Amazon EC2", ..) => Some(Self::Aws),
            (_, _, "7783-7084-3265-9085-8269-3286-77") => Some(Self::Azure),
            (_, "Google Compute Engine", _) => Some(Self::Gcp),
            (_, "Alibaba Cloud ECS", _) => Some(Self::Alibaba),
            _ => None,
        }
    }

    /// Its name, as options and snapshots have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tencent => "tencent",
            Self::Aws => "aws",
            Self::Azure => "azure",
            Self::Gcp => "gcp",
            Self::Alibaba => "alibaba",
        }
    }

    /// True where the cloud documents the service's name and not its address.
    pub fn goes_by_name(self) -> bool {
        matches!(self, Self::Tencent)
    }

    /// The service's address on the link.
    pub fn address(self) -> Ipv4Addr {
        match self {
            Self::Tencent => Ipv4Addr::new(169, 254, 0, 23),
            Self::Aws | Self::Azure | Self::Gcp => Ipv4Addr::new(169, 254, 169, 254),
            Self::Alibaba => Ipv4Addr::new(100, 100, 100, 200),
        }
    }

    /// The name it goes by in requests.
    pub fn host(self) -> &'static str {
        match self {
            Self::Tencent => "metadata.tencentyun.com",
            Self::Aws | Self::Azure => "169.254.169.254",
            Self::Gcp => "metadata.google.internal",
            Self::Alibaba => "100.100.100.200",
        }
    }

    /// A header that every request needs.
    pub fn header(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Azure => Some(("Metadata", "true")),
            Self::Gcp => Some(("Metadata-Flavor", "Google")),
            Self::Tencent | Self::Aws | Self::Alibaba => None,
        }
    }

    /// The prefix of the headers by which a token is asked for and given back, where the service has
    /// tokens.
    pub fn token(self) -> Option<&'static str> {
        match self {
            Self::Aws => Some("X-aws-ec2-metadata-token"),
            Self::Alibaba => Some("X-aliyun-ecs-metadata-token"),
            Self::Tencent | Self::Azure | Self::Gcp => None,
        }
    }

    /// Everything that is ever asked, in this order.
    pub fn asks(self) -> &'static [Ask] {
        match self {
            Self::Tencent => &TENCENT,
            Self::Aws => &AWS,
            Self::Azure => &AZURE,
            Self::Gcp => &GCP,
            Self::Alibaba => &ALIBABA,
        }
    }
}

const ALL: [Cloud; 5] = [
    Cloud::Tencent,
    Cloud::Aws,
    Cloud::Azure,
    Cloud::Gcp,
    Cloud::Alibaba,
];

const fn ask(path: &'static str, fact: Fact) -> Ask {
    Ask { path, fact }
}

/// <https://cloud.tencent.com/document/product/213/4934>
const TENCENT: [Ask; 11] = [
    ask("/latest/meta-data/instance-id", Fact::InstanceId),
    ask("/latest/meta-data/placement/region", Fact::Region),
    ask("/latest/meta-data/placement/zone", Fact::Zone),
    ask("/latest/meta-data/mac", Fact::Mac),
    ask("/latest/meta-data/local-ipv4", Fact::PrivateAddress),
    ask("/latest/meta-data/public-ipv4", Fact::PublicAddress),
    ask(
        "/latest/meta-data/network/interfaces/macs/{mac}/local-ipv4s/{ip}/gateway",
        Fact::Gateway,
    ),
    ask(
        "/latest/meta-data/network/interfaces/macs/{mac}/local-ipv4s/{ip}/subnet-mask",
        Fact::Prefix,
    ),
    ask(
        "/latest/meta-data/network/interfaces/macs/{mac}/vpc-id",
        Fact::Network,
    ),
    ask(
        "/latest/meta-data/network/interfaces/macs/{mac}/subnet-id",
        Fact::Subnet,
    ),
    ask(
        "/latest/meta-data/instance/security-group",
        Fact::SecurityGroups,
    ),
];

/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-categories.html>
const AWS: [Ask; 10] = [
    ask("/latest/meta-data/instance-id", Fact::InstanceId),
    ask("/latest/meta-data/placement/region", Fact::Region),
    ask("/latest/meta-data/placement/availability-zone", Fact::Zone),
    ask("/latest/meta-data/mac", Fact::Mac),
    ask("/latest/meta-data/local-ipv4", Fact::PrivateAddress),
    ask("/latest/meta-data/public-ipv4", Fact::PublicAddress),
    ask(
        "/latest/meta-data/network/interfaces/macs/{mac}/subnet-ipv4-cidr-block",
        Fact::Prefix,
    ),
    ask(
        "/latest/meta-data/network/interfaces/macs/{mac}/vpc-id",
        Fact::Network,
    ),
    ask(
        "/latest/meta-data/network/interfaces/macs/{mac}/subnet-id",
        Fact::Subnet,
    ),
    ask(
        "/latest/meta-data/network/interfaces/macs/{mac}/security-group-ids",
        Fact::SecurityGroups,
    ),
];

/// <https://learn.microsoft.com/azure/virtual-machines/instance-metadata-service>; one leaf a request,
/// since the whole document names subscriptions, tags and the user.
const AZURE: [Ask; 6] = [
    ask(
        "/metadata/instance/compute/vmId?api-version=2021-02-01&format=text",
        Fact::InstanceId,
    ),
    ask(
        "/metadata/instance/compute/location?api-version=2021-02-01&format=text",
        Fact::Region,
    ),
    ask(
        "/metadata/instance/compute/zone?api-version=2021-02-01&format=text",
        Fact::Zone,
    ),
    ask(
        "/metadata/instance/network/interface/0/ipv4/ipAddress/0/privateIpAddress?api-version=2021-02-01&format=text",
        Fact::PrivateAddress,
    ),
    ask(
        "/metadata/instance/network/interface/0/ipv4/ipAddress/0/publicIpAddress?api-version=2021-02-01&format=text",
        Fact::PublicAddress,
    ),
    ask(
        "/metadata/instance/network/interface/0/ipv4/subnet/0/prefix?api-version=2021-02-01&format=text",
        Fact::Prefix,
    ),
];

/// <https://cloud.google.com/compute/docs/metadata/predefined-metadata-keys>
const GCP: [Ask; 6] = [
    ask("/computeMetadata/v1/instance/id", Fact::InstanceId),
    ask("/computeMetadata/v1/instance/zone", Fact::Zone),
    ask(
        "/computeMetadata/v1/instance/network-interfaces/0/ip",
        Fact::PrivateAddress,
    ),
    ask(
        "/computeMetadata/v1/instance/network-interfaces/0/access-configs/0/external-ip",
        Fact::PublicAddress,
    ),
    ask(
        "/computeMetadata/v1/instance/network-interfaces/0/gateway",
        Fact::Gateway,
    ),
    ask(
        "/computeMetadata/v1/instance/network-interfaces/0/subnetmask",
        Fact::Prefix,
    ),
];

/// <https://www.alibabacloud.com/help/en/ecs/user-guide/view-instance-metadata>
const ALIBABA: [Ask; 10] = [
    ask("/latest/meta-data/instance-id", Fact::InstanceId),
    ask("/latest/meta-data/region-id", Fact::Region),
    ask("/latest/meta-data/zone-id", Fact::Zone),
    ask("/latest/meta-data/mac", Fact::Mac),
    ask("/latest/meta-data/private-ipv4", Fact::PrivateAddress),
    ask("/latest/meta-data/eipv4", Fact::PublicAddress),
    ask(
        "/latest/meta-data/network/interfaces/macs/{mac}/gateway",
        Fact::Gateway,
    ),
    ask(
        "/latest/meta-data/network/interfaces/macs/{mac}/netmask",
        Fact::Prefix,
    ),
    ask(
        "/latest/meta-data/network/interfaces/macs/{mac}/vpc-id",
        Fact::Network,
    ),
    ask(
        "/latest/meta-data/network/interfaces/macs/{mac}/vswitch-id",
        Fact::Subnet,
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_path_can_hold_a_secret() {
        for cloud in ALL {
            assert_eq!(Cloud::named(cloud.name()), Some(cloud));
            for Ask { path, .. } in cloud.asks() {
                for word in [
                    "user-data",
                    "user_data",
                    "iam",
                    "ram/",
                    "cam/",
                    "token",
                    "key",
                    "attributes",
                    "identity",
                    "custom",
                    "tags",
                ] {
                    assert!(!path.contains(word), "{path}");
                }
                assert!(
                    !path.ends_with('/') && path.starts_with('/'),
                    "{path} lists"
                );
            }
        }
    }

    #[test]
    fn the_firmware_names_the_cloud() {
        for (vendor, product, tag, want) in [
            ("Tencent Cloud\n", "CVM", "", Some(Cloud::Tencent)),
            ("Amazon EC2", "t3.small", "", Some(Cloud::Aws)),
            (
                "Microsoft Corporation",
                "Virtual Machine",
                "7783-7084-3265-9085-8269-3286-77",
                Some(Cloud::Azure),
            ),
            ("Microsoft Corporation", "Virtual Machine", "", None),
            ("Google", "Google Compute Engine", "", Some(Cloud::Gcp)),
            (
                "Alibaba Cloud",
                "Alibaba Cloud ECS",
                "",
                Some(Cloud::Alibaba),
            ),
            ("QEMU", "Standard PC", "", None),
        ] {
            assert_eq!(Cloud::of_firmware(vendor, product, tag), want, "{vendor}");
        }
    }
}
