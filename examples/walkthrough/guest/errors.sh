# Ten writes, each of one descriptor: which of them fail?
insmod copier.ko || exit
for n in 1 2 3 4 5 6 7 8 9 10; do
    head -c 4096 /dev/zero | dd of=/dev/copier0 bs=4k 2>/dev/null && echo "write $n: done" || echo "write $n: failed"
done
dmesg | grep "descriptor.*failed"
rmmod copier
