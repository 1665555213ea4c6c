# What comes in is filtered behind this hop, and what goes out before it, as a hypervisor does: a trace
# of a filtered outbound port shows no hop at all.
cd /proc/sys/net
echo 1 >ipv4/ip_forward
echo 1 >ipv6/conf/all/forwarding
echo 0 >ipv4/icmp_ratelimit
echo 0 >ipv6/icmp/ratelimit
ip -batch - <<END
addr add 203.0.113.10/24 dev wan
addr add 2001:db8:e::2/64 dev wan nodad
addr add 10.0.1.1/24 dev lan
addr add 2001:db8:1::1/64 dev lan nodad
link set wan up
link set lan up
route add default via 203.0.113.1
route add default via 2001:db8:e::1
END
nft -f - <<END
table ip address {
    chain prerouting {
        type nat hook prerouting priority dstnat; policy accept;
        iifname wan ip daddr 203.0.113.10 dnat to 10.0.1.10
    }
    chain postrouting {
        type nat hook postrouting priority srcnat; policy accept;
        oifname wan ip saddr 10.0.1.10 snat to 203.0.113.10
    }
    chain hairpin {
        type filter hook input priority 0; policy accept;
        iifname lan ip daddr 203.0.113.10 drop
    }
}
table inet platform {
    chain inbound { }
    chain outbound { }
    chain mail { }
    chain before {
        type filter hook prerouting priority -20; policy accept;
        iifname lan jump outbound
        iifname lan jump mail
    }
    chain behind {
        type filter hook forward priority -20; policy accept;
        iifname wan jump inbound
    }
}
END
