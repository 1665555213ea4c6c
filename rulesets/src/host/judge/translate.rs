//! What a translation makes of a packet.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::facts::{HostFacts, LOCAL, UNICAST};
use super::world::World;
use crate::flow::Family;
use crate::host::Hook;
use crate::program::TranslationKind;
use crate::program::evaluate::{Device, Fresh, Rewrite};
use ipnet::IpNet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

impl World<'_> {
    /// Rewrites the packet.
    pub(super) fn translate(&mut self, rewrite: &Rewrite<'_>, hook: Hook, host: &HostFacts) {
        self.translated = true;
        self.sight.epoch = self.sight.epoch.saturating_add(1);
        match rewrite.by.kind {
            TranslationKind::Destination => {
                let destination = renew(rewrite.address, self.sight.packet.destination);
                if rewrite.address != Fresh::Keep {
                    self.sight.made.destination = true;
                    self.sight.packet.destination = destination;
                    self.sight.destination_kind = destination.and_then(|to| host.kind(to));
                    if self.sight.output == Device::NotLoopback
                        && self.sight.destination_kind != Some(UNICAST)
                    {
                        self.sight.output = Device::Open;
                    }
                    self.rewritten = true;
                }
                self.set_destination_port(rewrite.port);
            }
            TranslationKind::Redirect => {
                self.sight.packet.destination = self.redirected(hook, host);
                self.sight.made.destination = true;
                self.sight.destination_kind = Some(LOCAL);
                self.rewritten = true;
                self.set_destination_port(rewrite.port);
            }
            TranslationKind::Source | TranslationKind::Masquerade => {
                self.set_source(rewrite, host);
            }
        }
    }

    /// A flow counts as translated only where the translation changes something (`nf_nat_setup_info`).
    fn set_destination_port(&mut self, port: Fresh<u16>) {
        let packet = &mut self.sight.packet;
        let kept = port == Fresh::Keep;
        self.sight.made.destination_port |= !kept;
        packet.destination_port = renew(port, packet.destination_port);
        let address = differ(self.sight.original_destination, packet.destination);
        let port = if kept {
            Some(false)
        } else {
            differ(self.sight.original_port, packet.destination_port)
        };
        self.sight.status = match (address, port) {
            (Some(true), _) | (_, Some(true)) => {
                self.sight.status.map(|status| status | DESTINATION_CHANGED)
            }
            (Some(false), Some(false)) => self.sight.status,
            (None, _) | (_, None) => None,
        };
    }

    fn set_source(&mut self, rewrite: &Rewrite<'_>, host: &HostFacts) {
        let packet = &mut self.sight.packet;
        packet.source = match rewrite.by.kind {
            TranslationKind::Masquerade => {
                let family = packet.family;
                host.address_of(self.sight.output.name(), |net| of_family(net, family))
            }
            TranslationKind::Source | TranslationKind::Destination | TranslationKind::Redirect => {
                renew(rewrite.address, packet.source)
            }
        };
        self.sight.made.source |=
            rewrite.by.kind == TranslationKind::Masquerade || rewrite.address != Fresh::Keep;
        self.sight.made.source_port = true;
        let port = renew(rewrite.port, packet.source_port);
        // The kernel picks another port when the flow's own is taken.
        packet.source_port = if rewrite.port == Fresh::Keep {
            None
        } else {
            port
        };
        self.sight.source_kind = packet.source.and_then(|source| host.kind(source));
        self.sight.status = self.sight.status.map(|status| status | SOURCE_CHANGED);
    }

    /// Where a redirect leads: the loopback address for this host's own packets, else the first
    /// address of the interface they arrived on (`nf_nat_redirect`).
    fn redirected(&self, hook: Hook, host: &HostFacts) -> Option<IpAddr> {
        let family = self.sight.packet.family;
        if hook == Hook::Output {
            return Some(match family {
                Family::V4 => Ipv4Addr::LOCALHOST.into(),
                Family::V6 => Ipv6Addr::LOCALHOST.into(),
            });
        }
        host.address_of(self.sight.input.name(), |net| of_family(net, family))
    }
}

fn renew<T>(fresh: Fresh<T>, old: Option<T>) -> Option<T> {
    match fresh {
        Fresh::Keep => old,
        Fresh::Is(value) => Some(value),
        Fresh::Open => None,
    }
}

fn of_family(net: &IpNet, family: Family) -> bool {
    Family::from(net.addr()) == family
}

/// Whether a field changes; `None` when that is not known.
fn differ<T: PartialEq>(before: Option<T>, after: Option<T>) -> Option<bool> {
    Some(before? != after?)
}

/// The bits of `ct status` (`IPS_SRC_NAT`, `IPS_DST_NAT`).
const SOURCE_CHANGED: u8 = 16;
const DESTINATION_CHANGED: u8 = 32;
