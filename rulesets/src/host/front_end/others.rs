//! Programs of which only what a chain is for is told: Kubernetes and its networks, virtual machines,
//! tunnels, cloud images.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::{Case, FrontEnd, said};
use crate::program::Verdict;
use crate::text::shown;

pub(super) fn front_end(case: &Case<'_>) -> Option<FrontEnd> {
    if !matches!(
        case.gist.verdict,
        Some(Verdict::Drop | Verdict::Reject { .. })
    ) {
        return None;
    }
    if case.table == "security" && case.gist.destination.as_deref() == Some(AZURE_WIRE_SERVER) {
        return Some(said(
            "Azure Linux agent",
            "only root may talk to the platform's server",
            None,
        ));
    }
    let known = |(start, ..): &&(&str, &str, &str, &str)| case.chain.starts_with(start);
    let (_, name, words, remedy) = CHAINS.iter().find(known)?;
    let words = match case.rule.description.as_str() {
        "" => (*words).to_owned(),
        remark => format!("{words} ({})", shown(remark, REMARK_SHOWN)),
    };
    let remedy = (!remedy.is_empty()).then(|| (*remedy).to_owned());
    Some(said(name, words, remedy))
}

/// The address at which every Azure machine finds the platform.
const AZURE_WIRE_SERVER: &str = "168.63.129.16";

/// The beginning of a chain's name, the program, what its rule that stops a packet means, and the
/// command that changes it.
const CHAINS: &[(&str, &str, &str, &str)] = &[
    (
        "KUBE-EXTERNAL-SERVICES",
        "kube-proxy",
        "the service has no endpoints",
        "kubectl get endpoints --all-namespaces",
    ),
    (
        "KUBE-SERVICES",
        "kube-proxy",
        "the service has no endpoints",
        "kubectl get endpoints --all-namespaces",
    ),
    (
        "KUBE-FIREWALL",
        "kubelet",
        "the packet was marked to be dropped",
        "",
    ),
    (
        "KUBE-FORWARD",
        "kube-proxy",
        "drops packets of no known connection",
        "",
    ),
    (
        "KUBE-PROXY-FIREWALL",
        "kube-proxy",
        "the service's loadBalancerSourceRanges leave the source out",
        "kubectl edit service NAME",
    ),
    (
        "KUBE-NWPLCY",
        "kube-router",
        "a network policy does not allow it",
        "kubectl get networkpolicies --all-namespaces",
    ),
    (
        "KUBE-POD-FW",
        "kube-router",
        "a network policy does not allow it",
        "kubectl get networkpolicies --all-namespaces",
    ),
    (
        "cali-",
        "Calico",
        "a network policy does not allow it",
        "kubectl get networkpolicies --all-namespaces",
    ),
    (
        "WEAVE-NPC",
        "Weave Net",
        "a network policy does not allow it",
        "kubectl get networkpolicies --all-namespaces",
    ),
    ("CILIUM_", "Cilium", "its own rule", "cilium-dbg policy get"),
    (
        "NETAVARK",
        "podman",
        "the container publishes no such port",
        "podman run -p PORT:PORT",
    ),
    (
        "CNI-",
        "CNI plugin",
        "the container publishes no such port",
        "",
    ),
    (
        "LIBVIRT_",
        "libvirt",
        "the virtual network does not let it in",
        "virsh net-edit NETWORK",
    ),
    (
        "ts-",
        "tailscale",
        "addresses of the tunnel come from the tunnel alone",
        "tailscale up --netfilter-mode=nodivert",
    ),
    (
        "InstanceServices",
        "Oracle Cloud image",
        "only root may talk to the platform's services",
        "",
    ),
];

const REMARK_SHOWN: usize = 80;
