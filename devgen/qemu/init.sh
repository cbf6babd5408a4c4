#!/bin/busybox sh
# The guest's first process: mounts, loads modules, then runs what comes over a virtio-serial port (guest.py).
/bin/busybox mkdir -p /proc /sys /dev /tmp /usr/bin /usr/sbin /sbin
/bin/busybox --install -s
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mount -t tmpfs tmpfs /tmp
export PATH=/bin:/sbin:/usr/bin:/usr/sbin HOME=/tmp
[ -f /etc/profile ] && . /etc/profile
failed=
while read -r module; do
    insmod "$module" || failed="$failed $module"
done </modules
# The kernel's command line may name a root file system: root=/dev/vda. Its /init is this file, without modules.
root=$(sed -n 's/.*root=\([^ ]*\).*/\1/p' /proc/cmdline)
if [ -n "$root" ] && [ -s /modules ]; then
    mkdir -p /root
    mount "$root" /root && exec switch_root /root /init
    failed="$failed $root"
fi
# The kernel's command line may name another terminal: shell=ttyS0.
port=$(sed -n 's/.*shell=\([A-Za-z0-9]*\).*/\/dev\/\1/p' /proc/cmdline)
if [ -n "$port" ]; then
    stty -F "$port" raw -echo
else
    port_named() { grep -lx "devgen.$1" /sys/class/virtio-ports/*/name 2>/dev/null | sed -n 's,.*/\(vport[^/]*\)/name,/dev/\1,p'; }
    until port=$(port_named shell) errors=$(port_named errors) && [ -n "$port" ] && [ -n "$errors" ]; do sleep 0.02; done
    exec 4<>"$errors"
fi
exec 3<>"$port" <&3 >&3 3>&-
echo "@guest ready$failed"
# The loop is a shell of its own. Orphans become children of the first process, and their end must not interrupt `read`:
# busybox' read then begins again and drops the characters that it has read. Busybox' timeout leaves such an orphan, which
# ends up to a second after the script.
(
# A line is the seconds that a script may take, and the script in base64. When the port closes, because the test has
# been killed, this process ends: the kernel panics, and QEMU ends with it.
# A line may end with the length of the script in base64: a line that is damaged is then not run.
# A fourth word is a mark: standard error goes to the second port, and the mark ends the output on both. Seconds may then
# be 0, which is no limit. `shell ROWS COLUMNS MARK` asks for a shell at the terminal /dev/hvc0.
while read -r seconds script length mark; do
    if [ "$seconds" = shell ]; then
        setsid -c sh -c "sleep 0.2; stty rows $script cols $length; exec sh -l" </dev/hvc0 >/dev/hvc0 2>&1
        status=$?
        echo "@$mark" >&4
        echo "@$mark $status"
        continue
    fi
    if [ "${length:-${#script}}" != "${#script}" ] || [ -n "${seconds//[0-9]/}" ]; then
        echo "damaged: $seconds $script $length"
        echo "@guest done 125"
        continue
    fi
    echo "$script" | base64 -d >/tmp/.script
    if [ -n "$mark" ]; then
        limit="timeout -s KILL $seconds"
        [ "$seconds" = 0 ] && limit=
        $limit sh /tmp/.script </dev/null 2>&4 4>&-
        status=$?
        echo "@$mark" >&4
        echo "@$mark $status"
        continue
    fi
    timeout -s KILL "$seconds" sh /tmp/.script </dev/null 2>&1
    echo "@guest done $?"
done
)
