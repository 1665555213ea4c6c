//! Documents of each kind with every member that a rule of its may have.

/// Each with what it is.
pub(crate) const DOCUMENTS: [(&str, &str); 9] = [
    ("aws groups", AWS_GROUPS),
    ("aws rules", AWS_RULES),
    ("aws acl", AWS_ACL),
    ("azure group", AZURE),
    ("gcp network", GCP),
    ("alibaba group", ALIBABA),
    ("tencent acl", TENCENT_ACL),
    ("tencent acl of five fields", TENCENT_FIVE),
    ("lighthouse", LIGHTHOUSE),
];

pub(crate) const AWS_GROUPS: &str = r#"{"SecurityGroups": [{"GroupId": "sg-1", "GroupName": "web", "OwnerId": "1",
  "VpcId": "vpc-1", "Description": "web servers",
  "IpPermissions": [
    {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22,
     "IpRanges": [{"CidrIp": "198.51.100.7/24", "Description": "'; rm -rf $HOME \"${x}\""}, {"CidrIp": "10.0.0.0/8"}],
     "Ipv6Ranges": [{"CidrIpv6": "2001:db8::/32", "Description": "six"}],
     "PrefixListIds": [{"PrefixListId": "pl-1", "Description": "list"}],
     "UserIdGroupPairs": [{"GroupId": "sg-2", "UserId": "1", "Description": "own"},
                          {"GroupId": "sg-3", "UserId": "2", "PeeringStatus": "active"}]},
    {"IpProtocol": "icmp", "FromPort": 8, "ToPort": -1, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]},
    {"IpProtocol": "udp", "FromPort": -1, "ToPort": -1, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]},
    {"IpProtocol": "50", "IpRanges": [{"CidrIp": "192.0.2.0/24"}]},
    {"IpProtocol": "-1", "IpRanges": [], "UserIdGroupPairs": []}],
  "IpPermissionsEgress": [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]}]}"#;

pub(crate) const AWS_RULES: &str = r#"{"SecurityGroupRules": [
  {"SecurityGroupRuleId": "sgr-1", "GroupId": "sg-1", "GroupOwnerId": "1", "IsEgress": false, "IpProtocol": "tcp",
   "FromPort": 443, "ToPort": 444, "CidrIpv4": "203.0.113.0/24", "Description": "web"},
  {"SecurityGroupRuleId": "sgr-2", "GroupId": "sg-1", "GroupOwnerId": "1", "IsEgress": true, "IpProtocol": "-1",
   "FromPort": -1, "ToPort": -1, "CidrIpv6": "::/0"},
  {"SecurityGroupRuleId": "sgr-3", "GroupId": "sg-1", "GroupOwnerId": "1", "IsEgress": false, "IpProtocol": "tcp",
   "FromPort": 22, "ToPort": 22, "ReferencedGroupInfo": {"GroupId": "sg-9", "UserId": "2"}},
  {"SecurityGroupRuleId": "sgr-4", "GroupId": "sg-1", "GroupOwnerId": "1", "IsEgress": false, "IpProtocol": "tcp",
   "FromPort": 25, "ToPort": 25, "PrefixListId": "pl-7", "Description": "mail"}]}"#;

pub(crate) const AWS_ACL: &str = r#"{"NetworkAcls": [{"NetworkAclId": "acl-1", "IsDefault": false,
  "Associations": [{"SubnetId": "subnet-1"}], "Entries": [
  {"RuleNumber": 32767, "Protocol": "-1", "RuleAction": "deny", "Egress": false, "CidrBlock": "0.0.0.0/0"},
  {"RuleNumber": 110, "Protocol": "17", "RuleAction": "allow", "Egress": false, "Ipv6CidrBlock": "::/0"},
  {"RuleNumber": 100, "Protocol": "6", "RuleAction": "deny", "Egress": false, "CidrBlock": "198.51.100.7/32",
   "PortRange": {"From": 22, "To": 23}},
  {"RuleNumber": 120, "Protocol": "1", "RuleAction": "allow", "Egress": false, "CidrBlock": "0.0.0.0/0",
   "IcmpTypeCode": {"Type": 8, "Code": -1}},
  {"RuleNumber": 100, "Protocol": "-1", "RuleAction": "allow", "Egress": true, "CidrBlock": "0.0.0.0/0"},
  {"RuleNumber": 32767, "Protocol": "-1", "RuleAction": "deny", "Egress": true, "CidrBlock": "0.0.0.0/0"}]}]}"#;

pub(crate) const AZURE: &str = r#"{"name": "web", "id": "/subscriptions/s-1/resourceGroups/Servers/providers/Microsoft.Network/networkSecurityGroups/web",
  "securityRules": [
   {"name": "ssh", "priority": 300, "direction": "Inbound", "access": "Allow", "protocol": "Tcp",
    "description": "it's $HOME", "sourceAddressPrefixes": ["198.51.100.0/24", "203.0.113.7"], "sourcePortRange": "*",
    "destinationAddressPrefix": "VirtualNetwork", "destinationPortRanges": ["22", "8000-8010"]},
   {"name": "deny_all", "priority": 4096, "direction": "Inbound", "access": "Deny", "protocol": "*",
    "sourceAddressPrefix": "*", "sourcePortRange": "*", "destinationAddressPrefix": "*", "destinationPortRange": "*"},
   {"name": "asg", "priority": 310, "direction": "Inbound", "access": "Allow", "protocol": "Udp",
    "sourceApplicationSecurityGroups": [{"id": "/subscriptions/s-1/resourceGroups/Servers/providers/Microsoft.Network/applicationSecurityGroups/app"}],
    "sourcePortRange": "53", "destinationAddressPrefix": "*", "destinationPortRange": "53"},
   {"name": "out", "priority": 100, "direction": "Outbound", "access": "Deny", "protocol": "Icmp",
    "sourceAddressPrefix": "*", "sourcePortRange": "*", "destinationAddressPrefix": "Internet", "destinationPortRange": "*"}]}"#;

pub(crate) const GCP: &str = r#"[
  {"kind": "compute#firewall", "name": "ssh", "network": "https://www.googleapis.com/compute/v1/projects/p-1/global/networks/net",
   "direction": "INGRESS", "priority": 900, "sourceRanges": ["198.51.100.0/24", "2001:db8::/32"], "sourceTags": ["jump"],
   "targetTags": ["web", "db"], "allowed": [{"IPProtocol": "tcp", "ports": ["22", "8000-8010"]}, {"IPProtocol": "icmp"}],
   "description": "a, b; $(id)", "logConfig": {"enable": true, "metadata": "EXCLUDE_ALL_METADATA"}, "disabled": false},
  {"kind": "compute#firewall", "name": "off", "network": "https://www.googleapis.com/compute/v1/projects/p-1/global/networks/net",
   "direction": "INGRESS", "priority": 1, "sourceRanges": ["0.0.0.0/0"], "denied": [{"IPProtocol": "all"}], "disabled": true},
  {"kind": "compute#firewall", "name": "web", "network": "https://www.googleapis.com/compute/v1/projects/p-1/global/networks/net",
   "allowed": [{"IPProtocol": "TCP", "ports": ["443"]}]},
  {"kind": "compute#firewall", "name": "out", "network": "https://www.googleapis.com/compute/v1/projects/p-1/global/networks/net",
   "direction": "EGRESS", "priority": 0, "destinationRanges": ["10.0.0.0/8"], "targetServiceAccounts": ["a@p-1.iam.gserviceaccount.com"],
   "denied": [{"IPProtocol": "udp", "ports": ["53"]}]}]"#;

pub(crate) const ALIBABA: &str = r#"{"SecurityGroupId": "sg-a", "SecurityGroupName": "web", "RegionId": "cn-hangzhou",
  "InnerAccessPolicy": "Accept", "VpcId": "vpc-1", "Permissions": {"Permission": [
  {"Direction": "ingress", "IpProtocol": "TCP", "PortRange": "22/22", "SourceCidrIp": "192.0.2.0/24", "Policy": "Accept",
   "Priority": "5", "NicType": "intranet", "SourcePortRange": "", "Description": "it's; $(id)"},
  {"Direction": "ingress", "IpProtocol": "ALL", "PortRange": "-1/-1", "Ipv6SourceCidrIp": "::/0", "Policy": "Drop", "Priority": 100},
  {"Direction": "ingress", "IpProtocol": "UDP", "PortRange": "-1/-1", "SourceGroupId": "sg-b",
   "SourceGroupOwnerAccount": "other", "Policy": "Accept", "Priority": 1},
  {"Direction": "ingress", "IpProtocol": "TCP", "PortRange": "80/80", "SourcePrefixListId": "pl-1", "Policy": "Accept", "Priority": 2},
  {"Direction": "egress", "IpProtocol": "TCP", "PortRange": "443/443", "DestCidrIp": "0.0.0.0/0", "Policy": "Accept", "Priority": 1},
  {"Direction": "egress", "IpProtocol": "ICMP", "PortRange": "-1/-1", "DestCidrIp": "10.0.0.0/8", "Policy": "Drop", "Priority": 1}]}}"#;

pub(crate) const TENCENT_ACL: &str = r#"{"Response": {"TotalCount": 1, "NetworkAclSet": [
  {"NetworkAclId": "acl-1", "NetworkAclName": "web", "VpcId": "vpc-1", "NetworkAclType": "TRIPLE",
   "SubnetSet": [{"SubnetId": "subnet-1"}], "IngressEntries": [
    {"Protocol": "TCP", "Port": "22", "CidrBlock": "10.0.0.0/8", "Action": "Drop", "Priority": 2, "Description": "it's"},
    {"Protocol": "tcp", "Port": "20-30", "CidrBlock": "10.1.0.0/16", "Action": "Accept", "Priority": 1}],
   "EgressEntries": [
    {"Protocol": "ALL", "Port": "ALL", "CidrBlock": "0.0.0.0/0", "Action": "ACCEPT", "Priority": 1}]}]}}"#;

pub(crate) const TENCENT_FIVE: &str = r#"{"TotalCount": 3, "NetworkAclQuintupleSet": [
  {"NetworkAclDirection": "INGRESS", "Protocol": "TCP", "SourceCidr": "10.0.0.0/8", "SourcePort": "ALL",
   "DestinationCidr": "10.1.0.0/16", "DestinationPort": "22", "Action": "ACCEPT", "Priority": 1, "Description": "ssh"},
  {"NetworkAclDirection": "INGRESS", "Protocol": "UDP", "SourceIPv6Cidr": "2001:db8::/32", "DestinationPort": "53",
   "DestinationIPv6Cidr": "::/0", "Action": "DROP", "Priority": 1},
  {"NetworkAclDirection": "EGRESS", "Protocol": "ALL", "SourceCidr": "0.0.0.0/0", "DestinationCidr": "0.0.0.0/0",
   "Action": "ACCEPT", "Priority": 1}]}"#;

pub(crate) const LIGHTHOUSE: &str = r#"{"Response": {"TotalCount": 4, "FirewallVersion": 7, "FirewallRuleSet": [
  {"AppType": "custom", "Protocol": "TCP", "Port": "22,8000-8010", "CidrBlock": "198.51.100.0/24", "Action": "ACCEPT",
   "FirewallRuleDescription": "it's; $(id)"},
  {"Protocol": "UDP", "Port": "ALL", "CidrBlock": "0.0.0.0/0", "Action": "DROP", "FirewallRuleDescription": "no"},
  {"Protocol": "ICMP", "Port": "ALL", "Action": "ACCEPT", "FirewallRuleDescription": "ping"},
  {"Protocol": "ALL", "Port": "ALL", "CidrBlock": "10.0.0.0/8", "Action": "ACCEPT", "FirewallRuleDescription": "own"}]}}"#;
