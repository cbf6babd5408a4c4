#!/bin/busybox sh
# The guest's first process: mounts, loads modules, and then does what comes over the second serial port (linux_guest.py).
/bin/busybox mkdir -p /proc /sys /dev /tmp /usr/bin /usr/sbin /sbin
/bin/busybox --install -s
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mount -t tmpfs tmpfs /tmp
export PATH=/bin:/sbin:/usr/bin:/usr/sbin HOME=/tmp
stty -F /dev/ttyS1 raw -echo
while read -r module; do
    insmod "$module" || echo "@guest failed insmod $module" >/dev/ttyS1
done </modules
exec </dev/ttyS1 >/dev/ttyS1
echo "@guest ready"
# Lines in base64, each of which is acknowledged so that the port's buffer never overflows, then "." and seconds to run them.
while read -r line seconds; do
    case $line in
    .)
        timeout -s KILL "$seconds" sh /tmp/.script </dev/null 2>&1
        status=$?
        rm -f /tmp/.script
        echo "@guest done $status"
        ;;
    *)
        echo "$line" | base64 -d >>/tmp/.script
        echo "@guest more"
        ;;
    esac
done
