.linux.resources += { memory: { limit: 67108864, reservation: 33554432, swappiness: 10 },
	cpu: { shares: 512, quota: 50000, period: 100000, cpus: "0", mems: "0" }, pids: { limit: 77 } }
