#!/bin/sh
# Makes a test host one that people have used: of each thing that a profile takes away, some, and some that stays.
# usage: sh -s SEED   what is there depends on the seed
set -eu

seed=$1
chosen() { [ $(((seed / $1) % 2)) = 0 ]; }
umask 022

# Settings that packages brought, changed; the repository that they can be had from.
for file in /etc/nginx/nginx.conf /etc/redis/redis.conf /etc/cron.deny /etc/zsh/zshrc; do
  if [ -f "$file" ]; then echo '# changed by hand' >>"$file"; fi
done
if [ -f /etc/nginx/koi-win ] && chosen 2; then rm /etc/nginx/koi-win; fi
echo '# mine' >>/etc/pam.d/other

useradd --create-home --shell /bin/bash ann
useradd --create-home --home-dir /home/bob --shell /usr/sbin/nologin bob
for home in /root /home/ann; do
  mkdir -p "$home/.cache/some/deep" "$home/.ssh" "$home/work/.aws" "$home/work/old"
  head -c 70000 /dev/zero >"$home/.cache/some/deep/blob"
  ln -s blob "$home/.cache/some/deep/link"
  echo key >"$home/.ssh/authorized_keys"
  echo key >"$home/work/.aws/credentials"
  echo text >"$home/work/old/a name with  blanks"
  mkfifo "$home/work/pipe"
done
# Packages of other managers, as these lay them down; and a program beside them that is nobody's.
own=/home/ann/.local
mkdir -p "$own/bin" "$own/share/pipx/venvs/black/bin" "$own/lib/python3.11/site-packages/httpie-3.2.1.dist-info" \
  /home/ann/.npm-global/lib/node_modules/@vue/cli /home/ann/.npm-global/bin /var/lib/flatpak/app/org.gimp.GIMP /var/lib/snapd/snaps
echo program | tee "$own/bin/http" "$own/bin/mine" "$own/share/pipx/venvs/black/bin/black" >/home/ann/.npm-global/lib/node_modules/@vue/cli/cli.js
printf '../../../bin/http,sha256=abc,8\nhttpie/core.py,,\n' >"$own/lib/python3.11/site-packages/httpie-3.2.1.dist-info/RECORD"
ln -s "$own/share/pipx/venvs/black/bin/black" "$own/bin/black"
echo data >/var/lib/flatpak/app/org.gimp.GIMP/data
echo image >/var/lib/snapd/snaps/core_17.snap
echo 'alias x=y' >>/home/ann/.bashrc
ln "/home/ann/work/old/a name with  blanks" /home/ann/work/twin
chown -R ann: /home/ann

echo archive >/var/cache/apt/archives/some_1_all.deb
mkdir -p /srv/site /opt/tool/bin /usr/local/lib/own /var/www
head -c $((seed * 3000 + 100000)) /dev/zero >/srv/site/data
setfattr -n user.note -v kept /srv/site/data
touch -d '2019-01-01 01:01:01.5' /srv/site/data
chmod 2751 /opt/tool
printf '#!/bin/sh\n' >/opt/tool/bin/tool
chmod 4755 /opt/tool/bin/tool
ln -s /opt/tool/bin/tool /usr/local/bin/tool
echo own >/usr/local/lib/own/file
touch -d '90 days ago' /tmp/old /var/tmp/old
touch /tmp/new
echo line >/var/log/own.log
echo old >/var/log/own.log.1
mkdir -p /var/lib/systemd/coredump
echo core >/var/lib/systemd/coredump/core.x
echo 'deb [trusted=yes] file:/nowhere ./' >/etc/apt/sources.list.d/third.list
mkdir -p /etc/own.d
echo setting >/etc/own.d/setting
ln -s setting /etc/own.d/link
cat >/etc/systemd/system/own.service <<'END'
[Service]
ExecStart=/bin/sleep infinity
[Install]
WantedBy=multi-user.target
END
mkdir -p /etc/systemd/system/multi-user.target.wants
ln -s /etc/systemd/system/own.service /etc/systemd/system/multi-user.target.wants/own.service
if [ -d /var/spool/cron/crontabs ]; then echo '0 0 * * * true' >/var/spool/cron/crontabs/ann; fi
echo 0123456789abcdef0123456789abcdef >/etc/machine-id
for kind in ed25519 ecdsa; do ssh-keygen -q -t "$kind" -N '' -f "/etc/ssh/ssh_host_${kind}_key"; done
