.process.rlimits = [{ type: "RLIMIT_NOFILE", soft: 100, hard: 200 }, { type: "RLIMIT_CORE", soft: 0, hard: 0 },
	{ type: "RLIMIT_STACK", soft: 1048576, hard: 2097152 }, { type: "RLIMIT_NPROC", soft: 50, hard: 60 }]
