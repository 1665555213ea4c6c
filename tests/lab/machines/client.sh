ip -batch - <<END
addr add 198.51.100.7/24 dev eth0
addr add 198.51.100.8/24 dev eth0
addr add 2001:db8:c::7/64 dev eth0 nodad
link set eth0 up
route add default via 198.51.100.1
route add default via 2001:db8:c::1
END
