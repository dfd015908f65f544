/** What an action leaves alone whatever is asked: steps.sh refuses the same on the host, under `forbid`. */
const forbidden: readonly RegExp[] = [
  /^\/(bin|sbin|lib|lib32|lib64|libx32|boot|efi|dev|proc|sys|run)(\/|$)/,
  /^\/usr\/lib\/modules\//,
  /^\/etc\/(fstab|crypttab|passwd|shadow|group|gshadow|sudoers|resolv\.conf)-?$/,
  /^\/etc\/(ssh|sudoers\.d|network|netplan|systemd\/network|pam\.d)(\/|$)/,
  /^\/var\/lib\/(roost|dpkg)(\/|$)/,
  /\/\.(ssh|gnupg|kube|aws)(\/|$)/,
  /\/\.{0,2}(\/|$)/,
];

/** True for a path that is none, or that no action may touch. Pure. */
export function isForbidden(path: string): boolean {
  return !path.startsWith("/") || path.includes("\0") || forbidden.some((pattern) => pattern.test(path));
}

/** What packages brought goes with them; what lies at the top belongs to the machine. steps.sh: `leave`. */
const ofTheMachine: readonly RegExp[] = [/^\/usr(\/(?!local\/)|$)/, /^\/[^/]*$/];

/** True for a path that no reset takes away as a file, whatever is asked. Pure. */
export function isGuarded(path: string): boolean {
  return isForbidden(path) || ofTheMachine.some((pattern) => pattern.test(path));
}

/** Files of /etc that no package owns and that a machine has all the same, or that make it this machine. */
const keptSettings: readonly RegExp[] = [
  /^\/etc\/(\.pwd\.lock|adjtime|ca-certificates\.conf(\.dpkg-old)?|debian_version|environment|group-|gshadow-|passwd-|shadow-)$/,
  /^\/etc\/(subuid|subgid|subuid-|subgid-|hostname|hosts|hosts\.(allow|deny)|host\.conf|nsswitch\.conf|machine-id|mtab)$/,
  /^\/etc\/(localtime|timezone|locale\.(gen|conf|alias)|vconsole\.conf|ld\.so\.cache|motd|issue(\.net)?|os-release|shells)$/,
  /^\/etc\/(profile|bash\.bashrc|inputrc|modules|mke2fs\.conf|papersize|rmt|aliases|mailname|nftables\.conf|waagent\.conf)$/,
  /^\/etc\/(alternatives|apt|apparmor\.d|ca-certificates|cloud|dpkg|default|grub\.d|initramfs-tools|iptables|kernel)\//,
  /^\/etc\/(lvm|mdadm|modprobe\.d|modules-load\.d|multipath|NetworkManager|polkit-1|selinux|skel|ssl|udev|ufw|wireguard)\//,
  // By which it is on its network, knows its people, and opens its disks.
  /^\/etc\/(wpa_supplicant|iwd|dhcp|dhcpcd\.conf|ppp|openvpn|ipsec\.|strongswan|swanctl|tinc|nebula|firewalld|bind)/,
  /^\/etc\/(krb5|sssd|nslcd|nscd|ldap|libnss|openldap|samba|security)/,
  /^\/etc\/(cryptsetup|dracut|iscsi|luks|keys|zfs|nvme|exports|autofs|auto\.)/,
  /^\/etc\/rc[S0-6]\.d\//,
  /^\/etc\/systemd\/.*\.(wants|requires)\//,
  /^\/etc\/systemd\/system\/[^/]+\.(service|target|socket|timer)$/,
];

/** Pure. */
export function isKeptSetting(path: string): boolean {
  return keptSettings.some((pattern) => pattern.test(path));
}
