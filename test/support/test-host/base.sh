#!/bin/sh
# Makes the file tree that test hosts share: a minimal Debian, and packages for tests to install without a network.
# usage: base.sh FOLDER [RELEASE]   does nothing when it is there; one at a time
# Without a RELEASE it is the one that this machine itself uses.
set -eu

folder=$1
mkdir -p "${folder%/*}"
exec 9>"$folder.lock"
flock 9
if [ -d "$folder" ]; then exit 0; fi

# The mirror that this machine itself uses, with its release.
# shellcheck disable=SC2016 # apt's own form
source=$(apt-get indextargets --format '$(CODENAME) $(SITE)' 'Created-By: Packages' 'Component: main' |
  grep -vE '^[^ ]*[-/]' | head -n 1)
part=$folder.part
rm -rf "$part"
include=openssh-server,systemd-sysv,dbus,iproute2,procps,sudo,attr
debootstrap --variant=minbase --include="$include" "${2:-${source%% *}}" "$part" "${source#* }"

for file in resolv.conf hosts; do
  if [ -e "$part/etc/$file" ]; then cp "$part/etc/$file" "$part/etc/$file.own"; fi
  cat "/etc/$file" >"$part/etc/$file"
done
# No service starts while packages are installed, and nothing here has to outlast a power cut.
printf '#!/bin/sh\nexit 101\n' >"$part/usr/sbin/policy-rc.d"
chmod 0755 "$part/usr/sbin/policy-rc.d"
printf 'force-unsafe-io\n' >"$part/etc/dpkg/dpkg.cfg.d/test-host"
mkdir -p "$part/srv/pool/partial" "$part/var/lib/roost"
chroot "$part" apt-get -q update
for set in nginx-light 'redis-server zsh' 'git cron' tmux postgresql; do
  # shellcheck disable=SC2086 # names of packages
  DEBIAN_FRONTEND=noninteractive chroot "$part" apt-get -q -y --no-install-recommends --download-only \
    -o Dir::Cache::archives=/srv/pool install $set
done
for file in resolv.conf hosts; do
  rm "$part/etc/$file"
  if [ -e "$part/etc/$file.own" ]; then mv "$part/etc/$file.own" "$part/etc/$file"; fi
done
rm -f "$part"/etc/ssh/ssh_host_* "$part"/var/cache/apt/archives/*.deb
mv "$part" "$folder"
