#!/bin/sh
# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
# The lab's hosts beyond the two of hosts.yml, as many as LAB_HOSTS says, each an organisation of its own. An inventory script.
set -eu
names="" variables=""
number=3
while [ "$number" -le "${LAB_HOSTS:-2}" ]; do
    names="$names${names:+, }\"host-$number\""
    variables="$variables${variables:+, }\"host-$number\": {\"ansible_host\": \"172.30.0.$((10 + number))\", \"swarm_trust_domain\": \"org$number.swarm.learning\"}"
    number=$((number + 1))
done
printf '{"_meta": {"hostvars": {%s}}' "$variables"
for group in swarm_spire_server swarm_spire_agent swarm_sn swarm_swop; do
    printf ', "%s": {"hosts": [%s]}' "$group" "$names"
done
printf '}\n'
