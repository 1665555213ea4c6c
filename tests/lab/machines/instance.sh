ip -batch - <<END
addr add 10.0.1.10/24 dev eth0
addr add 10.0.1.11/24 dev eth0
addr add 2001:db8:1::10/64 dev eth0 nodad
link set eth0 up
route add default via 10.0.1.1
route add default via 2001:db8:1::1
END
