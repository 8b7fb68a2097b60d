#!/bin/sh
# Becomes systemd, as PID 1 of the namespaces that it is started in, on a copy of this machine's files
# that vanishes with them. Arguments: a name, an empty folder, that of the project, the prefix of a Python,
# and the folder of the packages that are installed for it.
set -eu
name=$1 copy=$2 project=$3 python=$4 packages=$5
mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs "$copy"
mkdir "$copy/upper" "$copy/work" "$copy/root"
mount -t overlay -o "lowerdir=/,upperdir=$copy/upper,workdir=$copy/work" overlay "$copy/root"
cd "$copy/root"
# A home is hidden from services, and may be where all this lies.
program=opt/weighbridge
mkdir -p $program/bin $program/python $program/packages $program/project
mount --bind -o ro "$python" $program/python
mount --bind -o ro "$packages" $program/packages
mount --bind -o ro "$project" $program/project
mount -t proc proc proc
# The kernel is everybody's: its settings stay as they are.
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount -t sysfs -o ro sysfs sys
# Of a tree of its own it is the root: what a service is made of must be nobody else's.
mount -t cgroup2 cgroup2 sys/fs/cgroup
mkdir "sys/fs/cgroup/$name"
echo 0 > "sys/fs/cgroup/$name/cgroup.procs"
umount sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=1777 tmpfs tmp
mount -t tmpfs -o mode=755 tmpfs dev
for device in null zero full random urandom tty; do
  touch "dev/$device"
  mount --bind "/dev/$device" "dev/$device"
done
mkdir dev/shm dev/pts
mount -t tmpfs -o mode=1777 tmpfs dev/shm
mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
# No service of this machine starts again there.
rm -rf etc/systemd/system
mkdir etc/systemd/system
pivot_root . mnt
umount -l /mnt
# So services see the credentials that are mounted for them.
mount --make-rshared /
exec env -i container=weighbridge PATH=/usr/sbin:/usr/bin:/sbin:/bin unshare --cgroup \
  sh -c "mount -t cgroup2 cgroup2 /sys/fs/cgroup; exec /lib/systemd/systemd --unit=basic.target"
