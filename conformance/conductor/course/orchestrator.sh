#!/bin/bash
# As a student would write it: two services, connected.
set -e
cd "$(dirname "$0")"
./conductor.sh run es-image es-cont -- sleep infinity &
./conductor.sh run cs-image cs-cont "sleep infinity" &
sleep 2
./conductor.sh addnetwork es-cont -i -e 8080-3000
./conductor.sh addnetwork -i cs-cont
sleep 1
ip=$(./conductor.sh exec cs-cont -- ip -4 addr show cs-cont-inside | grep -oP '(?<=inet\s)\d+(\.\d+){3}')
./conductor.sh peer es-cont cs-cont
./conductor.sh exec cs-cont ./counter-service/counter-service 8080 1 &
./conductor.sh exec es-cont -- "python3 /external-service/app.py http://$ip:8080/" &
wait
