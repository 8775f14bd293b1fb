# guest.sh ROOT: makes a lab guest of a fresh Debian. Run by build.py, which sets LAB_KEY, LAB_RULES and LAB_WHEELS.
set -eu
root=$1

echo lab >"$root/etc/hostname"
echo '127.0.0.1 localhost lab' >"$root/etc/hosts"
echo '/dev/vda / ext4 noatime 0 1' >"$root/etc/fstab"
cat >"$root/etc/systemd/network/lab.network" <<'END'
[Match]
Driver=virtio_net
[Network]
Address=10.0.2.15/24
LinkLocalAddressing=no
END
chroot "$root" systemctl --quiet enable systemd-networkd ssh
# What would wake up while a test runs, and what waits for a network that there is not.
chroot "$root" systemctl --quiet mask apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer fstrim.timer \
    dpkg-db-backup.timer systemd-networkd-wait-online.service systemd-timesyncd.service

chroot "$root" useradd --create-home --shell /bin/sh kiosk
echo 'UseDNS no' >"$root/etc/ssh/sshd_config.d/lab.conf"
for home in root home/kiosk; do
    install -d -m 700 "$root/$home/.ssh"
    install -m 600 "$LAB_KEY.pub" "$root/$home/.ssh/authorized_keys"
done
chroot "$root" chown -R kiosk:kiosk /home/kiosk/.ssh

# The one file that a kiosk's machine needs for sticks.
install -D -m 644 "$LAB_RULES" "$root/etc/polkit-1/rules.d/50-certkiosk.rules"

# The libraries are installed here, at this machine's own speed; the kiosk itself is, in the guest, when it runs.
cp -r "$LAB_WHEELS" "$root/tmp/wheels"
chroot "$root" python3 -m venv /opt/certkiosk
chroot "$root" sh -c '/opt/certkiosk/bin/pip install --quiet --no-index --no-deps --no-cache-dir /tmp/wheels/*.whl'
rm -r "$root/tmp/wheels"

# An initrd that can mount the root and no more: unpacking it is slow in an emulated machine.
printf 'MODULES=list\nCOMPRESS=gzip\nRESUME=none\n' >"$root/etc/initramfs-tools/conf.d/lab"
printf 'virtio_pci\nvirtio_blk\next4\n' >>"$root/etc/initramfs-tools/modules"
chroot "$root" update-initramfs -u -k all >/dev/null
: >"$root/etc/machine-id"
