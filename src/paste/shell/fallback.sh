#!/bin/sh
# What an instance says of itself, for hosts to which no binary can be copied.
# Run it as root where possible, save everything it prints, and give that to
#     reachdx check TARGET --inside FILE
# It reads only: it writes no file, loads no kernel module and sends no packet. Keys, hashes,
# environments, arguments of processes and hardware addresses are not printed.
client=@CLIENT@
user=@USER@

unset ENV CDPATH
LC_ALL=C
PYTHONDONTWRITEBYTECODE=1
export LC_ALL PYTHONDONTWRITEBYTECODE
IFS=' 	
'
set -f
umask 077

tool() {
    for place in /usr/sbin /sbin /usr/bin /bin /usr/local/sbin; do
        if [ -f "$place/$1" ] && [ -x "$place/$1" ]; then
            found=$place/$1
            return 0
        fi
    done
    found=
    return 1
}

# Seconds since boot; a kernel without /proc gives none, and then no time is ever over.
now() {
    seconds=0
    if [ -r /proc/uptime ]; then
        read -r seconds rest < /proc/uptime || seconds=0
        seconds=${seconds%%.*}
    fi
}

say() {
    printf '%s\n' "$*"
    said=$((said + 1))
}

# What is neither blank nor printable becomes a question mark.
masked() {
    rest=$1
    text=
    while :; do
        piece=${rest%%[![:print:][:blank:]]*}
        text=$text$piece
        [ "$piece" != "$rest" ] || break
        text="$text?"
        rest=${rest#"$piece"}
        rest=${rest#?}
    done
}

# Hides texts that stand for themselves in JSON that has a member a line.
quoted() {
    case $1 in
        *\\*) ;;
        [{}]* | ']'* | '"'*'":') return 0 ;;
    esac
    case $line in *,) line='"x",' ;; *) line='"x"' ;; esac
}

# holds TEXT WORDS...: which of the words the text holds, the first of them.
holds() {
    long=$1
    shift
    for words do
        case $long in *"$words"*) return 0 ;; esac
    done
    return 1
}

# Turns a line of the kernel's log into the kind of trouble it tells of; others may hold names and
# addresses.
trouble() {
    holds "$1" @TROUBLES@ || return 1
    line=$words
}

# Turns a line of the SSH server's log into its reason and the client, without names; fails for others.
told() {
    case $1 in
        *sshd*'Bind to port '*' failed: '*)
            line="sshd: Bind to port ${1#*Bind to port }"
            return 0
            ;;
    esac
    [ -n "$client" ] || return 1
    case "$1 " in
        *sshd*" $client "* | *sshd*"($client)"* | *sshd*" $client:"*) ;;
        *) return 1 ;;
    esac
    holds "$1" @REASONS@ || return 1
    line="sshd: $words from $client"
}

# Prints one line where the filter keeps it, and counts it and its characters that are no blanks.
put() {
    line=$1
    case $line in *[![:print:][:blank:]]*)
        masked "$line"
        line=$text
        ;;
    esac
    # shellcheck disable=SC2086
    set -- $line
    [ $# -gt 0 ] || return 0
    case $keep in
        lines) case $1 in '#'*) line='#' ;; esac ;;
        json) quoted "$1" ;;
        listening) [ "$1" = sl ] || [ "${4-}" = 0A ] || return 0 ;;
        client) case $line in *"$client"*) ;; *) return 0 ;; esac ;;
        cpu) case $1 in cpu*) ;; *) return 0 ;; esac ;;
        oom) [ "$1" = oom_kill ] || return 0 ;;
        trouble) trouble "$line" || return 0 ;;
        log) told "$line" || return 0 ;;
        rights) [ "$1" = CapEff: ] || return 0 ;;
        bound)
            [ "$1" = sl ] || [ "${4-}" = 07 ] || return 0
            [ "$1" = sl ] || [ "${3##*:}" = 0000 ] || return 0
            ;;
        link)
            # The hardware address stands behind the backslash.
            line=${line%%\\*}
            line=${line%% link/*}
            ;;
        neighbour)
            # ADDRESS dev NAME [lladdr HARDWARE-ADDRESS] STATE
            [ "${2-}" = dev ] || return 0
            line="$1 ${3-}"
            while [ $# -gt 1 ]; do shift; done
            line="$line $1"
            ;;
    esac
    # shellcheck disable=SC2086
    set -- $line
    IFS=
    words="$*"
    IFS=' 	
'
    if [ $((bytes + ${#words})) -gt "$most" ] || [ "$lines" -ge 20000 ]; then
        cut=1
        return 1
    fi
    lines=$((lines + 1))
    bytes=$((bytes + ${#words}))
    printf ':%s\n' "$line"
}

# The body of a section from standard input, whose last line is a status.
body() {
    lines=0
    bytes=0
    cut=0
    held=
    begun=
    while IFS= read -r next; do
        # Where lines are counted, one without anything counts.
        [ -n "$held" ] || [ "$keep" != lines ] || held=$begun
        [ -z "$held" ] || put "$held" || break
        held=$next
        begun='#'
    done
    [ "$cut" = 0 ] || held=0
    printf '=end %s %s %s %s %s\n' "$name" "$held" "$lines" "$bytes" "$cut"
}

# none NAME SOURCE: REASON
none() {
    name=$1
    shift
    say "=none $name $*"
}

late() {
    now
    [ $((seconds - started)) -gt 15 ]
}

# command NAME PROGRAM ARGUMENTS: the output of a program that tool() found.
command_() {
    name=$1
    shift
    if late; then
        none "$name" "$*: the script's time ran out"
        return
    fi
    say "=begin $name $*"
    if [ "$complaints" = kept ]; then
        { $limit "$@" 2>&1 < /dev/null; printf '\n%s\n' "$?"; } | body
    else
        { $limit "$@" 2> /dev/null < /dev/null; printf '\n%s\n' "$?"; } | body
    fi
}

# file NAME PATH
file() {
    name=$1
    if [ ! -e "$2" ]; then
        none "$name" "$2: No such file or directory"
    elif [ ! -f "$2" ]; then
        none "$name" "$2: not a regular file"
    elif [ ! -r "$2" ]; then
        none "$name" "$2: Permission denied"
    elif [ -n "$cat" ]; then
        command_ "$name" "$cat" "$2"
    else
        say "=begin $name $2"
        { { while IFS= read -r row; do printf '%s\n' "$row"; done; } < "$2"; printf '\n%s\n' "$?"; } | body
    fi
}

counters() {
    for table in snmp netstat snmp6 softnet_stat; do
        file "$table.$1" "/proc/net/$table"
    done
    file "tracking.$1" /proc/net/stat/nf_conntrack
}

# A composed section: the lines of a function.
listed() {
    name=$1
    say "=begin $name $2"
    { "$3"; printf '\n0\n'; } | body
}

settings() {
    for path in @SETTINGS@ net/netfilter/nf_conntrack_count net/netfilter/nf_conntrack_max; do
        setting "$path"
    done
    set +f
    for path in /proc/sys/net/ipv4/conf/*/rp_filter; do
        setting "${path#/proc/sys/}"
    done
    set -f
}

setting() {
    [ -r "/proc/sys/$1" ] || return 0
    value=$("$cat" "/proc/sys/$1" 2> /dev/null) || return 0
    printf '%s %s\n' "$1" "$value"
}

# The account without what it holds of a password and of a person.
account() {
    while IFS=: read -r login secret number group person place runs rest; do
        [ "$login" = "$user" ] || continue
        printf '%s:x:%s:%s::%s:%s\n' "$login" "$number" "$group" "$place" "$runs"
        break
    done < /etc/passwd
}

# Mode and owner of what a path leads to: `- -` where there is nothing, `? ?` where that cannot be told.
mode() {
    case $1 in /*) ;; *) return 0 ;; esac
    path=$1
    if [ -e "$path" ]; then
        row=
        [ -z "$ls" ] || row=$("$ls" -lndL "$path" 2> /dev/null) || row=
        # shellcheck disable=SC2086
        set -- $row
        if [ $# -gt 4 ]; then
            printf '%s %s %s\n' "$1" "$3" "$path"
        else
            printf '? ? %s\n' "$path"
        fi
        return 0
    fi
    above=$path
    while [ ! -e "$above" ]; do
        above=${above%/*}
        [ -n "$above" ] || above=/
    done
    if [ -x "$above" ]; then printf -- '- - %s\n' "$path"; else printf '? ? %s\n' "$path"; fi
}

modes() {
    for path in /etc/nologin /run/nologin /etc/ssh /etc/ssh/sshd_config /run/sshd /var/empty/sshd \
        /etc/systemd/system/sockets.target.wants/ssh.socket \
        /etc/systemd/system/sockets.target.wants/sshd.socket /etc/security/access.d /run/reboot-required; do
        mode "$path"
    done
    while IFS=: read -r login secret number group person place runs rest; do
        [ "$login" = "$user" ] || continue
        mode "${runs:-/bin/sh}"
        place=${place%/}
        for path in "$place" "$place/.ssh" "$place/.ssh/authorized_keys" "$place/.ssh/authorized_keys2"; do
            mode "$path"
        done
        break
    done < /etc/passwd
    set +f
    for path in /etc/ssh/ssh_host_*_key /etc/security/access.d/*.conf /usr/lib/security/pam_*.so \
        /usr/lib64/security/pam_*.so /usr/lib/*-linux-gnu/security/pam_*.so; do
        [ ! -e "$path" ] || mode "$path"
    done
    if [ ! -h /lib ]; then
        for path in /lib/security/pam_*.so /lib64/security/pam_*.so /lib/*-linux-gnu/security/pam_*.so; do
            [ ! -e "$path" ] || mode "$path"
        done
    fi
    for place in $units; do
        for unit in ssh.socket sshd.socket; do
            mode "$place/$unit.d"
            for path in "$place/$unit.d"/*.conf; do
                [ ! -e "$path" ] || mode "$path"
            done
        done
    done
    set -f
}

# The units by which systemd listens for the SSH server, where one is enabled.
socket_units() {
    count=0
    for unit in ssh.socket sshd.socket; do
        [ -e "/etc/systemd/system/sockets.target.wants/$unit" ] || continue
        for place in $units; do
            set +f
            set -- "$place/$unit" "$place/$unit.d"/*.conf
            set -f
            for path do
                [ -f "$path" ] || continue
                count=$((count + 1))
                file "unit.$count" "$path"
            done
        done
    done
}

# Which programs of the SSH server name the library of TCP wrappers.
linked() {
    for path in /usr/sbin/sshd /usr/lib/openssh/sshd-session /usr/libexec/openssh/sshd-session \
        /usr/local/sbin/sshd; do
        if [ ! -e "$path" ]; then
            printf -- '- %s\n' "$path"
            continue
        fi
        $limit "$grep" -q libwrap.so "$path" 2> /dev/null
        case $? in
            0) printf 'yes %s\n' "$path" ;;
            1) printf 'no %s\n' "$path" ;;
            *) printf '? %s\n' "$path" ;;
        esac
    done
}

# Which process holds which listening socket: inode, process, name.
owners() {
    waiting=' '
    for table in tcp tcp6 udp udp6; do
        [ -r "/proc/net/$table" ] || continue
        while read -r slot near far state queues timer again uid wait inode rest; do
            case $state in 0A | 07) waiting="$waiting$inode " ;; esac
        done < "/proc/net/$table"
    done
    set +f
    # shellcheck disable=SC2086
    $limit "$ls" -ln /proc/[0-9]*/fd 2> /dev/null < /dev/null | while read -r row; do
        case $row in
            /proc/*/fd:)
                process=${row#/proc/}
                process=${process%/fd:}
                ;;
            *' -> socket:['*']')
                inode=${row##*socket:[}
                inode=${inode%]}
                case $waiting in *" $inode "*)
                    title='?'
                    read -r title 2> /dev/null < "/proc/$process/comm" || :
                    printf '%s %s %s\n' "$inode" "$process" "$title"
                    [ -r "/proc/$process/cgroup" ] || continue
                    while read -r row; do
                        case $row in *:name=systemd:/?* | 0::/?* | *docker* | *kubepods* | *lxc*)
                            printf 'group %s %s\n' "$process" "$row"
                            break
                            ;;
                        esac
                    done < "/proc/$process/cgroup"
                    ;;
                esac
                ;;
        esac
    done
    set -f
}

# known MODULE: 0 when it is loaded or built in, 1 when certainly not, 2 when that cannot be told.
known() {
    [ -e /proc/modules ] || return 0
    [ -r /proc/modules ] || return 2
    while read -r module rest; do
        [ "$module" != "$1" ] || return 0
    done < /proc/modules
    release=
    [ ! -r /proc/sys/kernel/osrelease ] || [ -z "$cat" ] ||
        release=$("$cat" /proc/sys/kernel/osrelease 2> /dev/null)
    for place in /lib/modules /usr/lib/modules; do
        [ -r "$place/$release/modules.builtin" ] || continue
        while read -r module; do
            module=${module##*/}
            case $module in "$1.ko") return 0 ;; esac
        done < "$place/$release/modules.builtin"
        return 1
    done
    return 2
}

# empty NAME SOURCE: there are no rules, which is a fact.
empty() {
    name=$1
    shift
    say "=begin $name $*"
    printf '0\n' | body
}

nft_rules() {
    known nf_tables
    case $? in
        0) ;;
        1)
            for name in nft iptables-nft ip6tables-nft; do
                empty "$name" "/proc/modules: nf_tables is not loaded"
            done
            return
            ;;
        *)
            for name in nft iptables-nft ip6tables-nft; do
                none "$name" "$name: cannot tell whether nf_tables is loaded, and asking would load it"
            done
            return
            ;;
    esac
    if tool nft; then
        command_ nft "$found" -a list ruleset
    else
        none nft "nft: not installed"
    fi
    for family in iptables ip6tables; do
        if ! known nft_compat; then
            none "$family-nft" "$family-nft: nft_compat is not loaded, and asking might load it"
        elif tool "$family-nft-save"; then
            command_ "$family-nft" "$found"
        elif tool "$family-save" && "$found" -V 2> /dev/null | nf_backend; then
            command_ "$family-nft" "$found"
        else
            none "$family-nft" "$family-nft: not installed"
        fi
    done
}

legacy_rules() {
    for family in ip ip6; do
        tables=/proc/net/${family}_tables_names
        name=${family}tables-legacy
        if [ ! -e "$tables" ]; then
            empty "$name" "$tables"
            continue
        fi
        if [ ! -r "$tables" ]; then
            none "$name" "$tables: Permission denied"
            continue
        fi
        first=
        read -r first < "$tables" || :
        if [ -z "$first" ]; then
            empty "$name" "$tables"
        elif tool "$name-save"; then
            command_ "$name" "$found"
        elif tool "${family}tables-save" && ! "$found" -V 2> /dev/null | nf_backend; then
            command_ "$name" "$found"
        else
            none "$name" "$name: not installed"
        fi
    done
}

nf_backend() {
    read -r version || return 1
    case $version in *nf_tables*) return 0 ;; esac
    return 1
}

rules() {
    if [ "$uid" != 0 ]; then
        for name in nft iptables-nft iptables-legacy ip6tables-nft ip6tables-legacy ipset ebtables-legacy; do
            none "$name" "$name: listing the rules needs root"
        done
        return
    fi
    nft_rules
    legacy_rules
    known ebtables
    case $? in
        0)
            if tool ebtables-legacy-save; then
                command_ ebtables-legacy "$found"
            else
                none ebtables-legacy "ebtables-legacy: not installed"
            fi
            ;;
        1) empty ebtables-legacy "/proc/modules: ebtables is not loaded" ;;
        *) none ebtables-legacy "ebtables-legacy: cannot tell whether ebtables is loaded, and asking would load it" ;;
    esac
    known ip_set
    case $? in
        0)
            if tool ipset; then
                command_ ipset "$found" save
            else
                none ipset "ipset: not installed"
            fi
            ;;
        1) empty ipset "/proc/modules: ip_set is not loaded" ;;
        *) none ipset "ipset: cannot tell whether ip_set is loaded, and asking would load it" ;;
    esac
}

ssh_server() {
    if [ "$uid" != 0 ]; then
        none sshd-check "sshd -t: needs root"
        none sshd-login "sshd -T: needs root"
    elif ! tool sshd; then
        none sshd-check "sshd -t: not installed"
        none sshd-login "sshd -T: not installed"
    else
        complaints=kept
        command_ sshd-check "$found" -t
        complaints=
        if [ -n "$client" ]; then
            command_ sshd-login "$found" -T -C "user=$user,host=$client,addr=$client"
        else
            none sshd-login "sshd -T: no client was named: give --from to the program that prints this script"
        fi
    fi
}

# The end of the SSH server's log.
logs() {
    keep=log
    for path in /var/log/auth.log /var/log/secure /var/log/messages; do
        if [ ! -e "$path" ]; then
            none "log.$path" "$path: No such file or directory"
        elif [ ! -r "$path" ]; then
            none "log.$path" "$path: Permission denied"
        elif tool tail; then
            command_ "log.$path" "$found" -n 5000 "$path"
        else
            none "log.$path" "$path: tail is not installed"
        fi
    done
    keep=
}

# The gates that PAM sets; of groups only their names and whether the user is in them.
gates() {
    count=0
    keep=lines
    set +f
    set -- /etc/pam.d/* /etc/security/access.conf /etc/security/access.d/*.conf /etc/security/faillock.conf \
        /etc/nsswitch.conf
    set -f
    for path do
        [ -f "$path" ] && [ "$count" -lt 60 ] || continue
        count=$((count + 1))
        file "pam.$count" "$path"
    done
    keep=
    if [ -r /etc/group ]; then
        listed group /etc/group groups
    else
        none group "/etc/group: cannot be read"
    fi
    for path in "/var/run/faillock/$user" "/run/faillock/$user"; do
        if [ ! -e "$path" ]; then
            none "faillock.$path" "$path: No such file or directory"
        elif [ ! -r "$path" ]; then
            none "faillock.$path" "$path: Permission denied"
        elif tool od; then
            command_ "faillock.$path" "$found" -An -v -tx1 "$path"
        else
            none "faillock.$path" "$path: od is not installed"
        fi
    done
}

groups() {
    while IFS=: read -r title secret number members; do
        case ",$members," in
            *",$user,"*) printf '%s:x:%s:%s\n' "$title" "$number" "$user" ;;
            *) printf '%s:x:%s:\n' "$title" "$number" ;;
        esac
    done < /etc/group
}

# What programs that ban tell of the client.
bans() {
    file sshguard.settings /etc/sshguard/sshguard.conf
    if [ -n "$client" ]; then
        keep=client
        file sshguard.1 /var/lib/sshguard/enemies
        file sshguard.2 /var/db/sshguard/blacklist.db
        keep=
    fi
    for program in fail2ban-client cscli; do
        if [ -z "$client" ]; then
            none "$program" "$program: no client was named: give --from to the program that prints this script"
        elif ! tool "$program"; then
            none "$program" "$program: not installed"
        elif [ "$uid" != 0 ]; then
            none "$program" "$program: asking it needs root"
        elif [ "$program" = cscli ]; then
            command_ cscli "$found" decisions list --ip "$client" -o json
        else
            command_ fail2ban-client "$found" banned "$client"
        fi
    done
}

addresses() {
    if ! tool ip; then
        for name in link address neighbour choice; do
            none "$name" "ip: not installed"
        done
        return
    fi
    keep=link
    command_ link "$found" -o link show
    keep=
    command_ address "$found" -o address show
    keep=neighbour
    command_ neighbour "$found" -o neighbour show
    keep=
    if [ -n "$client" ]; then
        complaints=kept
        command_ choice "$found" -o route get "$client"
        complaints=
    else
        none choice "ip route get: no client was named: give --from to the program that prints this script"
    fi
}

units='/etc/systemd/system /run/systemd/generator /usr/lib/systemd/system /lib/systemd/system'
said=0
keep=
complaints=
most=400000
limit=
cat=
now
started=$seconds
uid=unknown
at=unknown
if tool id; then uid=$("$found" -u 2> /dev/null) || uid=unknown; fi
if tool date; then at=$("$found" -u +%Y-%m-%dT%H:%M:%SZ 2> /dev/null) || at=unknown; fi
if tool cat; then cat=$found; fi
# Old versions of busybox want -t before the number.
if tool timeout && [ -n "$cat" ]; then
    if "$found" 1 "$cat" /dev/null 2> /dev/null < /dev/null; then limit="$found 3"; fi
fi

printf '=reachdx-sh 1 %s %s %s %s %s\n' @VERSION@ "$uid" "$at" "${client:--}" "$user"
counters before
keep=rights
file rights /proc/self/status
keep=listening
file tcp /proc/net/tcp
file tcp6 /proc/net/tcp6
keep=bound
file udp /proc/net/udp
file udp6 /proc/net/udp6
keep=
ls=
if tool ls; then
    ls=$found
    listed owners '/proc/*/fd' owners
else
    none owners "ls: not installed"
fi
file route /proc/net/route
file route6 /proc/net/ipv6_route
file dev /proc/net/dev
addresses
if [ -n "$cat" ]; then
    listed settings /proc/sys/net settings
else
    none settings "cat: not installed"
fi
file load /proc/loadavg
file memory /proc/meminfo
file descriptors /proc/sys/fs/file-nr
file uptime /proc/uptime
keep=cpu
file stat /proc/stat
keep=oom
file vmstat /proc/vmstat
keep=
file pid_max /proc/sys/kernel/pid_max
file threads_max /proc/sys/kernel/threads-max
keep=json
file cloud_init /run/cloud-init/status.json
keep=trouble
if tool dmesg; then command_ dmesg "$found"; else none dmesg "dmesg: not installed"; fi
keep=
file pressure.cpu /proc/pressure/cpu
file pressure.io /proc/pressure/io
file pressure.memory /proc/pressure/memory
file resolvers /etc/resolv.conf
file selinux /sys/fs/selinux/enforce
if [ -r /etc/passwd ]; then
    listed account /etc/passwd account
    listed modes 'ls -l' modes
else
    none account "/etc/passwd: cannot be read"
    none modes "/etc/passwd: cannot be read"
fi
keep=lines
file allow /etc/hosts.allow
file deny /etc/hosts.deny
keep=
if tool grep; then
    grep=$found
    listed linked 'grep libwrap.so' linked
else
    none linked "grep: not installed"
fi
socket_units
gates
logs
ssh_server
bans
rules
counters after
now
printf '=done %s %s\n' "$said" "$((seconds - started))"
