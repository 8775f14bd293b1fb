#!/bin/sh
# The first process of the guest (see guest.py): its filesystems, then the tests. CERTKIOSK_* come with the kernel's line.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
{
    mount -t proc proc /proc
    mount -t sysfs sysfs /sys
    mountpoint -q /dev || mount -t devtmpfs dev /dev
    mkdir -p /dev/shm /dev/pts
    mount -t tmpfs shm /dev/shm
    mount -t devpts pts /dev/pts
    modules=/usr/lib/uml/modules/$(uname -r)/kernel
    for module in drivers/block/loop fs/nls/nls_cp437 fs/nls/nls_ascii fs/nls/nls_utf8 fs/fat/fat fs/fat/vfat fs/fuse/fuse; do
        insmod "$modules/$module.ko"
    done
    cd "$CERTKIOSK_TREE" || exit
    "$CERTKIOSK_PYTHON" -B -m pytest -p no:cacheprovider -n 0 --durations=9 --basetemp=/dev/shm/base -o junit_family=xunit1 \
        --junitxml="$CERTKIOSK_PATH/report.xml" -m "$(cat "$CERTKIOSK_PATH/marks")" -k "$(cat "$CERTKIOSK_PATH/names")" \
        "$CERTKIOSK_FILE"
} >"$CERTKIOSK_PATH/said" 2>&1 </dev/null
halt -f
