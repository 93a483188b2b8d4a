#!/bin/sh
# Debian's Slurm and MUNGE for `make test-cluster`; needs root. Their own services stay off: the
# tests start daemons with a configuration of their own, on the loopback device.
set -eu
packages="munge slurm-client slurm-wlm-basic-plugins slurmctld slurmd"
# shellcheck disable=SC2086  # one word a package
if dpkg-query --show --showformat='${db:Status-Abbrev}\n' $packages 2>/dev/null | grep -vq '^ii'; then :
elif dpkg-query --show $packages >/dev/null 2>&1; then exit 0
fi
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
	printf '#!/bin/sh\nexit 101\n' >$policy
	chmod 755 $policy
	trap 'rm -f $policy' EXIT
fi
apt-get update -q
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $packages
