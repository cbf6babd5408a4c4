#!/bin/busybox sh
# The guest's first process: mounts, loads modules, then runs what comes over a virtio-serial port (linux_guest.py).
/bin/busybox mkdir -p /proc /sys /dev /tmp /usr/bin /usr/sbin /sbin
/bin/busybox --install -s
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mount -t tmpfs tmpfs /tmp
export PATH=/bin:/sbin:/usr/bin:/usr/sbin HOME=/tmp
failed=
while read -r module; do
    insmod "$module" || failed="$failed $module"
done </modules
# The kernel's command line may name another terminal: shell=ttyS0.
port=$(sed -n 's/.*shell=\([A-Za-z0-9]*\).*/\/dev\/\1/p' /proc/cmdline)
if [ -n "$port" ]; then
    stty -F "$port" raw -echo
else
    until port=$(ls /dev/vport*p1 2>/dev/null); do sleep 0.02; done
fi
exec 3<>"$port" <&3 >&3 3>&-
echo "@guest ready$failed"
# A line is the seconds that a script may take, and the script in base64. When the port closes, because the test has
# been killed, this process ends: the kernel panics, and QEMU ends with it.
# A line may end with the length of the script in base64: a UART of a slow guest can lose characters, and such a line is
# asked for again.
while read -r seconds script length; do
    if [ "${length:-${#script}}" != "${#script}" ] || [ -n "${seconds//[0-9]/}" ]; then
        echo "@guest again"
        continue
    fi
    echo "$script" | base64 -d >/tmp/.script
    timeout -s KILL "$seconds" sh /tmp/.script </dev/null 2>&1
    echo "@guest done $?"
done
