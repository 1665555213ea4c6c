# Every address that nobody else has is local here.
ip -batch - <<END
addr add 192.0.2.25/24 dev eth0
addr add 192.0.2.26/24 dev eth0
addr add 192.0.2.53/24 dev eth0
addr add 2001:db8:25::25/64 dev eth0 nodad
link set eth0 up
route add 198.51.100.0/24 via 192.0.2.1
route add 203.0.113.0/24 via 192.0.2.1
route add local 0.0.0.0/0 dev lo table main
route add 2001:db8:c::/64 via 2001:db8:25::1
route add 2001:db8:e::/64 via 2001:db8:25::1
route add 2001:db8:1::/64 via 2001:db8:25::1
route add local ::/0 dev lo table main
END
