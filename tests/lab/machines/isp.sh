cd /proc/sys/net
echo 1 >ipv4/ip_forward
echo 1 >ipv6/conf/all/forwarding
echo 0 >ipv4/icmp_ratelimit
echo 0 >ipv6/icmp/ratelimit
ip -batch - <<END
addr add 198.51.100.1/24 dev access
addr add 2001:db8:c::1/64 dev access nodad
addr add 203.0.113.1/24 dev edge
addr add 2001:db8:e::1/64 dev edge nodad
addr add 192.0.2.1/24 dev internet
addr add 2001:db8:25::1/64 dev internet nodad
link set access up
link set edge up
link set internet up
route add default via 192.0.2.25
route add default via 2001:db8:25::25
route add 2001:db8:1::/64 via 2001:db8:e::2
END
nft -f - <<END
table inet isp {
    chain entry { type filter hook prerouting priority -300; policy accept; }
    chain forward { type filter hook forward priority 0; policy accept; }
}
END
