# Runs on the instance, under any POSIX shell. Lines that begin with $mark are for the caller; the
# snapshot follows the line `begin`. What is copied here is removed before it runs, where the kernel
# lets a removed file run, and when this shell ends in any case.
PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH
umask 077
directory=
watcher=
leave() {
    trap - EXIT
    [ -z "$watcher" ] || kill "$watcher" 2>/dev/null
    [ -z "$directory" ] || rm -rf -- "$directory"
}
trap leave EXIT
trap 'exit 129' HUP INT TERM PIPE

say() {
    printf '%s %s\n' "$mark" "$*"
}

same() {
    [ "$("$@" inside --identify </dev/null 2>/dev/null)" = "$identity" ]
}

room() {
    [ -d "$1" ] && [ -w "$1" ] || return 1
    free=$(df -Pk "$1" 2>/dev/null | { read -r _; read -r _ _ _ free _; echo "$free"; })
    case $free in
    '' | *[!0-9]*) return 0 ;;
    esac
    [ "$free" -gt "$kilobytes" ]
}

# A directory that lets programs run.
place() {
    for base in "${TMPDIR:-/tmp}" "${XDG_RUNTIME_DIR:-}" /dev/shm "${HOME:-}"; do
        [ -n "$base" ] && room "$base" || continue
        directory=$(mktemp -d "$base/reachdx.XXXXXXXXXX" 2>/dev/null) || directory=
        [ -n "$directory" ] || continue
        program=$directory/reachdx
        printf '#!/bin/sh\nexit 0\n' >"$program" && chmod 700 "$program" && "$program" 2>/dev/null &&
            return 0
        rm -rf -- "$directory"
        directory=
    done
    return 1
}

copy() {
    if ! place; then
        say stopped "no directory there has room and lets programs run (tried TMPDIR or /tmp, XDG_RUNTIME_DIR, /dev/shm, HOME)"
        exit 1
    fi
    say send
    head -c "$size" >"$program"
    if [ "$(wc -c <"$program")" -ne "$size" ]; then
        say stopped "the copy did not arrive whole"
        exit 1
    fi
    exec 4<"$program"
    if same "/proc/$$/fd/4"; then
        rm -rf -- "$directory"
        directory=
        program=/proc/$$/fd/4
    elif ! same "$program"; then
        say stopped "the copy does not run there: $("$program" inside --identify </dev/null 2>&1 | head -n 1)"
        exit 1
    fi
    say copied
}

say host "$(uname -sm)"
say connection "${SSH_CONNECTION:-}"
say hello
IFS= read -r from || exit 1

program=$(command -v reachdx) || program=
if [ -n "$program" ] && same "$program"; then
    say installed
else
    copy
fi

raise=
if [ "$(id -u)" -eq 0 ]; then
    say privilege root
elif same sudo -n -- "$program"; then
    raise='sudo -n --'
    say privilege sudo
else
    say privilege none "$(id -un)"
fi

set -- inside --witness "$duration" --until-eof --service "$services"
[ "$from" = - ] || set -- "$@" --from "$from"
exec 3<&0
say begin
$raise "$program" "$@" <&3 3<&- 4<&- &
watcher=$!
wait "$watcher"
status=$?
watcher=
exit "$status"
