# The first process of a machine. Duplicate address detection is off before any interface exists: it
# would keep IPv6 silent for a second.
set -e
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/lab /run/log /run/lock /run/sshd /run/xrdp /run/host-etc
mount --bind /etc /run/host-etc
mount -t tmpfs -o mode=755 tmpfs /etc
ln -s /run/host-etc/* /etc/
rm -f /etc/resolv.conf /etc/hosts /etc/hosts.allow /etc/hosts.deny /etc/mailname
echo '127.0.0.1 localhost' >/etc/hosts
echo 'instance.lab.example' >/etc/mailname
touch /etc/resolv.conf /etc/hosts.allow /etc/hosts.deny
mount -t tmpfs -o mode=755 tmpfs /var/log
mount -t tmpfs -o mode=755 tmpfs /var/spool
mkdir -m 711 /var/spool/smtpd
mount -t sysfs sysfs /sys
# The load of the machine that the tests run on is not this machine's.
mkdir /run/idle
for resource in cpu io memory; do
    [ -e /proc/pressure/$resource ] || continue
    printf '%s avg10=0.00 avg60=0.00 avg300=0.00 total=0\n' some full >/run/idle/$resource
    mount --bind /run/idle/$resource /proc/pressure/$resource
done
echo '0.00 0.00 0.00 1/100 100' >/run/idle/load
mount --bind /run/idle/load /proc/loadavg
cd /proc/sys/net
echo 0 >ipv6/conf/all/accept_dad
echo 0 >ipv6/conf/default/accept_dad
echo 0 >ipv4/conf/all/rp_filter
echo 0 >ipv4/conf/default/rp_filter
echo 0 2147483647 >ipv4/ping_group_range
ip link set lo up
echo ready
exec cat >/dev/null
